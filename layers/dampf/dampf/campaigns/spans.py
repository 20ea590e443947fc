"""Lengths of time as shops write them: `3 days`, `90 minutes`, `1 month`.

A whole number and one unit, nothing else: no `24h`, no `1.5 hours`, no `1 day 6 hours`.
"""

import re
from datetime import timedelta
from typing import Final

from dampf.domain.instants import Span

_SPELLING: Final = re.compile(r"(\d{1,6}) +(minute|hour|day|week|month|year)s?")
_OFFSET: Final = re.compile(r"\s*([-+]?) ?(\d.*)")
_DAYS: Final = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1, "week": 7, "month": 31, "year": 366}
_LONGEST_DAYS: Final = 100 * 366


class NotADuration(ValueError):
    """The message continues "expected ..."."""


def span_from(text: object) -> Span:
    """Days and weeks count in the profile's calendar, months and years too; hours and minutes are exact."""
    number, unit = _number_and_unit(text)
    match unit:
        case "minute":
            return Span(exact=timedelta(minutes=number))
        case "hour":
            return Span(exact=timedelta(hours=number))
        case "day":
            return Span(days=number)
        case "week":
            return Span(days=7 * number)
        case "month":
            return Span(months=number)
        case _:
            return Span(months=12 * number)


def exact_span_from(text: object) -> timedelta:
    """For limits that no profile's calendar bears on: a day is 24 hours, and months have no fixed length."""
    span = span_from(text)
    if span.months:
        raise NotADuration("minutes, hours, days or weeks")
    return timedelta(days=span.days) + span.exact


def days_from(text: object) -> Span:
    """For what falls on a day: weeks, months and years too, but no hours."""
    span = span_from(text)
    if span.exact:
        raise NotADuration("days, weeks, months or years")
    return span


def offset_from(text: object) -> Span:
    """Days to move a day by, to an earlier one where there is a minus: `-7 days`."""
    moves = _OFFSET.fullmatch(text) if isinstance(text, str) else None
    if moves is None:
        raise NotADuration("days to move it by, such as `-7 days`")
    span = days_from(moves[2])
    return Span(months=-span.months, days=-span.days) if moves[1] == "-" else span


def _number_and_unit(text: object) -> tuple[int, str]:
    found = _SPELLING.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise NotADuration("a duration such as `3 days`")
    number, unit = int(found[1]), found[2]
    if number * _DAYS[unit] > _LONGEST_DAYS:
        raise NotADuration("a duration of at most 100 years")
    return number, unit
