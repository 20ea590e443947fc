"""The demo's data: one week of an invented shop, written as the EventBridge events that it would have sent.

Everything here is synthetic: Example Tools, its thirty customers and what they do are made up, and every event says so
(`context.library.name`, Shopify's `X-Shopify-Test`). Who does what is fixed, so that each campaign has its cases;
products and minutes come from a seeded generator, so that the same seed gives the same week.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

START: Final = datetime(2026, 3, 2, tzinfo=ZoneInfo("Europe/Berlin"))
"""A Monday's local midnight."""

SHOP: Final = "shop.example"
SEGMENT: Final = "aws.partner/segment.com/example-tools"
SHOPIFY: Final = "aws.partner/shopify.com/1000001/example-tools"
SYNTHETIC: Final = {"name": "dampf-sample-week (synthetic)", "version": "1"}
WORDING: Final = "Yes, Example Tools may send me news and offers by e-mail."

Envelope = dict[str, Any]


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """`door` is where this person's events come from: one of the three sources."""

    number: int
    first_name: str
    last_name: str
    email: str
    door: str = SHOP
    language: str = "de"
    timezone: str = "Europe/Berlin"

    @property
    def customer_id(self) -> str:
        return str(7_000_000 + self.number)

    @property
    def anonymous_id(self) -> str:
        return f"browser-{self.number}"


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

NEWCOMERS: Final = (
    Person(number=1, first_name="Anna", last_name="Schmidt", email="anna.schmidt@example.com"),
    Person(number=2, first_name="Jürgen", last_name="Weiß", email="juergen.weiss@example.com"),
    Person(number=3, first_name="Chloé", last_name="Dubois", email="chloe.dubois@example.org", language="fr",
           timezone="Europe/Paris"),
    Person(number=4, first_name="Mehmet", last_name="Yılmaz", email="mehmet.yilmaz@example.net"),
    Person(number=5, first_name="Łukasz", last_name="Nowak", email="lukasz.nowak@example.org", door=SEGMENT,
           language="pl", timezone="Europe/Warsaw"),
    Person(number=6, first_name="Emma", last_name="Johnson", email="emma.johnson@example.com", door=SEGMENT,
           language="en", timezone="America/New_York"),
    Person(number=7, first_name="Katharina", last_name="Bäumler", email="k.baeumler@example.com", door=SHOPIFY),
    Person(number=8, first_name="José", last_name="García", email="jose.garcia@example.net", door=SHOPIFY,
           language="es", timezone="Europe/Madrid"),
)  # fmt: skip

ABANDONING: Final = (
    Person(number=9, first_name="Zoë", last_name="Müller", email="zoe.mueller@example.com"),
    Person(number=10, first_name="Matthias", last_name="Groß", email="matthias.gross@example.org"),
    Person(number=11, first_name="Siobhán", last_name="O'Connor", email="siobhan.oconnor@example.com", door=SEGMENT,
           language="en", timezone="Europe/Dublin"),
    Person(number=12, first_name="Heike", last_name="Schröder", email="heike.schroeder@example.net", door=SEGMENT),
    Person(number=13, first_name="Marco", last_name="Rossi", email="marco.rossi@example.org", door=SHOPIFY,
           language="it", timezone="Europe/Rome"),
)  # fmt: skip

BUYING_AT_ONCE: Final = (
    Person(number=14, first_name="Uwe", last_name="Krämer", email="uwe.kraemer@example.com"),
    Person(number=15, first_name="Björn", last_name="Østergård", email="bjorn.ostergard@example.org", language="en",
           timezone="Europe/Copenhagen"),
    Person(number=16, first_name="Fatma", last_name="Öztürk", email="fatma.oeztuerk@example.com", door=SEGMENT),
    Person(number=17, first_name="Liam", last_name="Walker", email="liam.walker@example.net", door=SEGMENT,
           language="en", timezone="Europe/London"),
    Person(number=18, first_name="Priya", last_name="Raman", email="priya.raman@example.com", door=SHOPIFY,
           language="en"),
)  # fmt: skip

BUYING_ONCE_REMINDED: Final = (
    Person(number=19, first_name="Sören", last_name="Petersen", email="soeren.petersen@example.com"),
    Person(number=20, first_name="Olena", last_name="Kovalenko", email="olena.kovalenko@example.org", door=SEGMENT,
           language="en"),
    Person(number=21, first_name="Sabine", last_name="Hofmann", email="sabine.hofmann@example.com", door=SHOPIFY),
)  # fmt: skip

LOOKING: Final = (
    Person(number=22, first_name="Ingrid", last_name="Lindqvist", email="ingrid.lindqvist@example.org", language="en",
           timezone="Europe/Stockholm"),
    Person(number=23, first_name="Petr", last_name="Dvořák", email="petr.dvorak@example.com", door=SEGMENT,
           language="en", timezone="Europe/Prague"),
    Person(number=24, first_name="Jonas", last_name="Vogel", email="jonas.vogel@example.net"),
    Person(number=25, first_name="Aisha", last_name="Diallo", email="aisha.diallo@example.com", door=SEGMENT),
    Person(number=26, first_name="Yuki", last_name="Tanaka", email="yuki.tanaka@example.org", language="en",
           timezone="Asia/Tokyo"),
)  # fmt: skip

EMPTYING_THE_CART: Final = Person(
    number=27, first_name="Eleni", last_name="Papadopoulou", email="eleni.p@example.com", language="en"
)
WITHOUT_CONSENT: Final = Person(number=28, first_name="Wei", last_name="Chen", email="wei.chen@example.net")
WITHDRAWING: Final = Person(number=29, first_name="Tomás", last_name="Ferreira", email="tomas.ferreira@example.org")
FAITHFUL: Final = Person(number=30, first_name="Renate", last_name="Köhler", email="renate.koehler@example.com")

KNOWN: Final = (
    *ABANDONING,
    *BUYING_AT_ONCE,
    *BUYING_ONCE_REMINDED,
    *LOOKING,
    EMPTYING_THE_CART,
    WITHOUT_CONSENT,
    WITHDRAWING,
    FAITHFUL,
)
"""Customers from before this week."""


def sample_week(*, seed: int = 7, start: datetime = START) -> list[Envelope]:
    """The week's events in order of arrival. `start` is the local midnight with which it begins."""
    week = _Week(seed=seed, start=start)
    week.brings_in_the_customers_from_before()
    for place, person in enumerate(NEWCOMERS):
        week.registers(person, at=week.at(place % 6, 9 + place, 5))
    persuaded = NEWCOMERS[1]
    cart = week.fills_a_cart(persuaded, at=week.at(2, 19, 30))
    week.orders(persuaded, cart, at=cart.changed_at + week.minutes(5, 30))
    for place, person in enumerate(ABANDONING):
        # The last one's reminder would come at night.
        week.fills_a_cart(person, at=week.at(place, 20 if place == len(ABANDONING) - 1 else 10 + place, 10))
    for place, person in enumerate(BUYING_AT_ONCE):
        cart = week.fills_a_cart(person, at=week.at(place + 1, 17 - place, 20))
        order = week.orders(person, cart, at=cart.changed_at + week.minutes(8, 40))
        if place == 0:
            week.sends_again(order)
        if place in (1, 4):
            week.refunds(person, order, at=order.at + timedelta(days=1, hours=2))
        if place == 2:
            week.cancels(person, order, at=order.at + timedelta(hours=3))
    for place, person in enumerate(BUYING_ONCE_REMINDED):
        cart = week.fills_a_cart(person, at=week.at(place + 2, 12 + place, 40))
        reminded_at = cart.changed_at + timedelta(hours=1)
        clicked_at = reminded_at + week.minutes(5, 25)
        week.clicks(person, at=clicked_at)
        week.orders(person, cart, at=clicked_at + week.minutes(3, 12))
    for place, person in enumerate(LOOKING):
        for day in (place, place + 2):
            week.looks_around(person, at=week.at(day, 18 - place, 30), often=4)
    week.empties_a_cart(EMPTYING_THE_CART, at=week.at(1, 15, 0))
    week.fills_a_cart(WITHOUT_CONSENT, at=week.at(2, 11, 15))
    cart = week.fills_a_cart(WITHDRAWING, at=week.at(3, 16, 45))
    week.withdraws_consent(WITHDRAWING, at=cart.changed_at + week.minutes(20, 40))
    cart = week.fills_a_cart(FAITHFUL, at=week.at(4, 9, 50))
    week.orders(FAITHFUL, cart, at=cart.changed_at + week.minutes(10, 30))
    return week.in_order_of_arrival()


class _Week:
    """The week as it is being written. Verbs say what a person does; below them stand the shapes of the three doors."""

    def __init__(self, *, seed: int, start: datetime) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - nothing secret, and the same every time
        self._start = start.astimezone(UTC)
        self._envelopes: list[Envelope] = []
        self._last_order = 5000
        self._last_cart = 300

    # When, and what.

    def at(self, day: int, hour: int, minute: int) -> datetime:
        """About that local time, to a second that nobody chose."""
        exact = timedelta(days=day, hours=hour, minutes=minute)
        return self._start + exact + timedelta(seconds=self._chance.randrange(600))

    def minutes(self, least: int, most: int) -> timedelta:
        return timedelta(seconds=self._chance.randrange(least * 60, most * 60))

    def in_order_of_arrival(self) -> list[Envelope]:
        """Stable: what arrives at one instant stays as it was written."""
        return sorted(self._envelopes, key=lambda envelope: str(envelope["time"]))

    def _some_products(self, count: int) -> tuple[Product, ...]:
        return tuple(self._chance.sample(PRODUCTS, count))

    # What people do.

    def brings_in_the_customers_from_before(self) -> None:
        """Loaded by the shop in one go, as history: it changes profiles and mails nobody."""
        for person in KNOWN:
            known_since = self._start - timedelta(days=self._chance.randrange(200, 900))
            self._identify(person, self._start, happened_at=known_since, historical=True)
            if person is not WITHOUT_CONSENT:
                self._grant_consent(person, self._start, happened_at=known_since, historical=True)
            past_orders = 9 if person is FAITHFUL else self._chance.randrange(6)
            for place in range(past_orders):
                ordered_at = self._start - timedelta(days=14 * (past_orders - place), minutes=person.number)
                products = self._some_products(self._chance.randrange(1, 3))
                properties = self._order_properties(self._next_order(), products)
                self._imported(person, "Order Completed", ordered_at, properties)

    def registers(self, person: Person, *, at: datetime) -> None:
        """Looks around first where the door can tell, then signs up, agrees to mail and, days later, clicks in one."""
        if person.door == SHOPIFY:
            self._webhook("customers/email_marketing_consent_update", at, self._shopify_consent(person, at))
            self._webhook("customers/create", at + timedelta(seconds=1), self._shopify_customer(person, created_at=at))
            return
        looked_until = self.looks_around(person, at=at, often=2, is_anonymous=True)
        registered_at = looked_until + self.minutes(2, 9)
        self._identify(person, registered_at)
        self._grant_consent(person, registered_at)
        self._track(person, "Customer Registered", registered_at, {"method": "form"})
        if person.number % 2:
            self.clicks(person, at=registered_at + timedelta(hours=5) + self.minutes(1, 50))

    def looks_around(self, person: Person, *, at: datetime, often: int, is_anonymous: bool = False) -> datetime:
        """Returns when the last product was looked at."""
        for product in self._some_products(often):
            at += self.minutes(1, 4)
            seen = {**self._product_properties(product), "currency": "EUR"}
            self._track(person, "Product Viewed", at, seen, is_anonymous=is_anonymous)
        return at

    def fills_a_cart(self, person: Person, *, at: datetime) -> Cart:
        products = self._some_products(self._chance.randrange(1, 4))
        cart_id = self._next_cart()
        if person.door == SHOPIFY:
            self._webhook("checkouts/create", at, self._shopify_checkout(person, cart_id, products, at=at))
            return Cart(cart_id=cart_id, products=products, changed_at=at)
        for product in products:
            at += self.minutes(1, 5)
            self._track(person, "Product Viewed", at, {**self._product_properties(product), "currency": "EUR"})
            at += self.minutes(1, 3)
            self._track(person, "Product Added", at, self._line(product, cart_id=cart_id))
        return Cart(cart_id=cart_id, products=products, changed_at=at)

    def empties_a_cart(self, person: Person, *, at: datetime) -> None:
        cart = self.fills_a_cart(person, at=at)
        for product in cart.products:
            at = max(at, cart.changed_at) + self.minutes(1, 3)
            self._track(person, "Product Removed", at, self._line(product, cart_id=cart.cart_id))

    def orders(self, person: Person, cart: Cart, *, at: datetime) -> Order:
        number = self._next_order()
        order = Order(number=number, products=cart.products, at=at, place=len(self._envelopes))
        if person.door == SHOPIFY:
            self._webhook("orders/create", at, self._shopify_order(person, cart.cart_id, order))
        else:
            properties = {**self._order_properties(number, cart.products), "cart_id": cart.cart_id}
            self._track(person, "Order Completed", at, properties)
        return order

    def sends_again(self, order: Order) -> None:
        """The sender lost our answer: the same event, half a minute later and in an envelope of its own."""
        envelope = self._envelopes[order.place]
        again = {**envelope, "id": self._next_id(), "time": _instant(order.at + timedelta(seconds=30))}
        self._envelopes.append(again)

    def refunds(self, person: Person, order: Order, *, at: datetime) -> None:
        """The first product comes back."""
        product = order.products[0]
        if person.door == SHOPIFY:
            self._webhook("refunds/create", at, self._shopify_refund(order, product, at=at))
            return
        properties = {"order_id": str(order.number), "total": float(product.price), "currency": "EUR"}
        self._track(person, "Order Refunded", at, {**properties, "products": [self._line(product)]})

    def cancels(self, person: Person, order: Order, *, at: datetime) -> None:
        self._track(person, "Order Cancelled", at, self._order_properties(order.number, order.products))

    def clicks(self, person: Person, *, at: datetime) -> None:
        url = self._some_products(1)[0].url
        self._track(person, "Email Link Clicked", at, {"link_url": url})

    def withdraws_consent(self, person: Person, *, at: datetime) -> None:
        self._track(person, "Consent Withdrawn", at, {"topic": "marketing", "source": "account page"})

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
        }
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
        return {"messageId": self._next_id(), **who, "timestamp": _instant(happened_at), "context": context}

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
            "total": float(_sum(products)),
            "currency": "EUR",
            "products": [self._line(product) for product in products],
        }

    # Shopify's door: one webhook each, ids as numbers and prices as text.

    def _webhook(self, topic: str, at: datetime, payload: dict[str, Any]) -> None:
        metadata = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": "example-tools.myshopify.example",
            "X-Shopify-Webhook-Id": self._next_id(),
            "X-Shopify-Triggered-At": _instant(at),
            "X-Shopify-API-Version": "2026-07",
            "X-Shopify-Test": "true",
        }
        self._put(SHOPIFY, "shopifyWebhook", at, {"payload": payload, "metadata": metadata})

    @staticmethod
    def _shopify_customer(person: Person, **more: datetime) -> dict[str, Any]:
        return {
            "id": int(person.customer_id),
            "email": person.email,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "locale": person.language,
            **{name: _instant(instant) for name, instant in more.items()},
        }

    @staticmethod
    def _shopify_consent(person: Person, at: datetime) -> dict[str, Any]:
        consent = {"state": "subscribed", "opt_in_level": "confirmed_opt_in", "consent_updated_at": _instant(at)}
        return {
            "customer_id": int(person.customer_id),
            "email_address": person.email,
            "email_marketing_consent": consent,
        }

    def _shopify_checkout(
        self, person: Person, cart_id: str, products: Sequence[Product], *, at: datetime
    ) -> dict[str, Any]:
        return {
            "token": f"checkout-{cart_id}",
            "cart_token": cart_id,
            "email": person.email,
            "buyer_accepts_marketing": False,
            "created_at": _instant(at),
            "updated_at": _instant(at),
            "completed_at": None,
            "currency": "EUR",
            "customer_locale": person.language,
            "customer": self._shopify_customer(person),
            "line_items": [_shopify_line(product) for product in products],
            "subtotal_price": str(_sum(products)),
            "total_price": str(_sum(products)),
            "abandoned_checkout_url": f"https://shop.example/checkouts/{cart_id}/recover",
        }

    def _shopify_order(self, person: Person, cart_id: str, order: Order) -> dict[str, Any]:
        return {
            "id": order.number,
            "name": f"#{order.number}",
            "email": person.email,
            "buyer_accepts_marketing": False,
            "checkout_token": f"checkout-{cart_id}",
            "cart_token": cart_id,
            "created_at": _instant(order.at),
            "processed_at": _instant(order.at),
            "currency": "EUR",
            "customer_locale": person.language,
            "customer": self._shopify_customer(person),
            "line_items": [_shopify_line(product) for product in order.products],
            "subtotal_price": str(order.total),
            "total_price": str(order.total),
            "order_status_url": f"https://shop.example/orders/{order.number}",
            "test": False,
        }

    @staticmethod
    def _shopify_refund(order: Order, product: Product, *, at: datetime) -> dict[str, Any]:
        return {
            "id": 900_000 + order.number,
            "order_id": order.number,
            "created_at": _instant(at),
            "processed_at": _instant(at),
            "refund_line_items": [{"quantity": 1, "line_item": _shopify_line(product)}],
            "transactions": [{"kind": "refund", "status": "success", "amount": str(product.price), "currency": "EUR"}],
        }

    # Envelopes and ids.

    def _put(self, source: str, detail_type: str, at: datetime, detail: dict[str, Any]) -> None:
        self._envelopes.append(
            {
                "version": "0",
                "id": self._next_id(),
                "detail-type": detail_type,
                "source": source,
                "account": "000000000000",
                "time": _instant(at),
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


def _shopify_line(product: Product) -> dict[str, Any]:
    return {
        "product_id": product.number,
        "title": product.name,
        "vendor": "Example Tools",
        "price": str(product.price),
        "quantity": 1,
    }


def _sum(products: Sequence[Product]) -> Decimal:
    return sum((product.price for product in products), Decimal(0))


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
