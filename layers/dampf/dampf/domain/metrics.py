"""Metrics: exact numbers kept per profile, and what an order brought and took back again."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from dampf.domain.decision import OrderTaken
from dampf.domain.missing import MISSING
from dampf.domain.profile import MetricChange, MetricValue

SETTLING: Final = timedelta(minutes=15)
MOST_UNSETTLED: Final = 20
"""Changes kept unsettled, so that a bot cannot make the state row grow; the oldest settle early."""

NOTHING: Final = MetricValue(value=Decimal(0), peak=Decimal(0))


class NotANumber(Exception):
    """The amount is neither a number nor text that is one."""


class Move(NamedTuple):
    """A metric as one event moved it; `peak` is the highest value it ever had before."""

    before: Decimal
    after: Decimal
    peak: Decimal

    def reaches(self, threshold: Decimal) -> bool:
        """Crosses upwards for the first time ever."""
        return self.peak < threshold <= self.after

    def passes_multiple(self, step: Decimal) -> Decimal | None:
        """The highest multiple of `step` that was never passed before and now is."""
        highest = self.after // step * step
        return highest if highest > 0 and highest > self.peak // step * step else None

    def falls_below(self, threshold: Decimal) -> bool:
        return self.before >= threshold > self.after


def amount_of(value: Any) -> Decimal | None:
    """An expression's value as an exact amount; None where it is undefined or empty."""
    if value is MISSING or value is None:
        return None
    try:
        amount = Decimal(str(value))
    except ArithmeticError as problem:
        raise NotANumber(f"expected a number, got {type(value).__name__}") from problem
    if not amount.is_finite():
        raise NotANumber("expected a finite number")
    return amount


def moved(value: MetricValue, change: MetricChange, *, settles: bool) -> tuple[MetricValue, Move]:
    """The metric after one more change. One that `settles` (it can be set) keeps its latest changes sorted by time."""
    if settles:
        recent = sorted((*value.recent, change), key=lambda each: each.at)
        horizon = recent[-1].at - SETTLING
        settled = _settled(value)
        while recent[0].at < horizon or len(recent) > MOST_UNSETTLED:
            settled = _applied(settled, recent.pop(0))
        now = settled
        for each in recent:
            now = _applied(now, each)
        after = MetricValue(value=now, peak=max(value.peak, now), settled=settled, recent=tuple(recent))
    else:
        now = _applied(value.value, change)
        after = MetricValue(value=now, peak=max(value.peak, now))
    return after, Move(before=value.value, after=now, peak=value.peak)


def brought(order: OrderTaken, metric: str, amount: Decimal) -> OrderTaken:
    return order._replace(brought={**order.brought, metric: order.brought.get(metric, Decimal(0)) + amount})


def taken_back(order: OrderTaken, metric: str, amount: Decimal | None) -> OrderTaken:
    """None takes back all that the order brought, now and ever."""
    asked = order.asked.get(metric, Decimal(0))
    return order._replace(asked={**order.asked, metric: None if amount is None or asked is None else asked + amount})


def merged(one: MetricValue, other: MetricValue) -> MetricValue:
    """Two people were one: what each did counts once, together."""
    recent = tuple(sorted((*one.recent, *other.recent), key=lambda each: each.at))
    settled = value = _settled(one) + _settled(other)
    for change in recent:
        value = _applied(value, change)
    return MetricValue(
        value=value,
        peak=max(one.peak, other.peak, value),
        settled=settled if recent else Decimal(0),
        recent=recent,
    )


def _settled(value: MetricValue) -> Decimal:
    return value.settled if value.recent else value.value


def _applied(value: Decimal, change: MetricChange) -> Decimal:
    return change.amount if change.kind == "set" else value + change.amount
