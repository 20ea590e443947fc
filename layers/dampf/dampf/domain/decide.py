"""The heart: what one stimulus means for one profile.

In order: the event's effects on the profile; goals, and exits of open journeys; then `wait_for`s; then triggers. Steps
run until the journey waits or ends, and what asked to be sent meanwhile is decided by priority. What must be looked up
first is asked for, and the caller decides again knowing it.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any, assert_never

from dampf.domain import effects
from dampf.domain.campaign import EventTrigger, Send, Wait, WaitFor, WaitUntil
from dampf.domain.catalogue import Catalogue
from dampf.domain.decision import Asks, Decision, Fault, Known, OrderKey, OrderTaken
from dampf.domain.event import FETCHES_WHEN_READ, Event
from dampf.domain.expression import Expression, ExpressionFailed
from dampf.domain.instants import local_day
from dampf.domain.journey import Journey
from dampf.domain.message import Reason, Status
from dampf.domain.metrics import NOTHING, Move, NotANumber
from dampf.domain.occurrences import local_occurrence, missed_dates
from dampf.domain.redeeming import Redeeming
from dampf.domain.scope import JUST_AFTER
from dampf.domain.state import Closed, Occurrence, State
from dampf.domain.stimulus import (
    DateCame,
    EventCame,
    MessageFailed,
    ScheduleCame,
    Stimulus,
    TimerDue,
    VoucherClaimed,
    VoucherUsed,
)


def decide(
    state: State | None, stimulus: Stimulus, catalogue: Catalogue, *, now: datetime, known: Known | None = None
) -> Decision | Asks:
    """What the stimulus leads to; `state` None is somebody nobody knew.

    Pure: the same arguments give the same decision.
    """
    known = known or Known()
    if isinstance(stimulus, EventCame):
        before = state or State(profile=effects.newcomer(stimulus.profile, stimulus.event))
        turn = _Turn(before, catalogue, now=now, known=known, event=stimulus.event)
        turn.take_event(stimulus.event, is_new=state is None)
        return turn.outcome()
    if state is None:
        raise LookupError(f"no profile {stimulus.profile}")
    turn = _Turn(state, catalogue, now=now, known=known)
    match stimulus:
        case TimerDue():
            turn.take_time()
        case DateCame():
            turn.take_date(stimulus.day)
        case ScheduleCame():
            turn.take_schedule(stimulus)
        case MessageFailed():
            turn.take_failure(stimulus)
        case VoucherClaimed():
            turn.take_voucher(stimulus)
        case VoucherUsed():
            turn.note_redemption(stimulus.code, stimulus.at)
        case _:
            assert_never(stimulus)
    return turn.outcome()


class _Turn(Redeeming):
    # --- stimuli --------------------------------------------------------------------------------------------------

    def take_event(self, event: Event, *, is_new: bool) -> None:
        starts = not event.historical and self.now - event.at <= self.catalogue.shop.max_event_age
        self.move_by_time(until=self.now - JUST_AFTER if starts else self.now)  # what may start nothing hides nothing
        self.profile = effects.after_event(
            self.profile, event, self.catalogue.shop, others=self.known.others, shared=self.known.shared
        )
        moves = self._meter(event)
        self.redeem(event, is_told=starts)
        moved = self.moved_segments(before=None if is_new else self.state.profile)
        self._note_feedback(event)
        if self.awaited and not event.historical:
            self.reach_goals(event)
        for journey in list(self.journeys.values()):
            self._try_exits(journey, event)
        for named in list(self.journeys):
            self._try_wait_for(named, event)
        if starts:
            started = self._trigger_on_event(event)
            started = self.trigger_on_metrics(moves, started_by=event, chain=event.chain, started=started)
            self.trigger_on_segments(moved, event=event, chain=event.chain, started=started)
        if self.dates_changed():
            self.plan_dates(starts=starts, chain=event.chain)
        self.plan_local_schedules()
        self.settle()

    def take_time(self) -> None:
        for occurrence in [each for each in self.occurrences if each.due_at <= self.now]:
            self.occurrences.remove(occurrence)
            self.start(occurrence)
        self.move_by_time(until=self.now)
        due = [
            (journey.waiting.due_at, journey.campaign, journey.id)
            for journey in self.journeys.values()
            if journey.waiting is not None and journey.waiting.due_at <= self.now
        ]
        for due_at, _, named in sorted(due):
            journey = self.journeys.get(named)
            if journey is not None and journey.waiting is not None and journey.waiting.due_at == due_at:
                self._wake(journey)  # unless a journey before it started this one over
        self.settle()

    def take_date(self, day: date) -> None:
        """The calendar tells of a day, and of dates and clocks that campaigns newly use: those start nothing."""
        for occurrence in missed_dates(self.profile, self.catalogue, day, now=self.now):
            self.too_late(occurrence)
        self.plan_dates(starts=True, all_told=True)
        self.move_by_time(until=self.now)
        self.moved_segments(before=self.state.profile)
        self.settle()

    def take_schedule(self, came: ScheduleCame) -> None:
        """A local schedule waits until its hour has come where this person lives.

        What else is due at that instant has its say first: then one wake-up starts all of it.
        """
        local = self.profile.zone(self.catalogue.shop)
        if came.local:
            occurrence = local_occurrence(came.campaign, came.trigger, came.at.replace(tzinfo=None), local)
        else:
            occurrence = Occurrence(
                came.campaign, came.trigger, came.at.isoformat(), local_day(came.at, local), came.at
            )
        if occurrence.due_at > self.now:
            self.await_occurrence(occurrence)
        elif self.shares_its_instant(occurrence):
            self.await_occurrence(occurrence._replace(due_at=self.now))
        else:
            self.start(occurrence)
        self.settle()

    def take_failure(self, failed: MessageFailed) -> None:
        """What was not sent does not count against caps, and reaches no goal."""
        if not failed.keeps_voucher:
            self.take_back(failed.message)
        self.requested = [each for each in self.requested if each.message != failed.message]
        self.awaited = [each for each in self.awaited if each.message != failed.message]
        journey = self.journeys.get(failed.journey)
        if journey is not None and failed.ends_journey:
            self.fault(journey, failed.reason)

    # --- what an event does ---------------------------------------------------------------------------------------

    def _meter(self, event: Event) -> dict[str, Move]:
        concerned = self.catalogue.metrics_on(event.name)
        if not concerned:
            return {}
        order_key = None
        if any(metric.remembers_orders for metric in concerned) and event.properties.get("order_id") is not None:
            order_key = OrderKey(str(event.properties["order_id"]))
        remembered = self.memory(order_key) if order_key else None
        known = order = remembered if isinstance(remembered, OrderTaken) else OrderTaken({}, {})

        def evaluate(amount: Any) -> Any:
            return self.evaluate(amount, event=event) if callable(amount) else amount

        values, moves = dict(self.profile.metrics), dict[str, Move]()
        for metric in concerned:
            before = values.get(metric.name, NOTHING)
            try:
                after, order = effects.metered(before, metric, event, order, evaluate)
            except (ExpressionFailed, NotANumber) as problem:
                self.faults.append(Fault(campaign="metrics", journey=None, step=metric.name, reason=str(problem)))
                continue
            if after != before:
                values[metric.name] = after
                moves[metric.name] = Move(before=before.value, after=after.value, peak=before.peak)
        if moves:
            self.profile = replace(self.profile, metrics=values)
        if order_key and order != known:
            self.remember(order_key, order)
        return moves

    def _note_feedback(self, event: Event) -> None:
        flag = {"Email Delivered": "delivered", "Email Opened": "opened", "Email Link Clicked": "clicked"}.get(
            event.name
        )
        if event.name in ("Email Rejected", "Email Rendering Failed"):  # what was not sent frees its cap
            self.requested = [each for each in self.requested if each.message != event.email_id]
        if flag is None:
            return
        if flag == "opened" and _opened_by_nobody(event):
            flag = "delivered"
        for journey in self.journeys.values():
            if not _concerns(journey, event):
                continue
            noted = {
                name: progress.noting(flag) if event.email_id in (None, progress.id) else progress
                for name, progress in journey.messages.items()
            }
            if noted != journey.messages:
                self.journeys[journey.id] = replace(journey, messages=noted)

    def _try_exits(self, journey: Journey, event: Event) -> None:
        campaign = self.campaign_of(journey)
        if campaign is None:
            return
        for rule in campaign.exits:
            if rule.event == event.name and _concerns(journey, event):
                if self._holds(rule.when, journey, event):
                    self._drop_held(journey)
                    self.closed.append(Closed(journey.id, self.now))
                    self.end(journey, "exit")
                if journey.id not in self.journeys:
                    return

    def _drop_held(self, journey: Journey) -> None:
        """A message that is held when its journey is left is dropped at once."""
        campaign = self.campaign_of(journey)
        if campaign is None:
            return
        step = campaign.steps.get(journey.step or "")
        settings = self.catalogue.message(step.message) if isinstance(step, Send) else None
        if journey.waiting is None or journey.waiting.kind != "held" or not isinstance(step, Send) or settings is None:
            return
        row = self.message_of(journey, step, settings, journey.waiting.held)
        self.messages.append(replace(row, status=Status.DROPPED, at=self.now, reason=Reason.JOURNEY_CLOSED))

    def _try_wait_for(self, named: str, event: Event) -> None:
        journey = self.journeys.get(named)
        if journey is None or journey.waiting is None or journey.waiting.kind != "wait_for":
            return
        campaign = self.campaign_of(journey)
        step = campaign.steps.get(journey.step or "") if campaign else None
        if campaign is None or not isinstance(step, WaitFor) or step.event != event.name:
            return
        if _concerns(journey, event) and self._holds(step.when, journey, event):
            self.go_on(journey, campaign, step.then)

    def _holds(self, when: Expression | None, journey: Journey, event: Event) -> bool:
        """Whether an exit's or a wait's condition holds; one that fails ends the journey."""
        try:
            return when is None or bool(self.evaluate(when, event=event, journey=journey))
        except ExpressionFailed as problem:
            self._drop_held(journey)
            self.fault(journey, str(problem))
            return False

    def _trigger_on_event(self, event: Event) -> frozenset[str]:
        """Gives the campaigns that it started."""
        started = set[str]()
        for campaign in self.catalogue.campaigns_on(event.name):
            for place, trigger in enumerate(campaign.triggers):
                meets = isinstance(trigger, EventTrigger) and event.name in trigger.events
                if meets and self.triggers(campaign, trigger.when, event, event.chain):
                    if self.enter(campaign, place, event=event, chain=event.chain):
                        started.add(campaign.name)
                    break
        return frozenset(started)

    # --- time -----------------------------------------------------------------------------------------------------

    def _wake(self, journey: Journey) -> None:
        """Its wait, or the hold of its message, is over."""
        campaign = self.campaign_of(journey)
        if campaign is None or journey.waiting is None:
            return
        match campaign.steps.get(journey.step or ""):
            case Wait(next=following) | WaitUntil(next=following) | WaitFor(otherwise=following):
                self.go_on(journey, campaign, following)
            case Send():
                self.asking[journey.id] = journey.waiting.requested_at or self.now
            case _:
                self.fault(journey, "the step where it waited is gone")


def _opened_by_nobody(event: Event) -> bool:
    """A proxy that fetches pictures before anybody reads the mail shows only that it arrived."""
    return event.properties.get("by_proxy") is True and event.properties.get("proxy") not in FETCHES_WHEN_READ


def _concerns(journey: Journey, event: Event) -> bool:
    """Feedback that names a message is for its journey alone; what happened before the journey began ends nothing."""
    if event.email_id is not None:
        return any(progress.id == event.email_id for progress in journey.messages.values())
    return event.at >= (journey.event.at if journey.event is not None else journey.entered_at)
