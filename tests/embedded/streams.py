"""Invented shops, told as the events that they send. The same seed gives the same events.

Happenings share a few dozen instants: an instant is what playing costs. Every event bears its own id, so that it can
come again in another envelope.
"""

import os
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from dampf_cli.sample_week import PRODUCTS

Envelope = dict[str, Any]

START = datetime(2026, 4, 6, 6, tzinfo=UTC)
SEED = int(os.environ.get("DAMPF_SEED", "20261122"))


def told(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(
    name: str,
    at: datetime,
    /,
    *,
    own_id: str,
    who: str | None = None,
    browser: str | None = None,
    happened_at: datetime | None = None,
    source: str = "shop.example",
    context: dict[str, Any] | None = None,
    traits: dict[str, Any] | None = None,
    **properties: Any,
) -> Envelope:
    """An event of the shop's own, or through Segment where `source` says so."""
    detail: dict[str, Any] = {"messageId": own_id, "timestamp": told(happened_at or at), "properties": properties}
    detail |= {"userId": who} if who else {}
    detail |= {"anonymousId": browser} if browser else {}
    detail |= {"context": context} if context else {}
    detail |= {"traits": traits} if traits else {}
    kind = name
    if source.startswith("aws.partner/"):
        kind = "identify" if name == "identify" else "track"
        detail |= {"type": kind, "event": name}
    return {"id": f"envelope-{own_id}", "source": source, "detail-type": kind, "time": told(at), "detail": detail}


def known(who: str, at: datetime, *, consents: bool = True, **traits: Any) -> list[Envelope]:
    """A customer with an address, who may be mailed."""
    address = {"email": f"{who}@example.com", **traits}
    told_of = [event("identify", at, own_id=f"{who}-identify", who=who, traits=address)]
    if consents:
        told_of.append(event("Consent Granted", at, own_id=f"{who}-consent", who=who, topic="marketing", source="test"))
    return told_of


def again(envelopes: Iterable[Envelope], *, later: timedelta = timedelta(seconds=90)) -> list[Envelope]:
    """Each of them a second time, with another envelope id and time: what a client sends that got no answer."""
    return [
        {
            **envelope,
            "id": f"{envelope['id']}-again",
            "time": told(datetime.fromisoformat(envelope["time"]) + later),
        }
        for envelope in envelopes
    ]


def shuffled(envelopes: Iterable[Envelope], *, seed: int) -> list[Envelope]:
    """Each arrives up to 60 s later than it happened, in steps of ten."""
    chance = random.Random(seed)
    return [
        {**each, "time": told(datetime.fromisoformat(each["time"]) + timedelta(seconds=10 * chance.randrange(7)))}
        for each in envelopes
    ]


class Stream:
    """Some people who do whatever customers do, at about `instants` different instants of three days.

    `orderly` people each have a device of their own, and their events do not come hours after they happened.
    """

    def __init__(
        self, *, seed: int, names: str, people: int = 30, instants: int = 60, deeds: int = 9, orderly: bool = False
    ) -> None:
        print(f"DAMPF_SEED={seed}")
        self.orderly = orderly
        self.chance = random.Random(f"{seed}/{names}")
        self.names = names
        self.envelopes: list[Envelope] = []
        minutes = sorted(self.chance.sample(range(30, 3 * 24 * 60, 5), instants))
        # Two instants exactly an hour apart: at one instant events come before timers.
        self.instants = sorted({START + timedelta(minutes=minute) for minute in (*minutes, minutes[0] + 60)})
        for number in range(people):
            self._lives(f"{names}{number}", number, deeds)

    def _lives(self, who: str, number: int, deeds: int) -> None:
        self._place, self._name = 0, who
        self._source = "aws.partner/segment.com/example" if number % 3 == 0 else "shop.example"
        self._was_there_before(who, number)
        self._does(who, number, deeds)

    def _was_there_before(self, who: str, number: int) -> None:
        if number % 4:
            self.envelopes += known(
                who,
                START,
                consents=number % 5 != 0,
                language=self.chance.choice(["de", "en", "fr"]),
                timezone=self.chance.choice(["Europe/Berlin", "America/New_York", "Asia/Tokyo"]),
            )
        if number % 6 == 1:
            for place in range(9):
                self._tell(
                    "Order Completed",
                    START,
                    who,
                    happened_at=START - timedelta(days=200 - place),
                    context={"historical": True},
                    order_id=f"{who}-old-{place}",
                    total=10.5 * place,
                )

    def _does(self, who: str, number: int, deeds: int) -> None:
        cart, orders = 0, 0
        for at in sorted(self.chance.choices(self.instants, k=deeds)):
            product = self.chance.choice(PRODUCTS)
            line = {"product_id": product.product_id, "name": product.name, "price": float(product.price)}
            named: dict[str, Any] = {"cart_id": f"{who}-cart-{cart}"} if number % 7 else {}
            happened = {"happened_at": at - timedelta(seconds=self.chance.randrange(60), milliseconds=self._place)}
            browser = f"{self.names}-browser-{number // (4 if self.orderly else 8)}" if number % 4 == 0 else None
            match self.chance.randrange(20):
                case 0 | 1 | 2 | 3 | 4:
                    count = self.chance.randrange(1, 4)
                    self._tell("Product Added", at, who, **happened, **named, **line, quantity=count)
                case 5:
                    self._tell("Product Removed", at, who, **happened, **named, **line)
                case 6:
                    products = [{**line, "quantity": 2}]
                    self._tell("Checkout Started", at, who, **happened, **named, products=products, value=9)
                case 7 | 8 | 9:
                    products = [{**line, "quantity": 1}]
                    order: dict[str, Any] = {
                        "order_id": f"{who}-{orders}",
                        "total": line["price"],
                        "products": products,
                    }
                    self._tell("Order Completed", at, who, **happened, **named, **order)
                    cart, orders = cart + 1, orders + 1
                case 10 if orders:
                    order = {"order_id": f"{who}-{self.chance.randrange(orders)}"}
                    self._tell("Order Cancelled", at, who, **happened, **order)
                case 11 if orders:
                    order = {"order_id": f"{who}-{self.chance.randrange(orders)}", "total": 5}
                    self._tell("Order Refunded", at, who, **happened, **order)
                case 12:
                    self._tell("Customer Registered", at, who, **happened, browser=browser, method="form")
                case 13 | 14:
                    self._tell("Email Link Clicked", at, who, **happened)
                case 15:
                    name = self.chance.choice(["Consent Withdrawn", "Consent Granted", "Unsubscribed"])
                    self._tell(name, at, who, **happened, topic="marketing")
                case 16:
                    traits = {"email": f"{who}@example.com", "firstName": f"Name {self._place}"}
                    self._tell("identify", at, who, **happened, browser=browser, traits=traits)
                case 17 if browser:
                    self._tell("Product Added", at, None, **happened, browser=browser, **line)
                case 18 if not self.orderly:
                    late = {"happened_at": at - timedelta(hours=self.chance.choice([2, 30]))}
                    self._tell("Product Added", at, who, **late, **named, **line)
                case _:
                    anonymous = browser is not None
                    self._tell("Product Viewed", at, None if anonymous else who, **happened, browser=browser, **line)

    def _tell(self, name: str, at: datetime, who: str | None, /, **more: Any) -> None:
        self._place += 1
        own_id = f"{self._name}-{self._place}"
        self.envelopes.append(event(name, at, own_id=own_id, who=who, source=self._source, **more))
