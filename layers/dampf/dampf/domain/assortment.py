"""The assortment: how what the shop tells of a product, and what customers' events say of it, changes the catalogue.

Three kinds of evidence. *News* (a feed's row, `Product Updated`, a shop system's own product) is what the shop says: it
wins, the later over the earlier. Where nobody tells news, what the *shelf* shows (`Product Viewed`, lists) is believed
as well. A *line* of a cart or an order may bear a discount: it only fills what is unknown, and so does the shelf once
there was news. What browsers send can be forged by anybody and says nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from dampf.domain.event import BACK_IN_STOCK, FROM_BROWSERS, MAIL_WORLD, OURS, PRICE_CHANGED, Event
from dampf.domain.journey import digest
from dampf.domain.product import Product
from dampf.domain.profile import number


class Evidence(StrEnum):
    NEWS = "news"
    SHELF = "shelf"
    LINE = "line"


_EVIDENCE: Final = {
    "Product Updated": Evidence.NEWS,
    PRICE_CHANGED: Evidence.NEWS,
    BACK_IN_STOCK: Evidence.NEWS,
    "Product Viewed": Evidence.SHELF,
    "Product Clicked": Evidence.SHELF,
    "Product List Viewed": Evidence.SHELF,
    "Product List Filtered": Evidence.SHELF,
    "Product Added to Wishlist": Evidence.SHELF,
    "Product Added": Evidence.LINE,
    "Product Removed": Evidence.LINE,
    "Cart Viewed": Evidence.LINE,
    "Checkout Started": Evidence.LINE,
    "Order Completed": Evidence.LINE,
}
_NOT_BELIEVED: Final = frozenset({FROM_BROWSERS, OURS, MAIL_WORLD})
"""Of our own, the catalogue knows already."""

_FIELDS: Final = ("name", "url", "image_url", "price", "currency", "category", "brand", "available")
_LONGEST_ID: Final = 256
_LONGEST_TEXT: Final = 500
_LONGEST_ADDRESS: Final = 2000
_LARGEST: Final = Decimal(10**15)

FRESH_FOR: Final = timedelta(days=7)
"""What customers did longer ago says nothing of what the shop sells now."""


class Telling(NamedTuple):
    """What one source says of one product: `told` are the values of `_FIELDS`, None where nothing is said.

    `is_dated`: it says itself since when that is so. `event` is the name of the event that told it.
    """

    product: str
    evidence: Evidence
    told: tuple[Any, ...]
    at: datetime
    is_dated: bool = True
    event: str | None = None


def news(product: str, told: Mapping[str, Any], *, at: datetime, is_dated: bool) -> Telling:
    """What a feed tells; `told` by the names of a product's fields."""
    return Telling(product, Evidence.NEWS, tuple(map(told.get, _FIELDS)), at, is_dated)


def tellings(event: Event, *, now: datetime) -> Iterator[Telling]:
    """What an event says of products; nothing of those that it does not name by their ids."""
    evidence = _EVIDENCE.get(event.name)
    if evidence is None or event.source in _NOT_BELIEVED:
        return
    if evidence is not Evidence.NEWS and (event.historical or now - event.at > FRESH_FOR):
        return
    properties = event.properties
    listed = properties.get("products")
    for told in (properties, *(listed if isinstance(listed, list) else ())):
        product = told.get("product_id") if isinstance(told, dict) else None
        if isinstance(product, str) and 0 < len(product) <= _LONGEST_ID:
            values = {"currency": properties.get("currency"), **told}
            if not isinstance(values["currency"], str):  # the one of these that no canonical event checks everywhere
                values["currency"] = None
            if event.name == BACK_IN_STOCK:
                values.setdefault("available", True)
            elif evidence is not Evidence.NEWS:
                values["available"] = None
            yield Telling(product, evidence, tuple(map(values.get, _FIELDS)), event.at, event=event.name)


def changed(kept: Product | None, telling: Telling, *, now: datetime) -> Product | None:
    """The product as it is after the telling; None where that changes nothing, or comes too late."""
    told = _clean(*telling.told)
    is_news = telling.evidence is Evidence.NEWS
    if kept is None:
        return Product(id=telling.product, updated_at=telling.at, seen_only=not is_news, **told)
    if is_news and kept.seen_only:
        return replace(kept, **{"available": True, **told}, updated_at=telling.at, seen_only=False)
    if is_news:
        return _after_news(kept, telling, told, now)
    if telling.evidence is Evidence.LINE or not kept.seen_only or telling.at < kept.updated_at:
        told = {name: value for name, value in told.items() if getattr(kept, name) is None}
    if all(getattr(kept, name) == value for name, value in told.items()):
        return None
    updated_at = max(kept.updated_at, telling.at) if kept.seen_only else kept.updated_at
    return replace(kept, **told, updated_at=updated_at)


def _after_news(kept: Product, telling: Telling, told: Mapping[str, Any], now: datetime) -> Product | None:
    if telling.at < kept.updated_at:
        return None
    after = replace(kept, **told)
    if after == kept and not (telling.is_dated and telling.at > kept.updated_at):
        return None
    untold = tuple(each for each in _announcements(kept, after, telling.at, now) if each.name != telling.event)
    return replace(after, updated_at=telling.at, untold=(*kept.untold, *untold))


def _announcements(before: Product, after: Product, at: datetime, now: datetime) -> Iterator[Event]:
    """They happen when we learn of them, since what is old starts nothing."""
    old_price = before.price
    if old_price is not None and after.price not in (None, old_price) and before.currency in (None, after.currency):
        yield _announcement(PRICE_CHANGED, after, at, now, old_price=number(old_price))
    if after.available and not before.available:
        yield _announcement(BACK_IN_STOCK, after, at, now)


def _announcement(name: str, product: Product, at: datetime, now: datetime, **more: Any) -> Event:
    properties: dict[str, Any] = {
        "product_id": product.id,
        **{field: value for field in _FIELDS if (value := getattr(product, field)) is not None},
        **more,
    }
    if product.price is not None:
        properties["price"] = number(product.price)
    told = f"{at.isoformat()} {more} {properties.get('price')}"
    return Event(
        source=OURS, id=digest(name, product.id, told), name=name, at=now, arrived_at=now, properties=properties
    )


@lru_cache(maxsize=4096, typed=True)
def _clean(
    name: Any, url: Any, image_url: Any, price: Any, currency: Any, category: Any, brand: Any, available: Any
) -> Mapping[str, Any]:
    """The values that can be shown; an event is not refused for the others, it says nothing of them.

    One product's are the same in many events.
    """
    found: dict[str, Any] = {
        "name": _text(name),
        "url": _address(url, "https://", "http://"),
        "image_url": _address(image_url, "https://"),
        "price": _price(price),
        "currency": currency.upper() if isinstance(currency, str) and len(currency) == 3 else None,
        "category": _text(category),
        "brand": _text(brand),
        "available": available if isinstance(available, bool) else None,
    }
    if found["price"] is None:
        found["currency"] = None  # it is that of something else
    return {field: value for field, value in found.items() if value is not None}


def _text(value: Any) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text[:_LONGEST_TEXT] or None


def _address(value: Any, *schemes: str) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text if text.startswith(schemes) and len(text) <= _LONGEST_ADDRESS else None


def _price(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        price = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return price if price.is_finite() and 0 <= price <= _LARGEST else None
