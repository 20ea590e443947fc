"""Spans on the local calendar, and ISO 8601."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dampf.domain.instants import Span, after, date_or_instant, format_instant, parse_instant, zone

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
some_instant = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001  the zone is the strategy's
    datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
ZONES = [BERLIN, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kolkata"), ZoneInfo("UTC")]


def there(text, local=BERLIN):
    """The instant that a wall clock there shows."""
    return datetime.fromisoformat(text).replace(tzinfo=local).astimezone(UTC)


@pytest.mark.parametrize(
    "start, span, expected",
    [
        pytest.param("2026-03-28T12:00", Span(days=1), "2026-03-29T12:00", id="a day keeps the hour in spring"),
        pytest.param("2026-10-24T12:00", Span(days=1), "2026-10-25T12:00", id="a day keeps the hour in autumn"),
        pytest.param("2026-03-28T02:30", Span(days=1), "2026-03-29T03:30", id="what does not exist moves by the gap"),
        pytest.param("2026-01-31T09:00", Span(months=1), "2026-02-28T09:00", id="the month's last day"),
        pytest.param("2024-01-31T09:00", Span(months=1), "2024-02-29T09:00", id="the leap month's last day"),
        pytest.param("2024-02-29T09:00", Span(months=12), "2025-02-28T09:00", id="a leap day a year later"),
        pytest.param("2024-02-29T09:00", Span(months=48), "2028-02-29T09:00", id="a leap day four years later"),
        pytest.param("2026-11-30T09:00", Span(months=3), "2027-02-28T09:00", id="across the year"),
        pytest.param("2026-12-15T09:00", Span(months=1), "2027-01-15T09:00", id="december and one"),
        pytest.param("2026-02-22T09:00", Span(days=7), "2026-03-01T09:00", id="a week"),
    ],
)
def test_calendar_units_keep_the_local_hour(start, span, expected):
    assert after(there(start), span, BERLIN) == there(expected)


def test_hours_are_exact_across_the_change_of_time():
    assert after(there("2026-03-28T12:00"), Span(exact=timedelta(hours=24)), BERLIN) == there("2026-03-29T13:00")


def test_of_two_local_times_the_first_counts():
    expected = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 in summer time; an hour later the clock shows it again
    assert after(there("2026-10-24T02:30"), Span(days=1), BERLIN) == expected


def test_it_starts_from_the_second_of_two_local_times_as_well():
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert after(second, Span(exact=timedelta(minutes=1)), BERLIN) == second + timedelta(minutes=1)
    assert after(second, Span(days=1), BERLIN) == there("2026-10-26T02:30")


@settings(max_examples=200)
@given(
    start=some_instant,
    days=st.integers(1, 800),
    local=st.sampled_from(ZONES),
)
def test_days_later_the_same_wall_clock_or_the_first_moment_that_follows_it(start, days, local):
    """The oracle looks for it minute by minute, with nothing but the way from an instant to a wall clock."""
    start = start.replace(second=0, microsecond=0)
    wanted = start.astimezone(local).replace(tzinfo=None) + timedelta(days=days)
    candidates = (start + timedelta(days=days) + timedelta(minutes=each) for each in range(-181, 182))
    shown = [(each, each.astimezone(local).replace(tzinfo=None)) for each in candidates]
    exact = [instant for instant, wall in shown if wall == wanted]
    found = after(start, Span(days=days), local)
    if exact:
        assert found == exact[0]
    else:
        gap_ends = next(instant for instant, wall in shown if wall > wanted)
        wall_before = (gap_ends - timedelta(minutes=1)).astimezone(local).replace(tzinfo=None)
        assert found == gap_ends + (wanted - wall_before) - timedelta(minutes=1)


@settings(max_examples=200)
@given(
    start=some_instant,
    months=st.integers(1, 60),
    local=st.sampled_from(ZONES),
)
def test_months_later_it_is_that_month_and_the_day_or_the_months_last(start, months, local):
    began, found = start.astimezone(local), after(start, Span(months=months), local).astimezone(local)
    assert (found.year * 12 + found.month) - (began.year * 12 + began.month) == months
    assert found.day == began.day or (found.day < began.day and (found + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"),
        ("2026-03-02T10:00:00+02:00", "2026-03-02T08:00:00Z"),
        ("2026-03-02T10:00:00", "2026-03-02T10:00:00Z"),
        ("2026-03-02T10:00:00.250Z", "2026-03-02T10:00:00.250000Z"),
    ],
)
def test_instants_are_utc(text, expected):
    assert format_instant(parse_instant(text)) == expected


@pytest.mark.parametrize(
    "text, is_one",
    [
        ("1992-02-29", True),
        ("1990-02-29", False),
        ("2026-03-02T10:00:00Z", True),
        ("2026-03-02 10:00", True),
        ("2026-03-02 is a Monday", False),
        ("20260302", False),
        ("drill", False),
    ],
)
def test_what_a_trait_must_look_like_to_be_a_date(text, is_one):
    assert (date_or_instant(text) is not None) is is_one


@pytest.mark.parametrize(
    "name, exists", [("Europe/Berlin", True), ("Mars/Base", False), ("", False), ("../etc", False)]
)
def test_zones_are_those_of_the_iana_database(name, exists):
    assert (zone(name) is not None) is exists
