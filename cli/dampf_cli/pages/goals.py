"""Goals: which journeys reached theirs, and what it brought. It measures and changes nothing.

An event counts for the latest mail of the campaign that this person got before it, if that mail is no older than the
goal's span: so it counts once for a campaign, though for each campaign that may claim it.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from dampf.domain.campaign import Expression, ExpressionFailed, Goal
from dampf.domain.event import Event
from dampf.domain.instants import after
from dampf.domain.message import Message, Status
from dampf.domain.scope import event_view, profile_view
from dampf.domain.state import State
from dampf_cli.pages.snapshot import SENT, Snapshot
from dampf_cli.pages.words import amount

REVENUE: Final = "total"
"""The property of an event that says what it brought."""


@dataclass(kw_only=True, slots=True)
class Reached:
    """Of the journeys that mailed, and of those that were held out: who reached the goal. `revenue` is by currency."""

    goal: Goal
    journeys: set[str] = field(default_factory=set)
    revenue: dict[str, Decimal] = field(default_factory=dict)
    held_out: int = 0
    held_out_journeys: set[str] = field(default_factory=set)

    @property
    def revenue_words(self) -> str:
        """`120.00 EUR + 20.00 USD`; empty where no event said what it brought."""
        return " + ".join(f"{amount(self.revenue[name])} {name}".strip() for name in sorted(self.revenue))


def reached(seen: Snapshot, messages: Mapping[str, Iterable[Message]]) -> dict[str, Reached]:
    """By campaign, of those that have a goal; `messages` are each campaign's."""
    goals = {name: campaign.goal for name in messages if (campaign := seen.catalogue.campaign(name)) and campaign.goal}
    wanted = {goal.event for goal in goals.values()}
    came: dict[str, list[tuple[State, Event]]] = defaultdict(list)
    for event in seen.events:
        if event.name in wanted and not event.historical and (state := seen.whose(event)) is not None:
            came[event.name].append((state, event))
    return {name: _reached(seen, goal, came[goal.event], messages[name]) for name, goal in goals.items()}


def _reached(seen: Snapshot, goal: Goal, came: Iterable[tuple[State, Event]], messages: Iterable[Message]) -> Reached:
    found = Reached(goal=goal)
    mailed: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    spared: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for message in messages:
        of = mailed if message.status in SENT else spared if message.status is Status.HELD_OUT else None
        state = seen.person(message.profile)
        if of is not None and message.at is not None and state is not None:
            of[state.profile.id].append((message.at, message.journey))
    for instants in (*mailed.values(), *spared.values()):
        instants.sort()
    found.held_out = len({journey for each in spared.values() for _, journey in each})
    for state, event in came:
        if not _holds(goal.when, seen, state, event):
            continue
        if journey := _claimed(seen, goal, state, event, mailed.get(state.profile.id, ())):
            found.journeys.add(journey)
            total = event.properties.get(REVENUE)
            if isinstance(total, int | float | Decimal) and not isinstance(total, bool):
                currency = str(event.properties.get("currency") or "")
                found.revenue[currency] = found.revenue.get(currency, Decimal(0)) + Decimal(str(total))
        elif journey := _claimed(seen, goal, state, event, spared.get(state.profile.id, ())):
            found.held_out_journeys.add(journey)
    return found


def _claimed(
    seen: Snapshot, goal: Goal, state: State, event: Event, mails: "list[tuple[datetime, str]] | tuple[()]"
) -> str | None:
    """The journey of the latest mail before the event, if the event came in time."""
    place = bisect_left(mails, (event.at, "")) - 1
    if place < 0:
        return None
    at, journey = mails[place]
    return journey if event.at <= after(at, goal.within, state.profile.zone(seen.catalogue.shop)) else None


def _holds(when: Expression | None, seen: Snapshot, state: State, event: Event) -> bool:
    """With the event, and the profile as it is now: how it was then, nobody wrote down."""
    if when is None:
        return True
    shop = seen.catalogue.shop

    def in_segment(name: str) -> bool:
        segment = seen.catalogue.segments.get(name)
        return segment is not None and bool(segment(scope))

    scope: dict[str, Any] = {
        "now": event.at,
        "zone": state.profile.zone(shop),
        "profile": profile_view(state.profile, seen.catalogue, in_segment),
        "event": event_view(event),
        "in_segment": in_segment,
    }
    try:
        return bool(when(scope))
    except ExpressionFailed:
        return False
