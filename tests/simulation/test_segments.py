"""Segments: entered and left by a change of the profile or by time alone, and what that starts."""

import pytest

from tests.builders import bought, consenting, happened, identified

METRICS = {
    "metrics.yaml": "orders: { add: 1, on: Order Completed, subtract_on: [Order Cancelled] }\n"
    "points: { add: 0, on: Nothing }\n"
}
LAPSED = "lapsed: profile.metrics.orders >= 1 and now - profile.dates.last_order_at > days(3)\n"


def watching(segments, *, on="enter", segment=None, more="", entry="{ again: always }", steps="[{ send: mail }]"):
    name = segment or segments.partition(":")[0]
    trigger = f"trigger: {{ segment: {name}, on: {on}{more and ', ' + more} }}"
    campaign = f"title: T\n{trigger}\nentry: {entry}\nsteps: {steps}\n"
    return {"t.yaml": campaign, "segments.yaml": segments, **METRICS}


def sent_at(played):
    return [line[2] for line in played.sent]


VIP = "vip: profile.metrics.orders >= 2\n"
ORDERS = [bought("anna", f"2026-03-0{day}T10:00:00Z", f"o{day}") for day in (2, 3, 4)]
CANCELLED = happened("Order Cancelled", "2026-03-05T10:00:00Z", "anna", order_id="o4")
CANCELLED_TOO = happened("Order Cancelled", "2026-03-06T10:00:00Z", "anna", order_id="o3")


class TestByChange:
    def test_whoever_moves_in_enters_once(self, play):
        assert sent_at(play(watching(VIP), [*consenting("anna"), *ORDERS])) == ["2026-03-03T10:00:00Z"]

    def test_whoever_moves_out_leaves(self, play):
        events = [*consenting("anna"), *ORDERS, CANCELLED, CANCELLED_TOO]
        assert sent_at(play(watching(VIP, on="leave"), events)) == ["2026-03-06T10:00:00Z"]

    def test_whoever_comes_back_enters_again(self, play):
        events = [*consenting("anna"), *ORDERS, CANCELLED, CANCELLED_TOO, bought("anna", "2026-03-07T10:00:00Z", "o7")]
        assert sent_at(play(watching(VIP), events)) == ["2026-03-03T10:00:00Z", "2026-03-07T10:00:00Z"]

    def test_entry_says_whether_they_may(self, play):
        events = [*consenting("anna"), *ORDERS, CANCELLED, CANCELLED_TOO, bought("anna", "2026-03-07T10:00:00Z", "o7")]
        assert sent_at(play(watching(VIP, entry="{ again: never }"), events)) == ["2026-03-03T10:00:00Z"]

    def test_a_condition_counts_with_the_event_at_hand(self, play):
        content = watching(VIP, more="when: event.properties.total > 50")
        assert sent_at(play(content, [*consenting("anna"), *ORDERS])) == []
        dear = [ORDERS[0], bought("anna", "2026-03-03T10:00:00Z", "o3", total=99.0)]
        assert sent_at(play(content, [*consenting("anna"), *dear])) == ["2026-03-03T10:00:00Z"]

    def test_a_profile_that_nobody_knew_is_in_none_so_its_first_event_may_enter_it(self, play):
        newsletter = happened(
            "Newsletter Subscribed", "2026-03-02T10:00:00Z", "zoe", traits={"email": "z@shop.example"}
        )
        assert sent_at(play(watching("anybody: true\n"), [newsletter])) == ["2026-03-02T10:00:00Z"]
        assert sent_at(play(watching("no_orders: profile.metrics.orders < 1\n", on="leave"), [newsletter])) == []

    def test_an_old_event_moves_in_silence(self, play):
        old = bought("anna", "2026-03-01T10:00:00Z", "o0", arrived="2026-03-03T10:00:01Z")
        assert sent_at(play(watching(VIP), [*consenting("anna"), ORDERS[0], old, ORDERS[2]])) == []

    def test_so_does_a_historical_one(self, play):
        history = [bought("anna", "2026-03-02T11:00:00Z", f"h{each}", context={"historical": True}) for each in (1, 2)]
        assert sent_at(play(watching(VIP), [*consenting("anna"), *history, *ORDERS])) == []

    def test_a_segment_may_ask_for_another(self, play):
        content = watching(VIP + "best: in_segment('vip') and profile.traits.city\n", segment="best")
        events = [*consenting("anna"), *ORDERS, identified("anna", "2026-03-05T10:00:00Z", city="Bonn")]
        assert sent_at(play(content, events)) == ["2026-03-05T10:00:00Z"]

    def test_one_that_fails_harms_nobody_else(self, play):
        content = watching("broken: profile.traits.city > 5\n" + VIP, segment="broken")
        content["u.yaml"] = "title: U\ntrigger: { segment: vip, on: enter }\nsteps: [{ send: other }]\n"
        events = [*consenting("anna", city="Bonn"), *ORDERS]
        assert [line[1:] for line in play(content, events).sent] == [("other", "2026-03-03T10:00:00Z")]

    def test_one_event_that_meets_two_triggers_starts_the_campaign_once(self, play):
        content = watching(VIP, steps="[{ add: { points: 1 } }]")
        content["t.yaml"] = content["t.yaml"].replace(
            "trigger: { segment: vip, on: enter }", "trigger: [{ event: Order Completed }, { segment: vip, on: enter }]"
        )
        assert play(content, [*consenting("anna"), *ORDERS]).profile("anna")["metrics"]["points"] == 3


class TestByTimeAlone:
    def test_it_comes_at_that_instant_and_never_early(self, play):
        events = [*consenting("anna"), ORDERS[0]]
        assert sent_at(play(watching(LAPSED), events, until="2026-04-01T00:00:00Z")) == ["2026-03-05T10:00:00Z"]
        assert sent_at(play(watching(LAPSED), events, until="2026-03-05T09:59:59Z")) == []

    @pytest.mark.parametrize("comparison, on", [(">", "enter"), (">=", "enter"), ("<", "leave"), ("<=", "leave")])
    def test_each_comparison_turns_then(self, play, comparison, on):
        segment = f"s: now - profile.dates.last_order_at {comparison} days(3)\n"
        events = [*consenting("anna"), ORDERS[0]]
        played = play(watching(segment, on=on), events, until="2026-04-01T00:00:00Z")
        assert sent_at(played) == ["2026-03-05T10:00:00Z"]

    def test_what_happens_meanwhile_puts_it_off(self, play):
        played = play(watching(LAPSED), [*consenting("anna"), *ORDERS[:2]], until="2026-04-01T00:00:00Z")
        assert sent_at(played) == ["2026-03-06T10:00:00Z"]

    def test_an_order_at_that_very_instant_wins(self, play):
        events = [*consenting("anna"), ORDERS[0], bought("anna", "2026-03-05T10:00:00Z", "o9")]
        assert sent_at(play(watching(LAPSED), events, until="2026-03-08T09:00:00Z")) == []

    def test_an_old_event_at_that_instant_takes_nothing_away(self, play):
        old = happened("Product Viewed", "2026-03-03T10:00:00Z", "anna", arrived="2026-03-05T10:00:00Z", product_id="p")
        events = [*consenting("anna"), ORDERS[0], old]
        assert sent_at(play(watching(LAPSED), events, until="2026-04-01T00:00:00Z")) == ["2026-03-05T10:00:00Z"]

    def test_days_are_exact_across_the_change_of_the_clock(self, play):
        """A trait's day is its local midnight; 90 times 24 hours later it is one o'clock in summer."""
        content = watching("due: now - profile.dates.bought_on > days(90)\n")
        played = play(content, consenting("anna", bought_on="2026-01-10"), until="2026-06-01T00:00:00Z")
        assert sent_at(played) == ["2026-04-09T23:00:00Z"]

    def test_the_campaign_sees_the_profile_in_the_segment_from_that_instant_on(self, play):
        content = watching(
            LAPSED, more="when: in_segment('lapsed')", steps="[{ if: in_segment('lapsed'), then: [{ send: mail }] }]"
        )
        played = play(content, [*consenting("anna"), ORDERS[0]], until="2026-04-01T00:00:00Z")
        assert sent_at(played) == ["2026-03-05T10:00:00Z"]

    def test_through_a_segment_that_it_asks_for(self, play):
        content = watching(LAPSED + "gone: in_segment('lapsed')\n", segment="gone")
        played = play(content, [*consenting("anna"), ORDERS[0]], until="2026-04-01T00:00:00Z")
        assert sent_at(played) == ["2026-03-05T10:00:00Z"]


class TestByTheStepsOfOthers:
    SETTER = "title: S\ntrigger: {{ event: Form Sent }}\nentry: {{ again: always }}\nsteps: [{}]\n"
    FORM = happened("Form Sent", "2026-03-02T10:00:00Z", "anna")

    @pytest.mark.parametrize(
        "segment, step",
        [
            ("s: profile.traits.is_vip\n", "{ set: { is_vip: true } }"),
            ("s: profile.metrics.points > 2\n", "{ add: { points: 3 } }"),
        ],
    )
    @pytest.mark.parametrize("wait, at", [("", "2026-03-02T10:00:00Z"), ("{ wait: 1 hour }, ", "2026-03-02T11:00:00Z")])
    def test_a_step_that_changes_the_profile_moves_it_at_once(self, play, segment, step, wait, at):
        content = {**watching(segment), "s.yaml": self.SETTER.format(wait + step)}
        assert sent_at(play(content, [*consenting("anna"), self.FORM])) == [at]

    def test_after_a_send_too(self, play):
        content = {
            **watching("s: profile.traits.is_vip\n"),
            "s.yaml": self.SETTER.format("{ send: first }, { set: { is_vip: true } }"),
        }
        assert [line[1] for line in play(content, [*consenting("anna"), self.FORM]).sent] == ["first", "mail"]

    def test_no_campaign_starts_twice_in_one_chain(self, play):
        segment = "s: profile.traits.flag\n"
        content = {
            **watching(segment, steps="[{ add: { points: 1 } }, { set: { flag: false } }]"),
            "u.yaml": "title: U\ntrigger: [{ segment: s, on: leave }, { event: Form Sent }]\nentry: { again: always }\n"
            "steps: [{ add: { points: 10 } }, { set: { flag: true } }]\n",
        }
        played = play(content, [*consenting("anna"), self.FORM])
        assert played.profile("anna")["metrics"]["points"] == 11

    def test_nor_by_way_of_an_event_that_it_emits(self, play):
        content = {
            **watching("s: history('Shop Called') | length > 0\n", steps="[{ add: { points: 1 } }]"),
            "t.yaml": "title: T\ntrigger: [{ segment: s, on: enter }, { event: Form Sent }]\nentry: { again: always }\n"
            "steps: [{ add: { points: 1 } }, { emit: { event: Shop Called } }]\n",
        }
        content["segments.yaml"] = "s: profile.metrics.calls > 0\n"
        content["metrics.yaml"] += "calls: { add: 1, on: Shop Called }\n"
        assert play(content, [*consenting("anna"), self.FORM]).profile("anna")["metrics"]["points"] == 1
