"""What a browser may tell: pages, products and carts of somebody unknown. Anybody can send this, so little is believed.

It names nobody but a random id of its own, so that no visitor can pass for a customer: who it is, the shop's server
says. It carries no prices, and of texts only what leads nowhere: what a stranger writes could stand in our mails.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic_core import from_json
from typing_extensions import TypedDict  # pydantic needs this one below Python 3.12

from dampf.domain.event import ANONYMOUS_ID, FROM_BROWSERS, Event
from dampf.doors.canonical import canonical_properties
from dampf.doors.checks import check
from dampf.doors.envelope import Malformed, check_size
from dampf.doors.people import is_zone

ANY_ORIGIN: Final = "*"
MOST_PRODUCTS: Final = 30
LONGEST_TEXT: Final = 200
RANDOM: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
"""Ids that nobody guesses: whoever knew another visitor's could write into their cart."""

LEADS_SOMEWHERE: Final = re.compile(r"://|@|\S\.[a-z]{2}|www\.", re.IGNORECASE)
"""What mail programs make a link of."""

_PRODUCT: Final = frozenset(
    {"product_id", "sku", "name", "variant", "brand", "category", "quantity", "position", "url", "image_url"}
)
_CODES: Final = frozenset({"product_id", "cart_id", "list_id"})
_CART: Final = frozenset({"cart_id", "products"})
EVENTS: Final[Mapping[str, frozenset[str]]] = {
    "Page Viewed": frozenset({"url", "title", "category"}),
    "Products Searched": frozenset({"query"}),
    "Product List Viewed": frozenset({"list_id", "category", "products"}),
    "Product Viewed": _PRODUCT,
    "Product Added": _PRODUCT | {"cart_id"},
    "Product Removed": _PRODUCT | {"cart_id"},
    "Cart Viewed": _CART,
    "Cart Emptied": frozenset({"cart_id"}),
}
"""The events that are taken, and what of their properties. Orders, consent and feedback are nobody's to claim."""


class Told(TypedDict, total=False):
    key: Any
    id: Any
    who: Any
    name: Any
    timezone: Any
    properties: dict[str, Any] | None


def read_told(body: bytes) -> Told:
    """What a page sent, as far as it can be read at all."""
    try:
        given = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise Malformed("a JSON object expected", field="body") from None
    told: Told = check(Told, given, place="body", event_id=None)
    return told


def event_of(told: Told, *, origins: Collection[str], now: datetime) -> Event:
    """The event; its time is ours, as browsers' clocks are wrong and anybody may set them."""
    who, own_id, name = _random(told, "who"), _random(told, "id"), told.get("name")
    if not isinstance(name, str) or name not in EVENTS:
        raise Malformed(f"one of {', '.join(EVENTS)} expected", field="body.name")
    kept = _kept(told.get("properties") or {}, EVENTS[name], origins)
    zone = told.get("timezone")
    event = Event(
        source=FROM_BROWSERS,
        id=f"{who}/{own_id}",
        name=name,
        at=now,
        arrived_at=now,
        identifiers={ANONYMOUS_ID: who},
        properties=canonical_properties(name, kept),
        traits={"timezone": zone} if isinstance(zone, str) and is_zone(zone) else {},
    )
    check_size(event)
    return event


def _random(told: Told, field: str) -> str:
    given = told.get(field)
    if not isinstance(given, str) or not RANDOM.fullmatch(given):
        raise Malformed("16 to 64 letters, digits, _ or - expected", field=f"body.{field}")
    return given


def _kept(given: Mapping[str, Any], allowed: Collection[str], origins: Collection[str]) -> dict[str, Any]:
    """What is not allowed is left out; it does not cost the rest."""
    kept: dict[str, Any] = {}
    for name, value in given.items():
        if name not in allowed:
            continue
        if name == "products":
            kept[name] = _products(value, origins)
        elif name in ("url", "image_url"):
            if _is_of_the_shop(value, origins):
                kept[name] = value
        elif isinstance(value, int | float) or (isinstance(value, str) and _may_be_shown(name, value)):
            kept[name] = value
    return kept


def _products(given: Any, origins: Collection[str]) -> list[dict[str, Any]]:
    if not isinstance(given, list):
        raise Malformed("a list expected", field="body.properties.products")
    return [_kept(each, _PRODUCT, origins) for each in given[-MOST_PRODUCTS:] if isinstance(each, dict)]


def _may_be_shown(name: str, text: str) -> bool:
    """Codes are looked up and never shown."""
    return len(text) <= LONGEST_TEXT and (name in _CODES or not LEADS_SOMEWHERE.search(text))


def _is_of_the_shop(url: Any, origins: Collection[str]) -> bool:
    if not isinstance(url, str) or len(url) > 1000:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if ANY_ORIGIN in origins:
        return parts.scheme in ("http", "https")
    return f"{parts.scheme}://{parts.netloc}" in origins
