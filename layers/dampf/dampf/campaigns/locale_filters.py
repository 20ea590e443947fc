"""Amounts, days and hours as the reader of a mail writes them.

The reader's `locale` is a reserved name of the scope, like `zone`. Babel is imported when the first amount is written:
functions that render nothing never load it. What is undefined, or is no amount or instant, prints as nothing.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import pass_context

from dampf.campaigns.numbers import decimal
from dampf.domain.missing import MISSING

if TYPE_CHECKING:
    from babel import Locale

DAY_FORMS: Final = ("short", "medium", "long", "full", "weekday")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_YEAR_AT_THE_END: Final = re.compile(r"[\s,]*(?:'[^']*'\s*)?y+\W*$")
_UNREGIONED: Final = {"en": "en_GB"}
"""English without a region puts the day before the month, as most readers do; `en-US` says otherwise."""


@pass_context
def money(context: Any, value: Any, currency: Any = None, *, whole: bool = False) -> Any:
    """€1,129.90 or 1.129,90 €. Without a currency it is the shop's. `whole` leaves out cents where there are none."""
    amount = None if isinstance(value, bool) else decimal(value, None)
    if amount is None:
        return MISSING
    from babel.numbers import format_currency

    exact = Decimal(amount)
    digits = not (whole and exact == exact.to_integral_value())
    written = format_currency(
        exact if digits else int(exact),
        _currency(context, currency),
        format=None if digits else _without_cents(_locale(context)),
        currency_digits=digits,
        locale=_locale(context),
    )
    return written.replace("-", "−")


@pass_context
def day(context: Any, value: Any, form: str = "long") -> Any:
    """5 March 2026 or 5. März 2026, in the reader's zone; `weekday` is Thursday 5 March. Text is read as ISO 8601."""
    if form not in DAY_FORMS:
        raise TypeError(f"a day is written {', '.join(DAY_FORMS)}")
    moment = _moment(context, value)
    if moment is MISSING:
        return MISSING
    from babel.dates import format_date

    locale = _locale(context)
    return format_date(moment, _weekday_pattern(locale) if form == "weekday" else form, locale=locale)


@pass_context
def hour(context: Any, value: Any) -> Any:
    """14:30, in the reader's zone."""
    moment = _moment(context, value)
    if not isinstance(moment, datetime):
        return MISSING
    from babel.dates import format_time

    return format_time(moment.time(), "short", locale=_locale(context))


def _moment(context: Any, value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            return MISSING
    zone = context.resolve_or_missing("zone")
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(zone) if hasattr(zone, "utcoffset") else value
    return value if isinstance(value, date) else MISSING


def _currency(context: Any, told: Any) -> str:
    shop = context.resolve_or_missing("shop")
    for currency in (told, shop.get("currency") if hasattr(shop, "get") else None):
        if isinstance(currency, str) and _CURRENCY.fullmatch(currency.upper()):
            return currency.upper()
    return "EUR"


def _locale(context: Any) -> "Locale":
    name = context.resolve_or_missing("locale")
    return _locale_named(name if isinstance(name, str) else "en")


@lru_cache(maxsize=64)
def _locale_named(name: str) -> "Locale":
    """The locale that Babel knows for it: itself, else its language, else English."""
    from babel import Locale, UnknownLocaleError

    tag = name.replace("-", "_")
    for known in (_UNREGIONED.get(tag, tag), tag.partition("_")[0]):
        try:
            return Locale.parse(known)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(_UNREGIONED["en"])


@lru_cache(maxsize=64)
def _weekday_pattern(locale: "Locale") -> str:
    full: str = locale.date_formats["full"].pattern
    shortened = _YEAR_AT_THE_END.sub("", full)
    return shortened if "d" in shortened and "M" in shortened else full


@lru_cache(maxsize=64)
def _without_cents(locale: "Locale") -> str:
    pattern: str = locale.currency_formats["standard"].pattern
    return re.sub(r"0\.0+", "0", pattern)
