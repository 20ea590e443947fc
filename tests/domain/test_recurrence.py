"""On which days dates fall, and EventBridge's cron."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dampf.domain.campaign import DateTrigger, ScheduleTrigger
from dampf.domain.instants import Span
from dampf.domain.recurrence import bases_for, falls_on, local_times, next_after, parse_cron, slot

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def days(trigger: DateTrigger, base: str, first: str, last: str) -> list[str]:
    day, found = date.fromisoformat(first), []
    while day <= date.fromisoformat(last):
        if falls_on(trigger, date.fromisoformat(base), day):
            found.append(day.isoformat())
        day += timedelta(days=1)
    return found


def trigger(**told: Any) -> DateTrigger:
    return DateTrigger(date="birthday", **told)


@pytest.mark.parametrize(
    "told, base, first, last, expected",
    [
        pytest.param({}, "2024-05-04", "2024-01-01", "2026-12-31", ["2025-05-04", "2026-05-04"], id="yearly"),
        pytest.param(
            {},
            "1992-02-29",
            "2026-01-01",
            "2029-12-31",
            ["2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"],
            id="29 February: the 28th in common years",
        ),
        pytest.param({}, "1991-02-28", "2027-01-01", "2028-12-31", ["2027-02-28", "2028-02-28"], id="28 February"),
        pytest.param(
            {"every": "month"},
            "2026-01-31",
            "2026-01-01",
            "2026-06-01",
            ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"],
            id="a monthly 31st: the month's last day",
        ),
        pytest.param(
            {"every": "month"}, "2024-01-30", "2024-02-01", "2024-03-31", ["2024-02-29", "2024-03-30"], id="30th"
        ),
        pytest.param(
            {"every": None, "after": Span(days=90)}, "2025-12-01", "2025-01-01", "2028-01-01", ["2026-03-01"], id="once"
        ),
        pytest.param(
            {"every": None, "after": Span(months=1)}, "2026-01-31", "2026-01-01", "2027-01-01", ["2026-02-28"]
        ),
        pytest.param(
            {"every": None}, "2026-05-10", "2026-01-01", "2028-01-01", ["2026-05-10"], id="once, on the date itself"
        ),
        pytest.param({"offset": Span(days=-7)}, "1990-01-03", "2026-12-01", "2027-12-31", ["2026-12-27", "2027-12-27"]),
        pytest.param({"offset": Span(days=5)}, "1990-12-28", "2027-01-01", "2027-12-31", ["2027-01-02"]),
        pytest.param({"offset": Span(days=-1)}, "1990-03-01", "2027-01-01", "2028-12-31", ["2027-02-28", "2028-02-29"]),
        pytest.param({"offset": Span(days=-7)}, "1992-02-29", "2027-01-01", "2028-12-31", ["2027-02-21", "2028-02-22"]),
        pytest.param({"offset": Span(months=-1)}, "1990-03-31", "2027-01-01", "2027-12-31", ["2027-02-28"]),
        pytest.param({"offset": Span(days=-800)}, "2020-05-04", "2026-01-01", "2026-12-31", ["2026-02-24"]),
        pytest.param(
            {"every": "month", "offset": Span(days=-3)},
            "2026-01-02",
            "2026-01-01",
            "2026-04-01",
            ["2026-01-30", "2026-02-27", "2026-03-30"],
            id="before the second of each month",
        ),
        pytest.param({}, "2027-05-04", "2026-01-01", "2027-12-31", [], id="a date to come has no anniversary yet"),
    ],
)
def test_the_days_on_which_a_date_falls(told, base, first, last, expected):
    assert days(trigger(**told), base, first, last) == expected


SPANS = st.builds(Span, months=st.integers(-14, 14), days=st.integers(-400, 400))
TRIGGERS = st.one_of(
    st.builds(trigger, every=st.sampled_from(["year", "month"]), offset=SPANS),
    st.builds(
        trigger,
        every=st.none(),
        after=st.builds(Span, months=st.integers(0, 14), days=st.integers(0, 400)),
        offset=st.builds(Span, days=st.integers(-40, 40)),
    ),
)


@given(TRIGGERS, st.dates(date(2000, 1, 1), date(2026, 12, 31)), st.dates(date(2026, 1, 1), date(2029, 12, 31)))
def test_the_calendar_asks_for_every_date_that_falls_on_a_day(trigger, base, day):
    if falls_on(trigger, base, day):
        key = f"{base:%Y-%m-%d}" if trigger.every is None else f"{base:%m-%d}"
        assert key in set(bases_for(trigger, day))


@pytest.mark.parametrize("every, most", [("year", 2), ("month", 48), (None, 20)])
def test_it_asks_for_few(every, most):
    asked = [
        len(list(bases_for(trigger(every=every), date(2028, 2, 1) + timedelta(days=ahead)))) for ahead in range(99)
    ]
    assert max(asked) <= most


# --- local times --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "day, at, expected",
    [
        pytest.param(date(2026, 3, 29), time(2, 30), "2026-03-29T01:30", id="moved forward by the gap"),
        pytest.param(date(2026, 10, 25), time(2, 30), "2026-10-25T00:30", id="of two the first"),
        pytest.param(date(2026, 7, 1), time(9), "2026-07-01T07:00", id="summer"),
    ],
)
def test_a_local_time_as_an_instant(day, at, expected):
    assert slot(day, at, BERLIN) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


# --- cron ---------------------------------------------------------------------------------------------------------


def firings(cron: str, first: str, count: int, zone: ZoneInfo = BERLIN) -> list[str]:
    """The local times of the first so many, from local midnight of a day."""
    instant = slot(date.fromisoformat(first), time(0), zone) - timedelta(seconds=1)
    found = []
    for _ in range(count):
        following = next_after(parse_cron(cron), instant, zone)
        if following is None:
            break
        found.append(following.astimezone(zone).strftime("%a %Y-%m-%d %H:%M"))
        instant = following
    return found


@pytest.mark.parametrize(
    "cron, first, expected",
    [
        ("0 9 * * ? *", "2026-03-02", ["Mon 2026-03-02 09:00", "Tue 2026-03-03 09:00"]),
        ("0 9 ? * MON *", "2026-03-03", ["Mon 2026-03-09 09:00", "Mon 2026-03-16 09:00"]),
        ("0 9 ? * 2 *", "2026-03-03", ["Mon 2026-03-09 09:00"]),
        ("0 9 ? * 1 *", "2026-03-02", ["Sun 2026-03-08 09:00"]),
        ("0 9 ? * mon-fri *", "2026-03-06", ["Fri 2026-03-06 09:00", "Mon 2026-03-09 09:00"]),
        ("0 9 ? * SUN,WED *", "2026-03-02", ["Wed 2026-03-04 09:00", "Sun 2026-03-08 09:00"]),
        ("0/20 9 1 * ? *", "2026-03-01", [f"Sun 2026-03-01 09:{minute}" for minute in ("00", "20", "40")]),
        ("5/30 9-10 1 * ? *", "2026-03-01", [f"Sun 2026-03-01 {at}" for at in ("09:05", "09:35", "10:05", "10:35")]),
        ("*/30 9 1 * ? *", "2026-03-01", ["Sun 2026-03-01 09:00", "Sun 2026-03-01 09:30", "Wed 2026-04-01 09:00"]),
        ("0 9 1 JAN,JUL ? *", "2026-03-01", ["Wed 2026-07-01 09:00", "Fri 2027-01-01 09:00"]),
        ("0 9 1 1/6 ? *", "2026-03-01", ["Wed 2026-07-01 09:00", "Fri 2027-01-01 09:00"]),
        ("0 9 31 * ? *", "2026-02-01", ["Tue 2026-03-31 09:00", "Sun 2026-05-31 09:00"]),
        ("0 9 L * ? *", "2028-02-01", ["Tue 2028-02-29 09:00", "Fri 2028-03-31 09:00"]),
        ("0 9 15W * ? *", "2026-02-01", ["Mon 2026-02-16 09:00", "Mon 2026-03-16 09:00", "Wed 2026-04-15 09:00"]),
        ("0 9 1W * ? *", "2026-08-01", ["Mon 2026-08-03 09:00"]),
        ("0 9 31W * ? *", "2026-05-01", ["Fri 2026-05-29 09:00"]),
        ("0 9 ? * 6L *", "2026-03-01", ["Fri 2026-03-27 09:00", "Fri 2026-04-24 09:00"]),
        ("0 9 ? * FRIL *", "2026-03-01", ["Fri 2026-03-27 09:00"]),
        ("0 9 ? * L *", "2026-03-02", ["Sat 2026-03-07 09:00"]),
        ("0 9 ? * 3#2 *", "2026-03-01", ["Tue 2026-03-10 09:00", "Tue 2026-04-14 09:00"]),
        ("0 9 ? * TUE#5 *", "2026-03-01", ["Tue 2026-03-31 09:00", "Tue 2026-06-30 09:00"]),
        ("0 9 29 2 ? *", "2026-01-01", ["Tue 2028-02-29 09:00"]),
        ("0 9 24 12 ? 2027", "2026-01-01", ["Fri 2027-12-24 09:00"]),
        ("0 9 24 12 ? 2020-2025", "2026-01-01", []),
        ("0 9 24 12 ? 2026/2", "2026-01-01", ["Thu 2026-12-24 09:00", "Sun 2028-12-24 09:00"]),
        ("30 2 * * ? *", "2026-03-28", ["Sat 2026-03-28 02:30", "Sun 2026-03-29 03:30", "Mon 2026-03-30 02:30"]),
        ("30 2 * * ? *", "2026-10-25", ["Sun 2026-10-25 02:30", "Mon 2026-10-26 02:30"]),
    ],
)
def test_cron_as_eventbridge_reads_it(cron, first, expected):
    assert firings(cron, first, max(len(expected), 1)) == expected


def test_an_hour_that_jumps_leaves_nothing_out_and_doubles_nothing():
    """Lord Howe moves its clock by half an hour, from 02:00 to 02:30."""
    assert firings("0/15 1-3 * * ? *", "2026-10-04", 10, LORD_HOWE) == [
        f"Sun 2026-10-04 {at}"
        for at in "01:00 01:15 01:30 01:45 02:30 02:45 03:00 03:15 03:30 03:45".split()  # noqa: SIM905
    ]


@pytest.mark.parametrize(
    "cron",
    [
        "0 9 * * ?",
        "0 9 * * ? * *",
        "0 9 * * * *",
        "0 9 ? * ? *",
        "0 9 1 * MON *",
        "60 9 * * ? *",
        "0 24 * * ? *",
        "0 9 0 * ? *",
        "0 9 32 * ? *",
        "0 9 * 13 ? *",
        "0 9 ? * 0 *",
        "0 9 ? * 8 *",
        "0 9 ? * MON#6 *",
        "0 9 ? * MOON *",
        "0 9-7 * * ? *",
        "0/0 9 * * ? *",
        "? 9 * * ? *",
        "0 9 XW * ? *",
        "@daily",
        "",
    ],
)
def test_nothing_else_is_accepted(cron):
    with pytest.raises(ValueError, match=r"."):
        parse_cron(cron)


def test_local_times_lie_after_one_instant_and_up_to_another():
    schedule = ScheduleTrigger(schedule=parse_cron("0 9 * * ? *"), audience=None)
    nine = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert list(local_times(schedule, nine, nine + timedelta(days=2), BERLIN)) == [
        nine + timedelta(days=1),
        nine + timedelta(days=2),
    ]


def test_at_is_once():
    schedule = datetime(2026, 12, 1, 9)  # noqa: DTZ001 - a local time has no zone of its own
    eight = datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert next_after(schedule, eight - timedelta(seconds=1), BERLIN) == eight
    assert next_after(schedule, eight, BERLIN) is None
