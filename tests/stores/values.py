"""Values that the store tests speak of: short to say, complete enough to be stored."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from dampf.domain.cart import Cart, CartLog
from dampf.domain.commit import Commit
from dampf.domain.event import Event
from dampf.domain.identifiers import Identifier, Joined
from dampf.domain.journey import Journey, MessageProgress, StartingEvent, Waiting
from dampf.domain.message import Message
from dampf.domain.profile import MetricValue, ProductSeen, Profile, Told
from dampf.domain.state import Entered, State
from dampf.domain.words import Consent, Link

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
JOINED = Joined(NOON, "Product Viewed", "shop#e1")


def profile(who: str = "anna", **changes: Any) -> Profile:
    return Profile(**{"id": who, "created_at": NOON, **changes})


def state(who: str = "anna", *, due_at: datetime | None = None, also: tuple[str, ...] = ()) -> State:
    journeys = (journey(waiting=Waiting(kind="wait", due_at=due_at)),) if due_at is not None else ()
    return State(profile=profile(who, also=also), journeys=journeys)


def journey(**changes: Any) -> Journey:
    told = {"id": "j1", "campaign": "welcome", "version": "v1", "key": "", "ordinal": 1, "entered_at": NOON}
    return Journey(**{**told, "step": "steps/0", **changes})


def event(name: str = "Product Viewed", *, id: str = "e1", at: datetime = NOON, **changes: Any) -> Event:  # noqa: A002
    return Event(**{"source": "shop", "id": id, "name": name, "at": at, "arrived_at": at, **changes})


def message(id: str = "anna-m1", *, who: str = "anna", **changes: Any) -> Message:  # noqa: A002
    told = {
        "campaign": "welcome",
        "version": "v1",
        "journey": "j1",
        "step": "steps/0",
        "message": "welcome",
        "transactional": False,
        "topic": "marketing",
        "requested_at": NOON,
        "key": "",
        "entered_at": NOON,
    }
    return Message(**{"id": id, "profile": who, **told, **changes})


def commit(who: str = "anna", *, version: int = 0, claims: Iterable[Identifier] = (), **changes: Any) -> Commit:
    """All that is claimed is claimed by one event."""
    changes["claims"] = dict.fromkeys(claims, JOINED)
    return Commit(**{"profile": who, "state": state(who), "read_version": version, **changes})


def a_full_state() -> State:
    """A customer of some years: what a state row looks like when there is much to tell."""
    told = {
        "email": "anna.schmidt@example.com",
        "first_name": "Anna",
        "last_name": "Schmidt",
        "language": "de",
        "timezone": "Europe/Berlin",
        "birthday": "1990-02-28",
        "newsletter_source": "checkout",
    }
    items = tuple(
        {
            "product_id": f"sku-{place}",
            "name": f"Cordless drill {place}",
            "price": 129.9,
            "quantity": 1,
            "url": f"https://shop.example/p/sku-{place}",
            "image_url": f"https://shop.example/i/sku-{place}.jpg",
            "category": "Power tools",
        }
        for place in range(3)
    )
    seen = tuple(ProductSeen(f"sku-{place}", f"Cordless drill {place}", NOON - place * MINUTE) for place in range(10))
    metric = {"orders": Decimal(9), "revenue": Decimal("1234.50"), "lead_score": Decimal(17)}
    return State(
        profile=Profile(
            id="3f2a9c01b7d84e6f5a10",
            created_at=NOON - timedelta(days=700),
            identifiers={"customer_id": ("42",), "email": ("anna.schmidt@example.com",), "anonymous_id": ("a1", "b2")},
            traits={name: Told(value, NOON) for name, value in told.items()},
            words=(Consent("marketing", True, NOON, "3f2a9c01", "checkout", "Yes, send me offers"),),
            links=(Link("3f2a9c01", "8d1e77b0", NOON), Link("3f2a9c01", "c40a52f9", NOON)),
            metrics={name: MetricValue(value, value) for name, value in metric.items()},
            dates={"registered_at": NOON, "first_order_at": NOON, "last_order_at": NOON, "last_seen_at": NOON},
            cart=CartLog(settled=Cart(id="cart-9", items=items, updated_at=NOON), cleared_at=NOON - timedelta(days=3)),
            viewed=seen,
            purchased=seen[:4],
        ),
        journeys=tuple(
            journey(
                id=f"{place:020x}",
                campaign="cart_abandonment",
                key="cart-9",
                event=StartingEvent("3f2a9c01b7d84e6f5a10", NOON, "shop#6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
                waiting=Waiting(kind="wait", due_at=NOON + timedelta(hours=1)),
                messages={"cart_reminder": MessageProgress("3f2a9c01b7d84e6f5a10-0011", NOON, delivered=True)},
                chain=("cart_abandonment",),
            )
            for place in range(2)
        ),
        entered=(("welcome", "", Entered(1, NOON)), ("cart_abandonment", "cart-9", Entered(1, NOON))),
    )
