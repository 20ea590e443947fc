"""Metrics and what fires when an event carries one across a threshold."""

import pytest

from tests.builders import bought, consenting, happened

METRICS = """
orders: { add: 1, on: Order Completed, subtract_on: [Order Cancelled] }
revenue: { add: event.properties.total, on: Order Completed, subtract_on: [Order Cancelled, Order Refunded] }
lead_score: { rules: [{ on: Product Viewed, add: 1 }, { on: Email Marked as Spam, set: 0 }] }
"""


def watching(trigger, entry="{ again: always }"):
    return {
        "watch.yaml": f"title: W\ntrigger: {{ {trigger} }}\nentry: {entry}\nsteps: [{{ send: mail }}]\n",
        "metrics.yaml": METRICS,
    }


class Shopping:
    """Events a day apart, from 2 March on."""

    def __init__(self):
        self.events, self.day = consenting("anna"), 2

    def at(self):
        self.day += 1
        return f"2026-03-{self.day - 1:02d}T10:00:00Z"

    def buys(self, total=10.0, order=None, **more):
        self.events.append(bought("anna", self.at(), order or f"o{self.day}", total, **more))
        return self

    def event(self, name, **properties):
        self.events.append(happened(name, self.at(), "anna", **properties))
        return self


def days(played):
    return [int(line[2][8:10]) for line in played.sent]


class TestReaches:
    def test_nine_to_ten_fires_and_ten_to_eleven_does_not(self, play):
        shopping = Shopping()
        for _ in range(12):
            shopping.buys()
        assert days(play(watching("metric: orders, reaches: 10"), shopping.events)) == [11]

    def test_nine_to_twelve_fires_once(self, play):
        shopping = Shopping().buys(9.0).buys(3.0).buys(5.0)
        assert days(play(watching("metric: revenue, reaches: 10"), shopping.events)) == [3]

    def test_a_refund_and_a_new_order_do_not_fire_again(self, play):
        shopping = Shopping().buys(10.0, "o1").event("Order Refunded", order_id="o1", total=5.0).buys(10.0)
        assert days(play(watching("metric: revenue, reaches: 10"), shopping.events)) == [2]

    def test_a_duplicate_does_not_fire(self, play):
        shopping = Shopping().buys(9.0, id="e1")
        shopping.events += shopping.events[-1:]
        assert days(play(watching("metric: revenue, reaches: 10"), shopping.events)) == []

    def test_history_that_was_loaded_silently_counts_for_the_highest_value_ever(self, play):
        shopping = (
            Shopping().buys(20.0, "o1", context={"historical": True}).event("Order Refunded", order_id="o1").buys(10.0)
        )
        assert days(play(watching("metric: revenue, reaches: 10"), shopping.events)) == []

    def test_set_to_nothing_it_does_not_fire_a_second_time(self, play):
        shopping = Shopping().event("Product Viewed").event("Product Viewed").event("Email Marked as Spam")
        shopping.event("Product Viewed").event("Product Viewed")
        content = watching("metric: lead_score, reaches: 2")
        content["messages/mail.mjml"] = "---\nsubject: Hi\nclass: transactional\n---\n<mjml><mj-body></mj-body></mjml>"
        assert days(play(content, shopping.events)) == [3]

    def test_a_threshold_may_have_a_condition(self, play):
        trigger = "metric: revenue, reaches: 10, when: event.properties.total > 20"
        assert days(play(watching(trigger), Shopping().buys(15.0).events)) == []
        assert days(play(watching(trigger), Shopping().buys(25.0).events)) == [2]

    def test_cents_are_added_exactly(self, play):
        shopping = Shopping()
        for _ in range(10):
            shopping.buys(0.1)
        assert days(play(watching("metric: revenue, reaches: 1"), shopping.events)) == [11]


class TestEvery:
    @pytest.mark.parametrize(
        "totals, expected",
        [
            pytest.param([9, 1, 9, 1], [3, 5], id="at each multiple"),
            pytest.param([35, 4, 1], [2, 4], id="once per event, for the highest multiple newly passed"),
            pytest.param([9.99, 0.01], [3], id="exactly at the multiple"),
        ],
    )
    def test_every_fires_once_per_event(self, play, totals, expected):
        shopping = Shopping()
        for total in totals:
            shopping.buys(float(total))
        assert days(play(watching("metric: revenue, every: 10"), shopping.events)) == expected

    def test_by_default_there_is_one_journey_per_multiple(self, play):
        shopping = Shopping().buys().buys().buys()
        assert days(play(watching("metric: revenue, every: 10", "{}"), shopping.events)) == [2, 3, 4]

    def test_a_multiple_passed_before_is_not_passed_anew(self, play):
        shopping = Shopping().buys(10.0, "o1").event("Order Cancelled", order_id="o1").buys(10.0).buys(10.0)
        assert days(play(watching("metric: revenue, every: 10"), shopping.events)) == [2, 5]


class TestFallsBelow:
    EVENTS = staticmethod(
        lambda: (
            Shopping()
            .buys(10.0, "o1")
            .event("Order Refunded", order_id="o1", total=6.0)
            .buys(10.0, "o2")
            .event("Order Cancelled", order_id="o2")
            .event("Order Cancelled", order_id="o1")
        )
    )

    def test_each_fall_fires_as_again_allows(self, play):
        assert days(play(watching("metric: revenue, falls_below: 5"), self.EVENTS().events)) == [3, 5]
        assert days(play(watching("metric: revenue, falls_below: 5", "{}"), self.EVENTS().events)) == [3]

    def test_reaching_it_exactly_is_no_fall(self, play):
        shopping = Shopping().buys(10.0, "o1").event("Order Refunded", order_id="o1", total=5.0)
        assert days(play(watching("metric: revenue, falls_below: 5"), shopping.events)) == []

    def test_nobody_falls_who_never_rose(self, play):
        assert days(play(watching("metric: revenue, falls_below: 5"), Shopping().buys(1.0).events)) == []


class TestRefunds:
    @pytest.mark.parametrize(
        "refunds, revenue, orders",
        [
            pytest.param([("Order Refunded", {"total": 4.0})], 6, 1, id="its amount"),
            pytest.param([("Order Refunded", {})], 0, 1, id="else the order's"),
            pytest.param([("Order Refunded", {"total": 40.0})], 0, 1, id="never more than the order brought"),
            pytest.param([("Order Refunded", {"total": 6.0})] * 2, 0, 1, id="nor with several"),
            pytest.param([("Order Refunded", {"total": 4.0}), ("Order Cancelled", {})], 0, 0, id="a refund, then all"),
            pytest.param([("Order Cancelled", {}), ("Order Cancelled", {})], 0, 0, id="cancelled twice"),
        ],
    )
    def test_a_refund_takes_back(self, play, refunds, revenue, orders):
        shopping = Shopping().buys(10.0, "o1")
        for name, properties in refunds:
            shopping.event(name, order_id="o1", **properties)
        metrics = play(watching("metric: orders, reaches: 9"), shopping.events).profile("anna")["metrics"]
        assert (metrics["revenue"], metrics["orders"]) == (revenue, orders)

    def test_an_order_nobody_knows_brought_nothing(self, play):
        shopping = Shopping().buys(10.0, "o1").event("Order Cancelled", order_id="o99", total=10.0)
        metrics = play(watching("metric: orders, reaches: 9"), shopping.events).profile("anna")["metrics"]
        assert (metrics["revenue"], metrics["orders"]) == (10, 1)

    def test_without_an_order_id_it_subtracts_what_it_computes(self, play):
        shopping = Shopping().buys(10.0, "o1").event("Order Cancelled", total=3.0)
        metrics = play(watching("metric: orders, reaches: 9"), shopping.events).profile("anna")["metrics"]
        assert (metrics["revenue"], metrics["orders"]) == (7, 0)

    def test_a_cancellation_that_overtakes_its_order_counts_when_the_order_comes(self, play):
        shopping = Shopping().event("Order Cancelled", order_id="o1").buys(10.0, "o1")
        metrics = play(watching("metric: orders, reaches: 9"), shopping.events).profile("anna")["metrics"]
        assert (metrics["revenue"], metrics["orders"]) == (0, 0)


def test_a_metric_is_nothing_until_it_is_counted(play):
    content = {
        "c.yaml": "title: C\ntrigger: { event: Product Viewed, when: profile.metrics.orders == 0 }\n"
        "steps: [{ send: mail }]\n",
        "metrics.yaml": METRICS,
    }
    assert days(play(content, Shopping().event("Product Viewed").events)) == [2]


@pytest.mark.parametrize(
    "expression", ["profile.metrics.orders >= 2", "in_segment('vip')", "'vip' in profile.segments"]
)
def test_segments_are_expressions_with_a_name(play, expression):
    content = {
        "c.yaml": f'title: C\ntrigger: {{ event: Order Completed, when: "{expression}" }}\nsteps: [{{ send: mail }}]\n',
        "metrics.yaml": METRICS,
        "segments.yaml": "vip: profile.metrics.orders >= 2\n",
    }
    assert days(play(content, Shopping().buys().buys().events)) == [3]
