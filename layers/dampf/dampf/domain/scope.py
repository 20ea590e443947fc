"""The names that expressions and messages see, as plain data. Parts are computed when something reads them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from dampf.domain.catalogue import Catalogue
from dampf.domain.event import Event
from dampf.domain.instants import format_instant
from dampf.domain.journey import Journey
from dampf.domain.metrics import NOTHING
from dampf.domain.missing import MISSING
from dampf.domain.product import Product
from dampf.domain.profile import ProductSeen, Profile, number
from dampf.domain.recommendation import MOST_SHOWN, Sources, recommended, similar_to
from dampf.domain.shop import Shop
from dampf.domain.voucher import GivenVoucher, Voucher
from dampf.domain.words import ALL_TOPICS

JUST_AFTER: Final = timedelta(microseconds=1)
"""Segments are asked right after the instant: what a comparison with the clock turns, it has turned by then."""


MOST_PRODUCTS_ASKED: Final = 100
"""Of one call: more than any list that events and profiles keep, and what one request reads."""


class View(Mapping[str, Any]):
    """A mapping whose values are computed at their first reading."""

    __slots__ = ("_parts", "_values")

    def __init__(self, parts: Mapping[str, Callable[[], Any]]) -> None:
        self._parts, self._values = parts, dict[str, Any]()

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            self._values[name] = self._parts[name]()
        return self._values[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self._parts else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def profile_view(profile: Profile, catalogue: Catalogue, in_segment: Callable[[str], bool]) -> View:
    def consent() -> dict[str, bool]:
        return {topic: profile.consents_to(topic) for topic in profile.consent if topic != ALL_TOPICS}

    def metrics() -> dict[str, int | float]:
        names = {*catalogue.metrics, *profile.metrics}
        return {name: number(profile.metrics.get(name, NOTHING).value) for name in names}

    def cart() -> dict[str, Any]:
        cart = profile.cart.cart
        items = [dict(item) for item in cart.items]
        return {"id": cart.id, "items": items, "value": number(cart.value), "updated_at": cart.updated_at}

    return View(
        {
            "id": lambda: profile.id,
            "traits": lambda: {name: told.value for name, told in profile.traits.items()},
            "consent": consent,
            "metrics": metrics,
            "dates": lambda: profile.instants(catalogue.shop),
            "cart": cart,
            "viewed": lambda: products_view(profile.viewed),
            "purchased": lambda: products_view(profile.purchased),
            "wished": lambda: products_view(profile.wished),
            "vouchers": lambda: [given_view(given) for given in profile.vouchers],
            "segments": lambda: [name for name in catalogue.segments if in_segment(name)],
        }
    )


def products_view(products: tuple[ProductSeen, ...]) -> list[dict[str, Any]]:
    return [{"product_id": product.product_id, "name": product.name, "at": product.at} for product in products]


def voucher_view(voucher: Voucher) -> dict[str, Any]:
    """`value` prints as the shop wrote it; `amount` and `unit` are its parts."""
    told = voucher._asdict()
    if voucher.value is not None:
        amount, _, unit = voucher.value.partition(" ")
        told |= {"amount": number(Decimal(amount)), "unit": unit}
    return told


def given_view(given: GivenVoucher) -> dict[str, Any]:
    return {**voucher_view(given.voucher), "redeemed_at": given.redeemed_at}


def event_view(event: Event) -> dict[str, Any]:
    return {"name": event.name, "at": event.at, "properties": event.properties}


def shop_view(shop: Shop) -> View:
    """What messages see of shop.yaml."""
    brand = shop.brand
    return View(
        {
            "name": lambda: shop.name,
            "url": lambda: shop.url,
            "postal_address": lambda: shop.postal_address,
            "currency": lambda: shop.currency,
            "brand": lambda: {
                "color": brand.color,
                "logo_url": brand.logo_url,
                "text_color": brand.text_color,
                "link_color": brand.link_color,
                "dark_link_color": brand.dark_link_color,
            },
        }
    )


def journey_view(journey: Journey) -> dict[str, Any]:
    """`split` answers to a split step's id with the arm taken, and to the arm's name with true."""
    messages = {name: {**progress._asdict()} for name, progress in journey.messages.items()}
    split = {**dict.fromkeys(journey.splits.values(), True), **journey.splits}
    return {"entered_at": journey.entered_at, "key": journey.key, "messages": messages, "split": split}


def product_functions(
    find: Callable[[tuple[str, ...]], Mapping[str, Product | None]],
) -> dict[str, Callable[..., Any]]:
    """`product(id)`, and `products(things, n)`: of these only those that may be shown, each once, the first `n`.

    `find` is asked for all ids of a call at once; whom it does not know of yet it may leave out.
    """

    def product(named: Any) -> Any:
        ids = product_ids([named])
        found = find(ids).get(ids[0]) if ids else None
        return product_view(found) if found is not None else MISSING

    def products(things: Any, most: Any = None) -> list[dict[str, Any]]:
        ids = product_ids(things)
        found = find(ids)
        shown = [each for product_id in ids if (each := found.get(product_id)) is not None and each.available]
        return [product_view(each) for each in shown[: max(int(most), 0) if most is not None else None]]

    return {"product": product, "products": products}


def recommending_functions(profile: Profile, sources: Sources, *, now: datetime) -> dict[str, Callable[..., Any]]:
    """`recommendations(n)` for this person, and `similar(id, n)`: products that can be bought, the best first."""

    def recommendations(count: Any = MOST_SHOWN) -> list[dict[str, Any]]:
        return [product_view(each) for each in recommended(profile, max(int(count), 0), sources, now=now)]

    def similar(named: Any, count: Any = MOST_SHOWN) -> list[dict[str, Any]]:
        ids = product_ids([named])
        found = similar_to(ids[0], max(int(count), 0), profile, sources) if ids else []
        return [product_view(each) for each in found]

    return {"recommendations": recommendations, "similar": similar}


def product_ids(things: Any) -> tuple[str, ...]:
    """Of ids, or of what bears one as the items of carts and lists do, each once."""
    named = [_product_id(thing) for thing in things] if isinstance(things, list | tuple) else []
    return tuple(dict.fromkeys(each for each in named if each))[:MOST_PRODUCTS_ASKED]


def _product_id(thing: Any) -> str | None:
    if isinstance(thing, Mapping):
        thing = thing.get("product_id", thing.get("id"))
    if isinstance(thing, bool):
        return None
    return str(thing) if isinstance(thing, str | int | Decimal) else None


def product_view(product: Product) -> dict[str, Any]:
    return {
        "id": product.id,
        "name": product.name,
        "url": product.url,
        "image_url": product.image_url,
        "price": None if product.price is None else number(product.price),
        "currency": product.currency,
        "category": product.category,
        "brand": product.brand,
        "available": product.available,
        "updated_at": product.updated_at,
    }


def as_json(value: Any) -> Any:
    """An expression's value as it can be stored in a trait or an event: instants as text, lists and mappings copied."""
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, Mapping):
        return {str(name): as_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return number(value) if hasattr(value, "to_integral_value") else str(value)
