"""One stimulus being decided: the values as they stand, how expressions see them, and what has been asked for."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar

from dampf.domain.affinity import Alike, Bestsellers
from dampf.domain.campaign import Campaign
from dampf.domain.catalogue import Catalogue
from dampf.domain.decision import (
    Asks,
    Conversion,
    Decision,
    Ended,
    EnteredKey,
    Fault,
    Known,
    Memory,
    MemoryKey,
    PastEvents,
    Remembered,
)
from dampf.domain.event import ANONYMOUS_ID, CUSTOMER_ID, EMAIL, OURS, Event, Origin
from dampf.domain.expression import Expression
from dampf.domain.journey import Journey, StartingEvent
from dampf.domain.message import Message
from dampf.domain.policy import WEEK
from dampf.domain.product import Product
from dampf.domain.profile import BEGINNING, Profile
from dampf.domain.scope import (
    JUST_AFTER,
    View,
    event_view,
    journey_view,
    product_functions,
    profile_view,
    recommending_functions,
)
from dampf.domain.state import Entered, Occurrence, State
from dampf.domain.wishes import span_wished

CLOSED_FOR: Final = timedelta(days=1)
"""How long it is remembered that a journey was left: longer than its last message can be under way."""

REQUESTED_FOR: Final = WEEK + timedelta(days=1)
"""How long requested messages are counted: the longest cap, and the rest of a local day."""

MOST_ENTERED: Final = 8
MOST_AWAITED: Final = 8
"""Messages after which a goal may still be reached, the latest of them: the state row is to stay small."""

Answer = TypeVar("Answer")


class Lookups:
    """`event` is the event at hand; None where time, a date or a schedule came.

    `asking` holds the journeys that stand at a `send`, with the instant of the request, until they are decided.
    """

    def __init__(
        self, state: State, catalogue: Catalogue, *, now: datetime, known: Known, event: Event | None = None
    ) -> None:
        self.state, self.catalogue, self.now, self.known, self.event = state, catalogue, now, known, event
        self.profile: Profile = state.profile
        self.dated: Profile = state.profile  # for which its dates were planned last
        self.journeys: dict[str, Journey] = {journey.id: journey for journey in state.journeys}
        self.closed = list(state.closed)
        self.entered = {(campaign, key): entered for campaign, key, entered in state.entered}
        self.requested = list(state.requested)
        self.occurrences: list[Occurrence] = list(state.occurrences)
        self.asking: dict[str, datetime] = {}
        self.awaited = list(state.awaited)
        self.segments = state.segments
        self.segments_due_at = state.segments_due_at
        self.messages: list[Message] = []
        self.memories: dict[MemoryKey, Memory] = {}
        self.emitted: list[Event] = []
        self.ended: list[Ended] = []
        self.conversions: list[Conversion] = []
        self.faults: list[Fault] = []
        self._view: tuple[Profile, View] | None = None
        self.asked_memories: set[MemoryKey] = set()
        self.asked_events: set[StartingEvent] = set()
        self.asked_past: set[PastEvents] = set()
        self.asked_products: set[str] = set()
        self.asked_alike: set[str] = set()
        self.asked_best: set[str] = set()

    def _requested_for(self) -> timedelta:
        """Longer for who wants fewer mails than any cap allows."""
        return max(REQUESTED_FOR, (span_wished(self.profile) or timedelta(0)) + timedelta(days=1))

    def outcome(self) -> Decision | Asks:
        if (
            self.asked_memories
            or self.asked_events
            or self.asked_past
            or self.asked_products
            or self.asked_alike
            or self.asked_best
        ):
            return Asks(
                memories=frozenset(self.asked_memories),
                events=frozenset(self.asked_events),
                past=frozenset(self.asked_past),
                products=frozenset(self.asked_products),
                alike=frozenset(self.asked_alike),
                best=frozenset(self.asked_best),
            )
        late = self.catalogue.shop.max_event_age if self.awaited else timedelta(0)
        awaited = tuple(each for each in self.awaited if each.until > self.now - late)
        entered = tuple((campaign, key, entered) for (campaign, key), entered in self.entered.items())
        closed_since, requested_since = self.now - CLOSED_FOR, self.now - self._requested_for()
        state = State(
            profile=self.profile,
            journeys=tuple(self.journeys.values()),
            closed=tuple(each for each in self.closed if each.at > closed_since),
            entered=entered[-MOST_ENTERED:],
            requested=tuple(each for each in self.requested if each.at > requested_since),
            awaited=awaited[-MOST_AWAITED:],
            occurrences=tuple(sorted(self.occurrences, key=lambda each: (each.due_at, each.campaign))),
            segments=self.segments,
            segments_due_at=self.segments_due_at,
            met_products_on=self._met_products_on(),
        )
        return Decision(
            state=state,
            messages=tuple(self.messages),
            memories=tuple(self.memories.values()),
            emitted=tuple(self.emitted),
            ended=tuple(self.ended),
            conversions=tuple(self.conversions),
            faults=tuple(self.faults),
        )

    def _met_products_on(self) -> date | None:
        before, after = self.state.profile, self.profile
        if not self.catalogue.recommends:
            return None
        has_met = after.viewed is not before.viewed or after.purchased is not before.purchased
        return self.now.date() if has_met else self.state.met_products_on

    def end(self, journey: Journey, how: str) -> None:
        self.journeys.pop(journey.id, None)
        self.asking.pop(journey.id, None)
        self.ended.append(Ended(journey.id, journey.campaign, journey.version, journey.entered_at, self.now, how))

    def fault(self, journey: Journey, reason: str) -> None:
        self.faults.append(Fault(campaign=journey.campaign, journey=journey.id, step=journey.step, reason=reason))
        self.end(journey, "fault")

    def campaign_of(self, journey: Journey) -> Campaign | None:
        campaign = self.catalogue.campaign(journey.campaign, journey.version)
        if campaign is None:
            self.fault(journey, f"version {journey.version} of the campaign cannot be read")
        return campaign

    def evaluate(
        self,
        expression: Expression,
        *,
        event: Event | None = None,
        journey: Journey | None = None,
        profile: Profile | None = None,
        at: datetime | None = None,
    ) -> Any:
        """Its value for this profile, now. Names that nobody answers to are undefined.

        What has to be looked up is asked for, and the value of this pass then counts for nothing.
        """
        profile, at = profile or self.profile, at or self.now
        names = expression.names
        scope: dict[str, Any] = {"now": at, "zone": profile.zone(self.catalogue.shop)}

        def in_segment(name: str) -> bool:
            segment = self.catalogue.segments.get(name)
            return segment is not None and bool(self.evaluate(segment, profile=profile, at=self.now + JUST_AFTER))

        if "profile" in names:
            if self._view is None or self._view[0] is not profile:
                self._view = profile, profile_view(profile, self.catalogue, in_segment)
            scope["profile"] = self._view[1]
        if "event" in names:
            event = event or (self.starting_event(journey) if journey is not None else None)
            if event is not None:
                scope["event"] = event_view(event)
        if "journey" in names and journey is not None:
            scope["journey"] = journey_view(journey)
        if "history" in names:
            scope["history"] = self._history
        if "in_segment" in names:
            scope["in_segment"] = in_segment
        if "product" in names or "products" in names:
            scope |= product_functions(self._products)
        if "recommendations" in names or "similar" in names:
            scope |= recommending_functions(profile, self, now=at)
        return expression(scope)

    def starting_event(self, journey: Journey) -> Event | None:
        if journey.event is None:
            return None
        key = journey.event.key
        for event in (self.event, *self.known.recent):
            if event is not None and event.key == key:
                return event
        if key not in self.known.events:
            self.asked_events.add(journey.event)
            return None
        return self.known.events[key]

    def memory(self, key: MemoryKey) -> Remembered | None:
        """What the row holds. Where nobody looked, it is believed to be absent: the write will tell."""
        if key in self.memories:
            return self.memories[key].value
        if key in self.known.memories:
            return self.known.memories[key]
        if isinstance(key, EnteredKey) and (key.campaign, key.key) in self.entered:
            return self.entered[key.campaign, key.key]
        if self.profile.also:
            self.asked_memories.add(key)
        return None

    def looked_up(self, key: MemoryKey) -> Remembered | None:
        """What the row holds. Where nobody looked it is asked for: whether it is there decides."""
        if key not in self.memories and key not in self.known.memories:
            self.asked_memories.add(key)
            return None
        return self.memory(key)

    def remember(self, key: MemoryKey, value: Remembered) -> None:
        was = self.memories[key].was if key in self.memories else self.memory(key)
        self.memories[key] = Memory(key=key, value=value, was=was)
        if isinstance(key, EnteredKey) and isinstance(value, Entered):
            self.entered.pop((key.campaign, key.key), None)
            self.entered[key.campaign, key.key] = value

    def _products(self, ids: tuple[str, ...]) -> dict[str, Product | None]:
        known = self.known.products
        self.asked_products.update(product for product in ids if product not in known)
        return known

    # The sources of recommendations; what is asked of one may depend on what another answers.

    def products(self, ids: Iterable[str]) -> dict[str, Product]:
        return _answers(ids, self.known.products, self.asked_products)

    def alike(self, products: Iterable[str]) -> dict[str, Alike]:
        return _answers(products, self.known.alike, self.asked_alike)

    def best(self, categories: Iterable[str]) -> dict[str, Bestsellers]:
        return _answers(categories, self.known.best, self.asked_best)

    def own_event(self, name: str, *, id: str, origin: Origin | None, **told: Any) -> Event:  # noqa: A002 - an event's
        """An event of ours that names this person as the shop does."""
        known = ((kind, self.profile.identifiers.get(kind, ())) for kind in (CUSTOMER_ID, EMAIL, ANONYMOUS_ID))
        return Event(
            source=OURS,
            id=id,
            name=name,
            at=self.now,
            arrived_at=self.now,
            identifiers={kind: identifiers[0] for kind, identifiers in known if identifiers},
            origin=origin,
            **told,
        )

    def _history(self, name: str, within: timedelta | None = None) -> list[dict[str, Any]]:
        since = self.now - within if within is not None else BEGINNING
        question = PastEvents(name, since)
        if question not in self.known.past:
            self.asked_past.add(question)
            return []
        recent = (*self.known.recent, self.event) if self.event is not None else self.known.recent
        fresh = [each for each in recent if each.name == name and each.at >= since]
        events = sorted((*fresh, *self.known.past[question]), key=lambda each: each.at, reverse=True)
        return [event_view(each) for each in events]


def _answers(wanted: Iterable[str], known: Mapping[str, Answer | None], asked: set[str]) -> dict[str, Answer]:
    """What is there of what is wanted; what nobody looked for yet is asked for."""
    names = list(wanted)
    asked.update(name for name in names if name not in known)
    return {name: answer for name in names if (answer := known.get(name)) is not None}
