"""One row of a feed: what it tells of a product, or which of its fields is broken, and why."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from dampf.doors.envelope import instant

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "id": ("id", "product_id"),
    "name": ("title", "name"),
    "url": ("link", "url"),
    "image_url": ("image_link", "image_url", "image"),
    "price": ("price",),
    "sale_price": ("sale_price",),
    "sale_period": ("sale_price_effective_date",),
    "currency": ("currency",),
    "category": ("product_type", "category", "google_product_category"),
    "brand": ("brand", "vendor"),
    "available": ("availability", "available", "in_stock"),
    "updated_at": ("updated_at",),
}
"""What formats call our fields; of several the first that says anything."""

LONGEST_ID: Final = 256
LONGEST_ADDRESS: Final = 2000
_PRICE: Final = re.compile(
    r"(?:(?P<before>[A-Z]{3})\s*)?(?P<amount>\d{1,12}(?:\.\d{1,4}|,\d{1,2})?)(?:\s*(?P<after>[A-Z]{3}))?"
)
_STOCK: Final = {
    **dict.fromkeys(("in_stock", "preorder", "backorder", "limited_availability", "true", "yes", "1"), True),
    **dict.fromkeys(("out_of_stock", "discontinued", "sold_out", "false", "no", "0"), False),
}


class Row(NamedTuple):
    """As it stands in the file: its number among the rows, its line, and its fields under their own names."""

    number: int
    line: int
    fields: Mapping[str, Any]


class Told(NamedTuple):
    """What a row tells of a product, under the names of its fields; `at` is None where it does not say since when."""

    product: str
    fields: dict[str, Any]
    at: datetime | None


class Broken(NamedTuple):
    """A row that is left out. `field` is empty where the row as a whole is broken; `product` where nobody can tell."""

    number: int
    line: int
    field: str
    reason: str
    product: str = ""

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        return f"{self.line}: row {self.number}: {field}{self.reason}"


class Wrong(Exception):
    """What was expected instead."""


def told_by(row: Row, *, now: datetime) -> Told | Broken:
    """`now` decides whether a reduced price is in force."""
    values: dict[str, Any] = {}
    for field, names in ALIASES.items():
        name, given = _given(row.fields, names)
        if given is None:
            continue
        try:
            values[field] = _READERS[field](given)
        except Wrong as problem:
            return Broken(row.number, row.line, name, str(problem), values.get("id", ""))
    product = values.pop("id", None)
    if product is None:
        return Broken(row.number, row.line, "id", f"text of 1 to {LONGEST_ID} characters expected")
    updated_at = values.pop("updated_at", None)
    _settle_price(values, now)
    return Told(product, values, min(updated_at, now) if updated_at is not None else None)


def _given(fields: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, Any]:
    """The first of these that says anything, and what it says."""
    for name in names:
        given = fields.get(name)
        if isinstance(given, str):
            given = " ".join(given.split())
        if given is not None and given != "":
            return name, given
    return names[0], None


def _settle_price(values: dict[str, Any], now: datetime) -> None:
    begin, end = values.pop("sale_period", (now, now))
    regular, reduced = values.pop("price", None), values.pop("sale_price", None)
    price = reduced if reduced is not None and begin <= now <= end else regular
    if price is not None:
        amount, currency = price
        values["price"] = amount
        if currency is not None:
            values["currency"] = currency


def _text(given: Any) -> str:
    if not isinstance(given, str | int) or isinstance(given, bool):
        raise Wrong("text expected")
    return str(given)


def _id(given: Any) -> str:
    text = _text(given)
    if len(text) > LONGEST_ID:
        raise Wrong(f"text of 1 to {LONGEST_ID} characters expected")
    return text


def _address(given: Any) -> str:
    if not isinstance(given, str) or not given.startswith(("https://", "http://")) or len(given) > LONGEST_ADDRESS:
        raise Wrong(f"an address that begins with https:// expected, of at most {LONGEST_ADDRESS} characters")
    return given


def _image(given: Any) -> str:
    """Mail programs show no picture that comes unencrypted."""
    if not isinstance(given, str) or not given.startswith("https://") or len(given) > LONGEST_ADDRESS:
        raise Wrong(f"an address that begins with https:// expected, of at most {LONGEST_ADDRESS} characters")
    return given


def _price(given: Any) -> tuple[Decimal, str | None]:
    found = _PRICE.fullmatch(str(given).upper()) if isinstance(given, str | int | float | Decimal) else None
    if found is None or isinstance(given, bool) or (found["before"] and found["after"]):
        raise Wrong("a price such as 12.90 or 12.90 EUR expected")
    return Decimal(found["amount"].replace(",", ".")), found["before"] or found["after"]


def _currency(given: Any) -> str:
    text = given.upper() if isinstance(given, str) else ""
    if not re.fullmatch("[A-Z]{3}", text):
        raise Wrong("three letters such as EUR expected")
    return text


def _stock(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    known = _STOCK.get(str(given).lower().replace(" ", "_"))
    if known is None:
        raise Wrong("in_stock, out_of_stock, preorder or backorder expected, or true or false")
    return known


def _instant(given: Any) -> datetime:
    try:
        return instant(given)
    except ValueError:
        raise Wrong("an instant such as 2026-03-02T12:00:00Z expected") from None


def _period(given: Any) -> tuple[datetime, datetime]:
    begin, _, end = str(given).partition("/")
    try:
        return instant(begin), instant(end) if end else datetime.max.replace(tzinfo=UTC)
    except ValueError:
        raise Wrong("two instants with a `/` between them expected") from None


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "id": _id,
    "name": _text,
    "category": _text,
    "brand": _text,
    "url": _address,
    "image_url": _image,
    "price": _price,
    "sale_price": _price,
    "sale_period": _period,
    "currency": _currency,
    "available": _stock,
    "updated_at": _instant,
}
