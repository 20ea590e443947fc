"""Triggers by date, segment and schedule, and steps that wait until: when they are, and what is refused."""

from datetime import datetime, time
from typing import Any

import pytest
from pydantic import ValidationError

from dampf.campaigns.complaints import complaints
from dampf.campaigns.language import campaign_from
from dampf.campaigns.shapes import CampaignShape
from dampf.domain.campaign import (
    Campaign,
    Cron,
    DateTrigger,
    ScheduleTrigger,
    SegmentTrigger,
    Split,
    Trigger,
    WaitUntil,
)
from dampf.domain.instants import Span

BIRTHDAY = "profile.dates.birthday"


def campaign(**document: Any) -> Campaign:
    return campaign_from("cart", {"trigger": {"event": "A"}, "steps": [{"send": "hello"}], **document}, "v1")


def trigger(**document: Any) -> Trigger:
    (made,) = campaign(trigger=document).triggers
    return made


def refusals(**document: Any) -> list[str]:
    document = {"trigger": {"event": "A"}, "steps": [{"send": "hello"}], **document}
    with pytest.raises(ValidationError) as refused:
        campaign_from("cart", document, "v1")
    return [complaint.message for complaint in complaints(refused.value, document, CampaignShape)]


# --- dates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told, made",
    [
        pytest.param({}, DateTrigger(date="birthday"), id="every year at nine"),
        pytest.param({"every": "month"}, DateTrigger(date="birthday", every="month"), id="every month"),
        pytest.param({"at": "7:30"}, DateTrigger(date="birthday", at=time(7, 30)), id="an hour of its own"),
        pytest.param({"offset": "-7 days"}, DateTrigger(date="birthday", offset=Span(days=-7)), id="before"),
        pytest.param({"offset": "1 month"}, DateTrigger(date="birthday", offset=Span(months=1)), id="behind"),
        pytest.param(
            {"every": "once", "after": "90 days"},
            DateTrigger(date="birthday", every=None, after=Span(days=90)),
            id="once after",
        ),
        pytest.param(
            {"after": "90 days"}, DateTrigger(date="birthday", every=None, after=Span(days=90)), id="after means once"
        ),
        pytest.param(
            {"every": "once", "offset": "-1 week"},
            DateTrigger(date="birthday", every=None, offset=Span(days=-7)),
            id="once, on the date itself",
        ),
    ],
)
def test_a_date_trigger_recurs_every_year_at_nine_unless_told_otherwise(
    told: dict[str, Any], made: DateTrigger
) -> None:
    assert trigger(date=BIRTHDAY, **told) == made


@pytest.mark.parametrize(
    "told, message",
    [
        (
            {"date": "profile.traits.birthday"},
            (
                "`date`: expected one of the profile's dates, such as `profile.dates.birthday`, "
                "got `profile.traits.birthday`"
            ),
        ),
        ({"at": "25:00"}, "`at`: expected a time of day such as `09:00`, got `25:00`"),
        ({"offset": "7 hours"}, "`offset`: expected days, weeks, months or years, got `7 hours`"),
        ({"offset": "- days"}, "`offset`: expected days to move it by, such as `-7 days`, got `- days`"),
        ({"every": "week"}, "`every`: expected `year`, `month` or `once`, got `week`"),
        ({"every": "year", "after": "90 days"}, "`after` goes with `every: once`, not with `every: year`"),
        ({"after": "-1 day"}, "`after`: expected a duration such as `3 days`, got `-1 day`"),
        ({"on": "enter"}, "unknown key `on`"),
    ],
)
def test_a_date_trigger_is_refused_in_the_words_of_a_shop(told: dict[str, Any], message: str) -> None:
    assert refusals(trigger={"date": BIRTHDAY, **told}) == [message]


# --- segments -----------------------------------------------------------------------------------------------------


def test_a_segment_trigger_watches_who_enters_or_who_leaves() -> None:
    assert trigger(segment="vip", on="enter") == SegmentTrigger(segment="vip", on="enter")
    assert trigger(segment="good customers", on="leave") == SegmentTrigger(segment="good customers", on="leave")


@pytest.mark.parametrize(
    "told, message",
    [
        ({}, "`trigger` needs `on`"),
        ({"on": "entr"}, "`on`: expected `enter` or `leave`, got `entr`, did you mean `enter`?"),
    ],
)
def test_a_segment_trigger_says_which_of_the_two(told: dict[str, Any], message: str) -> None:
    assert refusals(trigger={"segment": "vip", **told}) == [message]


# --- schedules ----------------------------------------------------------------------------------------------------


def test_a_schedule_is_one_local_time_or_a_cron_expression() -> None:
    once = trigger(schedule="at(2026-12-01T09:00)", audience="profile.metrics.orders > 0")
    assert isinstance(once, ScheduleTrigger)
    assert (once.schedule, once.local) == (datetime(2026, 12, 1, 9), False)  # noqa: DTZ001  local to whoever it is for
    assert once.audience is not None
    assert once.audience.source == "profile.metrics.orders > 0"
    often = trigger(schedule="cron(0/15 9-17 ? * MON-FRI *)", local=True)
    assert isinstance(often, ScheduleTrigger)
    assert isinstance(often.schedule, Cron)
    assert (often.schedule.minutes, often.local, often.audience) == (frozenset({0, 15, 30, 45}), True, None)


@pytest.mark.parametrize(
    "written, source",
    [
        ("vip", "in_segment('vip')"),
        ("lapsed-customers", "in_segment('lapsed-customers')"),
        ("vip or 1 == 1", None),
        ("in_segment('vip')", "in_segment('vip')"),
        ("true", "true"),
        ("now", "now"),
    ],
)
def test_an_audience_is_an_expression_or_the_name_of_a_segment(written: str, source: str | None) -> None:
    if source is None:
        assert refusals(trigger={"schedule": "at(2026-12-01T09:00)", "audience": written}) == [
            "`audience`: unknown name `vip`"
        ]
        return
    made = trigger(schedule="at(2026-12-01T09:00)", audience=written)
    assert isinstance(made, ScheduleTrigger)
    assert made.audience is not None
    assert made.audience.source == source


@pytest.mark.parametrize(
    "schedule, message",
    [
        pytest.param(
            "rate(1 day)",
            "expected a schedule such as `at(2026-12-01T09:00)` or `cron(0 9 ? * MON *)`, got `rate(1 day)`",
            id="a rate",
        ),
        pytest.param(
            "at(2026-12-01T09:00Z)",
            "at(2026-12-01T09:00Z): a local time without a zone expected, such as `at(2026-12-01T09:00)`",
            id="a zone",
        ),
        pytest.param("at(2026-02-30T09:00)", "at(2026-02-30T09:00): there is no such day or hour", id="no such day"),
        pytest.param(
            "cron(0 9 * * *)",
            "cron(0 9 * * *): six fields expected: minute hour day month weekday year",
            id="five fields",
        ),
        pytest.param(
            "cron(0 9 * * * *)",
            "cron(0 9 * * * *): `?` expected for the day or for the weekday, one of the two",
            id="day and weekday",
        ),
        pytest.param(
            "cron(0 9 ? * ? *)",
            "cron(0 9 ? * ? *): `?` expected for the day or for the weekday, one of the two",
            id="neither day nor weekday",
        ),
        pytest.param(
            "cron(60 9 ? * MON *)", "cron(60 9 ? * MON *): 60: a number from 0 to 59 expected", id="minute 60"
        ),
        pytest.param("cron(0 9 ? * 0 *)", "cron(0 9 ? * 0 *): 0: a number from 1 to 7 expected", id="Sunday is 1"),
    ],
)
def test_no_other_schedule_is_accepted(schedule: str, message: str) -> None:
    assert refusals(trigger={"schedule": schedule}) == [f"`schedule`: {message}"]


def test_an_audience_half_written_is_not_everybody() -> None:
    assert refusals(trigger={"schedule": "at(2026-12-01T09:00)", "audience": None}) == [
        "`audience`: expected an expression or the name of a segment, got nothing"
    ]


@pytest.mark.parametrize(
    "kind",
    [
        {"date": BIRTHDAY},
        {"segment": "vip", "on": "enter"},
        {"schedule": "cron(0 9 1 * ? *)"},
        {"metric": "orders", "every": 5},
    ],
    ids=["date", "segment", "schedule", "metric"],
)
def test_every_kind_of_trigger_may_have_a_condition(kind: dict[str, Any]) -> None:
    made = trigger(**kind, when="profile.consent.marketing")
    assert made.when is not None
    assert made.when.source == "profile.consent.marketing"


# --- wait_until and split -----------------------------------------------------------------------------------------


def test_a_wait_until_a_local_time_may_be_bound_to_weekdays() -> None:
    steps = campaign(
        steps=[{"wait_until": {"at": "09:00", "on": ["mon", "tue"]}}, {"wait_until": {"at": "8:05"}}]
    ).steps
    assert steps["steps/0"] == WaitUntil(id="steps/0", next="steps/1", at=time(9), on=frozenset({0, 1}))
    assert steps["steps/1"] == WaitUntil(id="steps/1", next=None, at=time(8, 5))


@pytest.mark.parametrize(
    "follow, target",
    [([], None), ([{"send": "a"}], None), ([{"send": "a"}, {"send": "b"}], "steps/2")],
    ids=["nothing follows", "the last step follows", "two steps follow"],
)
def test_a_late_date_skips_the_next_step_of_the_same_list_and_no_more(follow: list[Any], target: str | None) -> None:
    late = campaign(steps=[{"wait_until": {"date": BIRTHDAY, "late": "skip"}}, *follow]).steps["steps/0"]
    assert isinstance(late, WaitUntil)
    assert late.date is not None
    assert (late.date.source, late.late, late.skipped_to) == (BIRTHDAY, "skip", target)


def test_a_late_date_at_the_end_of_a_branch_skips_nothing_of_what_follows_the_branch() -> None:
    branch = [{"wait_until": {"date": BIRTHDAY, "late": "skip"}}]
    late = campaign(steps=[{"if": "true", "then": branch}, {"send": "b"}]).steps["steps/0/then/0"]
    assert isinstance(late, WaitUntil)
    assert (late.next, late.skipped_to) == ("steps/1", "steps/1")


def test_the_arms_of_a_split_are_places_and_an_empty_one_leads_on() -> None:
    arms = [{"name": "a", "weight": 50, "steps": [{"send": "a"}]}, {"name": "b", "weight": 0.5}]
    made = campaign(steps=[{"split": arms}, {"send": "c"}])
    (a, of_a, to_a), (b, of_b, to_b) = made.steps["steps/0"].arms if isinstance(made.steps["steps/0"], Split) else ()
    assert (a, str(of_a), to_a) == ("a", "50", "steps/0/split/0/steps/0")
    assert (b, str(of_b), to_b) == ("b", "0.5", "steps/1")


@pytest.mark.parametrize(
    "step, message",
    [
        ({"wait_until": {"on": ["mon"]}}, "`wait_until` needs either `at`, a time of day, or `date`, an expression"),
        (
            {"wait_until": {"at": "09:00", "date": "now"}},
            "`wait_until` needs either `at`, a time of day, or `date`, an expression",
        ),
        ({"wait_until": {"at": "09:00", "late": "skip"}}, "`late` goes with `date`; the next `at` is never past"),
        ({"wait_until": {"date": "now", "on": "mon"}}, "`on` goes with `at`; a `date` says the day itself"),
        ({"wait_until": {"at": "09:00", "on": ["mo"]}}, "`on`: unknown weekday `mo`, did you mean `mon`?"),
        (
            {"wait_until": {"date": "now", "late": "go"}},
            "`late`: expected `skip` or `exit`, got `go`",
        ),
        ({"split": [{"name": "a", "weight": 0}]}, "`weight`: expected a number above 0, got `0`"),
        ({"split": [{"name": "a", "weight": -1}]}, "`weight`: expected a number above 0, got `-1`"),
        ({"split": []}, "`split`: expected at least one, got an empty list"),
        (
            {"split": [{"name": "a", "weight": 1}, {"name": "a", "weight": 1}]},
            "two arms of this split are named `a`",
        ),
    ],
)
def test_a_step_is_refused_in_the_words_of_a_shop(step: dict[str, Any], message: str) -> None:
    assert refusals(steps=[step]) == [message]
