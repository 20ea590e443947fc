"""Journeys on their way: entering a campaign, performing steps, asking to send, and ending."""

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, assert_never

from dampf.domain import metrics
from dampf.domain.campaign import (
    AddToMetrics,
    Campaign,
    Choose,
    DateTrigger,
    Emit,
    EnterCampaign,
    Exit,
    If,
    MetricTrigger,
    Send,
    SetTraits,
    Split,
    Trigger,
    Wait,
    WaitFor,
    WaitUntil,
)
from dampf.domain.decision import EnteredKey, Fault
from dampf.domain.event import Event, Origin
from dampf.domain.expression import Expression, ExpressionFailed
from dampf.domain.goals import Goals
from dampf.domain.instants import after, date_or_instant, local_day
from dampf.domain.journey import (
    Journey,
    StartingEvent,
    Waiting,
    digest,
    journey_id,
    share,
)
from dampf.domain.metrics import Move, NotANumber
from dampf.domain.missing import MISSING
from dampf.domain.profile import MetricChange, Told
from dampf.domain.recurrence import slot
from dampf.domain.scope import as_json
from dampf.domain.state import Entered

A_WEEK_OF_DAYS: Final = 8


class Travel(Goals, ABC):
    """What a journey does until it waits, asks to send, or ends."""

    # --- entering -------------------------------------------------------------------------------------------------

    def trigger_on_metrics(
        self,
        moves: dict[str, Move],
        *,
        started_by: Event | None,
        chain: tuple[str, ...],
        started: frozenset[str] = frozenset(),
    ) -> frozenset[str]:
        """One event starts a campaign once, however many of its triggers it meets: those in `started` it did start.

        Gives those and what was started here.
        """
        for name, move in moves.items():
            for campaign in self.catalogue.campaigns_with_metric(name):
                if campaign.name in started:
                    continue
                for place, trigger in enumerate(campaign.triggers):
                    if not isinstance(trigger, MetricTrigger) or trigger.metric != name:
                        continue
                    crossed, key = _crossing(trigger, move)
                    if crossed and self.triggers(campaign, trigger.when, started_by, chain):
                        if self.enter(campaign, place, event=started_by, chain=chain, default_key=key):
                            started |= {campaign.name}
                        break
        return started

    def triggers(
        self, campaign: Campaign, when: Expression | None, event: Event | None, chain: tuple[str, ...] = ()
    ) -> bool:
        if campaign.name in chain:
            return False
        try:
            return when is None or bool(self.evaluate(when, event=event))
        except ExpressionFailed as problem:
            self.faults.append(Fault(campaign=campaign.name, journey=None, step=None, reason=str(problem)))
            return False

    def enter(
        self,
        campaign: Campaign,
        place: int | None,
        *,
        event: Event | None,
        chain: tuple[str, ...] = (),
        default_key: str = "",
        day: date | None = None,
    ) -> bool:
        """Whether a journey began or started over. `day` is the one that its messages must not outlive."""
        try:
            per = campaign.entry.per
            key = default_key if per is None else _key_text(self.evaluate(per, event=event))
        except ExpressionFailed as problem:
            self.faults.append(Fault(campaign=campaign.name, journey=None, step="entry/per", reason=str(problem)))
            return False
        started_by = StartingEvent(self.profile.id, event.at, event.key) if event is not None else None
        for journey in self.journeys.values():
            if journey.campaign == campaign.name and journey.key == key:
                return self._restart(journey, campaign, started_by, place, chain, day)
        remembered = self.memory(EnteredKey(campaign.name, key))
        last = remembered if isinstance(remembered, Entered) else None
        if last is not None and not self._may_enter_again(campaign, last):
            return False
        ordinal = last.ordinal + 1 if last is not None else 1
        self.remember(EnteredKey(campaign.name, key), Entered(ordinal, self.now))
        journey = Journey(
            id=journey_id(campaign=campaign.name, profile=self.profile.id, key=key, ordinal=ordinal),
            campaign=campaign.name,
            version=campaign.version,
            key=key,
            ordinal=ordinal,
            entered_at=self.now,
            step=campaign.first,
            trigger=place,
            day=day,
            event=started_by,
            chain=(*chain, campaign.name),
        )
        self.journeys[journey.id] = journey
        self._run(journey, campaign)
        return True

    def enter_occurrence(
        self, campaign: Campaign, place: int, key: str, day: date, chain: tuple[str, ...] = ()
    ) -> None:
        """A date or a schedule starts the campaign once, whatever `entry` says of coming again."""
        trigger = campaign.triggers[place]
        if campaign.entry.per is None:
            occurred = EnteredKey(campaign.name, key)
        else:
            occurred = EnteredKey(f"{campaign.name}/occurrence", key)
        if self.memory(occurred) is not None or not self.triggers(campaign, trigger.when, None, chain):
            return
        if campaign.entry.per is not None:
            self.remember(occurred, Entered(1, self.now))
        recurs = isinstance(trigger, DateTrigger) and trigger.every is not None
        self.enter(campaign, place, event=None, chain=chain, default_key=key, day=day if recurs else None)

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
        day: date | None,
    ) -> bool:
        """Starts the journey over, in the version that it entered. A late event does so without becoming its event."""
        campaign = self.campaign_of(journey)
        if campaign is None or not campaign.entry.restart or journey.messages or journey.id in self.asking:
            return False
        if started_by is None or journey.event is None or started_by.at >= journey.event.at:
            place = place if campaign.version == published.version else journey.trigger
            journey = replace(journey, trigger=place, event=started_by, day=day)
        journey = replace(journey, restarts=journey.restarts + 1, chain=(*chain, journey.campaign))
        self.go_on(journey, campaign, campaign.first)
        return True

    # --- steps ----------------------------------------------------------------------------------------------------

    def go_on(self, journey: Journey, campaign: Campaign, step: str | None) -> None:
        journey = replace(journey, step=step, waiting=None)
        self.journeys[journey.id] = journey
        self._run(journey, campaign)

    def _run(self, journey: Journey, campaign: Campaign) -> None:
        """Performs steps until the journey waits, asks to send, or ends."""
        while journey.step is not None:
            step = campaign.steps[journey.step]
            try:
                match step:
                    case Wait() | WaitUntil():
                        until = self._until(step, journey)
                        if until is not None and until > self.now:
                            self.journeys[journey.id] = replace(journey, waiting=Waiting(kind="wait", due_at=until))
                            return
                        following = _when_late(step) if until != self.now else step.next
                    case WaitFor():
                        due_at = after(self.now, step.within, self.profile.zone(self.catalogue.shop))
                        self.journeys[journey.id] = replace(journey, waiting=Waiting(kind="wait_for", due_at=due_at))
                        return
                    case Send():
                        self.asking[journey.id] = self.now
                        return
                    case If():
                        following = step.then if self.evaluate(step.condition, journey=journey) else step.otherwise
                    case Choose():
                        following = next(
                            (target for when, target in step.cases if self.evaluate(when, journey=journey)),
                            step.otherwise,
                        )
                    case Split():
                        name, following = self._arm(step, journey)
                        journey = replace(journey, splits={**journey.splits, step.id: name})
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
                self.fault(journey, str(problem))
                return
            if journey.id not in self.journeys:
                return
            journey = replace(journey, step=following)
            self.journeys[journey.id] = journey
        self.end(journey, "finished")

    def _until(self, step: Wait | WaitUntil, journey: Journey) -> datetime | None:
        """The instant to wait for; None where it counts as past. A local time that is this very minute is now."""
        local = self.profile.zone(self.catalogue.shop)
        if isinstance(step, Wait):
            return after(self.now, step.span, local)
        if step.date is not None:
            value = self.evaluate(step.date, journey=journey)
            told = date_or_instant(value) if isinstance(value, str) else value
            if isinstance(told, datetime):
                return told.astimezone(UTC)
            return slot(told, time(0), local) if isinstance(told, date) else None
        this_minute = self.now.replace(second=0, microsecond=0)
        today = local_day(self.now, local)
        days = (today + timedelta(days=ahead) for ahead in range(A_WEEK_OF_DAYS))
        moments = (slot(day, step.at or time(0), local) for day in days if not step.on or day.weekday() in step.on)
        moment = next((moment for moment in moments if moment >= this_minute), self.now)
        return max(moment, self.now)

    def _arm(self, step: Split, journey: Journey) -> tuple[str, str | None]:
        """The same person always falls on the same side."""
        total = sum((weight for _, weight, _ in step.arms), Decimal(0))
        mark = share(self.profile.id, journey.campaign, step.id) * total
        for name, weight, target in step.arms:
            if mark < weight:
                return name, target
            mark -= weight
        name, _, target = step.arms[-1]
        return name, target

    def _set(self, journey: Journey, step: SetTraits) -> None:
        told = {name: self.evaluate(value, journey=journey) for name, value in step.traits.items()}
        values = {name: Told(None if value is MISSING else as_json(value), self.now) for name, value in told.items()}
        self.profile = replace(self.profile, traits={**self.profile.traits, **values})
        self.after_change(journey)

    def _add(self, journey: Journey, step: AddToMetrics) -> None:
        moves = {}
        for name, expression in step.amounts.items():
            amount = metrics.amount_of(self.evaluate(expression, journey=journey))
            before = self.profile.metrics.get(name, metrics.NOTHING)
            metric = self.catalogue.metrics.get(name)
            settles = metric is not None and metric.settles
            if amount:
                value, moves[name] = metrics.moved(before, MetricChange(self.now, "add", amount), settles=settles)
                self.profile = replace(self.profile, metrics={**self.profile.metrics, name: value})
        if any(self.catalogue.campaigns_with_metric(name) for name in moves):
            self.trigger_on_metrics(moves, started_by=self.starting_event(journey), chain=journey.chain)
        if moves:
            self.after_change(journey)

    @abstractmethod
    def after_change(self, journey: Journey) -> None:
        """What follows from the profile's change by a step of this journey."""

    def _emit(self, journey: Journey, step: Emit) -> None:
        values = {name: self.evaluate(value, journey=journey) for name, value in step.properties.items()}
        self.emitted.append(
            self.own_event(
                step.event,
                id=digest(journey.id, step.id, str(journey.restarts)),
                origin=Origin(journey.campaign, journey.version, journey.id, step.id),
                properties={name: as_json(value) for name, value in values.items() if value is not MISSING},
                chain=journey.chain,
            )
        )

    def _enter_other(self, journey: Journey, step: EnterCampaign) -> None:
        target = self.catalogue.campaign(step.campaign)
        if target is None:
            raise ExpressionFailed(f"enter: {step.campaign}", "no such campaign is published")
        if target.name not in journey.chain:
            self.enter(target, None, event=self.starting_event(journey), chain=journey.chain)


def _when_late(step: Wait | WaitUntil) -> str | None:
    """Where a journey goes on whose date has passed."""
    if isinstance(step, Wait) or step.late is None:
        return step.next
    return step.skipped_to if step.late == "skip" else None


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
