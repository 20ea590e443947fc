"""Whoever has a journey under way: counted, moved to a newer version, or woken after a pause.

Every open journey waits for a time, so the index of what is due lists them all; nobody else is read. States change
only through the conditional write of their row, like everything that changes a profile.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from dampf.domain.campaign import Campaign, Send
from dampf.domain.catalogue import Catalogue
from dampf.domain.commit import Commit
from dampf.domain.journey import Journey
from dampf.domain.migrate import moved
from dampf.domain.resume import let_go
from dampf.domain.state import State
from dampf.use_cases.ports.occasions import Wakeups
from dampf.use_cases.ports.profiles import Profiles
from dampf.use_cases.ports.queues import Timers

AT_ONCE: Final = 100
MOST_ROUNDS: Final = 8
END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)

KNOWN_EVERYWHERE: Final = timedelta(seconds=35)
"""After this every function has read anew what is in force, which it does every 30 s."""

VersionOf = Callable[[str, str], Campaign | None]
"""A campaign by name and version."""

Progress = Callable[[int], None]
"""Told how many more people were gone through."""


class KeepsChanging(Exception):
    """Somebody's state changed each time before it could be written. Doing it all again goes on from there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """What a new catalogue means for waiting journeys, by campaign.

    `waiting` counts those of any version but the new one; `movable` those of them that could move to it. `bereft`
    counts, by campaign and message, those that stay and may ask for a message that is gone.
    """

    waiting: Mapping[str, int] = field(default_factory=dict)
    movable: Mapping[str, int] = field(default_factory=dict)
    bereft: Mapping[tuple[str, str], int] = field(default_factory=dict)


def people_under_way(wakeups: Wakeups) -> list[str]:
    """The profiles that wait for anything. The index follows its table within moments."""
    return list(dict.fromkeys(due.profile for due in wakeups.due(until=END_OF_TIME) if due.row == "state"))


def outlook(
    people: Sequence[str],
    profiles: Profiles,
    *,
    version_of: VersionOf,
    catalogue: Catalogue,
    migrates: bool,
    progress: Progress = lambda count: None,
) -> Outlook:
    """`catalogue` is the new one. Where it `migrates`, what can move is not bereft of anything."""
    waiting, movable = Counter[str](), Counter[str]()
    bereft = Counter[tuple[str, str]]()
    for some in _hundreds(people):
        for stored in profiles.load(some).values():
            for journey in stored.content.journeys if isinstance(stored.content, State) else ():
                after = catalogue.campaign(journey.campaign)
                if after is not None and journey.version == after.version:
                    continue
                waiting[journey.campaign] += 1
                can_move = _moved(journey, version_of, catalogue) is not None
                movable[journey.campaign] += can_move
                if not (can_move and migrates):
                    bereft.update(_messages_gone(version_of(journey.campaign, journey.version), catalogue))
        progress(len(some))
    return Outlook(waiting=waiting, movable=+movable, bereft=bereft)


def migrate(
    people: Sequence[str],
    profiles: Profiles,
    *,
    version_of: VersionOf,
    catalogue: Catalogue,
    now: datetime,
    progress: Progress = lambda count: None,
) -> Counter[str]:
    """Moves waiting journeys to the versions in force, where they can; how many, by campaign.

    Doing it again moves what is left. Raises KeepsChanging.
    """

    def change(state: State) -> State | None:
        journeys = tuple(_moved(journey, version_of, catalogue) or journey for journey in state.journeys)
        return replace(state, journeys=journeys) if journeys != state.journeys else None

    counted = Counter[str]()
    for changed in _rewrite(people, change, profiles, now=now, progress=progress):
        for before, after in changed:
            pairs = zip(before.journeys, after.journeys, strict=True)
            counted.update(journey.campaign for was, journey in pairs if journey != was)
    return counted


def wake_held(
    people: Sequence[str],
    profiles: Profiles,
    timers: Timers,
    *,
    catalogue: Catalogue,
    now: datetime,
    progress: Progress = lambda count: None,
) -> int:
    """Lets go of what was held as paused and is no more, as soon as every function knows; how many people have some.

    The states themselves say when, so a wake-up that is lost is found by the clock. Doing it again goes on.
    """
    at = now + KNOWN_EVERYWHERE
    count = 0

    def change(state: State) -> State | None:
        return let_go(state, is_paused=catalogue.is_paused, at=at)

    for changed in _rewrite(people, change, profiles, now=now, progress=progress):
        timers.wake([(after.profile.id, at) for _, after in changed], now=now)
        count += len(changed)
    return count


def _rewrite(
    people: Sequence[str],
    change: Callable[[State], State | None],
    profiles: Profiles,
    *,
    now: datetime,
    progress: Progress,
) -> Iterator[list[tuple[State, State]]]:
    """The states that were changed, before and after, as they were written; one that came too late looks again."""
    for some in _hundreds(people):
        waiting = some
        for _ in range(MOST_ROUNDS):
            before = {
                profile: (stored.content, stored.version)
                for profile, stored in profiles.load(waiting).items()
                if isinstance(stored.content, State)
            }
            commits = [
                Commit(profile=profile, state=after, read_version=version)
                for profile, (state, version) in before.items()
                if (after := change(state)) is not None
            ]
            conflicts = profiles.commit(commits, now=now).conflicts if commits else {}
            yield [(before[commit.profile][0], commit.state) for commit in commits if commit.profile not in conflicts]
            waiting = list(conflicts)
            if not waiting:
                break
        else:
            raise KeepsChanging(f"{len(waiting)} people kept changing; do the same again to go on")
        progress(len(some))


def _moved(journey: Journey, version_of: VersionOf, catalogue: Catalogue) -> Journey | None:
    after = catalogue.campaign(journey.campaign)
    if after is None or after.version == journey.version:
        return None
    before = version_of(journey.campaign, journey.version)
    return moved(journey, before, after) if before is not None else None


def _messages_gone(campaign: Campaign | None, catalogue: Catalogue) -> set[tuple[str, str]]:
    """The messages that this version may send and that are not published any more."""
    if campaign is None:
        return set()
    sent = {step.message for step in campaign.steps.values() if isinstance(step, Send)}
    return {(campaign.name, message) for message in sent if catalogue.message(message) is None}


def _hundreds(people: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(people), AT_ONCE):
        yield people[start : start + AT_ONCE]
