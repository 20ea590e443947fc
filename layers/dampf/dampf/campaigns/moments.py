"""The kinds of values that say when: local times, weekdays, a profile's dates, schedules, and who a schedule is for.

Like `fields`, each says in a shop's words what is wrong.
"""

import re
from datetime import datetime, time
from typing import Annotated, Any, Final, Literal

from pydantic import PlainValidator

from dampf.campaigns.fields import expected, expression_from, wrong
from dampf.campaigns.names import EXPRESSION_NAMES
from dampf.campaigns.nearest import did_you_mean
from dampf.campaigns.spans import NotADuration, days_from, offset_from
from dampf.domain.campaign import Cron
from dampf.domain.expression import Expression
from dampf.domain.instants import Span
from dampf.domain.recurrence import parse_cron

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

NINE_O_CLOCK: Final = time(9)

_LOCAL_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})")
_PROFILE_DATE: Final = re.compile(r"profile\.dates\.([A-Za-z_]\w{0,63})")
_SCHEDULE: Final = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
_AT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")
_ONE_WORD: Final = re.compile(r"(?!\d+$)[\w-]+")
_CONSTANTS: Final = frozenset({"true", "false", "none", "True", "False", "None"})


def _local_time(value: object) -> time:
    found = _LOCAL_TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise expected("a time of day such as `09:00`")
    return time(int(found[1]), int(found[2]))


def _weekdays(value: object) -> frozenset[int]:
    names = value if isinstance(value, list) else [value]
    if not names:
        raise expected("weekdays such as `[mon, tue]`")
    days = set()
    for name in names:
        if name not in WEEKDAYS:
            if isinstance(name, str) and name.strip():
                raise wrong(f"unknown weekday `{name}`{did_you_mean(name, WEEKDAYS)}")
            raise expected("weekdays such as `[mon, tue]`")
        days.add(WEEKDAYS.index(name))
    return frozenset(days)


def _profile_date(value: object) -> str:
    found = _PROFILE_DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise expected("one of the profile's dates, such as `profile.dates.birthday`")
    return found[1]


def _period(value: object) -> Literal["year", "month", "once"]:
    if value == "year":
        return "year"
    if value == "month":
        return "month"
    if value == "once":
        return "once"
    raise expected("`year`, `month` or `once`")


def _offset(value: object) -> Span:
    try:
        return offset_from(value)
    except NotADuration as fault:
        raise expected(str(fault)) from None


def _days(value: object) -> Span:
    try:
        return days_from(value)
    except NotADuration as fault:
        raise expected(str(fault)) from None


def _schedule(value: object) -> datetime | Cron:
    found = _SCHEDULE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or found[1] not in ("at", "cron"):
        raise expected("a schedule such as `at(2026-12-01T09:00)` or `cron(0 9 ? * MON *)`")
    if found[1] == "cron":
        try:
            return parse_cron(found[2])
        except ValueError as fault:
            raise wrong(f"{found[0]}: {fault}") from None
    try:
        if _AT.fullmatch(found[2]):
            return datetime.fromisoformat(found[2])
    except ValueError:
        raise wrong(f"{found[0]}: there is no such day or hour") from None
    raise wrong(f"{found[0]}: a local time without a zone expected, such as `at(2026-12-01T09:00)`")


def segment_named(audience: object) -> str | None:
    """The segment that an audience is, where it is a word that is no name of the language."""
    word = audience.strip() if isinstance(audience, str) else ""
    return word if _ONE_WORD.fullmatch(word) and word not in EXPRESSION_NAMES | _CONSTANTS else None


def _audience(value: object) -> Expression:
    if value is None:  # an audience half written must not be everybody
        raise expected("an expression or the name of a segment")
    segment = segment_named(value)
    return expression_from(value if segment is None else f"in_segment('{segment}')")


LocalTime = Annotated[time, PlainValidator(_local_time)]
Weekdays = Annotated[frozenset[int], PlainValidator(_weekdays)]
ProfileDate = Annotated[str, PlainValidator(_profile_date)]
Period = Annotated[Literal["year", "month", "once"], PlainValidator(_period)]
Offset = Annotated[Span, PlainValidator(_offset)]
Days = Annotated[Span, PlainValidator(_days)]
Schedule = Annotated[datetime | Cron, PlainValidator(_schedule)]
Audience = Annotated[Any, PlainValidator(_audience)]
