"""What a shop says of itself in shop.yaml: defaults, limits, topics and voucher pools."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from decimal import Decimal
from math import ceil
from typing import Final, Literal
from zoneinfo import ZoneInfo

from dampf.domain.brand import Brand
from dampf.domain.instants import Span

MARKETING: Final = "marketing"
SMS: Final = "sms"
"""The channel of text messages, and the topic to which they belong where they name none."""

Channel = Literal["email", "sms"]


@dataclass(frozen=True, kw_only=True, slots=True)
class QuietHours:
    """Local times; where `end` is the earlier of the two, the night between them is quiet."""

    start: time
    end: time


@dataclass(frozen=True, kw_only=True, slots=True)
class Caps:
    """The most marketing messages per local calendar day, and within any 168 hours; None where there is no such cap."""

    per_day: int | None = None
    per_week: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VoucherPool:
    """Where a message's code comes from: made for it, or one of a `list` of `size` codes that the shop wrote down.

    `value` is as the shop wrote it (`10 %`, `20 EUR`). `low_at` says from how few codes on a list is low: a number of
    them, or a share of the list from 0 to below 1.
    """

    name: str
    kind: Literal["generated", "list"]
    prefix: str = ""
    valid: Span | None = None
    value: str | None = None
    low_at: int | Decimal = Decimal("0.1")
    size: int = 0

    @property
    def low(self) -> int:
        """The list is low where fewer codes than this are left; 0 for a pool that never ends."""
        if self.kind == "generated":
            return 0
        return self.low_at if isinstance(self.low_at, int) else ceil(self.low_at * self.size)


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """What people call a topic that they may consent to; `title_de` in German."""

    title: str
    title_de: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shop:
    """shop.yaml; `hold_at_most` and `max_event_age` have the language page's defaults, `holdout` is from 0 to 1,
    `currency` (ISO 4217) is that of amounts that name none, `topics` by name, in the order in which people are offered
    them.
    """

    name: str
    sender: str
    timezone: ZoneInfo
    url: str | None = None
    postal_address: str | None = None
    locale: str = "en"
    double_opt_in: bool = True
    max_event_age: timedelta = timedelta(hours=24)
    hold_at_most: timedelta = timedelta(hours=48)
    quiet_hours: QuietHours | None = None
    caps: Caps = Caps()
    holdout: Decimal = Decimal(0)
    currency: str = "EUR"
    brand: Brand = field(default_factory=Brand)
    voucher_pools: Mapping[str, VoucherPool] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
