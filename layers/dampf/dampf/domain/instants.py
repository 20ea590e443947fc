"""Instants and local time: parsing and writing ISO 8601, zones, and lengths of time in calendar units."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_YEARS: Final = range(1000, 9000)
"""Far enough from the ends of the calendar that a century more or less is still on it."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A length of time as shops write it: months (years are twelve) and days (weeks are seven) of the local calendar,
    and an exact rest of hours and minutes.
    """

    months: int = 0
    days: int = 0
    exact: timedelta = timedelta(0)


def parse_instant(text: str) -> datetime:
    """An aware UTC instant of ISO 8601 text; without an offset it is taken as UTC. Raises ValueError."""
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def format_instant(instant: datetime) -> str:
    """ISO 8601 in UTC with `Z`, with fractions of a second only where there are any."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """The IANA zone of that name; None where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


@lru_cache(maxsize=4096)
def date_or_instant(text: str) -> date | datetime | None:
    """What a trait says if it looks like an ISO date or instant; None where it does not, or names no day there is.

    `0001-01-01` and `9999-12-31`, which shop systems write for never, are no dates.
    """
    if not _DATE.fullmatch(text):
        return None
    try:
        told = date.fromisoformat(text) if len(text) == 10 else parse_instant(text)
    except (ValueError, OverflowError):
        return None
    return told if told.year in _YEARS else None


def at_local_midnight(day: date, local: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=local)


def local_day(instant: datetime, local: tzinfo) -> date:
    return instant.astimezone(local).date()


def after(start: datetime, span: Span, local: tzinfo) -> datetime:
    """`start` plus a span: months and days on the local calendar at the same local hour, the rest exact.

    A day that the month lacks becomes its last; a local time that does not exist moves forward by the gap, of two the
    first counts.
    """
    if span.months or span.days:
        there = start.astimezone(local)
        start = datetime.combine(moved_day(there.date(), span), there.time().replace(fold=0), tzinfo=local).astimezone(
            UTC
        )
    return start + span.exact


def moved_day(day: date, span: Span, *, back: bool = False) -> date:
    """The day a span's months and then days later (or earlier); a day that the month lacks becomes its last."""
    sign = -1 if back else 1
    month = day.year * 12 + day.month - 1 + sign * span.months
    year, month = month // 12, month % 12 + 1
    moved = day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))
    return moved + timedelta(days=sign * span.days)
