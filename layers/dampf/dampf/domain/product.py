"""A product as the shop sells it now: what mails show and what conditions compare."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dampf.domain.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """`price` is in units of `currency` (ISO 4217); None is a price that nobody told. What is gone or sold out is not
    `available`, and is never shown. `updated_at` is when the shop told it last.

    `seen_only`: no feed and no news told it, only what customers looked at. `untold` are the events of its last change
    that may not have reached the bus yet.
    """

    id: str
    updated_at: datetime
    name: str | None = None
    url: str | None = None
    image_url: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    category: str | None = None
    brand: str | None = None
    available: bool = True
    seen_only: bool = False
    untold: tuple[Event, ...] = ()
