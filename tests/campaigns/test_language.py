"""Documents become the values that decide; faults are refused in a shop's words."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from dampf.campaigns.complaints import complaints
from dampf.campaigns.language import campaign_from, metrics_from, segments_from, shop_from
from dampf.campaigns.shapes import CampaignShape, ShopShape
from dampf.campaigns.spans import NotADuration, exact_span_from, span_from
from dampf.domain.campaign import (
    AddToMetrics,
    Campaign,
    Choose,
    Emit,
    EnterCampaign,
    EventTrigger,
    Exit,
    Goal,
    If,
    MetricTrigger,
    Send,
    SetTraits,
    Wait,
    WaitFor,
)
from dampf.domain.instants import Span
from dampf.domain.shop import Caps, QuietHours

SHOP = {"name": "Example Tools", "sender": "Example Tools <hello@shop.example>", "timezone": "Europe/Berlin"}


def campaign(steps: list[Any] | None = None, **rest: Any) -> Campaign:
    document = {"trigger": {"event": "A"}, "steps": steps or [{"send": "hello"}], **rest}
    return campaign_from("cart", document, "v1")


def refusals(**document: Any) -> list[str]:
    document = {"trigger": {"event": "A"}, "steps": [{"send": "hello"}], **document}
    with pytest.raises(ValidationError) as refused:
        campaign_from("cart", document, "v1")
    return [complaint.message for complaint in complaints(refused.value, document, CampaignShape)]


# --- durations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, span",
    [
        ("90 minutes", Span(exact=timedelta(minutes=90))),
        ("1 hour", Span(exact=timedelta(hours=1))),
        ("24 hours", Span(exact=timedelta(hours=24))),
        ("3 days", Span(days=3)),
        ("2 weeks", Span(days=14)),
        ("1 month", Span(months=1)),
        ("2 years", Span(months=24)),
        ("0 minutes", Span()),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, span: Span) -> None:
    assert span_from(text) == span


@pytest.mark.parametrize(
    "text",
    ["3 dayz", "24h", "3days", "1.5 hours", "-1 day", "1 day 2 hours", "days", "", "3 seconds", "101 years", 3, None],
)
def test_no_other_spelling_of_a_duration_is_guessed_at(text: object) -> None:
    with pytest.raises(NotADuration):
        span_from(text)


def test_a_limit_without_a_calendar_counts_a_day_as_24_hours_and_takes_no_months() -> None:
    assert exact_span_from("2 days") == timedelta(hours=48)
    with pytest.raises(NotADuration, match="minutes, hours, days or weeks"):
        exact_span_from("1 month")


# --- triggers, entry, exit ----------------------------------------------------------------------------------------


def test_a_trigger_names_one_event_or_several_each_once() -> None:
    (one,) = campaign(trigger={"event": "A"}).triggers
    (several,) = campaign(trigger={"event": ["A", "B", "A"], "when": "profile.cart.items"}).triggers
    assert one == EventTrigger(events=("A",))
    assert isinstance(several, EventTrigger)
    assert several.events == ("A", "B")
    assert several.when is not None
    assert several.when.source == "profile.cart.items"


def test_a_list_of_triggers_keeps_its_order() -> None:
    triggers = campaign(trigger=[{"event": "A"}, {"metric": "orders", "every": 5}]).triggers
    assert triggers == (EventTrigger(events=("A",)), MetricTrigger(metric="orders", every=Decimal(5)))


@pytest.mark.parametrize(
    "threshold, amount", [({"reaches": 10}, 10), ({"reaches": 0.1}, "0.1"), ({"falls_below": -2.5}, "-2.5")]
)
def test_a_threshold_is_exactly_the_number_that_was_written(threshold: dict[str, Any], amount: int | str) -> None:
    (trigger,) = campaign(trigger={"metric": "revenue", **threshold}).triggers
    assert isinstance(trigger, MetricTrigger)
    assert [getattr(trigger, key) for key in threshold] == [Decimal(amount)]


@pytest.mark.parametrize("again, means", [("never", False), ("always", True), ("7 days", Span(days=7)), (None, False)])
def test_again_is_never_always_or_a_duration(again: str | None, means: bool | Span) -> None:
    assert campaign(entry={"again": again} if again else {}).entry.again == means


def test_an_entry_is_one_for_each_profile_once_unless_told_otherwise() -> None:
    entry = campaign().entry
    assert (entry.per, entry.again, entry.restart) == (None, False, False)


@pytest.mark.parametrize("exits", [{"event": ["A", "B"]}, [{"event": "A"}, {"event": "B"}]], ids=["mapping", "list"])
def test_each_event_that_ends_a_journey_is_a_rule_of_its_own(exits: Any) -> None:
    assert [rule.event for rule in campaign(exit=exits).exits] == ["A", "B"]


# --- steps as a graph ---------------------------------------------------------------------------------------------


def test_every_kind_of_step_becomes_its_value() -> None:
    steps = campaign(
        [
            {"wait": "1 hour"},
            {"send": "hello"},
            {"set": {"tier": "'gold'", "seen": True, "gone": None}},
            {"add": {"score": 2.5}},
            {"emit": {"event": "Postcard Wanted", "properties": {"name": "profile.traits.first_name"}}},
            {"enter": "other"},
            "exit",
        ]
    ).steps
    assert steps["steps/0"] == Wait(id="steps/0", next="steps/1", span=Span(exact=timedelta(hours=1)))
    assert steps["steps/1"] == Send(id="steps/1", next="steps/2", message="hello")
    traits, added, emitted = steps["steps/2"], steps["steps/3"], steps["steps/4"]
    assert isinstance(traits, SetTraits)
    assert {name: value.source for name, value in traits.traits.items()} == {
        "tier": "'gold'",
        "seen": "true",
        "gone": "none",
    }
    assert isinstance(added, AddToMetrics)
    assert added.amounts["score"].source == "2.5"
    assert isinstance(emitted, Emit)
    assert (emitted.event, emitted.properties["name"].source) == ("Postcard Wanted", "profile.traits.first_name")
    assert steps["steps/5"] == EnterCampaign(id="steps/5", next="steps/6", campaign="other")
    assert steps["steps/6"] == Exit(id="steps/6")


def test_a_branch_goes_on_with_what_follows_the_branching_step() -> None:
    made = campaign(
        [
            {
                "wait_for": {"event": "Email Link Clicked", "within": "2 days"},
                "then": [{"send": "a"}, {"if": "true", "then": [{"send": "b"}]}],
            },
            {"send": "c"},
        ]
    )
    waiting, choice = made.steps["steps/0"], made.steps["steps/0/then/1"]
    assert made.first == "steps/0"
    assert isinstance(waiting, WaitFor)
    assert (waiting.then, waiting.otherwise) == ("steps/0/then/0", "steps/1")
    assert made.steps["steps/0/then/0"] == Send(id="steps/0/then/0", next="steps/0/then/1", message="a")
    assert isinstance(choice, If)
    assert (choice.then, choice.otherwise) == ("steps/0/then/1/then/0", "steps/1")
    assert made.steps["steps/0/then/1/then/0"] == Send(id="steps/0/then/1/then/0", next="steps/1", message="b")
    assert made.steps["steps/1"] == Send(id="steps/1", next=None, message="c")


def test_the_cases_of_a_choice_are_places_too_and_an_empty_one_leads_on() -> None:
    made = campaign(
        [
            {
                "choose": [{"when": "1 == 2", "steps": [{"send": "a"}]}, {"when": "true", "steps": []}],
                "default": [{"send": "b"}],
            },
            {"id": "last", "send": "c"},
        ]
    )
    choice = made.steps["steps/0"]
    assert isinstance(choice, Choose)
    assert [target for _, target in choice.cases] == ["steps/0/choose/0/steps/0", "last"]
    assert choice.otherwise == "steps/0/default/0"
    assert list(made.steps) == ["steps/0", "steps/0/choose/0/steps/0", "steps/0/default/0", "last"]


def test_the_place_of_a_step_below_one_with_an_id_stays_its_place() -> None:
    made = campaign([{"id": "ask", "if": "true", "then": [{"send": "a"}]}])
    assert set(made.steps) == {"ask", "steps/0/then/0"}


def test_two_steps_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="two steps bear the id `a`"):
        campaign([{"id": "a", "send": "x"}, {"id": "a", "send": "y"}])


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document, messages",
    [
        ({"trigers": {}}, ["unknown key `trigers`, did you mean `trigger`?"]),
        (
            {"trigger": {"evnt": "A"}},
            ["a trigger needs `event`, `metric`, `date`, `segment` or `schedule`, did you mean `event`?"],
        ),
        (
            {"trigger": {"event": "A", "segment": "vip"}},
            ["one trigger watches one thing, this one has `event` and `segment`; write a list for several"],
        ),
        (
            {"trigger": {"metric": "orders", "reaches": 1, "every": 2}},
            ["a `metric` trigger needs exactly one of `reaches`, `every` and `falls_below`"],
        ),
        (
            {"trigger": {"metric": "orders", "reaches": 0}},
            ["`reaches`: expected a number above 0, where every metric begins, got `0`"],
        ),
        ({"trigger": {"event": "A", "when": None}}, ["`when`: expected an expression, got nothing"]),
        (
            {"trigger": {"event": "A", "when": "profil.cart"}},
            ["`when`: unknown name `profil`, did you mean `profile`?"],
        ),
        ({"entry": {"restart": "yes"}}, ["`restart`: expected `true` or `false`, got `yes`"]),
        ({"holdout": "110%"}, ["`holdout`: expected a percentage between `0%` and `100%`, got `110%`"]),
        ({"holdout": "ten"}, ["`holdout`: expected a percentage such as `10%`, got `ten`"]),
        ({"goal": {"within": "7 days"}}, ["`goal` needs `event`"]),
        ({"steps": []}, ["`steps`: expected at least one, got an empty list"]),
        ({"steps": [{"wait": "3 dayz"}]}, ["`wait`: expected a duration such as `3 days`, got `3 dayz`"]),
        ({"steps": [{"sned": "a"}]}, ["unknown step `sned`, did you mean `send`?"]),
        ({"steps": [{"sms": "a b"}]}, ["`sms`: expected a name of letters, digits, `_` and `-`, got `a b`"]),
        ({"steps": [{"wait_for": {"event": "A"}}]}, ["`wait_for` needs `within`"]),
        (
            {"steps": [{"send": "a", "wait": "1 day"}]},
            ["one step does one thing, this one has `send` and `wait`; begin each with its own dash"],
        ),
        (
            {"steps": [{"id": "a/b", "send": "a"}]},
            ["`id`: expected a name of letters, digits, `_` and `-`, got `a/b`"],
        ),
        (
            {"steps": [{"set": {"tier": "gold"}}]},
            ["`tier`: unknown name `gold`; text needs quotes of its own: \"'gold'\""],
        ),
    ],
)
def test_a_campaign_is_refused_in_the_words_of_a_shop(document: dict[str, Any], messages: list[str]) -> None:
    assert refusals(**document) == messages


def test_a_goal_has_its_event_and_its_window_which_is_seven_days() -> None:
    assert campaign(goal={"event": "Order Completed", "within": "2 weeks"}).goal == Goal(
        event="Order Completed", within=Span(days=14)
    )
    assert campaign(goal={"event": "Order Completed"}).goal == Goal(event="Order Completed", within=Span(days=7))


@pytest.mark.parametrize("written, share", [("10%", "0.1"), ("2.5 %", "0.025"), (100, 1), ("0%", 0)])
def test_a_holdout_is_written_as_a_percentage(written: object, share: int | str) -> None:
    assert campaign(holdout=written).holdout == Decimal(share)
    assert shop_from({**SHOP, "holdout": written}).holdout == Decimal(share)


def test_a_campaign_without_a_holdout_leaves_it_to_the_shop() -> None:
    assert campaign().holdout is None
    assert shop_from(SHOP).holdout == 0


# --- shop, metrics, segments --------------------------------------------------------------------------------------


def test_a_shop_needs_name_sender_and_zone_and_gets_the_defaults_of_the_language() -> None:
    shop = shop_from(SHOP)
    assert (shop.timezone, shop.double_opt_in) == (ZoneInfo("Europe/Berlin"), True)
    assert (shop.max_event_age, shop.hold_at_most) == (timedelta(hours=24), timedelta(hours=48))


@pytest.mark.parametrize(
    "change, message",
    [
        ({"timezone": "Europe/Berln"}, "`timezone`: unknown time zone `Europe/Berln`, did you mean `Europe/Berlin`?"),
        ({"timezone": "../etc/passwd"}, "`timezone`: unknown time zone `../etc/passwd`"),
        ({"opt_in": "singel"}, "`opt_in`: expected `single` or `double`, got `singel`, did you mean `single`?"),
        ({"caps": {"per_day": 0}}, "`per_day`: expected a whole number above 0, got `0`"),
        ({"caps": {"per_month": 4}}, "unknown key `per_month`"),
        ({"quiet_hours": {"from": "21:00"}}, "`quiet_hours` needs `to`"),
        (
            {"quiet_hours": {"from": "21:00", "to": "24:00"}},
            "`to`: expected a time of day such as `09:00`, got `24:00`",
        ),
        (
            {"quiet_hours": {"from": "9:00", "to": "09:00"}},
            "`quiet_hours` begin and end at one time, so nothing would ever be sent or ever be held",
        ),
        ({"hold_at_most": "1 month"}, "`hold_at_most`: expected minutes, hours, days or weeks, got `1 month`"),
        ({"url": "javascript:x"}, "`url`: expected an address such as `https://shop.example`, got `javascript:x`"),
        ({"currency": "euro"}, "`currency`: expected a currency of ISO 4217 such as `EUR`, got `euro`"),
        ({"brand": {"color": "teal"}}, '`color`: expected a colour in quotes such as `"#0f5463"`, got `teal`'),
        (
            {"brand": {"logo_url": "http://shop.example/logo.png"}},
            (
                "`logo_url`: expected an address such as `https://shop.example/logo.png`, which mail programs load "
                "over https only, got `http://shop.example/logo.png`"
            ),
        ),
        (
            {"sender": "hello@shop.example\r\nBcc: x@y.example"},
            (
                "`sender`: expected a sender such as `Example Tools <hello@shop.example>`, "
                "got `hello@shop.example Bcc: x@y.example`"
            ),
        ),
    ],
)
def test_a_shop_is_refused_in_its_own_words(change: dict[str, Any], message: str) -> None:
    document = {**SHOP, **change}
    with pytest.raises(ValidationError) as refused:
        shop_from(document)
    assert [complaint.message for complaint in complaints(refused.value, document, ShopShape)] == [message]


def test_quiet_hours_and_caps_are_those_that_were_written_else_there_are_none() -> None:
    shop = shop_from({**SHOP, "quiet_hours": {"from": "21:00", "to": "08:00"}, "caps": {"per_day": 1, "per_week": 3}})
    assert shop.quiet_hours == QuietHours(start=time(21), end=time(8))
    assert shop.caps == Caps(per_day=1, per_week=3)
    assert (shop_from(SHOP).quiet_hours, shop_from(SHOP).caps) == (None, Caps())
    assert shop_from({**SHOP, "caps": {"per_week": 3}}).caps == Caps(per_week=3)


def test_brand_and_currency_are_the_shops_else_ours() -> None:
    brand = {"color": "#AA3300", "logo_url": "https://shop.example/logo.png"}
    shop = shop_from({**SHOP, "brand": brand, "currency": "CHF"})
    assert (shop.brand.color, shop.brand.logo_url, shop.currency) == ("#aa3300", "https://shop.example/logo.png", "CHF")
    plain = shop_from(SHOP)
    assert (plain.brand.color, plain.brand.logo_url, plain.currency) == ("#0f5463", None, "EUR")


def test_a_metric_takes_the_same_amount_back_on_the_events_that_undo_it() -> None:
    metric = metrics_from(
        {"revenue": {"add": "event.properties.total", "on": "Order Completed", "subtract_on": ["Order Refunded"]}}
    )["revenue"]
    added, taken = metric.rules
    assert (added.event, taken.event) == ("Order Completed", "Order Refunded")
    assert added.add == taken.subtract
    assert metric.remembers_orders


def test_the_rules_of_a_metric_stand_in_their_order_and_amounts_are_exact() -> None:
    rules = metrics_from(
        {"score": {"rules": [{"on": ["A", "B"], "add": 0.1}, {"on": "Email Marked as Spam", "set": 0}]}}
    )["score"].rules
    assert [(rule.event, rule.add, rule.set) for rule in rules] == [
        ("A", Decimal("0.1"), None),
        ("B", Decimal("0.1"), None),
        ("Email Marked as Spam", None, Decimal(0)),
    ]


def test_segments_are_expressions_by_name() -> None:
    assert segments_from({"vip": "profile.metrics.orders >= 10"})["vip"].paths == {"profile.metrics.orders"}
