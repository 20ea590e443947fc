"""Two content folders on the same events: who would get more, fewer or other mails, and which.

A mail of one campaign and message that comes at another time, by less than a week, has moved; it is neither gained nor
lost. One that comes at the same instant with another subject is reworded.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from dampf.domain.state import State
from dampf_cli.pages.charts import Part, parts_of
from dampf_cli.pages.snapshot import Snapshot, name_of

A_MOVE: Final = timedelta(days=7)
"""What is further apart is another mail."""

Kind = Literal["gained", "lost", "moved", "reworded"]
KINDS: Final[tuple[Kind, ...]] = ("gained", "lost", "moved", "reworded")


class Mailing(NamedTuple):
    at: datetime
    subject: str


class Slot(NamedTuple):
    """Which mails are each other's like."""

    person: str
    campaign: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """`before` is what came with the other folder, `now` what comes with this one; one of them may be missing."""

    kind: Kind
    slot: Slot
    name: str
    title: str
    before: Mailing | None
    now: Mailing | None

    @property
    def at(self) -> datetime:
        mailing = self.now or self.before
        assert mailing is not None, "a change is of some mail"
        return mailing.at


class CampaignChange(NamedTuple):
    """Mails of one campaign before and now; shares are percent of the longest bar."""

    title: str
    hue: str
    before: int
    now: int
    before_share: float
    now_share: float
    kinds: Counter[Kind]


class PersonChange(NamedTuple):
    name: str
    before: int
    now: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """`now` and `before` name the folders. `most_changed` are those whose number of mails changes most."""

    now: str
    before: str
    campaigns: tuple[CampaignChange, ...]
    people: tuple[Part, ...]
    changes: dict[Kind, tuple[Change, ...]]
    most_changed: tuple[PersonChange, ...]
    mails_now: int
    mails_before: int

    def people_with(self, words: str) -> int:
        return next((part.count for part in self.people if part.words == words), 0)


MORE, FEWER, OTHER, SAME = "more mails", "fewer mails", "as many, but others", "the same mails"


def compare(now: Snapshot, before: Snapshot, *, names: tuple[str, str]) -> Comparison:
    """`names` are the folders', this one's first."""
    these, those = _slots(now), _slots(before)
    people: dict[str, State] = {state.profile.id: state for seen in (before, now) for state in seen.states}
    titles = {name: before.title(name) for name in before.campaigns} | {name: now.title(name) for name in now.campaigns}
    changes: dict[Kind, list[Change]] = {kind: [] for kind in KINDS}
    for slot in these.keys() | those.keys():
        for kind, was, is_now in _changes(those.get(slot, []), these.get(slot, [])):
            changes[kind].append(
                Change(
                    kind=kind,
                    slot=slot,
                    name=name_of(people[slot.person]),
                    title=titles[slot.campaign],
                    before=was,
                    now=is_now,
                )
            )
    ordered = {
        kind: tuple(sorted(some, key=lambda each: (each.at, each.name, each.slot))) for kind, some in changes.items()
    }
    numbers = {person: (before_count, now_count) for person, before_count, now_count in _numbers(those, these)}
    touched = {each.slot.person for some in changes.values() for each in some}
    sides = Counter(_side(*numbers[person]) for person in touched)
    by_change = sorted(touched, key=lambda person: (-abs(numbers[person][1] - numbers[person][0]), person))
    return Comparison(
        now=names[0],
        before=names[1],
        campaigns=_campaigns(now, before, titles, ordered),
        people=parts_of(
            [
                ("good", MORE, sides[MORE]),
                ("open", FEWER, sides[FEWER]),
                ("vague", OTHER, sides[OTHER]),
                ("none", SAME, len(people) - len(touched)),
            ]
        ),
        changes=ordered,
        most_changed=tuple(
            PersonChange(name_of(people[each]), *numbers[each]) for each in by_change if len(set(numbers[each])) > 1
        ),
        mails_now=len(now.sent),
        mails_before=len(before.sent),
    )


def _slots(seen: Snapshot) -> dict[Slot, list[Mailing]]:
    """Of everybody who is still known, in order of time."""
    slots: dict[Slot, list[Mailing]] = defaultdict(list)
    for message in reversed(seen.sent):
        state = seen.person(message.profile)
        if state is not None and message.at is not None:
            slot = Slot(state.profile.id, message.campaign, message.message)
            slots[slot].append(Mailing(message.at, message.subject or ""))
    return slots


def _changes(
    before: Sequence[Mailing], now: Sequence[Mailing]
) -> Iterable[tuple[Kind, Mailing | None, Mailing | None]]:
    """Both sorted; each mail is in one pair at most, with the one of its own instant if there is one."""
    common = Counter(each.at for each in before) & Counter(each.at for each in now)
    (kept, left), (same, right) = _parted(before, common), _parted(now, common)
    yield from (("reworded", was, new) for was, new in zip(kept, same, strict=True) if was.subject != new.subject)
    while left and right:
        if abs(left[0].at - right[0].at) < A_MOVE:
            yield "moved", left.popleft(), right.popleft()
        elif left[0].at < right[0].at:
            yield "lost", left.popleft(), None
        else:
            yield "gained", None, right.popleft()
    yield from (("lost", each, None) for each in left)
    yield from (("gained", None, each) for each in right)


def _parted(mailings: Sequence[Mailing], common: Counter[datetime]) -> tuple[list[Mailing], deque[Mailing]]:
    """Those at an instant that both have, and the rest."""
    there, rest, room = list[Mailing](), deque[Mailing](), common.copy()
    for each in mailings:
        if room[each.at]:
            room[each.at] -= 1
            there.append(each)
        else:
            rest.append(each)
    return there, rest


def _numbers(before: dict[Slot, list[Mailing]], now: dict[Slot, list[Mailing]]) -> Iterable[tuple[str, int, int]]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for place, slots in enumerate((before, now)):
        for slot, mailings in slots.items():
            counts[slot.person][place] += len(mailings)
    return ((person, was, is_now) for person, (was, is_now) in counts.items())


def _side(before: int, now: int) -> str:
    return OTHER if before == now else MORE if now > before else FEWER


def _campaigns(
    now: Snapshot, before: Snapshot, titles: dict[str, str], changes: dict[Kind, tuple[Change, ...]]
) -> tuple[CampaignChange, ...]:
    these, those = (Counter(message.campaign for message in seen.sent) for seen in (now, before))
    kinds: dict[str, Counter[Kind]] = defaultdict(Counter)
    for kind, some in changes.items():
        for each in some:
            kinds[each.slot.campaign][kind] += 1
    most = max([*these.values(), *those.values()], default=1)
    names = sorted(titles, key=lambda name: (-max(these[name], those[name]), titles[name]))
    return tuple(
        CampaignChange(
            title=titles[name],
            hue=now.hue(name) if name in now.campaigns else "hue-none",
            before=those[name],
            now=these[name],
            before_share=round(100 * those[name] / most, 2),
            now_share=round(100 * these[name] / most, 2),
            kinds=kinds[name],
        )
        for name in names
    )
