"""The heart: what one stimulus means for one profile.

In order: the event's effects on the profile; exits of open journeys; then `wait_for`s; then triggers. Steps run until
the journey waits or ends. What must be looked up first is asked for, and the caller decides again knowing it.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, assert_never

from dampf.domain import effects, metrics, policy
from dampf.domain.campaign import (
    AddToMetrics,
    Campaign,
    Catalogue,
    Choose,
    Emit,
    EnterCampaign,
    EventTrigger,
    Exit,
    Expression,
    ExpressionFailed,
    If,
    MetricTrigger,
    Send,
    SetTraits,
    Trigger,
    Wait,
    WaitFor,
)
from dampf.domain.decision import (
    Asks,
    Decision,
    Ended,
    EnteredKey,
    Fault,
    Known,
    Memory,
    MemoryKey,
    OrderKey,
    OrderTaken,
    PastEvents,
    Remembered,
)
from dampf.domain.event import ANONYMOUS_ID, CUSTOMER_ID, EMAIL, Event, Origin
from dampf.domain.instants import after
from dampf.domain.journey import (
    Journey,
    MessageProgress,
    StartingEvent,
    Waiting,
    digest,
    journey_id,
)
from dampf.domain.message import Message, Reason, Status, message_id
from dampf.domain.metrics import Move, NotANumber
from dampf.domain.missing import MISSING
from dampf.domain.profile import BEGINNING, MetricChange, Profile, Told
from dampf.domain.scope import as_json, event_view, journey_view, profile_view
from dampf.domain.state import Closed, Entered, State
from dampf.domain.stimulus import EventCame, MessageFailed, Stimulus, TimerDue

CLOSED_FOR: Final = timedelta(days=1)
"""How long it is remembered that a journey was left: longer than its last message can be under way."""

MOST_ENTERED: Final = 8


def decide(
    state: State | None, stimulus: Stimulus, catalogue: Catalogue, *, now: datetime, known: Known | None = None
) -> Decision | Asks:
    """What the stimulus leads to. `state` None is somebody nobody knew. Pure: the same arguments give the same decision."""
    match stimulus:
        case EventCame():
            before = state or State(profile=effects.newcomer(stimulus.profile, stimulus.event))
            turn = _Turn(before, catalogue, now=now, known=known or Known(), event=stimulus.event)
            turn.take_event(stimulus.event)
        case TimerDue() | MessageFailed():
            if state is None:
                raise LookupError(f"no profile {stimulus.profile}")
            turn = _Turn(state, catalogue, now=now, known=known or Known())
            if isinstance(stimulus, TimerDue):
                turn.take_time()
            else:
                turn.end_after_failure(stimulus)
        case _:
            assert_never(stimulus)
    return turn.outcome()


class _Turn:
    """One stimulus being decided: the values as they stand so far, and what has been asked for."""

    def __init__(
        self, state: State, catalogue: Catalogue, *, now: datetime, known: Known, event: Event | None = None
    ) -> None:
        self.state, self.catalogue, self.now, self.known, self.event = state, catalogue, now, known, event
        self.profile: Profile = state.profile
        self.journeys: dict[str, Journey] = {journey.id: journey for journey in state.journeys}
        self.closed = list(state.closed)
        self.entered = {(campaign, key): entered for campaign, key, entered in state.entered}
        self.messages: list[Message] = []
        self.memories: dict[MemoryKey, Memory] = {}
        self.emitted: list[Event] = []
        self.ended: list[Ended] = []
        self.faults: list[Fault] = []
        self.asked_memories: set[MemoryKey] = set()
        self.asked_events: set[StartingEvent] = set()
        self.asked_past: set[PastEvents] = set()

    def outcome(self) -> Decision | Asks:
        if self.asked_memories or self.asked_events or self.asked_past:
            return Asks(
                memories=frozenset(self.asked_memories),
                events=frozenset(self.asked_events),
                past=frozenset(self.asked_past),
            )
        state = State(
            profile=self.profile,
            journeys=tuple(self.journeys.values()),
            closed=tuple(closed for closed in self.closed if closed.at > self.now - CLOSED_FOR),
            entered=tuple((campaign, key, entered) for (campaign, key), entered in self.entered.items())[
                -MOST_ENTERED:
            ],
        )
        return Decision(
            state=state,
            messages=tuple(self.messages),
            memories=tuple(self.memories.values()),
            emitted=tuple(self.emitted),
            ended=tuple(self.ended),
            faults=tuple(self.faults),
        )

    # --- stimuli --------------------------------------------------------------------------------------------------

    def take_event(self, event: Event) -> None:
        self.profile = effects.after_event(self.profile, event, self.catalogue.shop)
        moves = self._meter(event)
        self._note_feedback(event)
        for journey in list(self.journeys.values()):
            self._try_exits(journey, event)
        for named in list(self.journeys):
            self._try_wait_for(named, event)
        if not event.historical and self.now - event.at <= self.catalogue.shop.max_event_age:
            started = self._trigger_on_event(event)
            self._trigger_on_metrics(moves, started_by=event, chain=event.chain, started=started)

    def take_time(self) -> None:
        due = [
            (journey.waiting.due_at, journey.campaign, journey.id)
            for journey in self.journeys.values()
            if journey.waiting is not None and journey.waiting.due_at <= self.now
        ]
        for due_at, _, named in sorted(due):
            journey = self.journeys.get(named)
            if journey is None or journey.waiting is None or journey.waiting.due_at != due_at:
                continue  # a journey before it started this one over
            campaign = self._campaign_of(journey)
            if campaign is None:
                continue
            match campaign.steps.get(journey.step or ""):
                case Wait(next=following):
                    self._go_on(journey, campaign, following)
                case WaitFor(otherwise=following):
                    self._go_on(journey, campaign, following)
                case _:
                    self._fault(journey, "the step where it waited is gone")

    def end_after_failure(self, failed: MessageFailed) -> None:
        journey = self.journeys.get(failed.journey)
        if journey is not None:
            self._fault(journey, failed.reason)

    # --- what an event does ---------------------------------------------------------------------------------------

    def _meter(self, event: Event) -> dict[str, Move]:
        concerned = self.catalogue.metrics_on(event.name)
        if not concerned:
            return {}
        order_key = None
        if any(metric.remembers_orders for metric in concerned) and event.properties.get("order_id") is not None:
            order_key = OrderKey(str(event.properties["order_id"]))
        remembered = self._memory(order_key) if order_key else None
        order = remembered if isinstance(remembered, OrderTaken) else None

        def evaluate(amount: Any) -> Any:
            return self._evaluate(amount, event=event) if callable(amount) else amount

        values, moves, after = dict(self.profile.metrics), dict[str, Move](), order
        for metric in concerned:
            try:
                metered = effects.metered(self.profile, event, (metric,), after, evaluate)
            except (ExpressionFailed, NotANumber) as problem:
                self.faults.append(Fault(campaign="metrics", journey=None, step=metric.name, reason=str(problem)))
                continue
            after = metered.order or after
            moves.update(metered.moves)
            if metric.name in metered.values:
                values[metric.name] = metered.values[metric.name]
        self.profile = replace(self.profile, metrics=values)
        if order_key and after is not None and after is not order:
            self._remember(order_key, after)
        return moves

    def _note_feedback(self, event: Event) -> None:
        flag = {"Email Delivered": "delivered", "Email Opened": "opened", "Email Link Clicked": "clicked"}.get(
            event.name
        )
        if flag is None:
            return
        for journey in self.journeys.values():
            if not self._concerns(journey, event):
                continue
            noted = {
                name: progress.noting(flag) if event.email_id in (None, progress.id) else progress
                for name, progress in journey.messages.items()
            }
            if noted != journey.messages:
                self.journeys[journey.id] = replace(journey, messages=noted)

    def _concerns(self, journey: Journey, event: Event) -> bool:
        """Feedback that names a message is for its journey alone; what happened before the journey began ends nothing."""
        if event.email_id is not None:
            return any(progress.id == event.email_id for progress in journey.messages.values())
        return journey.event is None or event.at >= journey.event.at

    def _try_exits(self, journey: Journey, event: Event) -> None:
        campaign = self._campaign_of(journey)
        if campaign is None:
            return
        for rule in campaign.exits:
            if rule.event == event.name and self._concerns(journey, event):
                if self._holds(rule.when, journey, event):
                    self.closed.append(Closed(journey.id, self.now))
                    self._end(journey, "exit")
                if journey.id not in self.journeys:
                    return

    def _try_wait_for(self, named: str, event: Event) -> None:
        journey = self.journeys.get(named)
        if journey is None or journey.waiting is None or journey.waiting.kind != "wait_for":
            return
        campaign = self._campaign_of(journey)
        step = campaign.steps.get(journey.step or "") if campaign else None
        if campaign is None or not isinstance(step, WaitFor) or step.event != event.name:
            return
        if self._concerns(journey, event) and self._holds(step.when, journey, event):
            self._go_on(journey, campaign, step.then)

    # --- triggers and entry ---------------------------------------------------------------------------------------

    def _trigger_on_event(self, event: Event) -> frozenset[str]:
        """Gives the campaigns that it started."""
        started = set[str]()
        for campaign in self.catalogue.campaigns_on(event.name):
            for place, trigger in enumerate(campaign.triggers):
                if isinstance(trigger, EventTrigger) and event.name in trigger.events:
                    if self._triggers(campaign, trigger.when, event, event.chain):
                        if self._enter(campaign, place, event=event, chain=event.chain):
                            started.add(campaign.name)
                        break
        return frozenset(started)

    def _trigger_on_metrics(
        self,
        moves: dict[str, Move],
        *,
        started_by: Event | None,
        chain: tuple[str, ...],
        started: frozenset[str] = frozenset(),
    ) -> None:
        """One event starts a campaign once, however many of its triggers it meets: those in `started` it did start."""
        for name, move in moves.items():
            for campaign in self.catalogue.campaigns_with_metric(name):
                if campaign.name in started:
                    continue
                for place, trigger in enumerate(campaign.triggers):
                    if not isinstance(trigger, MetricTrigger) or trigger.metric != name:
                        continue
                    crossed, key = _crossing(trigger, move)
                    if crossed and self._triggers(campaign, trigger.when, started_by, chain):
                        if self._enter(campaign, place, event=started_by, chain=chain, default_key=key):
                            started |= {campaign.name}
                        break

    def _triggers(
        self, campaign: Campaign, when: Expression | None, event: Event | None, chain: tuple[str, ...]
    ) -> bool:
        if campaign.name in chain:
            return False
        try:
            return when is None or bool(self._evaluate(when, event=event))
        except ExpressionFailed as problem:
            self.faults.append(Fault(campaign=campaign.name, journey=None, step=None, reason=str(problem)))
            return False

    def _enter(
        self,
        campaign: Campaign,
        place: int | None,
        *,
        event: Event | None,
        chain: tuple[str, ...],
        default_key: str = "",
    ) -> bool:
        """Whether a journey began or started over."""
        try:
            key = (
                default_key
                if campaign.entry.per is None
                else _key_text(self._evaluate(campaign.entry.per, event=event))
            )
        except ExpressionFailed as problem:
            self.faults.append(Fault(campaign=campaign.name, journey=None, step="entry/per", reason=str(problem)))
            return False
        started_by = StartingEvent(self.profile.id, event.at, event.key) if event is not None else None
        for journey in self.journeys.values():
            if journey.campaign == campaign.name and journey.key == key:
                return self._restart(journey, campaign, started_by, place, chain)
        remembered = self._memory(EnteredKey(campaign.name, key))
        last = remembered if isinstance(remembered, Entered) else None
        if last is not None and not self._may_enter_again(campaign, last):
            return False
        ordinal = last.ordinal + 1 if last is not None else 1
        self._remember(EnteredKey(campaign.name, key), Entered(ordinal, self.now))
        journey = Journey(
            id=journey_id(campaign=campaign.name, profile=self.profile.id, key=key, ordinal=ordinal),
            campaign=campaign.name,
            version=campaign.version,
            key=key,
            ordinal=ordinal,
            entered_at=self.now,
            step=campaign.first,
            trigger=place,
            event=started_by,
            chain=(*chain, campaign.name),
        )
        self.journeys[journey.id] = journey
        self._run(journey, campaign)
        return True

    def _may_enter_again(self, campaign: Campaign, last: Entered) -> bool:
        again = campaign.entry.again
        if isinstance(again, bool):
            return again
        return self.now >= after(last.at, again, self.profile.zone(self.catalogue.shop))

    def _restart(
        self,
        journey: Journey,
        published: Campaign,
        started_by: StartingEvent | None,
        place: int | None,
        chain: tuple[str, ...],
    ) -> bool:
        """Starts the journey over, in the version that it entered. A late event starts it over without becoming its event."""
        campaign = self._campaign_of(journey)
        if campaign is None or not campaign.entry.restart or journey.messages:
            return False
        if started_by is not None and (journey.event is None or started_by.at >= journey.event.at):
            place = place if campaign.version == published.version else journey.trigger
            journey = replace(journey, trigger=place, event=started_by)
        journey = replace(journey, restarts=journey.restarts + 1, chain=(*chain, journey.campaign))
        self._go_on(journey, campaign, campaign.first)
        return True

    # --- steps ----------------------------------------------------------------------------------------------------

    def _go_on(self, journey: Journey, campaign: Campaign, step: str | None) -> None:
        journey = replace(journey, step=step, waiting=None)
        self.journeys[journey.id] = journey
        self._run(journey, campaign)

    def _run(self, journey: Journey, campaign: Campaign) -> None:
        """Performs steps until the journey waits or ends."""
        while journey.step is not None:
            step = campaign.steps[journey.step]
            try:
                match step:
                    case Wait():
                        due_at = after(self.now, step.span, self.profile.zone(self.catalogue.shop))
                        if due_at > self.now:
                            self.journeys[journey.id] = replace(journey, waiting=Waiting(kind="wait", due_at=due_at))
                            return
                        following = step.next
                    case WaitFor():
                        due_at = after(self.now, step.within, self.profile.zone(self.catalogue.shop))
                        self.journeys[journey.id] = replace(journey, waiting=Waiting(kind="wait_for", due_at=due_at))
                        return
                    case Send():
                        journey = self._request(journey, campaign, step)
                        following = step.next
                    case If():
                        following = step.then if self._evaluate(step.condition, journey=journey) else step.otherwise
                    case Choose():
                        following = next(
                            (target for when, target in step.cases if self._evaluate(when, journey=journey)),
                            step.otherwise,
                        )
                    case SetTraits():
                        self._set(journey, step)
                        following = step.next
                    case AddToMetrics():
                        self._add(journey, step)
                        following = step.next
                    case Emit():
                        self._emit(journey, step)
                        following = step.next
                    case EnterCampaign():
                        self._enter_other(journey, step)
                        following = step.next
                    case Exit():
                        following = None
                    case _:
                        assert_never(step)
            except (ExpressionFailed, NotANumber) as problem:
                self._fault(journey, str(problem))
                return
            if journey.id not in self.journeys:
                return
            journey = replace(journey, step=following)
            self.journeys[journey.id] = journey
        self._end(journey, "finished")

    def _request(self, journey: Journey, campaign: Campaign, step: Send) -> Journey:
        settings = self.catalogue.message(step.message)
        if settings is None:
            raise ExpressionFailed(f"send: {step.message}", "no such message is published")
        row = Message(
            id=message_id(profile=self.profile.id, journey=journey.id, step=step.id, turn=str(journey.restarts)),
            profile=self.profile.id,
            campaign=journey.campaign,
            version=journey.version,
            journey=journey.id,
            step=step.id,
            message=step.message,
            transactional=settings.transactional,
            topic=settings.topic,
            requested_at=self.now,
            key=journey.key,
            entered_at=journey.entered_at,
            trigger=journey.trigger,
            event=journey.event,
            customer_id=next(iter(self.profile.identifiers.get(CUSTOMER_ID, ())), None),
            email=self.profile.email,
        )
        try:
            reason = policy.refusal(
                self.profile,
                transactional=settings.transactional,
                topic=settings.topic,
                is_open=True,
                condition_holds=lambda: self._condition_holds(journey, campaign),
            )
        except ExpressionFailed:
            self.messages.append(replace(row, status=Status.DROPPED, at=self.now, reason=Reason.CONDITION_FALSE))
            raise
        if reason is not None:
            row = replace(row, status=Status.DROPPED, at=self.now, reason=reason)
        self.messages.append(row)
        progress = MessageProgress(id=row.id, sent_at=self.now if reason is None else None)
        return replace(journey, messages={**journey.messages, step.message: progress})

    def _condition_holds(self, journey: Journey, campaign: Campaign) -> bool:
        when = condition_of(campaign.triggers, journey.trigger)
        return when is None or bool(self._evaluate(when, journey=journey))

    def _set(self, journey: Journey, step: SetTraits) -> None:
        told = {name: self._evaluate(value, journey=journey) for name, value in step.traits.items()}
        values = {name: Told(None if value is MISSING else as_json(value), self.now) for name, value in told.items()}
        self.profile = replace(self.profile, traits={**self.profile.traits, **values})

    def _add(self, journey: Journey, step: AddToMetrics) -> None:
        moves = {}
        for name, expression in step.amounts.items():
            amount = metrics.amount_of(self._evaluate(expression, journey=journey))
            before = self.profile.metrics.get(name, metrics.NOTHING)
            metric = self.catalogue.metrics.get(name)
            settles = metric is not None and any(rule.set is not None for rule in metric.rules)
            if amount:
                value, moves[name] = metrics.moved(before, MetricChange(self.now, "add", amount), settles=settles)
                self.profile = replace(self.profile, metrics={**self.profile.metrics, name: value})
        if any(self.catalogue.campaigns_with_metric(name) for name in moves):
            self._trigger_on_metrics(moves, started_by=self._starting_event(journey), chain=journey.chain)

    def _emit(self, journey: Journey, step: Emit) -> None:
        values = {name: self._evaluate(value, journey=journey) for name, value in step.properties.items()}
        identifiers = {
            kind: values_[0]
            for kind in (CUSTOMER_ID, EMAIL, ANONYMOUS_ID)
            if (values_ := self.profile.identifiers.get(kind, ()))
        }
        self.emitted.append(
            Event(
                source="dampf",
                id=digest(journey.id, step.id, str(journey.restarts)),
                name=step.event,
                at=self.now,
                arrived_at=self.now,
                identifiers=identifiers,
                properties={name: as_json(value) for name, value in values.items() if value is not MISSING},
                chain=journey.chain,
                origin=Origin(journey.campaign, journey.version, journey.id, step.id),
            )
        )

    def _enter_other(self, journey: Journey, step: EnterCampaign) -> None:
        target = self.catalogue.campaign(step.campaign)
        if target is None:
            raise ExpressionFailed(f"enter: {step.campaign}", "no such campaign is published")
        if target.name not in journey.chain:
            self._enter(target, None, event=self._starting_event(journey), chain=journey.chain)

    # --- ends -----------------------------------------------------------------------------------------------------

    def _end(self, journey: Journey, how: str) -> None:
        self.journeys.pop(journey.id, None)
        self.ended.append(Ended(journey.id, journey.campaign, journey.version, journey.entered_at, self.now, how))

    def _fault(self, journey: Journey, reason: str) -> None:
        self.faults.append(Fault(campaign=journey.campaign, journey=journey.id, step=journey.step, reason=reason))
        self._end(journey, "fault")

    # --- looking things up ----------------------------------------------------------------------------------------

    def _campaign_of(self, journey: Journey) -> Campaign | None:
        campaign = self.catalogue.campaign(journey.campaign, journey.version)
        if campaign is None:
            self._fault(journey, f"version {journey.version} of the campaign cannot be read")
        return campaign

    def _holds(self, when: Expression | None, journey: Journey, event: Event) -> bool:
        """Whether an exit's or a wait's condition holds; one that fails ends the journey."""
        try:
            return when is None or bool(self._evaluate(when, event=event, journey=journey))
        except ExpressionFailed as problem:
            self._fault(journey, str(problem))
            return False

    def _evaluate(self, expression: Expression, *, event: Event | None = None, journey: Journey | None = None) -> Any:
        names = expression.names
        scope: dict[str, Any] = {"now": self.now, "zone": self.profile.zone(self.catalogue.shop)}
        if "profile" in names:
            scope["profile"] = profile_view(self.profile, self.catalogue, self._in_segment)
        if "event" in names:
            event = event or (self._starting_event(journey) if journey is not None else None)
            if event is not None:
                scope["event"] = event_view(event)
        if "journey" in names and journey is not None:
            scope["journey"] = journey_view(journey)
        if "history" in names:
            scope["history"] = self._history
        if "in_segment" in names:
            scope["in_segment"] = self._in_segment
        return expression(scope)

    def _in_segment(self, name: str) -> bool:
        segment = self.catalogue.segments.get(name)
        return segment is not None and bool(self._evaluate(segment))

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

    def _starting_event(self, journey: Journey) -> Event | None:
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

    def _memory(self, key: MemoryKey) -> Remembered | None:
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

    def _remember(self, key: MemoryKey, value: Remembered) -> None:
        was = self.memories[key].was if key in self.memories else self._memory(key)
        self.memories[key] = Memory(key=key, value=value, was=was)
        if isinstance(key, EnteredKey) and isinstance(value, Entered):
            self.entered.pop((key.campaign, key.key), None)
            self.entered[key.campaign, key.key] = value


def condition_of(triggers: tuple[Trigger, ...], place: int | None) -> Expression | None:
    """The condition that a journey's messages must still meet; None where its trigger has none."""
    return triggers[place].when if place is not None and place < len(triggers) else None


def _crossing(trigger: MetricTrigger, move: Move) -> tuple[bool, str]:
    """Whether the metric crossed, and the entry key: one journey per multiple for `every`."""
    if trigger.reaches is not None:
        return move.reaches(trigger.reaches), ""
    if trigger.falls_below is not None:
        return move.falls_below(trigger.falls_below), ""
    if trigger.every is None:
        return False, ""
    multiple = move.passes_multiple(trigger.every)
    return multiple is not None, "" if multiple is None else format(multiple.normalize(), "f")


def _key_text(value: Any) -> str:
    if value is MISSING or value is None:
        return ""
    plain = as_json(value)
    return plain if isinstance(plain, str) else repr(plain)
