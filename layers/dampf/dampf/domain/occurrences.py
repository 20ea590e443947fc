"""Occurrences of dates and local schedules for one profile: on which local day, at which instant."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final

from dampf.domain.campaign import Campaign, DateTrigger, ScheduleTrigger, Send
from dampf.domain.catalogue import Catalogue
from dampf.domain.instants import local_day
from dampf.domain.profile import Profile
from dampf.domain.recurrence import falls_on, local_times, slot
from dampf.domain.state import Occurrence

DAYS_AHEAD: Final = 2
"""How many local days beyond today are looked at: the calendar comes at most 38 hours before a slot's day ends."""

BIRTHDAY: Final = "birthday"

EAST: Final = timezone(timedelta(hours=14))
"""Where each local day begins first."""

EARTH: Final = timedelta(hours=26)
"""How much later the same local time comes where it comes last."""


def upcoming_dates(profile: Profile, catalogue: Catalogue, *, now: datetime) -> Iterator[Occurrence]:
    """The occurrences of this profile's dates today, even if their hour has passed, and on the days after it."""
    local = profile.zone(catalogue.shop)
    today = local_day(now, local)
    for campaign, place, trigger, base in _dates(profile, catalogue, local):
        for ahead in range(DAYS_AHEAD + 1):
            day = today + timedelta(days=ahead)
            if falls_on(trigger, base, day):
                yield Occurrence(campaign.name, place, day.isoformat(), day, slot(day, trigger.at, local))


def missed_dates(profile: Profile, catalogue: Catalogue, day: date, *, now: datetime) -> Iterator[Occurrence]:
    """The occurrences on a local day that is over."""
    local = profile.zone(catalogue.shop)
    if day < local_day(now, local):
        for campaign, place, trigger, base in _dates(profile, catalogue, local):
            if falls_on(trigger, base, day):
                yield Occurrence(campaign.name, place, day.isoformat(), day, slot(day, trigger.at, local))


def local_schedule_due_at(key: str, local: tzinfo) -> datetime:
    """When a local schedule's occurrence, named by its local time, has come in that zone."""
    return datetime.fromisoformat(key).replace(tzinfo=local).astimezone(UTC)


def local_schedules_told(
    catalogue: Catalogue, local: tzinfo, *, now: datetime
) -> Iterator[tuple[Occurrence, ScheduleTrigger]]:
    """Of local schedules those whose hour has come somewhere on earth, so that its audience was told, and not here."""
    for campaign in catalogue.campaigns_by_schedule():
        for place, trigger in enumerate(campaign.triggers):
            if isinstance(trigger, ScheduleTrigger) and trigger.local:
                for at in local_times(trigger, now - EARTH, now, EAST):
                    occurrence = local_occurrence(campaign.name, place, at.astimezone(EAST).replace(tzinfo=None), local)
                    if occurrence.due_at > now:
                        yield occurrence, trigger


def local_occurrence(campaign: str, place: int, at: datetime, local: tzinfo) -> Occurrence:
    """A local schedule's occurrence is named by its local time, which is the same everywhere."""
    key = at.isoformat()
    return Occurrence(campaign, place, key, at.date(), local_schedule_due_at(key, local))


def birthday_gives(
    profile: Profile, catalogue: Catalogue, group: str, priority: int, *, but: str, by_birthday: bool, now: datetime
) -> bool:
    """Whether a birthday campaign other than `but` falls on this local day and sends a message of the voucher group
    with an equal or higher priority; before and after its hour, whatever its conditions.

    Two birthday campaigns of one priority would wait for one another for ever: a message that is itself `by_birthday`
    gives way only to a higher one.
    """
    local = profile.zone(catalogue.shop)
    today = local_day(now, local)
    return any(
        campaign.name != but
        and trigger.date == BIRTHDAY
        and falls_on(trigger, base, today)
        and _sends(campaign, catalogue, group, over=priority if by_birthday else priority - 1)
        for campaign, _, trigger, base in _dates(profile, catalogue, local)
    )


def is_by_birthday(campaign: Campaign, trigger: int | None) -> bool:
    started_by = campaign.triggers[trigger] if trigger is not None and trigger < len(campaign.triggers) else None
    return isinstance(started_by, DateTrigger) and started_by.date == BIRTHDAY


def dates_to_index(before: Profile | None, after: Profile, catalogue: Catalogue) -> dict[str, date | None]:
    """The local days of dates that campaigns use, as far as they changed; None where there is none any more."""
    names = catalogue.dates_in_use
    if not names or (before is not None and before.traits is after.traits and before.dates is after.dates):
        return {}
    known = _local_days(before, catalogue, names) if before is not None else {}
    told = _local_days(after, catalogue, names)
    return {name: told.get(name) for name in sorted(names) if known.get(name) != told.get(name)}


def _local_days(profile: Profile, catalogue: Catalogue, names: frozenset[str]) -> dict[str, date]:
    local = profile.zone(catalogue.shop)
    return {
        name: local_day(at, local) if isinstance(at, datetime) else at
        for name in names
        if (at := profile.date_named(name)) is not None
    }


def _dates(profile: Profile, catalogue: Catalogue, local: tzinfo) -> Iterator[tuple[Campaign, int, DateTrigger, date]]:
    for campaign in catalogue.campaigns_by_date():
        for place, trigger in enumerate(campaign.triggers):
            if isinstance(trigger, DateTrigger) and (at := profile.date_named(trigger.date)) is not None:
                yield campaign, place, trigger, local_day(at, local) if isinstance(at, datetime) else at


def _sends(campaign: Campaign, catalogue: Catalogue, group: str, *, over: int) -> bool:
    messages = (catalogue.message(step.message) for step in campaign.steps.values() if isinstance(step, Send))
    return any(
        settings is not None and settings.voucher_group == group and settings.priority > over for settings in messages
    )
