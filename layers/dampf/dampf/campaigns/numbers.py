"""Arithmetic of the campaign language: exact, and bounded in what one operation may build.

Whatever the store or the wire made of a number, a campaign sees an int or a finite Decimal without trailing zeros, so a
metric of 19.99 equals the literal 19.99 and three times 1.10 is 3.3. Nothing here may take long or grow large.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from math import isfinite
from typing import Any

from dampf.domain.missing import MISSING

LONGEST_TEXT = 100_000
LONGEST_LIST = 10_000
LARGEST_NUMBER_IN_BITS = 1024
MOST_DIGITS_OF_A_WHOLE_NUMBER = 40
MOST_PLACES = 12
ROUNDINGS = {"common": ROUND_HALF_UP, "ceil": ROUND_CEILING, "floor": ROUND_FLOOR}


class Refused(Exception):
    """The sandbox does not allow this."""


def number(value: float | Decimal) -> Any:
    """The one form of a number: int where it is whole, else a Decimal; `MISSING` for what is not finite."""
    if isinstance(value, float):
        if not isfinite(value):
            return MISSING
        if value.is_integer() and abs(value) < 1e15:
            return int(value)
        value = Decimal(repr(value))
    elif not value.is_finite():
        return MISSING
    if value.adjusted() > MOST_DIGITS_OF_A_WHOLE_NUMBER:
        return value
    whole = int(value)
    return whole if whole == value else value.normalize()


def seen(value: Any) -> Any:
    """A value as a campaign sees it when it comes out of the data: null is a missing name."""
    kind = type(value)
    if kind is float or kind is Decimal:
        return number(value)
    return MISSING if value is None else value


def bounded(value: Any) -> Any:
    if len(value) > (LONGEST_TEXT if isinstance(value, str) else LONGEST_LIST):
        raise Refused("the result is too long")
    return value


def rounded(value: Any, places: int, method: str) -> int | Decimal:
    if not isinstance(value, int | float | Decimal):
        raise TypeError(f"{type(value).__name__} is not a number")
    if not -MOST_PLACES <= places <= MOST_PLACES:
        raise Refused(f"numbers are rounded to at most {MOST_PLACES} places")
    if method not in ROUNDINGS:
        raise TypeError("numbers are rounded by 'common', 'ceil' or 'floor'")
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if places > 0:
        return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUNDINGS[method])
    return int(exact.scaleb(places).to_integral_value(rounding=ROUNDINGS[method]).scaleb(-places))


def calculate(symbol: str, left: Any, right: Any) -> Any:
    if left is MISSING or right is MISSING or left is None or right is None:
        return MISSING
    if type(left) is int and type(right) is int:
        return OPERATIONS[symbol](left, right)
    if isinstance(left, timedelta) or isinstance(right, timedelta):
        result = PLAIN_OPERATIONS[symbol](_without_decimal(left), _without_decimal(right))
    else:
        result = OPERATIONS[symbol](_exact(left), _exact(right))
    kind = type(result)
    return number(result) if kind is Decimal or kind is float else result


def _exact(value: Any) -> Any:
    return Decimal(repr(value)) if type(value) is float else value


def _without_decimal(value: Any) -> Any:
    return float(value) if type(value) is Decimal else value


def _add(left: Any, right: Any) -> Any:
    total = left + right
    return bounded(total) if isinstance(total, str | list) else total


def _multiply(left: Any, right: Any) -> Any:
    for value, times in ((left, right), (right, left)):
        if isinstance(value, str | list | tuple):
            longest = LONGEST_TEXT if isinstance(value, str) else LONGEST_LIST
            if isinstance(times, int) and len(value) * times > longest:
                raise Refused("the result is too long")
    if (
        isinstance(left, int)
        and isinstance(right, int)
        and left.bit_length() + right.bit_length() > LARGEST_NUMBER_IN_BITS
    ):
        raise Refused("the number is too large")
    return left * right


def _divide(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        return left // right if right and left % right == 0 else Decimal(left) / _divisor(Decimal(right))
    return left / _divisor(right)


def _divisor(value: Any) -> Any:
    if value == 0:
        raise ZeroDivisionError("division by zero")
    return value


def _divide_down(left: Any, right: Any) -> Any:
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return (left / _divisor(right)).to_integral_value(rounding=ROUND_FLOOR)
    return left // right


def _remainder(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        raise Refused("text has no '%'; join with '~' or use the filter 'format'")
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return left - _divide_down(left, right) * right
    return left % right


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() * abs(right) > LARGEST_NUMBER_IN_BITS:
            raise Refused("the number is too large")
        return left**right if right >= 0 else Decimal(1) / _divisor(Decimal(left**-right))
    return left**right


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": _add,
    "-": operator.sub,
    "*": _multiply,
    "/": _divide,
    "//": _divide_down,
    "%": _remainder,
    "**": _power,
}
PLAIN_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}


def whole(value: Any, default: Any = 0, base: int = 10) -> Any:
    """An int of whatever is given, cut off towards zero; `default` where it is no number."""
    if isinstance(value, str):
        try:
            return int(value, base)
        except ValueError:
            pass
    exact = decimal(value, None)
    return default if exact is None else int(Decimal(exact).to_integral_value(rounding=ROUND_DOWN))


def decimal(value: Any, default: Any = 0) -> Any:
    """A number of whatever is given; `default` where it is no number."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        try:
            value = Decimal(value.strip())
        except ArithmeticError:
            return default
    if not isinstance(value, float | Decimal):
        return default
    found = number(value)
    if found is MISSING or Decimal(found).adjusted() > MOST_DIGITS_OF_A_WHOLE_NUMBER:
        return default
    return found
