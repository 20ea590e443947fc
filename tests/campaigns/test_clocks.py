"""Where segments look at the clock, and what `dampf check` says about segments."""

from datetime import timedelta
from pathlib import Path

import pytest

from dampf.campaigns.expressions import clocks_of, looks_in
from tests.campaigns.test_checking import findings, folder

DAY = timedelta(days=1)
REFUSED = (
    "segments.yaml:1: a segment that starts a campaign may look at the clock only as `now - profile.dates.X > days(90)`"
)
WATCHING = "trigger: { segment: lapsed, on: enter }\nsteps:\n  - send: hello\n"


def of_segments(root: Path, segments: str, campaign: str = WATCHING) -> list[str]:
    return findings(folder(root, {"segments.yaml": segments, "cart.yaml": campaign}))


@pytest.mark.parametrize(
    "source, clocks",
    [
        ("now - profile.dates.last_order_at > days(90)", (("last_order_at", 90 * DAY),)),
        ("now - profile.dates.last_order_at >= weeks(2)", (("last_order_at", 14 * DAY),)),
        ("now - profile.dates.last_order_at < hours(36)", (("last_order_at", 1.5 * DAY),)),
        ("now - profile.dates.last_order_at <= minutes(90)", (("last_order_at", timedelta(minutes=90)),)),
        ("days(90) < now - profile.dates.last_order_at", (("last_order_at", 90 * DAY),)),
        ("days(1.5) >= now - profile.dates['birthday']", (("birthday", 1.5 * DAY),)),
        ("days(30) < now - profile.dates.a < days(60)", (("a", 30 * DAY), ("a", 60 * DAY))),
        (
            "profile.metrics.orders > 3 and (now - profile.dates.a > days(1) or not (now - profile.dates.b > days(2)))",
            (("a", DAY), ("b", 2 * DAY)),
        ),
        ("profile.metrics.orders > 3", ()),
    ],
)
def test_the_clocks_of_an_expression_are_dates_and_how_long_after_them_it_turns(
    source: str, clocks: tuple[tuple[str, timedelta], ...]
) -> None:
    assert clocks_of(source) == clocks
    assert not looks_in(source).elsewhere


@pytest.mark.parametrize(
    "segment",
    [
        "(now | local).hour > 8",
        "now.month == 12",
        "now - profile.dates.a == days(3)",
        "now - profile.dates.a != days(3)",
        "now - profile.dates.a > days(profile.metrics.orders)",
        "now - profile.dates.a > profile.metrics.orders * days(1)",
        "now - event.at > days(1)",
        "now > profile.dates.a",
        "profile.dates.a < now - days(3)",
        "profile.dates.a - now < days(3)",
        "now - profile.dates.a > days(3) or now.month == 12",
        "days(3) > now - profile.dates.a != days(1)",
        "[now - profile.dates.a] | length > 0",
    ],
)
def test_a_segment_that_starts_a_campaign_has_no_other_clock(tmp_path: Path, segment: str) -> None:
    assert of_segments(tmp_path, f"lapsed: {segment!r}\n") == [REFUSED]


def test_a_segment_that_starts_none_may_look_at_the_clock_as_it_likes(tmp_path: Path) -> None:
    assert of_segments(tmp_path, "evening: (now | local).hour > 18\nlapsed: profile.metrics.orders > 1\n") == []


def test_the_clock_of_a_segment_behind_a_segment_is_found_where_it_stands(tmp_path: Path) -> None:
    segments = "lapsed: in_segment('middle')\nmiddle: in_segment('evening')\nevening: (now | local).hour > 18\n"
    assert of_segments(tmp_path, segments) == [REFUSED.replace(":1:", ":3:")]


@pytest.mark.parametrize(
    "segments, expected",
    [
        pytest.param("lapsed: in_segment('lapsed')\n", ["segments.yaml:1: `lapsed` asks for itself"], id="itself"),
        pytest.param(
            "lapsed: in_segment('b')\nb: in_segment('c') or 1 == 2\nc: not in_segment('lapsed')\nd: in_segment('b')\n",
            [
                "segments.yaml:1: `lapsed` asks for itself, by way of `b` and `c`",
                "segments.yaml:2: `b` asks for itself, by way of `c` and `lapsed`",
                "segments.yaml:3: `c` asks for itself, by way of `lapsed` and `b`",
            ],
            id="a ring",
        ),
        pytest.param(
            "lapsed: \"'vip' in profile.segments\"\n",
            ["segments.yaml:1: a segment asks for others by name, as `in_segment('vip')`"],
            id="all of them",
        ),
        pytest.param(
            "lapsed: in_segment(profile.traits.tier)\n",
            ["segments.yaml:1: a segment asks for others by name, as `in_segment('vip')`"],
            id="any of them",
        ),
        pytest.param(
            "lapsed: in_segment('vpi')\nvip: 1 == 1\n",
            ["segments.yaml:1: warning: there is no segment `vpi` in segments.yaml, did you mean `vip`?"],
            id="none",
        ),
        pytest.param(
            "lapsed: history('Product Viewed', within=days(7)) | length > 3\n",
            [
                (
                    "segments.yaml:1: warning: what `within` forgets moves nobody by time alone; "
                    "this starts campaigns only when an event comes"
                )
            ],
            id="a window",
        ),
        pytest.param("lapsed: history('Product Viewed') | length > 3\n", [], id="all history"),
    ],
)
def test_segments_are_told_without_circles(tmp_path: Path, segments: str, expected: list[str]) -> None:
    assert of_segments(tmp_path, segments) == expected


@pytest.mark.parametrize(
    "trigger",
    ["{ segment: lapsd, on: leave }", "{ schedule: at(2026-12-01T09:00), audience: lapsd }"],
    ids=["trigger", "audience"],
)
def test_a_campaign_watches_only_segments_that_there_are(tmp_path: Path, trigger: str) -> None:
    campaign = f"trigger: {trigger}\nsteps:\n  - send: hello\n"
    assert of_segments(tmp_path, "lapsed: 1 == 1\n", campaign) == [
        "cart.yaml:1: there is no segment `lapsd` in segments.yaml, did you mean `lapsed`?"
    ]
