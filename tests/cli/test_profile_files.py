"""Profiles as files hold them."""

import json
from datetime import UTC, datetime, timedelta

from dampf.campaigns.catalogue import catalogue_of
from dampf.campaigns.content import Content
from dampf_cli import profile_files

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CATALOGUE = catalogue_of(
    Content(
        shop={"name": "Example Tools", "sender": "hello@shop.example", "timezone": "Europe/Berlin"},
        segments={
            "vip": "profile.metrics.orders >= 10",
            "lapsed": "now - profile.dates.last_order_at > days(90)",
            "browsing": "history('Product Viewed', within=days(7))",
        },
    )
)
LINE = json.dumps(
    {
        "identifiers": {"customer_id": ["42"]},
        "metrics": {"orders": 12},
        "dates": {"last_order_at": "2026-02-01T10:00:00Z"},
    }
)


def test_a_line_says_in_which_segments_somebody_is_at_the_end() -> None:
    profile = profile_files.read_profile(LINE, "people.jsonl:1")
    assert profile_files.segments_of(profile, CATALOGUE, now=NOW) == ["vip", "lapsed"]
    assert profile_files.segments_of(profile, CATALOGUE, now=NOW - timedelta(days=90)) == ["vip"]


def test_what_was_written_can_be_read_again() -> None:
    profile = profile_files.read_profile(LINE, "people.jsonl:1")
    written = profile_files.as_lines([profile], CATALOGUE, now=NOW)
    assert profile_files.as_lines([profile_files.read_profile(written, "again")], CATALOGUE, now=NOW) == written


def test_a_null_is_as_if_it_were_left_out() -> None:
    nulls = dict.fromkeys(("profile", "traits", "consent", "cart", "viewed", "suppressed", "segments"))
    with_nulls = json.dumps({**nulls, **json.loads(LINE)})
    assert profile_files.read_profile(with_nulls, "p") == profile_files.read_profile(LINE, "p")
