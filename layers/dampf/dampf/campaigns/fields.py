"""The kinds of values that stand in a shop's files: durations, numbers, names, expressions.

Each says in a shop's words what is wrong. An error of type `expected` is what "KEY: expected" goes on with, `wrong`
what "KEY:" goes on with, and `said` is a whole sentence.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parseaddr
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, PlainValidator
from pydantic_core import PydanticCustomError

from dampf.campaigns.expressions import ExpressionError, compile_expression
from dampf.campaigns.nearest import did_you_mean
from dampf.campaigns.spans import NotADuration, exact_span_from, span_from
from dampf.domain.expression import Expression
from dampf.domain.instants import Span

LOCALE: Final = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
NAME: Final = re.compile(r"[\w-]{1,64}")
_COLOR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
_VARIABLE: Final = re.compile(r"[A-Za-z_]\w{0,63}")
_VALUE: Final = re.compile(r"(\d{1,7}(?:\.\d{1,2})?) *(%|[A-Z]{3})")
_PREFIX: Final = re.compile(r"[A-Za-z0-9_-]{1,20}")
CODES_FILE: Final = re.compile(r"vouchers/[\w][\w.-]{0,80}\.csv")
_LARGEST: Final = Decimal(10) ** 15
_MOST_COUNTED: Final = 10_000


class Shape(BaseModel):
    """Validators are built when a document of their kind is first read: no function reads all kinds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


def expected(what: str) -> PydanticCustomError:
    return PydanticCustomError("expected", "{what}", {"what": what})


def said(message: str) -> PydanticCustomError:
    return PydanticCustomError("said", "{message}", {"message": message})


def wrong(what: str) -> PydanticCustomError:
    return PydanticCustomError("wrong", "{what}", {"what": what})


def number_from(value: object) -> Decimal:
    """Exactly the digits that were written: 0.1 is a tenth."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise expected("a number")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise expected("a number") from None
    if not number.is_finite() or abs(number) > _LARGEST:
        raise expected("a number up to 10^15")
    return number


def expression_from(value: object) -> Expression:
    """Numbers, true, false and null stand for themselves; text is an expression."""
    match value:
        case None:
            source = "none"
        case bool():
            source = "true" if value else "false"
        case int() | float():
            source = format(number_from(value), "f")
        case str() if value.strip():
            source = value
        case _:
            raise expected("an expression")
    try:
        return compile_expression(source)
    except ExpressionError as fault:
        message = fault.message.replace("unexpected 'end of template'", "the expression breaks off")
        raise wrong(message) from None


def _value(value: object) -> Expression:
    """Of `set` and `emit`, where a bare word is likelier a text that lacks its quotes."""
    try:
        return expression_from(value)
    except PydanticCustomError as fault:
        if isinstance(value, str) and value.replace(" ", "").isalnum():
            raise wrong(f"{fault}; text needs quotes of its own: \"'{value}'\"") from None
        raise


def _condition(value: object) -> Expression:
    if value is None:  # a condition half written must not hold for everybody
        raise expected("an expression")
    return expression_from(value)


def _amount(value: object) -> Expression | Decimal:
    return expression_from(value) if isinstance(value, str) else number_from(value)


def _span(value: object) -> Span:
    try:
        return span_from(value)
    except NotADuration as fault:
        raise expected(str(fault)) from None


def _exact_span(value: object) -> timedelta:
    try:
        return exact_span_from(value)
    except NotADuration as fault:
        raise expected(str(fault)) from None


def _again(value: object) -> bool | Span:
    if value in ("never", "always"):
        return value == "always"
    try:
        return span_from(value)
    except NotADuration:
        raise expected("`never`, `always` or a duration such as `7 days`") from None


def _timezone(value: object) -> ZoneInfo:
    if isinstance(value, str) and value:
        try:
            return ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            suggestion = did_you_mean(value, available_timezones())
            raise wrong(f"unknown time zone `{value}`{suggestion}") from None
    raise expected("a time zone such as `Europe/Berlin`")


def _sender(value: object) -> str:
    if isinstance(value, str) and not any(ord(character) < 32 for character in value):
        _, address = parseaddr(value)
        local, at, domain = address.rpartition("@")
        if local and at and domain and " " not in address:
            return value
    raise expected("a sender such as `Example Tools <hello@shop.example>`")


def _text_sender(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_:/+-]{1,256}", value):
        return value
    raise expected("a number, a sender id or a pool of yours, such as `EXAMPLE`")


def _url(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"https?://[^\s\"'<>]+", value):
        return value
    raise expected("an address such as `https://shop.example`")


def _secure_url(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"https://[^\s\"'<>]+", value):
        return value
    raise expected("an address such as `https://shop.example/logo.png`, which mail programs load over https only")


def _color(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
        return value.lower()
    raise expected('a colour in quotes such as `"#0f5463"`')


def _currency(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"[A-Z]{3}", value):
        return value
    raise expected("a currency of ISO 4217 such as `EUR`")


def _locale(value: object) -> str:
    if isinstance(value, str) and LOCALE.fullmatch(value):
        return value
    raise expected("a locale such as `en` or `de-AT`")


def _text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise expected("text")


def _name(value: object) -> str:
    if isinstance(value, str) and NAME.fullmatch(value):
        return value
    raise expected("a name of letters, digits, `_` and `-`")


def _variable(value: object) -> str:
    if isinstance(value, str) and _VARIABLE.fullmatch(value):
        return value
    raise expected("a name of letters, digits and `_` that begins with a letter")


def _event_names(value: object) -> list[str]:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise expected("the name of an event, or a list of names")
    return list(dict.fromkeys(names))


def _event_name(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise expected("the name of one event")


def _percentage(value: object) -> Decimal:
    text = str(value).removesuffix("%").strip() if isinstance(value, str | int | float) else ""
    try:
        share = number_from(text)
    except PydanticCustomError:
        raise expected("a percentage such as `10%`") from None
    if not 0 <= share <= 100 or isinstance(value, bool):
        raise expected("a percentage between `0%` and `100%`")
    return share


def _voucher_value(value: object) -> str:
    """As the shop wrote it, but for the space between amount and unit, which is one."""
    found = _VALUE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or not Decimal(found[1]):
        raise expected("a share or an amount such as `10 %` or `20 EUR`")
    if found[2] == "%" and Decimal(found[1]) > 100:
        raise expected("a share up to `100 %`")
    return f"{found[1]} {found[2]}"


def _low_at(value: object) -> int | Decimal:
    if isinstance(value, str):
        share = _percentage(value)
        if not value.strip().endswith("%") or not 0 < share < 100:
            raise expected("a number of codes, or a share of them such as `10 %`")
        return share / 100
    return _count(value)


def _code_prefix(value: object) -> str:
    if isinstance(value, str) and _PREFIX.fullmatch(value):
        return value
    raise expected("up to 20 letters, digits, `-` and `_`")


def _codes_file(value: object) -> str:
    if isinstance(value, str) and CODES_FILE.fullmatch(value):
        return value
    raise expected("a file in the folder `vouchers`, such as `vouchers/tenth.csv`")


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MOST_COUNTED:
        raise expected("a whole number above 0")
    return value


def _weight(value: object) -> Decimal:
    number = number_from(value)
    if number <= 0:
        raise expected("a number above 0")
    return number


def _above_zero(value: object) -> Decimal:
    number = number_from(value)
    if number <= 0:
        raise expected("a number above 0, where every metric begins")
    return number


def listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]


def one_or_more(value: object) -> object:
    return value if value is None or isinstance(value, list) else [value]


def nothing_is_an_empty_list(value: object) -> object:
    return [] if value is None else value


Duration = Annotated[Span, PlainValidator(_span)]
ExactDuration = Annotated[timedelta, PlainValidator(_exact_span)]
Again = Annotated[Any, PlainValidator(_again)]
Number = Annotated[Decimal, PlainValidator(number_from)]
Value = Annotated[Any, PlainValidator(_value)]
NumberAboveZero = Annotated[Decimal, PlainValidator(_above_zero)]
Condition = Annotated[Any, PlainValidator(_condition)]
Amount = Annotated[Any, PlainValidator(_amount)]
Text = Annotated[str, PlainValidator(_text)]
Name = Annotated[str, PlainValidator(_name)]
Variable = Annotated[str, PlainValidator(_variable)]
TimeZone = Annotated[ZoneInfo, PlainValidator(_timezone)]
Sender = Annotated[str, PlainValidator(_sender)]
TextSender = Annotated[str, PlainValidator(_text_sender)]
Url = Annotated[str, PlainValidator(_url)]
SecureUrl = Annotated[str, PlainValidator(_secure_url)]
Color = Annotated[str, PlainValidator(_color)]
Currency = Annotated[str, PlainValidator(_currency)]
Locale = Annotated[str, PlainValidator(_locale)]
Percentage = Annotated[Decimal, PlainValidator(_percentage)]
Count = Annotated[int, PlainValidator(_count)]
VoucherValue = Annotated[str, PlainValidator(_voucher_value)]
LowAt = Annotated[Any, PlainValidator(_low_at)]
CodePrefix = Annotated[str, PlainValidator(_code_prefix)]
CodesFile = Annotated[str, PlainValidator(_codes_file)]
Weight = Annotated[Decimal, PlainValidator(_weight)]
EventName = Annotated[str, PlainValidator(_event_name)]
EventNames = Annotated[list[str], PlainValidator(_event_names)]

NOTHING_HELD_OUT: Final = Decimal(0)
A_TENTH: Final = Decimal("0.1")
SEVEN_DAYS: Final = Span(days=7)
ONE_DAY: Final = timedelta(hours=24)
TWO_DAYS: Final = timedelta(hours=48)
