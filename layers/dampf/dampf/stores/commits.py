"""A commit as the writes of one transaction, and a cancellation as the conflict of each profile that was at fault."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, Final, NamedTuple

from dampf.domain.commit import Commit, Conflict
from dampf.domain.decision import Memory, MemoryKey, Remembered, VoucherKey
from dampf.domain.fading import fades_at
from dampf.domain.identifiers import Identifier, Joined
from dampf.stores import codec, keys, rows
from dampf.stores.dynamodb import CONDITION_FAILED, INVALID, NOT_AT_FAULT, Item, Refusal, Tables, key, number, text
from dampf.stores.rules import MOST_WRITES

_MOST_BYTES: Final = 3_500_000
"""Of one transaction. DynamoDB takes 4 MB, and we only estimate."""

_FRAME: Final = 4_000
"""Of one item, all but its body at the most: its keys and what stands beside them."""

_MOST_OWNERS: Final = 100

_ABSENT: Final = {"ConditionExpression": "attribute_not_exists(profile)"}
_TELL: Final = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


class Write(NamedTuple):
    """One request of a transaction. `about` and `subject` say what its condition protects, `place` where it lies."""

    about: str
    subject: Any
    request: Mapping[str, Any]
    place: tuple[str, str, str]
    size: int


class Plan(NamedTuple):
    """All writes of one profile's commit."""

    profile: str
    writes: tuple[Write, ...]


def plan_of(commit: Commit, tables: Tables, *, now: datetime) -> Plan:
    return Plan(commit.profile, tuple(_writes(commit, tables, now)))


def packed(plans: Iterable[Plan]) -> list[list[Plan]]:
    """As few transactions as hold them. An item may stand in a transaction once: who wants the same comes later."""
    groups: list[_Group] = []
    for plan in plans:
        group = next((group for group in groups if group.has_room_for(plan)), None)
        if group is None:
            group = _Group()
            groups.append(group)
        group.add(plan)
    return [group.plans for group in groups]


def sorted_out(plans: Sequence[Plan], refusals: Sequence[Refusal]) -> tuple[list[Plan], dict[str, Conflict]]:
    """What of a cancelled transaction may be tried again, and the conflicts of those at fault.

    A message whose row is there already is no conflict: the row stays as it is and its write is left out.
    """
    again: list[Plan] = []
    conflicts: dict[str, Conflict] = {}
    following = iter(refusals)
    for plan in plans:
        answers = zip(plan.writes, islice(following, len(plan.writes)), strict=True)
        kept = [(write, refusal) for write, refusal in answers if not _is_recorded(write, refusal)]
        refused = [(write, refusal) for write, refusal in kept if refusal.code != NOT_AT_FAULT]
        if refused:
            conflicts[plan.profile] = _conflict(refused)
        else:
            again.append(Plan(plan.profile, tuple(write for write, _ in kept)))
    return again, conflicts


def version_condition(version: int) -> Mapping[str, Any]:
    """That a state row is still at the version that was read; 0 is that there is none."""
    if version == 0:
        return _ABSENT
    return {"ConditionExpression": "version = :version", "ExpressionAttributeValues": {":version": number(version)}}


class _Group:
    def __init__(self) -> None:
        self.plans: list[Plan] = []
        self._places: set[tuple[str, str, str]] = set()
        self._bytes = 0

    def has_room_for(self, plan: Plan) -> bool:
        return (
            len(self._places) + len(plan.writes) <= MOST_WRITES
            and self._bytes + sum(write.size for write in plan.writes) <= _MOST_BYTES
            and self._places.isdisjoint(write.place for write in plan.writes)
        )

    def add(self, plan: Plan) -> None:
        self.plans.append(plan)
        self._places.update(write.place for write in plan.writes)
        self._bytes += sum(write.size for write in plan.writes)


def _writes(commit: Commit, tables: Tables, now: datetime) -> Iterator[Write]:
    profile = commit.profile
    state = rows.state_item(commit.state, version=commit.read_version + 1)
    yield _write("state", None, tables.profiles, state, version_condition(commit.read_version))
    for seen in commit.seen:
        item = rows.seen_item(profile, seen, now=now)
        condition = {"ConditionExpression": "attribute_not_exists(identifier)"}
        yield _write("seen", seen, tables.identities, item, condition)
    for event in commit.events:
        yield _write("event", None, tables.history, rows.history_item(profile, event, now=now), {})
    owners = (profile, *commit.state.profile.also)
    for identifier, joined in commit.claims.items():
        yield from claim_writes(
            tables, identifier, profile, joined=joined, owners=owners, returns=identifier in commit.returning, now=now
        )
    for name, day in commit.dates.items():
        yield date_write(profile, name, day, tables)
    for product, is_there in commit.interests.items():
        yield _interest_write(profile, product, tables, is_there=is_there)
    for memory in commit.memories:
        item = rows.memory_item(profile, memory)
        table = tables.catalogue if isinstance(memory.key, VoucherKey) else tables.profiles
        yield _write("memory", memory.key, table, item, _as_believed(commit, memory))
    for message in commit.messages:
        yield _write("message", None, tables.profiles, rows.message_item(message), _ABSENT)
    for event in commit.emitted:
        yield _write("emitted", None, tables.profiles, rows.emit_item(profile, event, now=now), {})
    for entry in commit.consents:
        yield _write("consent", None, tables.profiles, rows.consent_item(profile, entry), {})
    for ended in commit.ended:
        yield _write("ended", None, tables.profiles, rows.ended_item(profile, ended), {})
    for conversion in commit.conversions:  # each event is seen once, for which its own row stands
        yield _write("goal", None, tables.profiles, rows.goal_item(profile, conversion), {})


def date_write(profile: str, name: str, day: date | None, tables: Tables) -> Write:
    """Without a condition: it is written with the state that tells it, whose version stands for it."""
    if day is not None:
        return _write("date", name, tables.profiles, rows.date_item(profile, name, day), {})
    return _delete("date", name, profile, keys.date_row(name), tables)


def _interest_write(profile: str, product: str, tables: Tables, *, is_there: bool) -> Write:
    """Without a condition, as a date's."""
    if is_there:
        return _write("interest", product, tables.profiles, rows.interest_item(profile, product), {})
    return _delete("interest", product, profile, keys.interest_row(product), tables)


def _delete(about: str, subject: str, profile: str, row: str, tables: Tables) -> Write:
    request = {"Delete": {"TableName": tables.profiles, "Key": key(profile, row)}}
    return Write(about, subject, request, (tables.profiles, profile, row), len(profile) + len(row))


def claim_writes(
    tables: Tables,
    identifier: Identifier,
    profile: str,
    *,
    joined: Joined,
    owners: Sequence[str],
    returns: bool,
    now: datetime | None = None,
) -> Iterator[Write]:
    """An identifier of nobody, or of one of the owners, becomes this profile's, unless its person was erased.

    What has faded by `now` is nobody's, for kinds that fade.
    """
    request = identity_update(tables, identifier, profile, joined=joined, owners=owners, may_be_new=True, now=now)
    yield Write("claim", identifier, request, (tables.identities, keys.identifier_key(identifier), ""), _FRAME)
    yield _unless_erased(identifier, tables, returns=returns)


def identity_update(
    tables: Tables,
    identifier: Identifier,
    profile: str,
    *,
    joined: Joined | None,
    owners: Sequence[str],
    may_be_new: bool = False,
    former: str | None = None,
    now: datetime | None = None,
) -> Mapping[str, Any]:
    """The identifier becomes this profile's, on condition that it is one of the owners'; `former` had it before.

    What belongs to a profile that was merged into another is the other's. Without `joined` what the row says stays.
    """
    names = {f":owner{place}": text(owner) for place, owner in enumerate(owners[:_MOST_OWNERS])}
    is_owners = f"profile IN ({', '.join(names)})"
    update = "SET profile = :profile"
    values: dict[str, Any] = {":profile": text(profile), **names}
    free = f"attribute_not_exists(identifier) OR {is_owners}"
    if joined is not None:
        update, values[":joined"] = f"{update}, joined = :joined", text(codec.JOINED.write(joined))
        until = fades_at(identifier[0], joined.at)
        if until is not None:
            update, values[":until"] = f"{update}, expires_at = :until", rows.expires_at(until)
            if now is not None:
                free, values[":now"] = f"{free} OR expires_at <= :now", rows.expires_at(now)
    if former is not None:
        update, values[":former"] = f"{update} ADD former :former", {"SS": [former]}
    request = {
        "TableName": tables.identities,
        "Key": {"identifier": text(keys.identifier_key(identifier))},
        "UpdateExpression": update,
        "ConditionExpression": free if may_be_new else is_owners,
        "ExpressionAttributeValues": values,
        **_TELL,
    }
    return {"Update": request}


def _unless_erased(identifier: Identifier, tables: Tables, *, returns: bool) -> Write:
    """That no hash says so; of somebody who returns it goes."""
    erased = keys.erased_key(identifier, tables.secret())
    request: dict[str, Any] = {"TableName": tables.identities, "Key": {"identifier": text(erased)}}
    if returns:
        request = {"Delete": request}
    else:
        absent = {"ConditionExpression": "attribute_not_exists(identifier)"}
        request = {"ConditionCheck": {**request, **absent, **_TELL}}
    return Write("erased", identifier, request, (tables.identities, erased, ""), len(erased))


def _as_believed(commit: Commit, memory: Memory) -> Mapping[str, Any]:
    """That the row holds what was believed.

    Where profiles were merged into this one, what was read is their rows and its own taken together, so there is no
    text to compare. It was read after the state, and nothing writes those rows without moving the state on: the
    state's version stands for them.
    """
    if memory.was is None:
        return {**_ABSENT, **_TELL}
    if commit.state.profile.also and not isinstance(memory.key, VoucherKey):
        return {}
    was = text(codec.write_remembered(memory.was))
    return {"ConditionExpression": "body = :was", "ExpressionAttributeValues": {":was": was}, **_TELL}


def _write(about: str, subject: Any, table: str, item: Item, condition: Mapping[str, Any]) -> Write:
    if "identifier" in item:
        place = (table, item["identifier"]["S"], "")
    elif "kind" in item:
        place = (table, item["kind"]["S"], item["id"]["S"])
    else:
        place = (table, item["profile"]["S"], item["row"]["S"])
    size = _FRAME + sum(map(_bytes, item.get("body", {}).values()))
    return Write(about, subject, {"Put": {"TableName": table, "Item": item, **condition}}, place, size)


def _bytes(value: str | bytes) -> int:
    return len(value) if isinstance(value, bytes) or value.isascii() else len(value.encode())


def _is_recorded(write: Write, refusal: Refusal) -> bool:
    return write.about == "message" and refusal.code == CONDITION_FAILED


def _conflict(refused: Iterable[tuple[Write, Refusal]]) -> Conflict:
    """Whatever is not said by a condition (somebody else's transaction, throttling) means: look again."""
    stale, invalid = False, None
    seen: set[str] = set()
    owned: dict[Identifier, str] = {}
    erased: dict[Identifier, datetime] = {}
    memories: dict[MemoryKey, Remembered | None] = {}
    for write, (code, message, item) in refused:
        if code == INVALID:
            invalid = message
        elif code != CONDITION_FAILED or write.about == "state":
            stale = True
        elif write.about == "seen":
            seen.add(write.subject)
        elif write.about == "claim":
            owned[write.subject] = item["profile"]["S"]
        elif write.about == "erased":
            erased[write.subject] = keys.parse_instant(item["erased_at"]["S"])
        else:
            memories[write.subject] = codec.read_remembered(write.subject, item["body"]["S"]) if item else None
    return Conflict(stale=stale, seen=frozenset(seen), owned=owned, erased=erased, memories=memories, refused=invalid)
