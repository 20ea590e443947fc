"""Whom and what previews show: a sample customer, the products of an invented tool shop, and one event of each kind.

Everything is made up. Names are in the reader's language, so that a German mail looks as it will.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from dampf.domain.event import Event
from dampf.domain.product import Product
from dampf.domain.profile import Profile
from dampf.domain.scope import product_functions
from dampf_cli import profile_files

PROFILE: Final = Path(__file__).with_name("sample_profile.json")
SHOP: Final = "https://shop.example"

SAMPLED_AT: Final = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
"""When the sample customer is mailed, unless a profile of one's own is given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleProduct:
    """`picture` names a file beside the gallery."""

    id: str
    english: str
    german: str
    price: str
    category: str
    picture: str

    def name(self, locale: str) -> str:
        return self.german if locale.startswith("de") else self.english

    @property
    def url(self) -> str:
        return f"{SHOP}/products/{self.picture}"

    @property
    def image_url(self) -> str:
        return f"{SHOP}/pictures/{self.picture}.png"

    def line(self, locale: str, quantity: int = 1) -> dict[str, Any]:
        """As it stands in carts and orders."""
        return {
            "product_id": self.id,
            "name": self.name(locale),
            "price": float(self.price),
            "quantity": quantity,
            "url": self.url,
            "image_url": self.image_url,
            "category": self.category,
        }


PRODUCTS: Final = (
    SampleProduct(
        id="1001", english="Cordless drill 18 V", german="Akku-Bohrschrauber 18 V", price="129.90",
        category="Drills", picture="drill",
    ),
    SampleProduct(
        id="1002", english="Brass screws, 200 pieces", german="Messingschrauben, 200 Stück", price="8.49",
        category="Fixings", picture="screws",
    ),
    SampleProduct(
        id="1003", english="Folding workbench", german="Klappbare Werkbank", price="99.00",
        category="Workbenches", picture="bench",
    ),
    SampleProduct(
        id="1004", english="Spirit level 60 cm", german="Wasserwaage 60 cm", price="34.50",
        category="Measuring", picture="level",
    ),
    SampleProduct(
        id="1005", english="Japanese pull saw", german="Japanische Zugsäge", price="39.90",
        category="Saws", picture="saw",
    ),
    SampleProduct(
        id="1006", english="Rubber mallet", german="Gummihammer", price="12.90",
        category="Hand tools", picture="mallet",
    ),
    SampleProduct(
        id="1007", english="Bench vice 120 mm", german="Schraubstock 120 mm", price="64.90",
        category="Workbenches", picture="vice",
    ),
    SampleProduct(
        id="1008", english="Wood drill bits, set of six", german="Holzbohrer, Satz mit sechs", price="24.95",
        category="Drills", picture="bits",
    ),
)  # fmt: skip
_BY_ID: Final = {product.id: product for product in PRODUCTS}
DRILL, SCREWS, BENCH, LEVEL, SAW, MALLET, VICE, BITS = PRODUCTS


def sample_profile(locale: str) -> Profile:
    told = json.loads(PROFILE.read_text(encoding="utf-8"))
    told["traits"]["language"] = locale
    told["cart"]["items"] = [
        _BY_ID[item["product_id"]].line(locale, item["quantity"]) for item in told["cart"]["items"]
    ]
    for item in (*told["viewed"], *told["purchased"]):
        item["name"] = _BY_ID[item["product_id"]].name(locale)
    return profile_files.read_profile(json.dumps(told), str(PROFILE))


def sample_functions(locale: str) -> Mapping[str, Callable[..., Any]]:
    """What templates may ask of a catalogue: of this one, the first that fit."""
    known = {
        product.id: Product(
            id=product.id,
            updated_at=SAMPLED_AT,
            name=product.name(locale),
            url=product.url,
            image_url=product.image_url,
            price=Decimal(product.price),
            currency="EUR",
            category=product.category,
        )
        for product in PRODUCTS
    }
    asked = product_functions(lambda ids: {each: known.get(each) for each in ids})
    suggested = [BITS.id, VICE.id, MALLET.id, SAW.id]
    return {
        **asked,
        "similar": lambda product_id, count=4: [asked["product"](each) for each in suggested[:count]],
        "recommendations": lambda count=4: [asked["product"](each) for each in suggested[:count]],
    }


def sample_event(name: str, locale: str) -> Event:
    """One that happened five minutes ago."""
    at = SAMPLED_AT - timedelta(minutes=5)
    properties = _PROPERTIES.get(name, _no_properties)(locale)
    return Event(source="preview", id="1", name=name, at=at, arrived_at=at, properties=properties)


def _no_properties(locale: str) -> dict[str, Any]:
    return {}


def _order(locale: str) -> dict[str, Any]:
    lines = [DRILL.line(locale), BITS.line(locale), SCREWS.line(locale, 2)]
    return {
        "order_id": "10042",
        "currency": "EUR",
        "products": lines,
        "subtotal": 171.83,
        "shipping": 4.90,
        "total": 176.73,
        "tax": 28.22,
        "expected_on": "2026-03-07",
    }


def _parcel(locale: str) -> dict[str, Any]:
    return {
        **_order(locale),
        "carrier": "DHL",
        "tracking_number": "00340434161094015902",
        "tracking_url": "https://tracking.example/00340434161094015902",
        "delivered_at": "2026-03-05T09:12:00Z",
        "left_with": "your neighbour" if not locale.startswith("de") else "Ihrem Nachbarn",
    }


def _cheaper(locale: str) -> dict[str, Any]:
    return {**BENCH.line(locale), "old_price": 129.0, "currency": "EUR"}


_PROPERTIES: Final[dict[str, Callable[[str], dict[str, Any]]]] = {
    "Order Completed": _order,
    "Order Shipped": _parcel,
    "Order Fulfilled": _parcel,
    "Order Delivered": _parcel,
    "Product Price Changed": _cheaper,
    "Product Back In Stock": _cheaper,
    "Product Viewed": _cheaper,
}
