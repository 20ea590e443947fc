"""What one stimulus leads to: values that the caller performs, or the questions that must be answered first."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from dampf.domain.affinity import Alike, Bestsellers
from dampf.domain.event import Event
from dampf.domain.journey import StartingEvent
from dampf.domain.message import Message
from dampf.domain.product import Product
from dampf.domain.state import Entered, State
from dampf.domain.voucher import GivenVoucher


class OrderTaken(NamedTuple):
    """Per metric, what an order brought and what cancellations and refunds asked back; None asks for all of it."""

    brought: dict[str, Decimal]
    asked: dict[str, Decimal | None]

    def net(self, metric: str) -> Decimal:
        brought = self.brought.get(metric, Decimal(0))
        if metric not in self.asked:
            return brought
        asked = self.asked[metric]
        return Decimal(0) if asked is None else brought - min(brought, asked)


class EnteredKey(NamedTuple):
    """Names the row that remembers entries of a campaign with a key."""

    campaign: str
    key: str


class OrderKey(NamedTuple):
    """Names the row that remembers what an order brought."""

    order_id: str


class PastEvents(NamedTuple):
    """Asks for the profile's own past events of that name since an instant, newest first."""

    name: str
    since: datetime


class VoucherKey(NamedTuple):
    """Names the row that remembers to whom a code was given, and whether it was redeemed. It is nobody's alone."""

    code: str


MemoryKey = EnteredKey | OrderKey | VoucherKey
Remembered = Entered | OrderTaken | GivenVoucher


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """Answers to questions. What maps to None is known to be absent.

    `recent` are events that were decided before this one and are not in the history yet, oldest first. Of the kinds of
    identifier that the event names, those in `others` are another customer's now, and those in `shared` tell nobody
    apart any more.
    """

    memories: dict[MemoryKey, Remembered | None] = field(default_factory=dict)
    events: dict[str, Event | None] = field(default_factory=dict)
    past: dict[PastEvents, tuple[Event, ...]] = field(default_factory=dict)
    products: dict[str, Product | None] = field(default_factory=dict)
    alike: dict[str, Alike | None] = field(default_factory=dict)
    best: dict[str, Bestsellers | None] = field(default_factory=dict)
    recent: tuple[Event, ...] = ()
    others: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """A row to write on condition that it still holds `was` (None: that it is absent)."""

    key: MemoryKey
    value: Remembered
    was: Remembered | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """An expression that failed, or a campaign that cannot be read: that journey ends, everything else goes on."""

    campaign: str
    journey: str | None
    step: str | None
    reason: str


class Ended(NamedTuple):
    """A journey that is over: `how` is finished, exit or fault."""

    journey: str
    campaign: str
    version: str
    entered_at: datetime
    at: datetime
    how: str


class Conversion(NamedTuple):
    """A journey's goal was reached at `at`, by an event, after a message: what that brought, where the event says so.

    `is_held_out`: the message was not sent, since this person is among those with whom the others are compared.
    """

    campaign: str
    version: str
    journey: str
    message: str
    event: str
    at: datetime
    revenue: Decimal | None = None
    currency: str = ""
    is_held_out: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """`messages` are new ledger rows, requested or dropped; `emitted` events go onto the shop's bus."""

    state: State
    messages: tuple[Message, ...] = ()
    memories: tuple[Memory, ...] = ()
    emitted: tuple[Event, ...] = ()
    ended: tuple[Ended, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Asks:
    """Not decided yet: load these and decide again."""

    memories: frozenset[MemoryKey] = frozenset()
    events: frozenset[StartingEvent] = frozenset()
    past: frozenset[PastEvents] = frozenset()
    products: frozenset[str] = frozenset()
    alike: frozenset[str] = frozenset()
    best: frozenset[str] = frozenset()
