"""Profiles on DynamoDB: state rows, and everything that is written together with one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dampf.domain.commit import Commit, Conflict, Merge, Move, Stored
from dampf.domain.decision import Asks, Known, MemoryKey, PastEvents, Remembered, VoucherKey
from dampf.domain.event import Event
from dampf.domain.identifiers import Identifier
from dampf.domain.identity import trace_of
from dampf.domain.profile import Profile
from dampf.domain.state import Erasing, State, Tombstone
from dampf.domain.stimulus import Stimulus, TimerDue
from dampf.stores import codec, keys, rows
from dampf.stores.commits import (
    Plan,
    claim_writes,
    date_write,
    identity_update,
    packed,
    plan_of,
    sorted_out,
    version_condition,
)
from dampf.stores.dynamodb import Tables, delete_many, key, query_all, read_many, text, write_together, write_unless
from dampf.stores.erasing import DynamoErasing
from dampf.stores.rules import MOST_WRITES, combined, moved_at_once, too_many_writes, writes_of
from dampf.use_cases.ports.profiles import Committed

_TRIES: Final = 2
"""How often one transaction is tried: once whole, once without those at fault."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoProfiles:
    tables: Tables

    def load(self, profiles: Iterable[str]) -> dict[str, Stored]:
        named = list(dict.fromkeys(profiles))
        found = self._read((profile, keys.STATE) for profile in named)
        return {profile: rows.stored_of(found.get((profile, keys.STATE))) for profile in named}

    def commit(self, commits: Sequence[Commit], *, now: datetime) -> Committed:
        """Dying after a transaction leaves its requests to send and its emitted events due: the clock finds them."""
        written: set[str] = set()
        conflicts = {
            commit.profile: Conflict(refused=too_many_writes(commit))
            for commit in commits
            if writes_of(commit) > MOST_WRITES
        }
        plans = [plan_of(commit, self.tables, now=now) for commit in commits if commit.profile not in conflicts]
        for group in packed(plans):
            found = self._write(group)
            conflicts |= found
            written.update(plan.profile for plan in group if plan.profile not in found)
        return Committed(written=frozenset(written), conflicts=conflicts)

    def answer(self, profile: Profile, asks: Asks) -> Known:
        """One request, and one more for each profile whose history is asked for."""
        persons = (profile.id, *profile.also)
        history = {(event.profile, keys.history_row(event.at, event.key)): event.key for event in asks.events}
        places = {memory: self._places(memory, persons) for memory in asks.memories}
        wanted: dict[str, list[tuple[str, str]]] = {self.tables.history: list(history)}
        for table, of_memory in places.values():
            wanted.setdefault(table, []).extend(of_memory)
        found = read_many(self.tables, wanted)
        memories: dict[MemoryKey, Remembered | None] = {}
        for memory, (table, of_memory) in places.items():
            items = [item for place in of_memory if (item := found[table].get(place)) is not None]
            memories[memory] = combined([codec.read_remembered(memory, item["body"]["S"]) for item in items])
        events = found[self.tables.history]
        return Known(
            memories=memories,
            events={key: rows.event_of(events[place]) if place in events else None for place, key in history.items()},
            past=self._past(persons, asks.past),
        )

    def merge(self, merge: Merge) -> bool:
        """Dying after it leaves nothing to do: whoever still comes to the loser is led on."""
        survivor, loser = merge.survivor.profile.id, merge.loser
        left = Tombstone(profile=loser, into=survivor, joined=merge.joined)
        tombstone = rows.tombstone_item(left, version=merge.loser_version + 1)
        state = rows.state_item(merge.survivor, version=merge.survivor_version + 1)
        writes: list[Mapping[str, Any]] = [
            self._put(self.tables.profiles, state, version_condition(merge.survivor_version)),
            self._put(self.tables.profiles, tombstone, version_condition(merge.loser_version)),
        ]
        for name, day in merge.dates.items():
            writes.append(date_write(survivor, name, day, self.tables).request)
            writes.append(date_write(loser, name, None, self.tables).request)
        writes += self._claiming(merge, merge.survivor)
        writes += [
            identity_update(self.tables, identifier, survivor, joined=None, owners=[owner])
            for identifier, owner in moved_at_once(merge).items()
        ]
        return not write_together(self.tables, writes)

    def move(self, move: Move) -> bool:
        writes = [
            identity_update(
                self.tables,
                move.identifier,
                move.to,
                joined=move.joined,
                owners=[move.owner],
                former=trace_of(move.holder_id),
            )
        ]
        for state, version in ((move.holder, move.holder_version), (move.taker, move.taker_version)):
            if state is not None:
                item = rows.state_item(state, version=version + 1)
                writes.append(self._put(self.tables.profiles, item, version_condition(version)))
        writes += self._claiming(move, move.taker)
        return not write_together(self.tables, writes)

    def park(self, stimulus: Stimulus, *, reason: str, now: datetime) -> None:
        """Dying after it parks the stimulus again, in the same row."""
        item = rows.parked_item(stimulus, reason=reason, now=now)
        self.tables.client.put_item(TableName=self.tables.profiles, Item=item)
        if isinstance(stimulus, TimerDue):
            write_unless(
                self.tables,
                TableName=self.tables.profiles,
                Key=key(stimulus.profile, keys.STATE),
                UpdateExpression="REMOVE due_shard, due_at",
                ConditionExpression="due_at = :due",
                ExpressionAttributeValues={":due": text(keys.instant(stimulus.due_at))},
            )

    def begin_erasing(self, erasing: Erasing, *, read_version: int, event_key: str, now: datetime) -> Conflict | None:
        return DynamoErasing(tables=self.tables).begin(erasing, read_version=read_version, event_key=event_key, now=now)

    def erase(self, erasing: Erasing) -> bool:
        return DynamoErasing(tables=self.tables).erase(erasing)

    def erased(self, identifiers: Iterable[Identifier]) -> dict[Identifier, datetime]:
        return DynamoErasing(tables=self.tables).erased(identifiers)

    def forget_stop(self, profile: str) -> None:
        DynamoErasing(tables=self.tables).forget_stop(profile)

    def emitted(self, profile: str, event_key: str) -> Event | None:
        found = self._read([(profile, keys.emit_row(event_key))])
        return next((rows.event_of(item) for item in found.values()), None)

    def forget_emitted(self, profile: str, events: Iterable[Event]) -> None:
        named = [(profile, keys.emit_row(event.key)) for event in events]
        delete_many(self.tables, self.tables.profiles, named)

    def _places(self, memory: MemoryKey, persons: Sequence[str]) -> tuple[str, list[tuple[str, str]]]:
        """Each of the persons has a row of their own; what is remembered of a voucher code is nobody's alone."""
        if isinstance(memory, VoucherKey):
            return self.tables.catalogue, [keys.voucher_key(memory.code)]
        return self.tables.profiles, [(person, keys.memory_row(memory)) for person in persons]

    def _read(self, named: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Any]:
        return dict(read_many(self.tables, {self.tables.profiles: named})[self.tables.profiles])

    def _write(self, plans: Sequence[Plan]) -> dict[str, Conflict]:
        """The conflicts of those not written. Whoever was kept from it twice by others has to look again."""
        conflicts: dict[str, Conflict] = {}
        for _ in range(_TRIES):
            refusals = write_together(self.tables, [write.request for plan in plans for write in plan.writes])
            if not refusals:
                return conflicts
            plans, found = sorted_out(plans, refusals)
            conflicts |= found
            if not plans:
                return conflicts
        return conflicts | {plan.profile: Conflict(stale=True) for plan in plans}

    def _past(self, persons: Sequence[str], asks: Iterable[PastEvents]) -> dict[PastEvents, tuple[Event, ...]]:
        """One query per person reaches back as far as any question does."""
        questions = tuple(asks)
        if not questions:
            return {}
        since = min(question.since for question in questions)
        names = {f":name{place}": text(name) for place, name in enumerate({each.name: None for each in questions})}
        by_name: dict[str, list[tuple[str, Event]]] = defaultdict(list)
        for person in persons:
            items = query_all(
                self.tables,
                TableName=self.tables.history,
                KeyConditionExpression="profile = :profile AND #row >= :since",
                FilterExpression=f"#name IN ({', '.join(names)})",
                ExpressionAttributeNames={"#row": "row", "#name": "name"},
                ExpressionAttributeValues={
                    ":profile": text(person),
                    ":since": text(keys.instant(since)),
                    **names,
                },
                ConsistentRead=True,
            )
            for item in items:
                by_name[item["name"]["S"]].append((item["row"]["S"], rows.event_of(item)))
        return {
            question: tuple(
                event
                for _, event in sorted(by_name[question.name], key=_by_row, reverse=True)
                if event.at >= question.since
            )
            for question in questions
        }

    def _claiming(self, change: Merge | Move, taker: State | None) -> Iterator[Mapping[str, Any]]:
        if taker is None:
            return
        owners = (taker.profile.id, *taker.profile.also)
        for identifier, joined in change.claims.items():
            returns = identifier in change.returning
            for write in claim_writes(
                self.tables, identifier, owners[0], joined=joined, owners=owners, returns=returns
            ):
                yield write.request

    @staticmethod
    def _put(table: str, item: Any, condition: Any) -> dict[str, Any]:
        return {"Put": {"TableName": table, "Item": item, **condition}}


def _by_row(found: tuple[str, Event]) -> str:
    return found[0]
