"""Calendar: every quarter of an hour, whose dates come and which schedules have come.

Dates are looked at ahead: each local day is handled once, as soon as it has begun anywhere on earth, by asking the
index for those whose date falls on it. Everybody found gets it into their mailbox, where `decide` gives it its local
instant. A schedule becomes tasks that go through the people; a local one as soon as its hour has come anywhere.
What was reached is marked only after all of it is enqueued, so that whatever dies is done again, which does no harm.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from dampf.domain.campaign import Campaign, DateTrigger, EventTrigger, ScheduleTrigger, SegmentTrigger, Trigger
from dampf.domain.catalogue import Catalogue
from dampf.domain.event import NEWS
from dampf.domain.instants import format_instant, parse_instant
from dampf.domain.journey import digest
from dampf.domain.occurrences import EAST
from dampf.domain.recurrence import bases_for, local_times, next_after
from dampf.domain.stimulus import DateCame
from dampf.use_cases.ports.contents import CatalogueInForce
from dampf.use_cases.ports.occasions import Calendar, People
from dampf.use_cases.ports.queues import AudienceTask, AudienceTasks, Mailbox

WEST: Final = timezone(timedelta(hours=-12))
"""Where each local day ends last."""

ROUND_THE_EARTH: Final = timedelta(hours=26)
"""From the first place where a local hour comes to the last."""

CATCHES_UP: Final = timedelta(days=31)
"""How long ago a mark may be to be gone on from; whatever was missed before has long been too late."""

_AT_ONCE: Final = 100
_A_MOMENT: Final = timedelta(microseconds=1)


class Pace(NamedTuple):
    """How runs follow one another.

    A campaign that no run met before may have been published since the last one: its schedules are looked for as far
    back as that may be (`looks_back`). And who evaluates may not have read of it yet: what goes to many people waits
    until everybody has (`settles`).
    """

    looks_back: timedelta = timedelta(minutes=15)
    settles: timedelta = timedelta(seconds=45)


IN_REAL_TIME: Final = Pace()
ON_VIRTUAL_CLOCK: Final = Pace(timedelta(0), timedelta(0))
"""Everything is published before the first instant, and each run comes exactly when it is needed."""


class Mark(NamedTuple):
    """Up to which local day a campaign's dates, and up to which instant its schedules, are enqueued.

    `introduced` is what everybody concerned was told of: its dates, and its segments that a clock moves.
    """

    day: date | None = None
    at: datetime | None = None
    introduced: tuple[str, ...] = ()

    def text(self) -> str:
        day = self.day.isoformat() if self.day is not None else None
        at = format_instant(self.at) if self.at is not None else None
        return json.dumps({"day": day, "at": at, "introduced": self.introduced})

    @classmethod
    def parse(cls, text: str) -> "Mark":
        """The counterpart of `text`."""
        told = json.loads(text)
        return cls(
            date.fromisoformat(told["day"]) if told["day"] is not None else None,
            parse_instant(told["at"]) if told["at"] is not None else None,
            tuple(told["introduced"]),
        )


class CalendarRun(NamedTuple):
    """How many people's dates came, and how many tasks go through the people."""

    dates: int = 0
    tasks: int = 0


class NotEnqueued(Exception):
    """Mailboxes did not take all dates. Nothing is marked: the next run does it again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepCalendar:
    calendar: Calendar
    people: People
    mailbox: Mailbox
    tasks: AudienceTasks
    catalogue: CatalogueInForce
    pace: Pace = IN_REAL_TIME

    def __call__(self, *, now: datetime) -> CalendarRun:
        catalogue = self.catalogue()
        campaigns = looked_after(catalogue)
        told = self.calendar.marks()
        marks = {name: Mark.parse(text) for name, text in told.items()}
        dates = self._dates(campaigns, marks, now)
        known = {each for mark in marks.values() for each in mark.introduced}
        tasks = 0
        for name, campaign in campaigns.items():
            mark = marks.get(name, Mark())
            due = list(_schedules(campaign, catalogue, self._after(mark.at, now), now, is_new=mark.at is None))
            new = {each: place for each, place in _introductions(campaign, catalogue) if each not in known}
            known |= new.keys()
            tasks += self._put(due, waits=mark.at is None)
            tasks += self._put([AudienceTask(name, place, now, False, "") for place in new.values()], waits=True)
        for name, campaign in campaigns.items():
            reached = _reached(campaign, catalogue, now).text()
            if told.get(name) != reached:
                self.calendar.mark(name, reached)
        for name in told.keys() - campaigns.keys():
            self.calendar.forget(name)
        return CalendarRun(dates, tasks)

    def _after(self, marked: datetime | None, now: datetime) -> datetime:
        if marked is None or marked > now:
            return now - self.pace.looks_back - _A_MOMENT
        return max(marked, now - CATCHES_UP)

    def _dates(self, campaigns: Mapping[str, Campaign], marks: Mapping[str, Mark], now: datetime) -> int:
        by_date = [campaign for campaign in campaigns.values() if any(_date_triggers(campaign))]
        days = {campaign.name: days_to_do(marks.get(campaign.name, Mark()).day, now) for campaign in by_date}
        found = 0
        for day in sorted({day for some in days.values() for day in some}):
            found += self._date(day, [campaign for campaign in by_date if day in days[campaign.name]])
        return found

    def _date(self, day: date, campaigns: Sequence[Campaign]) -> int:
        """Each profile gets a day once, whatever of theirs falls on it."""
        asked = {
            (trigger.date, base): None
            for campaign in campaigns
            for _, trigger in _date_triggers(campaign)
            for base in bases_on(trigger, day)
        }
        found = {profile: None for name, base in asked for profile in self.calendar.with_date(name, base)}
        named = ",".join(campaign.name for campaign in campaigns)  # the day of another campaign is not the same
        profiles = iter(found)
        while some := list(islice(profiles, _AT_ONCE)):
            stimuli = [(DateCame(profile=profile, day=day), f"{profile}/{day}/{named}") for profile in some]
            if self.mailbox.put(stimuli):
                raise NotEnqueued(f"dates of {day}")
        return len(found)

    def _put(self, tasks: Sequence[AudienceTask], *, waits: bool) -> int:
        for task in tasks:
            shards = [task._replace(shard=shard) for shard in self.people.shards()]
            self.tasks.put(shards, delay=self.pace.settles if waits else timedelta(0))
        return len(tasks)


def looked_after(catalogue: Catalogue) -> dict[str, Campaign]:
    """The campaigns that need a calendar: by date, by schedule, and by segments that a clock moves."""
    by_clock = [campaign for campaign in catalogue.campaigns_by_segment() if any(_introductions(campaign, catalogue))]
    by_news = [campaign for name in sorted(NEWS) for campaign in catalogue.campaigns_on(name)]
    campaigns = (*catalogue.campaigns_by_date(), *catalogue.campaigns_by_schedule(), *by_clock, *by_news)
    return {campaign.name: campaign for campaign in campaigns}


def next_run(
    catalogue: Catalogue,
    *,
    after: datetime,
    until: datetime,
    has_match: Callable[[str, str], bool] = lambda name, base: True,
) -> datetime | None:
    """The first instant after `after` and up to `until` at which a run has something to do; None where there is none.

    `has_match` says whether anybody has a date of that name on that base: days on which nothing can fall are left out.
    """
    local = catalogue.shop.timezone
    candidates = [
        next_after(trigger.schedule, after, EAST if trigger.local else local)
        for campaign in catalogue.campaigns_by_schedule()
        for trigger in campaign.triggers
        if isinstance(trigger, ScheduleTrigger)
    ]
    triggers = [trigger for campaign in catalogue.campaigns_by_date() for _, trigger in _date_triggers(campaign)]
    day = begun_day(after) + timedelta(days=1)
    while triggers and begins_at(day) <= until:
        if any(has_match(trigger.date, base) for trigger in triggers for base in bases_on(trigger, day)):
            candidates.append(begins_at(day))
            break
        day += timedelta(days=1)
    return min((at for at in candidates if at is not None and at <= until), default=None)


def dates_of(trigger: Trigger, catalogue: Catalogue) -> frozenset[str]:
    """The names of dates that move a profile towards this trigger by time alone."""
    match trigger:
        case DateTrigger(date=name):
            return frozenset({name})
        case SegmentTrigger(segment=name):
            return frozenset(date_name for date_name, _ in catalogue.clocks_of_segment(name))
        case _:
            return frozenset()


def begun_day(now: datetime) -> date:
    """The latest local day that has begun somewhere."""
    return now.astimezone(EAST).date()


def begins_at(day: date) -> datetime:
    """When that local day begins somewhere."""
    return datetime.combine(day, time(), tzinfo=EAST).astimezone(UTC)


def days_to_do(marked: date | None, now: datetime) -> Sequence[date]:
    """The local days after the mark that have begun; without a mark those that have not ended everywhere."""
    last = begun_day(now)
    if marked is None or marked > last:
        first = now.astimezone(WEST).date()
    else:
        first = max(marked + timedelta(days=1), last - CATCHES_UP)
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def bases_on(trigger: DateTrigger, day: date) -> tuple[str, ...]:
    """The dates that have an occurrence of the trigger on that day, as the calendar is asked for them."""
    return _bases(DateTrigger(date="", offset=trigger.offset, every=trigger.every, after=trigger.after), day)


@lru_cache(maxsize=4096)
def _bases(trigger: DateTrigger, day: date) -> tuple[str, ...]:
    """Many campaigns ask the same of each day, and a simulation asks again and again."""
    return tuple(bases_for(trigger, day))


def _date_triggers(campaign: Campaign) -> Iterator[tuple[int, DateTrigger]]:
    """With their places."""
    for place, trigger in enumerate(campaign.triggers):
        if isinstance(trigger, DateTrigger):
            yield place, trigger


def _schedules(
    campaign: Campaign, catalogue: Catalogue, after: datetime, until: datetime, *, is_new: bool
) -> Iterator[AudienceTask]:
    """What came after one instant and up to another; of a new campaign also the local hours still on their way west."""
    for place, trigger in enumerate(campaign.triggers):
        if not isinstance(trigger, ScheduleTrigger):
            continue
        if trigger.local:
            since = after if is_new else None
            for at in local_times(trigger, after - ROUND_THE_EARTH if is_new else after, until, EAST):
                local_time = at.astimezone(EAST).replace(tzinfo=None)
                yield AudienceTask(campaign.name, place, local_time, local=True, shard="", since=since)
        else:
            for at in local_times(trigger, after, until, catalogue.shop.timezone):
                yield AudienceTask(campaign.name, place, at, local=False, shard="")


def _introductions(campaign: Campaign, catalogue: Catalogue) -> Iterator[tuple[str, int]]:
    """What everybody concerned is told of once, with the place of its trigger.

    Who has a date, or products on their mind, gets them into the index; who may move by a clock gets to know when.
    """
    for place, trigger in enumerate(campaign.triggers):
        match trigger:
            case DateTrigger(date=name):
                yield f"date {name}", place
            case SegmentTrigger(segment=name) if dates_of(trigger, catalogue):
                yield f"segment {name} {digest(catalogue.segments[name].source)}", place
            case EventTrigger(events=events) if not NEWS.isdisjoint(events):
                yield "products", place
            case _:
                pass


def _reached(campaign: Campaign, catalogue: Catalogue, now: datetime) -> Mark:
    has_date = any(_date_triggers(campaign))
    has_schedule = any(isinstance(trigger, ScheduleTrigger) for trigger in campaign.triggers)
    introduced = sorted({each for each, _ in _introductions(campaign, catalogue)})
    return Mark(begun_day(now) if has_date else None, now if has_schedule else None, tuple(introduced))
