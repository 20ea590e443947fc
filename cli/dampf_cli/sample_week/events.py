"""The week's events as envelopes: what EventBridge would hand over, each saying that it is synthetic."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from dampf_cli.sample_week.assortment import Product, total_of
from dampf_cli.sample_week.people import SEGMENT, SHOP, SHOPIFY, Person

SYNTHETIC: Final = {"name": "dampf-sample-week (synthetic)", "version": "1"}
WORDING: Final = "Yes, Example Tools may send me news and offers by e-mail."

Envelope = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cart:
    """`changed_at` is the last change: the hour of the reminder counts from it."""

    cart_id: str
    products: tuple[Product, ...]
    changed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """`place` is its place among the events, should it be sent a second time."""

    number: int
    products: tuple[Product, ...]
    at: datetime
    place: int

    @property
    def total(self) -> Decimal:
        return sum((product.price for product in self.products), Decimal(0))


def instant_text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Events:
    """The events as they are being written. `start` is the local midnight with which the week begins."""

    def __init__(self, *, seed: int, start: datetime) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - nothing secret, and the same every time
        self._start = start.astimezone(UTC)
        self._envelopes: list[Envelope] = []
        self._last_order = 5000
        self._last_cart = 300

    def in_order_of_arrival(self) -> list[Envelope]:
        """Stable: what arrives at one instant stays as it was written."""
        return sorted(self._envelopes, key=lambda envelope: str(envelope["time"]))

    # The shop's own door and Segment's: one message, two envelopes.

    def _identify(
        self, person: Person, at: datetime, *, happened_at: datetime | None = None, historical: bool = False
    ) -> None:
        traits = {
            "email": person.email,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "language": person.language,
            "timezone": person.timezone,
            **person.traits,
        }
        if person.birthday_in is not None:
            day = self._start.astimezone(ZoneInfo(person.timezone)) + timedelta(days=person.birthday_in)
            traits["birthday"] = f"1988-{day:%m-%d}"
        message = self._message(person, happened_at or at, historical=historical)
        # Signing in is what ties the browser to the person.
        message |= {"anonymousId": person.anonymous_id, "traits": traits}
        if person.door == SEGMENT and not historical:
            self._put(SEGMENT, "identify", at, {"type": "identify", **message})
        else:
            self._put(SHOP, "identify", at, {"type": "identify", **message})

    def _grant_consent(
        self, person: Person, at: datetime, *, happened_at: datetime | None = None, historical: bool = False
    ) -> None:
        properties = {"topic": "marketing", "source": "registration form", "wording": WORDING}
        if historical:
            self._imported(person, "Consent Granted", happened_at or at, properties)
        else:
            self._track(person, "Consent Granted", at, properties)

    def _imported(self, person: Person, name: str, happened_at: datetime, properties: dict[str, Any]) -> None:
        message = self._message(person, happened_at, historical=True)
        self._put(SHOP, name, self._start, {**message, "properties": properties})

    def _track(
        self, person: Person, name: str, at: datetime, properties: dict[str, Any], *, is_anonymous: bool = False
    ) -> None:
        message = {**self._message(person, at, is_anonymous=is_anonymous), "properties": properties}
        if person.door == SEGMENT:
            self._put(SEGMENT, "track", at, {"type": "track", "event": name, **message})
        else:
            self._put(SHOP, name, at, message)

    def _message(
        self, person: Person, happened_at: datetime, *, is_anonymous: bool = False, historical: bool = False
    ) -> dict[str, Any]:
        who = {"anonymousId": person.anonymous_id} if is_anonymous else {"userId": person.customer_id}
        context = {"library": SYNTHETIC, **({"historical": True} if historical else {})}
        return {"messageId": self._next_id(), **who, "timestamp": instant_text(happened_at), "context": context}

    @staticmethod
    def _product_properties(product: Product) -> dict[str, Any]:
        return {
            "product_id": product.product_id,
            "name": product.name,
            "category": product.category,
            "price": float(product.price),
            "url": product.url,
        }

    def _line(self, product: Product, **more: Any) -> dict[str, Any]:
        return {**self._product_properties(product), "quantity": 1, **more}

    def _order_properties(self, number: int, products: Sequence[Product]) -> dict[str, Any]:
        return {
            "order_id": str(number),
            "total": float(total_of(products)),
            "currency": "EUR",
            "products": [self._line(product) for product in products],
        }

    # What the shop tells of a product names nobody.

    def _tell_of(self, product: Product, at: datetime, **news: Any) -> None:
        properties = {**self._product_properties(product), "currency": "EUR", **news}
        context = {"library": SYNTHETIC}
        message = {"messageId": self._next_id(), "timestamp": instant_text(at), "context": context}
        self._put(SHOP, "Product Updated", at, {**message, "properties": properties})

    # Shopify's door: one webhook each.

    def _webhook(self, topic: str, at: datetime, payload: dict[str, Any]) -> None:
        metadata = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": "example-tools.myshopify.example",
            "X-Shopify-Webhook-Id": self._next_id(),
            "X-Shopify-Triggered-At": instant_text(at),
            "X-Shopify-API-Version": "2026-07",
            "X-Shopify-Test": "true",
        }
        self._put(SHOPIFY, "shopifyWebhook", at, {"payload": payload, "metadata": metadata})

    # Envelopes and ids.

    def _put(self, source: str, detail_type: str, at: datetime, detail: dict[str, Any]) -> None:
        self._envelopes.append(
            {
                "version": "0",
                "id": self._next_id(),
                "detail-type": detail_type,
                "source": source,
                "account": "000000000000",
                "time": instant_text(at),
                "region": "eu-central-1",
                "resources": [],
                "detail": detail,
            }
        )

    def _next_id(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128), version=4))

    def _next_order(self) -> int:
        self._last_order += 1
        return self._last_order

    def _next_cart(self) -> str:
        self._last_cart += 1
        return f"cart-{self._last_cart}"
