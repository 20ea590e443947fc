"""The shop's assortment: twelve invented products in four categories."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    number: int
    name: str
    category: str
    price: Decimal

    @property
    def product_id(self) -> str:
        return str(self.number)

    @property
    def url(self) -> str:
        return f"https://shop.example/products/{self.name.lower().replace(' ', '-')}"


PRODUCTS: Final = tuple(
    Product(number=number, name=name, category=category, price=Decimal(price))
    for number, name, category, price in (
        (810001, "Cordless Drill 18V", "Drills", "129.00"),
        (810002, "Hammer Drill 850W", "Drills", "89.90"),
        (810003, "Compact Drill 12V", "Drills", "74.50"),
        (810004, "Wood Drill Bit Set", "Drills", "24.95"),
        (820001, "Japanese Pull Saw", "Saws", "34.90"),
        (820002, "Table Saw 1800W", "Saws", "449.00"),
        (820003, "Jigsaw 650W", "Saws", "79.00"),
        (820004, "Mitre Saw 216 mm", "Saws", "219.00"),
        (830001, "Beech Workbench", "Workbenches", "389.00"),
        (830002, "Folding Workbench", "Workbenches", "99.00"),
        (830003, "Bench Vice 120 mm", "Workbenches", "64.90"),
        (840001, "Rubber Mallet", "Hand Tools", "12.90"),
    )
)

TABLE_SAW: Final = PRODUCTS[5]
CHEAPER: Final = PRODUCTS[8]
"""Its price falls this week."""

SOLD_OUT: Final = PRODUCTS[10]
"""Until it is there again."""


def total_of(products: Sequence[Product]) -> Decimal:
    return sum((product.price for product in products), Decimal(0))
