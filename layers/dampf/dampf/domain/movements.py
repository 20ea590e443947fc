"""What a change of a profile, or time alone, starts: by its dates, by local schedules, by moves between segments.

A change that a journey's step made carries the chain of campaigns that led to it.
"""

from datetime import datetime, timedelta
from typing import Final

from dampf.domain.campaign import DateTrigger, ScheduleTrigger, SegmentTrigger
from dampf.domain.decision import Ended, Fault
from dampf.domain.event import Event
from dampf.domain.expression import ExpressionFailed
from dampf.domain.instants import local_day
from dampf.domain.journey import Journey, journey_id
from dampf.domain.occurrences import local_schedule_due_at, local_schedules_told, upcoming_dates
from dampf.domain.profile import Profile
from dampf.domain.recurrence import fires_at
from dampf.domain.scope import JUST_AFTER
from dampf.domain.sending import Sending
from dampf.domain.state import Occurrence

SCHEDULE_LATE_BY: Final = timedelta(hours=12)
"""How late a schedule still starts a campaign."""

AGES: Final = timedelta(days=365 * 200)
"""What lies further ahead is nothing to wait for, and may be beyond the end of the calendar."""

Chain = tuple[str, ...]
Moved = list[tuple[str, str]]
"""Segments, each with `enter` or `leave`."""


class Movements(Sending):
    def after_change(self, journey: Journey) -> None:
        if self.dates_changed():
            self.plan_dates(starts=True, chain=journey.chain)
        moved = self.moved_segments(before=self.state.profile)
        if moved:
            self.trigger_on_segments(moved, event=self.starting_event(journey), chain=journey.chain)

    # --- dates and schedules --------------------------------------------------------------------------------------

    def dates_changed(self) -> bool:
        """Whether dates that campaigns use may fall on other days than was planned, or at other instants."""
        if not self.occurrences and not self.catalogue.campaigns_by_date():
            return False
        before, after, shop = self.dated, self.profile, self.catalogue.shop
        if before.traits is after.traits and before.dates is after.dates:
            return False
        return before.zone(shop) != after.zone(shop) or any(
            before.date_named(name) != after.date_named(name) for name in self.catalogue.dates_in_use
        )

    def plan_dates(self, *, starts: bool, chain: Chain = (), all_told: bool = False) -> None:
        """What is to come of this profile's dates, anew; what passed earlier today begins now, if this may start it.

        Only what was not told before begins: an occurrence that had its hour has had it, unless `all_told` anew.
        """
        before = set() if all_told else set(upcoming_dates(self.dated, self.catalogue, now=self.now))
        local = self.profile.zone(self.catalogue.shop)
        planned, self.occurrences = self.occurrences, []
        for each in planned:
            trigger = self._trigger_of(each)
            if isinstance(trigger, ScheduleTrigger):
                due_at = local_schedule_due_at(each.key, local) if trigger.local else each.due_at
                self.occurrences.append(each._replace(due_at=max(due_at, self.now)))
            elif each.day < local_day(self.now, local):
                self.occurrences.append(each)  # its time was missed, which is to be told
        self.dated = self.profile
        for occurrence in list(upcoming_dates(self.profile, self.catalogue, now=self.now)):
            if occurrence.due_at >= self.now or occurrence in planned:
                self.occurrences.append(occurrence)
            elif starts and occurrence not in before:
                self._begin(occurrence, chain)

    def plan_local_schedules(self) -> None:
        """Who comes after the audience of a local schedule was told, and before its hour here, is told now."""
        local = self.profile.zone(self.catalogue.shop)
        for occurrence, trigger in local_schedules_told(self.catalogue, local, now=self.now):
            campaign = self.catalogue.campaign(occurrence.campaign)
            awaited = any(each[:4] == occurrence[:4] for each in self.occurrences)
            if not awaited and campaign is not None and self.triggers(campaign, trigger.audience, None):
                self.occurrences.append(occurrence)

    def start(self, occurrence: Occurrence) -> None:
        """Its time has come; unless the date has moved meanwhile, or it is too late."""
        local = self.profile.zone(self.catalogue.shop)
        match self._trigger_of(occurrence):
            case ScheduleTrigger():
                if self.now - occurrence.due_at > SCHEDULE_LATE_BY:
                    self.too_late(occurrence)
                else:
                    self._begin(occurrence)
            case DateTrigger() if occurrence.day < local_day(self.now, local):
                self.too_late(occurrence)
            case DateTrigger():
                for each in list(upcoming_dates(self.profile, self.catalogue, now=self.now)):
                    if each[:4] == occurrence[:4] and each.due_at > self.now:
                        self.occurrences.append(each)
                    elif each[:4] == occurrence[:4]:
                        self._begin(each)
            case _:
                pass

    def _begin(self, occurrence: Occurrence, chain: Chain = ()) -> None:
        campaign, trigger = self.catalogue.campaign(occurrence.campaign), self._trigger_of(occurrence)
        if campaign is None:
            return
        if not isinstance(trigger, ScheduleTrigger) or self.triggers(campaign, trigger.audience, None):
            self.enter_occurrence(campaign, occurrence.trigger, occurrence.key, occurrence.day, chain)

    def await_occurrence(self, occurrence: Occurrence) -> None:
        self.occurrences = [*(each for each in self.occurrences if each[:4] != occurrence[:4]), occurrence]

    def too_late(self, occurrence: Occurrence) -> None:
        campaign = self.catalogue.campaign(occurrence.campaign)
        journey = journey_id(campaign=occurrence.campaign, profile=self.profile.id, key=occurrence.key, ordinal=0)
        version = campaign.version if campaign is not None else ""
        self.ended.append(Ended(journey, occurrence.campaign, version, occurrence.due_at, self.now, "too_late"))

    def shares_its_instant(self, occurrence: Occurrence) -> bool:
        """Whether something else of this profile's is due with it: priority then decides between their messages."""
        if self.now - occurrence.due_at > SCHEDULE_LATE_BY:
            return False
        if self.state.due_at is not None and self.state.due_at <= self.now:
            return True
        local, shop = self.profile.zone(self.catalogue.shop), self.catalogue.shop.timezone
        return any(
            fires_at(trigger, occurrence.due_at, local if trigger.local else shop)
            for campaign in self.catalogue.campaigns_by_schedule()
            if campaign.name != occurrence.campaign
            for trigger in campaign.triggers
            if isinstance(trigger, ScheduleTrigger)
        )

    def _trigger_of(self, occurrence: Occurrence) -> object:
        campaign = self.catalogue.campaign(occurrence.campaign)
        triggers = campaign.triggers if campaign is not None else ()
        return triggers[occurrence.trigger] if occurrence.trigger < len(triggers) else None

    # --- segments -------------------------------------------------------------------------------------------------

    def move_by_time(self, *, until: datetime) -> None:
        """What time alone moved up to that instant, before anything else changes it."""
        if self.segments_due_at is not None and self.segments_due_at <= until:
            self.trigger_on_segments(self.moved_segments(before=self.state.profile), event=None)

    def moved_segments(self, *, before: Profile | None) -> Moved:
        """The watched segments that the profile is in now and was not, or the other way round; noted as known.

        `before` None: nobody knew this profile, so it was in no segment. Of a segment that was not watched yet, or had
        another expression, it tells where the profile was: publishing moves nobody.
        """
        known, self.segments, moved = self.segments, {}, []
        for name, mark in self.catalogue.watched_segments:
            was = known.get(mark)
            if was is None:
                was = before is not None and self._is_in(name, before)
            self.segments[mark] = inside = self._is_in(name, self.profile)
            if was != inside:
                moved.append((name, "enter" if inside else "leave"))
        self.segments_due_at = self._turns_next_at()
        return moved

    def trigger_on_segments(
        self, moved: Moved, *, event: Event | None, chain: Chain = (), started: frozenset[str] = frozenset()
    ) -> None:
        """One event starts a campaign once, however many of its triggers it meets: those in `started` it did start."""
        for campaign in self.catalogue.campaigns_by_segment() if moved else ():
            for place, trigger in enumerate(campaign.triggers):
                meets = isinstance(trigger, SegmentTrigger) and (trigger.segment, trigger.on) in moved
                if meets and campaign.name not in started and self.triggers(campaign, trigger.when, event, chain):
                    self.enter(campaign, place, event=event, chain=chain)
                    break

    def _is_in(self, name: str, profile: Profile) -> bool:
        try:
            return bool(self.evaluate(self.catalogue.segments[name], profile=profile, at=self.now + JUST_AFTER))
        except ExpressionFailed as problem:
            self.faults.append(Fault(campaign=f"segment {name}", journey=None, step=None, reason=str(problem)))
            return False

    def _turns_next_at(self) -> datetime | None:
        """When time alone may move the profile next."""
        turns = []
        for name, _ in self.catalogue.watched_segments:
            for date_name, duration in self.catalogue.clocks_of_segment(name):
                at = self.profile.instant_named(date_name, self.catalogue.shop)
                if at is not None:
                    turns.append(duration - (self.now - at))
        ahead = min((turn for turn in turns if turn > timedelta(0)), default=None)
        return self.now + ahead if ahead is not None and ahead < AGES else None
