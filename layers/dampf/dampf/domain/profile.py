"""The profile: what we know of one person. Every part of it comes out the same in whatever order its events arrive.

A value that events can tell anew carries the instant of the event that told it last; an older event never overwrites
it. Of two that happened at one instant the one that arrived later counts, but of consent the withdrawal.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final, NamedTuple

from dampf.domain.cart import SETTLING, CartLog
from dampf.domain.event import EMAIL
from dampf.domain.instants import at_local_midnight, date_or_instant, zone
from dampf.domain.shop import Channel, Shop
from dampf.domain.soft_bounces import Attempts, given_up_at
from dampf.domain.voucher import GivenVoucher
from dampf.domain.words import Consent, Links, in_force

_BETWEEN_DIGITS: Final = re.compile(r"\(0\)|[\s()./\u2010-\u2015-]")
"""What people write into numbers to read them more easily, the zero of a number within its country among it."""

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
PHONE: Final = "phone"
MOST_PRODUCTS: Final = 20
"""Products viewed and purchased that a profile keeps, latest first."""


class Told(NamedTuple):
    """A trait's value and when it was told; a value of None is a trait that was emptied."""

    value: Any
    at: datetime


class MetricChange(NamedTuple):
    """An `add` or `set` of a metric that has rules with `set`, kept until it has settled."""

    at: datetime
    kind: str
    amount: Decimal


class MetricValue(NamedTuple):
    """`value` now, `peak` the highest ever; `settled` and `recent` only for metrics that events can set."""

    value: Decimal
    peak: Decimal
    settled: Decimal = Decimal(0)
    recent: tuple[MetricChange, ...] = ()


class ProductSeen(NamedTuple):
    product_id: str
    name: str | None
    at: datetime


class Wish(NamedTuple):
    """A product on the wish list; one that is `gone` from it is remembered for a while, for what comes late."""

    product_id: str
    name: str | None
    at: datetime
    gone: bool = False


class Suppression(NamedTuple):
    reason: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """`also` lists profiles merged into this one; `bounced` the addresses that bounced for good, and when;
    `soft_bounces` what was heard of mails to addresses that turned one away; `vouchers` the latest codes that its
    messages gave. `proved` says when this customer last named an identifier that can change hands, by kind and value;
    `fading` when those that do not last name nobody any more. `words` are of consent, in the order of their instants,
    and `links` tell which of their voices are one person's.
    """

    id: str
    created_at: datetime
    identifiers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    proved: dict[str, dict[str, datetime]] = field(default_factory=dict)
    fading: dict[str, dict[str, datetime]] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    traits: dict[str, Told] = field(default_factory=dict)
    words: tuple[Consent, ...] = ()
    links: Links = ()
    metrics: dict[str, MetricValue] = field(default_factory=dict)
    dates: dict[str, datetime] = field(default_factory=dict)
    cart: CartLog = field(default_factory=CartLog)
    viewed: tuple[ProductSeen, ...] = ()
    purchased: tuple[ProductSeen, ...] = ()
    wishes: tuple[Wish, ...] = ()
    suppressed: Suppression | None = None
    bounced: dict[str, datetime] = field(default_factory=dict)
    soft_bounces: dict[str, Attempts] = field(default_factory=dict)
    vouchers: tuple[GivenVoucher, ...] = ()

    def trait(self, name: str) -> Any:
        """The trait's value; None where it was never told or was emptied."""
        told = self.traits.get(name)
        return told.value if told is not None else None

    @property
    def email(self) -> str | None:
        address = self.trait(EMAIL)
        return address if isinstance(address, str) else None

    @property
    def phone(self) -> str | None:
        """The number in E.164, as `+4915112345678`; None where the trait is no international number."""
        told = self.trait(PHONE)
        number = _BETWEEN_DIGITS.sub("", told) if isinstance(told, str) else ""
        number = f"+{number[2:]}" if number.startswith("00") else number
        return number if _E164.fullmatch(number) else None

    def address(self, channel: Channel) -> str | None:
        """Where messages of that channel go; None where they cannot."""
        return self.email if channel == "email" else self.phone

    @property
    def wished(self) -> tuple[ProductSeen, ...]:
        """What is on the wish list, latest first."""
        return tuple(ProductSeen(wish.product_id, wish.name, wish.at) for wish in self.wishes if not wish.gone)

    @property
    def interests(self) -> frozenset[str]:
        """The products that this person viewed lately, has in the cart or on the wish list."""
        in_cart = {str(item["product_id"]) for item in self.cart.cart.items if "product_id" in item}
        return frozenset({each.product_id for each in (*self.viewed, *self.wished)} | in_cart)

    @property
    def consent(self) -> dict[str, Consent]:
        """The word in force on each topic that anything was said of, and on all (`*`) where all were withdrawn."""
        return {topic: self._word_on(topic) for topic in sorted({word.topic for word in self.words})}

    def consents_to(self, topic: str) -> bool:
        return any(word.topic == topic for word in self.words) and self._word_on(topic).granted

    def _word_on(self, topic: str) -> Consent:
        return in_force(self.words, topic, self.links)

    @property
    def is_suppressed(self) -> bool:
        return self.suppressed is not None or self.bounced_at is not None

    @property
    def bounced_at(self) -> datetime | None:
        """When the present address was given up: it bounced for good, or softly too often."""
        address = self.email
        if address is None:
            return None
        return self.bounced.get(address) or given_up_at(self.soft_bounces.get(address, ()))

    def is_suppressed_on(self, channel: Channel) -> bool:
        """Who complained is left alone altogether; an address that bounced says nothing of the telephone."""
        return self.is_suppressed if channel == "email" else self.suppressed is not None

    def zone(self, shop: Shop) -> tzinfo:
        """Where this person's clock stands: their own zone, else the shop's."""
        told = self.trait("timezone")
        return (zone(told) if isinstance(told, str) else None) or shop.timezone

    def date_named(self, name: str) -> date | datetime | None:
        """The built-in date of that name, else what the trait holds if that is an ISO date or instant."""
        built_in = self.dates.get(name)
        if built_in is not None:
            return built_in
        told = self.trait(name)
        return date_or_instant(told) if isinstance(told, str) else None

    def all_dates(self) -> dict[str, date | datetime]:
        return {name: at for name in (*self.traits, *self.dates) if (at := self.date_named(name)) is not None}

    def instant_named(self, name: str, shop: Shop) -> datetime | None:
        """The date of that name as an instant; a day is its midnight in the person's own zone."""
        at = self.date_named(name)
        return at if at is None or isinstance(at, datetime) else at_local_midnight(at, self.zone(shop))

    def instants(self, shop: Shop) -> dict[str, datetime]:
        return {name: at for name in (*self.traits, *self.dates) if (at := self.instant_named(name, shop)) is not None}


def number(value: Decimal) -> int | float:
    """A metric as expressions and files see it."""
    return int(value) if value == value.to_integral_value() else float(value)


def latest(products: tuple[ProductSeen, ...], seen: tuple[ProductSeen, ...]) -> tuple[ProductSeen, ...]:
    """Both lists as one: each product once, at the last instant, latest first, the first `MOST_PRODUCTS`."""
    by_id: dict[str, ProductSeen] = {}
    for product in (*products, *seen):
        known = by_id.get(product.product_id)
        if known is None or known.at <= product.at:
            by_id[product.product_id] = product
    return tuple(sorted(by_id.values(), key=lambda product: product.at, reverse=True)[:MOST_PRODUCTS])


def latest_wishes(wishes: tuple[Wish, ...], told: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """Both lists as one: of each product the last word, latest first; what is gone only as long as carts settle."""
    by_id: dict[str, Wish] = {}
    for wish in (*wishes, *told):
        known = by_id.get(wish.product_id)
        if known is None or known.at <= wish.at:
            by_id[wish.product_id] = wish
    ordered = sorted(by_id.values(), key=lambda wish: wish.at, reverse=True)
    kept = [wish for wish in ordered if not wish.gone or wish.at > ordered[0].at - SETTLING]
    return tuple(kept[:MOST_PRODUCTS])


BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)
