"""Events of an invented shop, as they arrive on its bus. The same call gives the same events; nothing here is real."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from dampf.domain.instants import format_instant

Envelope = dict[str, Any]

SEED: Final = 7
SOURCE: Final = "shop.example"
CATEGORIES: Final = ("Drills", "Saws", "Sanders", "Hand tools", "Workwear")
PRODUCTS: Final = 400
BROWSING: Final = ("Product Viewed",) * 28 + ("Products Searched",) * 8 + ("Product Added",) * 3 + ("Order Completed",)
"""What people do in a shop, about as often; with the quick-start campaigns it leads to a mail for every ten events."""


class Shop:
    """`start` is when the first event happens; each later one happens `apart` after it."""

    def __init__(self, *, start: datetime, apart: timedelta = timedelta(milliseconds=1), seed: int = SEED) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - nothing secret, and the same every time
        self._at, self._apart, self._number = start.astimezone(UTC), apart, 0

    def event(self, name: str, person: int, properties: dict[str, Any] | None = None, **more: Any) -> Envelope:
        """From the shop's own backend, for somebody whose customer id it knows."""
        self._number += 1
        self._at += self._apart
        at = format_instant(self._at)
        detail = {"messageId": f"event-{self._number}", "timestamp": at, "userId": f"customer-{person}", **more}
        return {
            "version": "0",
            "id": f"envelope-{self._number}",
            "detail-type": name,
            "source": SOURCE,
            "account": "000000000000",
            "time": at,
            "region": "eu-central-1",
            "resources": [],
            "detail": {**detail, "properties": properties or {}},
        }

    def acquaintance(self, person: int) -> Iterator[Envelope]:
        """Somebody becomes known: name, address, language, and consent to marketing."""
        traits = {
            "email": f"person-{person}@shop.example",
            "firstName": f"Person{person}",
            "language": ("en", "de")[person % 2],
            "birthday": "1990-05-04",
        }
        yield self.event("identify", person, traits=traits)
        yield self.event("Consent Granted", person, {"source": "registration", "wording": "Yes, write to me."})

    def visit(self, person: int, name: str | None = None) -> Envelope:
        """One thing that somebody does in the shop, or the one that is named."""
        match name or self._chance.choice(BROWSING):
            case "Products Searched":
                return self.event("Products Searched", person, {"query": self._chance.choice(CATEGORIES).lower()})
            case "Order Completed":
                products = [self._product() for _ in range(2)]
                total = sum(product["price"] for product in products)
                order = {"order_id": f"order-{self._number}", "total": total, "currency": "EUR", "products": products}
                return self.event("Order Completed", person, order)
            case "Customer Registered":
                return self.event("Customer Registered", person)
            case named:
                return self.event(named, person, self._product())

    def visits(self, people: Sequence[int], count: int, name: str | None = None) -> Iterator[Envelope]:
        """All people in turn, so that neighbouring events are different people's."""
        return (self.visit(people[number % len(people)], name) for number in range(count))

    def sells_everything(self, person: int) -> Iterator[Envelope]:
        """Afterwards every product was seen and ordered, as in a shop which has been open for a while."""
        for first in range(0, PRODUCTS, 20):
            products = [self._product(number) for number in range(first, first + 20)]
            yield from (self.event("Product Viewed", person, product) for product in products)
            yield self.event("Order Completed", person, {"order_id": f"stock-{first}", "products": products})

    def _product(self, number: int | None = None) -> dict[str, Any]:
        number = self._chance.randrange(PRODUCTS) if number is None else number
        return {
            "product_id": f"{100_000 + number}",
            "sku": f"SKU-{number}",
            "name": f"Example tool {number}",
            "category": CATEGORIES[number % len(CATEGORIES)],
            "price": 10 + number / 4,
            "quantity": 1,
            "currency": "EUR",
            "url": f"https://shop.example/products/{number}",
            "image_url": f"https://shop.example/images/{number}.jpg",
        }
