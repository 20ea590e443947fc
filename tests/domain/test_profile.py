"""What can be read off a profile."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from dampf.domain.profile import Suppression, Told, number
from dampf.domain.scope import as_json, profile_view
from dampf.domain.words import Consent
from tests.builders import DAY, NOON, amount, catalogue, profile

CONTENT = catalogue(metrics="orders: { add: 1, on: Order Completed }\n")


def told(**traits):
    return profile(traits={name: Told(value, NOON) for name, value in traits.items()})


@pytest.mark.parametrize(
    "phone, expected",
    [
        ("+4915112345678", "+4915112345678"),
        ("+49 (0)151 / 123-456 78", "+4915112345678"),
        ("0049 151 12345678", "+4915112345678"),
        ("0151 12345678", None),
        ("+49 0", None),
        ("+0151 12345678", None),
        ("+1234567890123456", None),
        ("+49 151 1234567x", None),
        (4915112345678, None),
        (None, None),
    ],
)
def test_a_phone_is_an_international_number_however_it_was_written(phone, expected):
    assert told(phone=phone).phone == expected


@pytest.mark.parametrize(
    "zone, expected",
    [
        ("America/New_York", "America/New_York"),
        ("Mars/Base", "Europe/Berlin"),
        (None, "Europe/Berlin"),
        (7, "Europe/Berlin"),
    ],
)
def test_the_zone_is_the_persons_own_else_the_shops(zone, expected):
    assert told(timezone=zone).zone(CONTENT.shop) == ZoneInfo(expected)


def test_a_trait_that_holds_an_iso_date_is_also_a_date():
    known = told(birthday="1992-02-29", trial_ends="2026-05-01T10:00:00Z", city="Bonn", size=7, refused="1990-02-29")
    assert known.all_dates() == {"birthday": date(1992, 2, 29), "trial_ends": datetime(2026, 5, 1, 10, tzinfo=UTC)}


def test_a_day_is_its_midnight_in_the_persons_own_zone():
    known = told(birthday="1992-02-29", timezone="America/New_York")
    assert known.instants(CONTENT.shop)["birthday"] == datetime(1992, 2, 29, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "words, expected",
    [
        ([], False),
        ([Consent("marketing", True, NOON)], True),
        ([Consent("marketing", False, NOON)], False),
        ([Consent("marketing", True, NOON), Consent("*", False, NOON + DAY)], False),
        ([Consent("*", False, NOON - DAY), Consent("marketing", True, NOON)], True),
        ([Consent("*", False, NOON)], False),
        ([Consent("news", True, NOON)], False),
    ],
)
def test_consent_is_true_only_while_granted(words, expected):
    assert profile(words=tuple(words)).consents_to("marketing") is expected


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({}, False),
        ({"suppressed": Suppression("complained", NOON)}, True),
        ({"bounced": {"anna@example.com": NOON}}, True),
        ({"bounced": {"old@example.com": NOON}}, False),
    ],
)
def test_who_is_suppressed(changes, expected):
    assert profile(**changes).is_suppressed is expected


def test_a_metric_that_nobody_counted_is_nothing():
    assert profile_view(profile(), CONTENT, lambda _: False)["metrics"] == {"orders": 0}


def test_metrics_are_seen_as_numbers():
    assert (number(amount("3.00")), number(amount("0.1"))) == (3, 0.1)
    assert isinstance(number(amount("3.00")), int)


@pytest.mark.parametrize(
    "value, expected",
    [
        (NOON, "2026-03-02T12:00:00Z"),
        (amount("1.50"), 1.5),
        ({"a": (1, NOON)}, {"a": [1, "2026-03-02T12:00:00Z"]}),
        (True, True),
        (None, None),
    ],
)
def test_what_an_expression_gives_is_stored_as_json(value, expected):
    assert as_json(value) == expected
