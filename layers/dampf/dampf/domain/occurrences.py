"""Occurrences of dates and local schedules for one profile: on which local day, at which instant."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from dampf.domain.campaign import Campaign, Catalogue, DateTrigger, Send
from dampf.domain.instants import local_day
from dampf.domain.profile import Profile
from dampf.domain.recurrence import falls_on, slot
from dampf.domain.state import Occurrence

DAYS_AHEAD: Final = 2
"""How many local days beyond today are looked at: the calendar comes at most 38 hours before a slot's day ends."""

BIRTHDAY: Final = "birthday"


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


def birthday_gives(
    profile: Profile, catalogue: Catalogue, group: str, priority: int, *, but: str, now: datetime
) -> bool:
    """Whether a birthday campaign other than `but` falls on this local day and sends a message of the voucher group
    with an equal or higher priority; before and after its hour, whatever its conditions."""
    local = profile.zone(catalogue.shop)
    today = local_day(now, local)
    return any(
        campaign.name != but
        and trigger.date == BIRTHDAY
        and falls_on(trigger, base, today)
        and _sends(campaign, catalogue, group, priority)
        for campaign, _, trigger, base in _dates(profile, catalogue, local)
    )


def dates_to_index(before: Profile | None, after: Profile, catalogue: Catalogue) -> dict[str, date | None]:
    """The local days of dates that campaigns use, as far as they changed; None where there is none any more."""
    names = catalogue.dates_in_use
    if not names:
        return {}
    known = _local_days(before, catalogue, names) if before is not None else {}
    told = _local_days(after, catalogue, names)
    return {name: told.get(name) for name in sorted(names) if known.get(name) != told.get(name)}


def _local_days(profile: Profile, catalogue: Catalogue, names: frozenset[str]) -> dict[str, date]:
    local = profile.zone(catalogue.shop)
    dates = profile.all_dates()
    return {
        name: local_day(at, local) if isinstance(at, datetime) else at
        for name in names
        if (at := dates.get(name)) is not None
    }


def _dates(profile: Profile, catalogue: Catalogue, local: tzinfo) -> Iterator[tuple[Campaign, int, DateTrigger, date]]:
    dates = profile.all_dates()
    for campaign in catalogue.campaigns_by_date():
        for place, trigger in enumerate(campaign.triggers):
            if isinstance(trigger, DateTrigger) and (at := dates.get(trigger.date)) is not None:
                yield campaign, place, trigger, local_day(at, local) if isinstance(at, datetime) else at


def _sends(campaign: Campaign, catalogue: Catalogue, group: str, priority: int) -> bool:
    messages = (catalogue.message(step.message) for step in campaign.steps.values() if isinstance(step, Send))
    return any(
        settings is not None and settings.voucher_group == group and settings.priority >= priority
        for settings in messages
    )
