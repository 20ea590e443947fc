"""The heart: what one stimulus means for one profile.

In order: the event's effects on the profile; exits of open journeys; then `wait_for`s; then triggers. Steps run until
the journey waits or ends, and what asked to be sent meanwhile is decided by priority. What must be looked up first is
asked for, and the caller decides again knowing it.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, assert_never

from dampf.domain import effects
from dampf.domain.campaign import (
    Campaign,
    Catalogue,
    EventTrigger,
    Expression,
    ExpressionFailed,
    ScheduleTrigger,
    SegmentTrigger,
    Send,
    Wait,
    WaitFor,
    WaitUntil,
)
from dampf.domain.decision import Asks, Decision, Ended, Fault, Known, OrderKey, OrderTaken
from dampf.domain.event import Event
from dampf.domain.instants import local_day
from dampf.domain.journey import Journey, journey_id
from dampf.domain.message import Reason, Status
from dampf.domain.metrics import Move, NotANumber
from dampf.domain.occurrences import local_schedule_due_at, missed_dates, upcoming_dates
from dampf.domain.profile import Profile
from dampf.domain.sending import Sending
from dampf.domain.state import Closed, Occurrence, State
from dampf.domain.stimulus import DateCame, EventCame, MessageFailed, ScheduleCame, Stimulus, TimerDue

SCHEDULE_LATE_BY: Final = timedelta(hours=12)
"""How late a schedule still starts a campaign."""

JUST_AFTER: Final = timedelta(microseconds=1)
"""A comparison with the clock turns at an instant; whether `>` holds shows right after it."""

MOST_TURNS: Final = 10
"""How often the campaigns that a change of segment starts may change segments again."""


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
        case _:
            assert_never(stimulus)
    return turn.outcome()


class _Turn(Sending):
    # --- stimuli --------------------------------------------------------------------------------------------------

    def take_event(self, event: Event, *, is_new: bool) -> None:
        self.profile = effects.after_event(self.profile, event, self.catalogue.shop)
        moves = self._meter(event)
        self._note_feedback(event)
        for journey in list(self.journeys.values()):
            self._try_exits(journey, event)
        for named in list(self.journeys):
            self._try_wait_for(named, event)
        starts = not event.historical and self.now - event.at <= self.catalogue.shop.max_event_age
        if starts:
            started = self._trigger_on_event(event)
            self.trigger_on_metrics(moves, started_by=event, chain=event.chain, started=started)
        if self._dates_changed():
            self._plan_dates(starts=starts)
        self._move_segments(before=None if is_new else self.state.profile, starts=starts)
        self.settle()

    def take_time(self) -> None:
        for occurrence in [each for each in self.occurrences if each.due_at <= self.now]:
            self.occurrences.remove(occurrence)
            self._start(occurrence)
        due = [
            (journey.waiting.due_at, journey.campaign, journey.id)
            for journey in self.journeys.values()
            if journey.waiting is not None and journey.waiting.due_at <= self.now
        ]
        for due_at, _, named in sorted(due):
            journey = self.journeys.get(named)
            if journey is not None and journey.waiting is not None and journey.waiting.due_at == due_at:
                self._wake(journey)  # unless a journey before it started this one over
        if self.segments_due_at is not None and self.segments_due_at <= self.now:
            self._move_segments(before=self.state.profile, starts=True)
        self.settle()

    def take_date(self, day: date) -> None:
        for occurrence in missed_dates(self.profile, self.catalogue, day, now=self.now):
            self._too_late(occurrence)
        self._plan_dates(starts=True)
        self.settle()

    def take_schedule(self, came: ScheduleCame) -> None:
        """A local schedule waits until its hour has come where this person lives."""
        local = self.profile.zone(self.catalogue.shop)
        due_at = came.at.replace(tzinfo=local).astimezone(UTC) if came.local else came.at
        key = came.at.replace(tzinfo=None).isoformat() if came.local else f"{came.at.isoformat()}"
        occurrence = Occurrence(came.campaign, came.trigger, key, local_day(due_at, local), due_at)
        if due_at > self.now:
            self.occurrences = [*(each for each in self.occurrences if each != occurrence), occurrence]
        else:
            self._start(occurrence)
        self.settle()

    def take_failure(self, failed: MessageFailed) -> None:
        """What was not sent does not count against caps."""
        self.requested = [each for each in self.requested if each.message != failed.message]
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
        order = remembered if isinstance(remembered, OrderTaken) else None

        def evaluate(amount: Any) -> Any:
            return self.evaluate(amount, event=event) if callable(amount) else amount

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
            self.remember(order_key, after)
        return moves

    def _note_feedback(self, event: Event) -> None:
        flag = {"Email Delivered": "delivered", "Email Opened": "opened", "Email Link Clicked": "clicked"}.get(
            event.name
        )
        if flag is None:
            return
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
                    self._drop_held(journey, campaign)
                    self.closed.append(Closed(journey.id, self.now))
                    self.end(journey, "exit")
                if journey.id not in self.journeys:
                    return

    def _drop_held(self, journey: Journey, campaign: Campaign) -> None:
        """A message that is held when its journey is left is dropped at once."""
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

    # --- dates and schedules --------------------------------------------------------------------------------------

    def _dates_changed(self) -> bool:
        if not self.catalogue.campaigns_by_date():
            return False
        before, after = self.state.profile, self.profile
        shop = self.catalogue.shop
        return before.all_dates() != after.all_dates() or before.zone(shop) != after.zone(shop)

    def _plan_dates(self, *, starts: bool) -> None:
        """What is to come of this profile's dates, anew; what passed earlier today begins now, if this may start it."""
        local = self.profile.zone(self.catalogue.shop)
        kept = []
        for each in self.occurrences:
            campaign = self.catalogue.campaign(each.campaign)
            trigger = campaign.triggers[each.trigger] if campaign and each.trigger < len(campaign.triggers) else None
            if isinstance(trigger, ScheduleTrigger):
                kept.append(each._replace(due_at=local_schedule_due_at(each.key, local)))
        self.occurrences = kept
        for occurrence in list(upcoming_dates(self.profile, self.catalogue, now=self.now)):
            if occurrence.due_at > self.now:
                self.occurrences.append(occurrence)
            elif starts:
                self._start(occurrence)

    def _start(self, occurrence: Occurrence) -> None:
        campaign = self.catalogue.campaign(occurrence.campaign)
        if campaign is None or occurrence.trigger >= len(campaign.triggers):
            return
        trigger = campaign.triggers[occurrence.trigger]
        if isinstance(trigger, ScheduleTrigger):
            is_late = self.now - occurrence.due_at > SCHEDULE_LATE_BY
        else:
            is_late = local_day(self.now, self.profile.zone(self.catalogue.shop)) != occurrence.day
        if is_late:
            self._too_late(occurrence)
        elif not isinstance(trigger, ScheduleTrigger) or self.triggers(campaign, trigger.audience, None):
            self.enter_occurrence(campaign, occurrence.trigger, occurrence.key, occurrence.day)

    def _too_late(self, occurrence: Occurrence) -> None:
        campaign = self.catalogue.campaign(occurrence.campaign)
        journey = journey_id(campaign=occurrence.campaign, profile=self.profile.id, key=occurrence.key, ordinal=0)
        version = campaign.version if campaign is not None else ""
        self.ended.append(Ended(journey, occurrence.campaign, version, occurrence.due_at, self.now, "too_late"))

    # --- segments -------------------------------------------------------------------------------------------------

    def _move_segments(self, *, before: Profile | None, starts: bool) -> None:
        """Starts the campaigns of segments that the profile moved into or out of, until nothing moves any more.

        `before` None: nobody knew this profile, so it was in no segment.
        """
        watched = self._watched_segments()
        if not watched:
            return
        for _ in range(MOST_TURNS):
            moved = []
            for name in sorted(watched):
                was = self.segments.get(name)
                if was is None:
                    was = before is not None and self._is_in(name, before)
                inside = self._is_in(name, self.profile)
                if self.segments.get(name) != inside:
                    self.segments = {**self.segments, name: inside}
                if was != inside:
                    moved.append((name, "enter" if inside else "leave"))
            for name, direction in moved if starts else ():
                for campaign, place, trigger in watched[name]:
                    if trigger.on == direction and self.triggers(campaign, trigger.when, self.event):
                        self.enter(campaign, place, event=self.event)
            if not moved:
                break
        self.segments_due_at = self._next_by_time_alone(watched)

    def _watched_segments(self) -> dict[str, list[tuple[Campaign, int, SegmentTrigger]]]:
        watched: dict[str, list[tuple[Campaign, int, SegmentTrigger]]] = {}
        for campaign in self.catalogue.campaigns_by_segment():
            for place, trigger in enumerate(campaign.triggers):
                if isinstance(trigger, SegmentTrigger):
                    watched.setdefault(trigger.segment, []).append((campaign, place, trigger))
        return watched

    def _is_in(self, name: str, profile: Profile) -> bool:
        segment = self.catalogue.segments.get(name)
        try:
            return segment is not None and bool(self.evaluate(segment, profile=profile, at=self.now + JUST_AFTER))
        except ExpressionFailed as problem:
            self.faults.append(Fault(campaign=f"segment {name}", journey=None, step=None, reason=str(problem)))
            return False

    def _next_by_time_alone(self, watched: dict[str, list[tuple[Campaign, int, SegmentTrigger]]]) -> datetime | None:
        dates = self.profile.instants(self.catalogue.shop)
        turns = [
            dates[date_name] + duration
            for name in watched
            for date_name, duration in self.catalogue.clocks_of_segment(name)
            if date_name in dates
        ]
        return min((turn for turn in turns if turn > self.now), default=None)


def _concerns(journey: Journey, event: Event) -> bool:
    """Feedback that names a message is for its journey alone; what happened before the journey began ends nothing."""
    if event.email_id is not None:
        return any(progress.id == event.email_id for progress in journey.messages.values())
    return journey.event is None or event.at >= journey.event.at
