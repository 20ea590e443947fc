"""A product as the shop sells it now: what mails show and what conditions compare."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """`price` is in units of `currency` (ISO 4217); None is a price that nobody told. What is gone or sold out is not
    `available`, and is never shown. `updated_at` is when the shop told it last.
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
