"""Who gets how many mails: a histogram of everybody, those who get most, and the stories of the busiest."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dampf.domain.state import State
from dampf_cli.pages.charts import Columns, Series, histogram_of
from dampf_cli.pages.snapshot import Snapshot, name_of
from dampf_cli.pages.timeline import Timeline, timeline_of

MOST_CROWDED: Final = 10
STORIES: Final = 6
ENTRIES_OF_A_STORY: Final = 60
WEEK: Final = timedelta(days=7)
PEOPLE: Final = Series("people", "People", "hue-0")


@dataclass(frozen=True, kw_only=True, slots=True)
class Crowded:
    """Somebody who gets many mails: all of them, and the most within any seven days and on one local day."""

    name: str
    address: str
    mails: int
    in_a_week: int
    in_a_day: int
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    name: str
    address: str
    mails: int
    events: int
    timeline: Timeline


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailed:
    """`others` are people who got mail and are not among the `crowded`; `median` is of those who got any."""

    histogram: Columns | None
    in_a_week: Columns | None
    people: int
    without: int
    median: int
    crowded: tuple[Crowded, ...]
    others: int
    stories: tuple[Story, ...]


def mailed(seen: Snapshot) -> Mailed:
    instants: dict[str, list[datetime]] = defaultdict(list)
    for message in reversed(seen.sent):
        state = seen.person(message.profile)
        if state is not None and message.at is not None:
            instants[state.profile.id].append(message.at)
    states = {state.profile.id: state for state in seen.states}
    by_number = Counter(len(instants.get(profile, ())) for profile in states)
    order = sorted(instants, key=lambda profile: (-len(instants[profile]), name_of(states[profile]).casefold()))
    weeks = {profile: _in_a_week(each) for profile, each in instants.items()}
    crowded = [
        Crowded(
            name=name_of(states[each]),
            address=_address(states[each]),
            mails=len(instants[each]),
            in_a_week=weeks[each],
            in_a_day=max(Counter(at.astimezone(seen.clock.zone).date() for at in instants[each]).values()),
            share=round(100 * len(instants[each]) / len(instants[order[0]]), 1),
        )
        for each in order[:MOST_CROWDED]
    ]
    numbers = sorted(map(len, instants.values()))
    by_week = Counter(weeks.get(profile, 0) for profile in states)
    return Mailed(
        histogram=histogram_of(by_number, unit="person", series=PEOPLE) if instants else None,
        in_a_week=histogram_of(by_week, unit="person", series=PEOPLE) if instants else None,
        people=len(states),
        without=by_number[0],
        median=numbers[len(numbers) // 2] if numbers else 0,
        crowded=tuple(crowded),
        others=max(0, len(order) - MOST_CROWDED),
        stories=tuple(_stories(seen, {profile: len(each) for profile, each in instants.items()})),
    )


def _in_a_week(instants: Sequence[datetime]) -> int:
    """The most within any seven days; `instants` are in order."""
    first, most = 0, 0
    for place, at in enumerate(instants):
        while at - instants[first] >= WEEK:
            first += 1
        most = max(most, place - first + 1)
    return most


def _stories(seen: Snapshot, mails: dict[str, int]) -> list[Story]:
    """Of those with most mails; of as many, whoever did most."""
    events = {state.profile.id: len(seen.history(state)) for state in seen.states}
    busiest = sorted(
        (state for state in seen.states if events[state.profile.id] or mails.get(state.profile.id)),
        key=lambda state: (-mails.get(state.profile.id, 0), -events[state.profile.id], state.profile.id),
    )
    return [
        Story(
            name=name_of(state),
            address=_address(state),
            mails=mails.get(state.profile.id, 0),
            events=events[state.profile.id],
            timeline=timeline_of(seen, state, most=ENTRIES_OF_A_STORY),
        )
        for state in busiest[:STORIES]
    ]


def _address(state: State) -> str:
    """Empty where it is the name already."""
    address = state.profile.email or ""
    return address if address != name_of(state) else ""
