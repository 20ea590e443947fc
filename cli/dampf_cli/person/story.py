"""Why somebody did or did not get a mail: what happened to them, in order, in plain sentences.

What is stored is told as it was. Why an event started no journey is stored nowhere: conditions are asked again, of the
campaign as it is published and the person as they are now, and that is said.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from dampf.domain.campaign import (
    Campaign,
    DateTrigger,
    EventTrigger,
    MetricTrigger,
    ScheduleTrigger,
    SegmentTrigger,
    Trigger,
)
from dampf.domain.decision import Asks, EnteredKey, Known
from dampf.domain.event import Event
from dampf.domain.expression import Expression, ExpressionFailed
from dampf.domain.instants import format_instant
from dampf.domain.journey import Journey
from dampf.domain.lookups import Lookups
from dampf.domain.message import Message, Status
from dampf.domain.metrics import NOTHING
from dampf.domain.profile import number
from dampf.domain.state import Entered
from dampf_cli.pages import words
from dampf_cli.person.known import Person

SOON: Final = timedelta(minutes=5)
"""Within this a journey without a message, of which nothing names the event, is taken for the event's."""

AS_NOW: Final = "as it is published and as the person is now"
_MOST_ROUNDS: Final = 8
_CANNOT_SAY: Final = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """`kind` is event, entered, not_entered, message, waits, ended or now."""

    at: datetime
    kind: str
    text: str
    campaign: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"at": format_instant(self.at), "kind": self.kind, "campaign": self.campaign, "text": self.text}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Way:
    """A journey, as far as anything is left of it."""

    journey: str
    campaign: str
    entered_at: datetime
    event: str | None


def story_of(person: Person, *, campaign: str | None = None) -> list[Line]:
    """In order of time; where a campaign is named, only what concerns it."""
    return _Story(person, campaign).lines()


class _Story:
    def __init__(self, person: Person, campaign: str | None) -> None:
        self.person, self.only = person, campaign
        self.ways = list(self._ways())

    def lines(self) -> list[Line]:
        told = [*self._events(), *self._entries(), *self._messages(), *self._waits(), *self._ends()]
        told.sort(key=lambda line: line.at)  # what happened at one instant stays in the order of cause
        return [*told, *self._now()]

    def _concerns(self, campaign: str) -> bool:
        return self.only in (None, campaign)

    # --- what is stored -------------------------------------------------------------------------------------------

    def _ways(self) -> Iterator[_Way]:
        met = set[str]()
        for journey in self.person.state.journeys:
            met.add(journey.id)
            yield _Way(
                journey=journey.id,
                campaign=journey.campaign,
                entered_at=journey.entered_at,
                event=journey.event.key if journey.event is not None else None,
            )
        for message in self.person.messages:
            if message.journey not in met:
                met.add(message.journey)
                event = message.event.key if message.event is not None else None
                yield _Way(
                    journey=message.journey, campaign=message.campaign, entered_at=message.entered_at, event=event
                )
        for ended in self.person.ended:
            if ended.journey not in met and ended.how != "too_late":
                met.add(ended.journey)
                yield _Way(journey=ended.journey, campaign=ended.campaign, entered_at=ended.entered_at, event=None)

    def _events(self) -> Iterator[Line]:
        for event in self.person.events:
            listening = self._listening(event)
            about = words.summary(event)
            if self.only is None or listening or event.email_id in {message.id for message in self._own()}:
                yield Line(at=event.at, kind="event", text=f"{words.heading(event)}{f': {about}' if about else ''}.")
            for campaign, trigger in listening:
                if not any(self._began(way, campaign, event) for way in self.ways):
                    why = self._why_not(event, campaign, trigger)
                    text = f"This did not start {campaign.name}: {why}."
                    yield Line(at=event.at, kind="not_entered", campaign=campaign.name, text=text)

    def _own(self) -> list[Message]:
        return [message for message in self.person.messages if self._concerns(message.campaign)]

    def _entries(self) -> Iterator[Line]:
        for way in self.ways:
            if self._concerns(way.campaign):
                started = next((event.name for event in self.person.events if event.key == way.event), None)
                because = f", because of {started}" if started else ""
                text = f"Entered {way.campaign}{because}."
                yield Line(at=way.entered_at, kind="entered", campaign=way.campaign, text=text)

    def _messages(self) -> Iterator[Line]:
        for message in self._own():
            for hold in message.held:
                until = f"{hold.until:%Y-%m-%d %H:%M} UTC"
                text = f"The message {message.message} was held until {until}: {words.reason(hold.reason)}."
                yield Line(at=message.requested_at, kind="message", campaign=message.campaign, text=text)
            yield Line(
                at=message.at or message.requested_at,
                kind="message",
                campaign=message.campaign,
                text=_outcome(message),
            )

    def _waits(self) -> Iterator[Line]:
        for journey in self.person.state.journeys:
            if journey.waiting is not None and self._concerns(journey.campaign):
                text = f"{journey.campaign} {_waiting(journey)}."
                yield Line(at=self.person.now, kind="waits", campaign=journey.campaign, text=text)

    def _ends(self) -> Iterator[Line]:
        for ended in self.person.ended:
            if self._concerns(ended.campaign):
                how = words.ENDINGS.get(ended.how, "its time was missed" if ended.how == "too_late" else ended.how)
                text = (
                    f"{ended.campaign} is over: it {how}." if ended.how != "too_late" else f"{ended.campaign}: {how}."
                )
                yield Line(at=ended.at, kind="ended", campaign=ended.campaign, text=text)

    # --- what is not ----------------------------------------------------------------------------------------------

    def _listening(self, event: Event) -> list[tuple[Campaign, EventTrigger]]:
        """The campaigns that this event may start, each with the first trigger that it meets."""
        found = []
        for campaign in self.person.catalogue.campaigns_on(event.name):
            meets = (each for each in campaign.triggers if isinstance(each, EventTrigger) and event.name in each.events)
            trigger = next(meets, None)
            if trigger is not None and self._concerns(campaign.name):
                found.append((campaign, trigger))
        return found

    def _began(self, way: _Way, campaign: Campaign, event: Event) -> bool:
        """Or started it over: a journey names only the last event that did."""
        if way.campaign != campaign.name or way.event == event.key:
            return way.campaign == campaign.name
        if campaign.entry.restart and way.event is not None:
            last = next((each.at for each in self.person.events if each.key == way.event), event.at)
            return way.entered_at - SOON <= event.arrived_at and event.at <= last
        return way.event is None and timedelta(0) <= way.entered_at - event.arrived_at <= SOON

    def _why_not(self, event: Event, campaign: Campaign, trigger: EventTrigger) -> str:
        if event.historical:
            return "it is historical, which changes the profile and starts nothing"
        age = event.arrived_at - event.at
        if age > self.person.catalogue.shop.max_event_age:
            return f"it arrived {words.rough(age)} after it happened, which is older than max_event_age"
        triggers = [each for each in campaign.triggers if isinstance(each, EventTrigger) and event.name in each.events]
        refusals = [self._refusal(each.when, event) for each in triggers]
        if all(refusals):
            return " and ".join(str(refusal) for refusal in refusals)
        return self._why_not_again(event, campaign)

    def _refusal(self, condition: Expression | None, event: Event | None) -> str | None:
        if condition is None:
            return None
        holds = self._holds(condition, event)
        if isinstance(holds, str):
            return f"its condition `{condition.source}` cannot be evaluated ({holds})"
        return f"its condition `{condition.source}` does not hold, {AS_NOW}" if holds is False else None

    def _why_not_again(self, event: Event, campaign: Campaign) -> str:
        under_way = [way for way in self.ways if way.campaign == campaign.name and way.entered_at <= event.arrived_at]
        last = max((way.entered_at for way in under_way), default=None)
        if last is not None:
            if campaign.entry.again is False:
                return f"it was entered on {last:%Y-%m-%d %H:%M} UTC already, and is entered once{_per(campaign)}"
            return f"it was entered on {last:%Y-%m-%d %H:%M} UTC, and may not be entered again so soon{_per(campaign)}"
        entered = self._entered(campaign)
        if entered is not None and entered.at <= event.arrived_at + SOON:
            return f"it was entered on {entered.at:%Y-%m-%d %H:%M} UTC already"
        return "its conditions hold now; they did not then, or it was not published yet"

    def _entered(self, campaign: Campaign) -> Entered | None:
        key = EnteredKey(campaign.name, "")
        found = self.person.answer(self.person.state.profile, Asks(memories=frozenset({key}))).memories.get(key)
        return found if isinstance(found, Entered) else None

    def _holds(self, condition: Expression, event: Event | None) -> bool | str | None:
        """Text is why it failed; None where it asks for what cannot be looked up from here."""
        known = Known()
        for _ in range(_MOST_ROUNDS):
            lookups = Lookups(self.person.state, self.person.catalogue, now=self.person.now, known=known, event=event)
            try:
                value = lookups.evaluate(condition, event=event)
            except ExpressionFailed as problem:
                return str(problem)
            asks = lookups.outcome()
            if not isinstance(asks, Asks):
                return bool(value)
            if asks.products or asks.alike or asks.best:
                return _CANNOT_SAY
            told = self.person.answer(self.person.state.profile, asks)
            known = replace(
                known,
                memories={**known.memories, **told.memories},
                events={**known.events, **told.events},
                past={**known.past, **told.past},
            )
        return _CANNOT_SAY

    # --- and now --------------------------------------------------------------------------------------------------

    def _now(self) -> Iterator[Line]:
        """What stands in the way of a campaign that was never entered, or of any mail at all."""
        profile, now = self.person.state.profile, self.person.now
        if profile.email is None:
            yield Line(at=now, kind="now", text="There is no e-mail address of this person: no mail can be sent.")
        elif profile.is_suppressed:
            yield Line(at=now, kind="now", text="Nothing is sent to this address: it bounced, or its owner complained.")
        if not profile.consents_to("marketing"):
            text = "There is no consent to marketing: only transactional messages are sent."
            yield Line(at=now, kind="now", text=text)
        for campaign in self._campaigns():
            if not any(way.campaign == campaign.name for way in self.ways):
                needs = "; or ".join(self._need(trigger) for trigger in campaign.triggers)
                text = f"{campaign.name} was never entered. It is started by {needs}."
                yield Line(at=now, kind="now", campaign=campaign.name, text=text)

    def _campaigns(self) -> list[Campaign]:
        if self.only is None:
            return []
        campaign = self.person.catalogue.campaign(self.only)
        return [campaign] if campaign is not None else []

    def _need(self, trigger: Trigger) -> str:
        match trigger:
            case EventTrigger(events=events):
                came = [event for event in self.person.events if event.name in events]
                need = f"{' or '.join(events)}, which {'happened' if came else 'never happened'}"
            case MetricTrigger(metric=name):
                value = self.person.state.profile.metrics.get(name, NOTHING).value
                need = f"the metric {name} ({_bound(trigger)}), which is {number(value)}"
            case DateTrigger(date=name):
                on = self.person.state.profile.all_dates().get(name)
                need = f"the date {name}, which is {on.isoformat()[:10] if on else 'not known'}"
            case SegmentTrigger(segment=name, on=on_):
                inside = name in self.person.catalogue.segments and self._holds(
                    self.person.catalogue.segments[name], None
                )
                where = "in it" if inside else "not in it"
                need = f"{'entering' if on_ == 'enter' else 'leaving'} the segment {name}; the person is {where} now"
            case ScheduleTrigger(audience=audience):
                refusal = self._refusal(audience, None)
                need = "a schedule" + (f"; {refusal.replace('condition', 'audience', 1)}" if refusal else "")
        refusal = self._refusal(trigger.when, None) if not isinstance(trigger, EventTrigger) else None
        return need + (f"; {refusal}" if refusal else "")


def _bound(trigger: MetricTrigger) -> str:
    if trigger.reaches is not None:
        return f"reaches {trigger.reaches}"
    return f"every {trigger.every}" if trigger.every is not None else f"falls below {trigger.falls_below}"


def _per(campaign: Campaign) -> str:
    return f" per `{campaign.entry.per.source}`" if campaign.entry.per is not None else ""


def _waiting(journey: Journey) -> str:
    assert journey.waiting is not None
    due = f"{journey.waiting.due_at:%Y-%m-%d %H:%M:%S} UTC"
    match journey.waiting.kind:
        case "held":
            reasons = [words.reason(hold.reason) for hold in journey.waiting.held[-1:]]
            return f"holds its message until {due}" + (f": {reasons[0]}" if reasons else "")
        case "wait_for":
            return f"waits for an event, until {due} at most"
        case _:
            return f"waits until {due}"


def _outcome(message: Message) -> str:
    named = f"The message {message.message} of {message.campaign}"
    match message.status:
        case Status.REQUESTED | Status.SENDING:
            return f"{named} is on its way."
        case Status.DROPPED:
            return (
                f"{named} was not sent: {words.reason(message.reason)}." if message.reason else f"{named} was dropped."
            )
        case Status.HELD_OUT:
            return f"{named} was not sent: the person is held out, so that the campaign can be compared."
        case Status.UNKNOWN:
            return f"{named} may have been sent: the provider's answer was lost."
        case status:
            return f"{named} was sent to {message.email or message.phone} and is {words.STATUSES[status]}."
