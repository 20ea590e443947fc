"""Thresholds against an oracle, settling, and orders that are taken back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dampf.domain.decision import OrderTaken
from dampf.domain.metrics import NOTHING, Move, NotANumber, amount_of, brought, merged, moved, taken_back
from dampf.domain.missing import MISSING
from dampf.domain.profile import MetricChange, MetricValue
from tests.builders import NOON, amount


def move(before, after, peak=None):
    return Move(before=amount(before), after=amount(after), peak=amount(before if peak is None else peak))


@pytest.mark.parametrize(
    "before, after, peak, fires",
    [
        pytest.param(9, 10, 9, True, id="nine to ten"),
        pytest.param(9, 12, 9, True, id="nine to twelve"),
        pytest.param(10, 11, 10, False, id="ten to eleven"),
        pytest.param(8, 9, 8, False, id="eight to nine"),
        pytest.param(9, 10, 10, False, id="was there before a refund"),
        pytest.param(10, 9, 10, False, id="downwards"),
        pytest.param("9.99", "10", "9.99", True, id="by a cent"),
    ],
)
def test_reaches_ten(before, after, peak, fires):
    assert move(before, after, peak).reaches(Decimal(10)) is fires


@pytest.mark.parametrize(
    "before, after, peak, multiple",
    [
        pytest.param(9, 10, 9, 10, id="the first"),
        pytest.param(9, 35, 9, 30, id="the highest newly passed"),
        pytest.param(10, 19, 10, None, id="between two"),
        pytest.param(5, 15, 12, None, id="passed before"),
        pytest.param(5, 25, 12, 20, id="beyond what was passed before"),
        pytest.param(0, 0, 0, None, id="nothing is no multiple"),
        pytest.param(-15, -5, 0, None, id="less than nothing neither"),
    ],
)
def test_every_ten(before, after, peak, multiple):
    assert move(before, after, peak).passes_multiple(Decimal(10)) == multiple


@pytest.mark.parametrize(
    "before, after, falls", [(5, 4, True), (5, 5, False), (4, 3, False), (9, 1, True), (4, 6, False)]
)
def test_falls_below_five(before, after, falls):
    assert move(before, after).falls_below(Decimal(5)) is falls


@settings(max_examples=200)
@given(steps=st.lists(st.integers(-30, 30), max_size=30), threshold=st.integers(1, 60))
def test_thresholds_against_the_whole_history(steps, threshold):
    value, values = NOTHING, [Decimal(0)]
    for place, step in enumerate(steps):
        value, moves = moved(value, MetricChange(NOON + timedelta(minutes=place), "add", Decimal(step)), settles=False)
        past, now = values[:], sum(steps[: place + 1])
        assert moves.reaches(Decimal(threshold)) is (now >= threshold and max(past) < threshold)
        assert moves.falls_below(Decimal(threshold)) is (now < threshold <= past[-1])
        passed = [each for each in range(threshold, int(now) + 1, threshold) if each > max(past)]
        assert moves.passes_multiple(Decimal(threshold)) == (passed[-1] if passed else None)
        values.append(Decimal(now))
    assert value.value == sum(steps)
    assert value.peak == max(values)


changes = st.lists(
    st.builds(
        lambda second, kind, number: MetricChange(NOON + timedelta(seconds=second), kind, Decimal(number)),
        st.integers(0, 600),
        st.sampled_from(["add", "add", "set"]),
        st.integers(-3, 9),
    ),
    max_size=8,
    unique_by=lambda each: each.at,
)


def value_of(all_changes, start=NOTHING):
    value = start
    for each in all_changes:
        value, _ = moved(value, each, settles=True)
    return value


@settings(max_examples=200)
@given(told=changes, data=st.data())
def test_a_metric_that_can_be_set_comes_out_the_same_in_any_order_of_arrival(told, data):
    shuffled = data.draw(st.permutations(told))
    assert value_of(shuffled).value == value_of(sorted(told, key=lambda each: each.at)).value


@settings(max_examples=200)
@given(told=changes, data=st.data())
def test_two_persons_metrics_merged_are_those_of_one(told, data):
    owners = data.draw(st.lists(st.booleans(), min_size=len(told), max_size=len(told)))
    one = value_of(each for each, mine in zip(told, owners, strict=True) if mine)
    other = value_of(each for each, mine in zip(told, owners, strict=True) if not mine)
    assert (
        merged(one, other).value == merged(other, one).value == value_of(sorted(told, key=lambda each: each.at)).value
    )


def test_a_value_known_from_the_start_is_what_later_changes_add_to():
    known = MetricValue(value=amount(50), peak=amount(50))
    assert value_of([MetricChange(NOON, "add", amount(1))], known).value == 51
    assert merged(known, value_of([MetricChange(NOON, "add", amount(1))])).value == 51


def test_a_set_that_comes_late_is_overtaken_by_what_was_added_after_it():
    late = [MetricChange(NOON + timedelta(seconds=9), "add", amount(5)), MetricChange(NOON, "set", amount(0))]
    assert value_of(late).value == 5


def test_metrics_of_two_persons_add_once():
    one, other = MetricValue(value=amount(3), peak=amount(4)), MetricValue(value=amount(2), peak=amount(9))
    assert merged(one, other) == MetricValue(value=amount(5), peak=amount(9))


@pytest.mark.parametrize(
    "value, expected",
    [(1, "1"), (0.1, "0.1"), ("12.50", "12.50"), (Decimal("0.3"), "0.3"), (MISSING, None), (None, None)],
)
def test_amounts_are_exact(value, expected):
    assert amount_of(value) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize("value", ["much", "", True, [1], {}, "NaN", float("inf"), "1,5"])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(NotANumber):
        amount_of(value)


class TestOrders:
    NONE = OrderTaken({}, {})

    def test_what_was_asked_back_before_the_order_came_counts_then(self):
        order = brought(taken_back(self.NONE, "revenue", amount(4)), "revenue", amount(10))
        assert order.net("revenue") == 6

    def test_all_asked_back_stays_all_whatever_comes_later(self):
        order = taken_back(brought(self.NONE, "revenue", amount(10)), "revenue", None)
        assert brought(taken_back(order, "revenue", amount(1)), "revenue", amount(5)).net("revenue") == 0

    def test_each_metric_counts_for_itself(self):
        order = brought(brought(self.NONE, "revenue", amount(10)), "orders", amount(1))
        order = taken_back(order, "revenue", amount(10))
        assert [order.net("revenue"), order.net("orders")] == [0, 1]

    @settings(max_examples=100)
    @given(
        told=st.lists(st.tuples(st.sampled_from(["brought", "asked"]), st.integers(0, 20)), max_size=6), data=st.data()
    )
    def test_the_order_of_refunds_and_orders_does_not_matter(self, told, data):
        def net(steps):
            order = self.NONE
            for kind, number in steps:
                order = (brought if kind == "brought" else taken_back)(order, "revenue", Decimal(number))
            return order.net("revenue")

        assert net(told) == net(data.draw(st.permutations(told)))
        assert net(told) >= 0


def test_a_bot_cannot_make_the_row_grow() -> None:
    value = NOTHING
    for second in range(100):
        change = MetricChange(NOON + timedelta(seconds=second), "add", Decimal(1))
        value, _ = moved(value, change, settles=True)
    assert (value.value, len(value.recent)) == (Decimal(100), 20)
