"""When something recurs: the local days of dates, and EventBridge's cron and at expressions.

A local time that does not exist moves forward by the gap; of two, the first counts (PEP 495, `fold=0`).
"""

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from dampf.domain.campaign import Cron, DateTrigger, ScheduleTrigger
from dampf.domain.instants import Span, moved_day

WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
"""As EventBridge counts them, from 1."""

FURTHEST: Final = timedelta(days=366 * 5)
"""How far ahead a cron expression is searched; further there is nothing that anybody waits for."""


def slot(day: date, at: time, local: tzinfo) -> datetime:
    """That local time of that day as an instant in UTC."""
    return datetime.combine(day, at, tzinfo=local).astimezone(UTC)


def falls_on(trigger: DateTrigger, base: date, day: date) -> bool:
    """Whether an occurrence of the trigger for a profile's date falls on that local day."""
    near = _moved(day, trigger.offset, back=True)
    return any(_moved(each, trigger.offset) == day for each in _anniversaries(trigger, base, near))


def bases_for(trigger: DateTrigger, day: date) -> Iterator[str]:
    """The `MM-DD` of dates that may have an occurrence on that day; `YYYY-MM-DD` where only one year can."""
    around = [_moved(day, trigger.offset, back=True) + timedelta(days=days) for days in range(-3, 4)]
    if trigger.every is None:
        around = [
            _moved(each, trigger.after, back=True) + timedelta(days=days) for each in around for days in (-3, 0, 3)
        ]
    candidates: set[str] = set()
    for each in sorted(set(around)):
        if trigger.every == "month":
            days = range(each.day, 32) if _is_last_of_month(each) else (each.day,)
            candidates |= {f"{month:02d}-{number:02d}" for month in range(1, 13) for number in days}
        else:
            candidates.add(f"{each:%Y-%m-%d}" if trigger.every is None else f"{each:%m-%d}")
            if trigger.every == "year" and (each.month, each.day) == (2, 28):
                candidates.add("02-29")
    yield from sorted(base for base in candidates if _may_fall(trigger, base, day))


def next_after(schedule: datetime | Cron, instant: datetime, local: tzinfo) -> datetime | None:
    """The first instant strictly after this one at which the schedule fires in that zone; None where there is none."""
    if isinstance(schedule, datetime):
        fires_at = schedule.replace(tzinfo=local).astimezone(UTC)
        return fires_at if fires_at > instant else None
    coming = _instants_from(schedule, instant.astimezone(local).date(), local)
    return next((fires_at for fires_at in coming if fires_at > instant), None)


def local_times(trigger: ScheduleTrigger, after: datetime, until: datetime, local: tzinfo) -> Iterator[datetime]:
    """The instants in (after, until] at which the schedule fires in that zone."""
    fires_at = next_after(trigger.schedule, after, local)
    while fires_at is not None and fires_at <= until:
        yield fires_at
        fires_at = next_after(trigger.schedule, fires_at, local)


def fires_at(trigger: ScheduleTrigger, instant: datetime, local: tzinfo) -> bool:
    """Whether the schedule fires at this very instant in that zone."""
    return next_after(trigger.schedule, instant - timedelta(microseconds=1), local) == instant


def parse_cron(source: str) -> Cron:
    """`minute hour day month weekday year`, as EventBridge Scheduler documents them. ValueError says what is wrong.

    Source: docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
    """
    fields = source.split()
    if len(fields) != 6:
        raise ValueError("six fields expected: minute hour day month weekday year")
    minute, hour, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise ValueError("`?` expected for the day or for the weekday, one of the two")
    _days_of(day, 2024, 1)
    _weekdays_of(weekday)
    return Cron(
        source=source,
        minutes=_values(minute, range(60)),
        hours=_values(hour, range(24)),
        days=day,
        months=_values(month, range(1, 13), _MONTHS),
        weekdays=weekday,
        years=None if year == "*" else _values(year, range(1970, 2200)),
    )


# --- dates --------------------------------------------------------------------------------------------------------


def _anniversaries(trigger: DateTrigger, base: date, near: date) -> Iterator[date]:
    """The occurrences of a date around a day, both before the offset."""
    if trigger.every is None:
        yield _moved(base, trigger.after)
    elif trigger.every == "year":
        for year in range(max(base.year + 1, near.year - 1), near.year + 2):
            yield base.replace(year=year, day=_clamped(base.day, year, base.month))
    else:
        first = base.year * 12 + base.month
        middle = near.year * 12 + near.month - 1
        for month in range(max(first, middle - 2), middle + 3):
            year, number = divmod(month, 12)
            yield date(year, number + 1, _clamped(base.day, year, number + 1))


def _may_fall(trigger: DateTrigger, base: str, day: date) -> bool:
    if trigger.every is None:
        return falls_on(trigger, date.fromisoformat(base), day)
    month, number = (int(part) for part in base.split("-"))
    if (month == 2 and number > 29) or number > _clamped(31, 2024, month):
        return False
    return falls_on(trigger, date(day.year - 4 - day.year % 4, month, number), day)


def _moved(day: date, span: Span, *, back: bool = False) -> date:
    return moved_day(day, span, back=back)


def _clamped(day: int, year: int, month: int) -> int:
    return min(day, calendar.monthrange(year, month)[1])


def _is_last_of_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


# --- cron ---------------------------------------------------------------------------------------------------------

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def _values(field: str, admitted: range, names: tuple[str, ...] = ()) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            low, high = admitted[0], admitted[-1]
        else:
            first, dash, last = span.partition("-")
            low = _number(first, admitted, names)
            high = _number(last, admitted, names) if dash else admitted[-1] if step else low
        if high < low:
            raise ValueError(f"{part}: the range runs backwards")
        found.update(range(low, high + 1, _step(step) if step else 1))
    return frozenset(found)


def _step(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise ValueError(f"/{text}: a whole number above 0 expected")
    return int(text)


def _number(text: str, admitted: range, names: tuple[str, ...]) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + 1
    if not text.isdigit() or int(text) not in admitted:
        raise ValueError(f"{text or 'nothing'}: a number from {admitted[0]} to {admitted[-1]} expected")
    return int(text)


@lru_cache(maxsize=1024)
def _instants_from(cron: Cron, day: date, local: tzinfo) -> tuple[datetime, ...]:
    """Those of that day, and of the first day after it that has any."""
    days_after = (_instants_on(cron, day + timedelta(days=ahead), local) for ahead in range(1, FURTHEST.days + 1))
    return (*_instants_on(cron, day, local), *next(filter(None, days_after), ()))


def _instants_on(cron: Cron, day: date, local: tzinfo) -> tuple[datetime, ...]:
    """In order of time, which where the clock jumps forward need not be the order of the local times."""
    if not _admits(cron, day):
        return ()
    return tuple(sorted({slot(day, time(hour, minute), local) for hour in cron.hours for minute in cron.minutes}))


def _admits(cron: Cron, day: date) -> bool:
    if day.month not in cron.months or (cron.years is not None and day.year not in cron.years):
        return False
    if cron.days != "?":
        return day.day in _days_of(cron.days, day.year, day.month)
    return any(_is_weekday(day, weekday, nth) for weekday, nth in _weekdays_of(cron.weekdays))


def _days_of(field: str, year: int, month: int) -> frozenset[int]:
    """Days of one month: numbers, `L` (the last), `15W` (the weekday nearest to the 15th within the month)."""
    last = calendar.monthrange(year, month)[1]
    if field == "?":
        return frozenset()
    if field == "L":
        return frozenset({last})
    if field.endswith("W"):
        wanted = date(year, month, min(_number(field[:-1], range(1, 32), ()), last))
        near = (wanted + timedelta(days=days) for days in (0, -1, 1, -2, 2))
        return frozenset({next(each.day for each in near if each.month == month and each.weekday() < 5)})
    return _values(field, range(1, 32))


def _weekdays_of(field: str) -> tuple[tuple[int, int | None], ...]:
    """Weekdays, SUN = 1, each with which of its month it is: None any, -1 the last."""
    if field == "?":
        return ()
    if field == "L":
        return ((7, None),)
    if field.endswith("L"):
        return ((_number(field[:-1], range(1, 8), WEEKDAYS), -1),)
    weekday, hash_, nth = field.partition("#")
    if hash_:
        return ((_number(weekday, range(1, 8), WEEKDAYS), _number(nth, range(1, 6), ())),)
    return tuple((each, None) for each in sorted(_values(field, range(1, 8), WEEKDAYS)))


def _is_weekday(day: date, weekday: int, nth: int | None) -> bool:
    if day.isoweekday() % 7 + 1 != weekday:
        return False
    if nth == -1:
        return (day + timedelta(days=7)).month != day.month
    return nth is None or (day.day - 1) // 7 + 1 == nth
