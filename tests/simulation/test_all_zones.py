"""Every IANA zone, around each change of its clock in two years: nine o'clock is nine o'clock, once."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.builders import consenting

CAMPAIGN = {"t.yaml": 'title: T\ntrigger: { date: profile.dates.birthday, at: "09:00" }\nsteps: [{ send: mail }]\n'}
FIRST, LAST = date(2026, 1, 1), date(2028, 1, 1)
SAMPLE = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/Nuuk",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Gaza",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)


@cache
def changes(name: str) -> list[date]:
    """The local days on which its clock changes; a day in spring of one whose clock never does."""
    zone, found, day = ZoneInfo(name), [], FIRST
    while day < LAST:
        noons = [datetime.combine(each, time(12), tzinfo=zone) for each in (day - timedelta(days=1), day)]
        if noons[0].utcoffset() != noons[1].utcoffset():
            found.append(day)
        day += timedelta(days=1)
    return found or [date(2026, 3, 15)]


def nine_comes_once(play, zones):
    days = {(name, day + timedelta(days=ahead)) for name in zones for day in changes(name) for ahead in (-1, 0, 1)}
    names = {pair: f"p{place}" for place, pair in enumerate(sorted(days))}
    events = [
        each
        for (zone, day), who in names.items()
        for each in consenting(who, at="2025-12-01T00:00:00Z", birthday=f"1996-{day:%m-%d}", timezone=zone)
    ]
    played = play(CAMPAIGN, events, until="2028-02-01T00:00:00Z")
    expected = sorted(
        (who, datetime.combine(date(year, day.month, day.day), time(9), tzinfo=ZoneInfo(zone)).astimezone(UTC))
        for (zone, day), who in names.items()
        for year in (2026, 2027, 2028)
        if year < 2028 or (day.month, day.day) == (1, 1)
    )
    assert sorted((who, datetime.fromisoformat(at)) for who, _, at in played.sent) == [
        (who, at) for who, at in expected if at <= datetime(2028, 2, 1, tzinfo=UTC)
    ]


def test_nine_is_nine_once_around_each_change_in_a_dozen_odd_zones(play):
    nine_comes_once(play, SAMPLE)


@pytest.mark.slow
def test_nine_is_nine_once_around_each_change_in_every_zone(play):
    nine_comes_once(play, sorted(available_timezones() - {"localtime"}))
