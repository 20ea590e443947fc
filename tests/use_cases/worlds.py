"""The use cases one call at a time, so that a test can stand between two of them: over the stores' twins in memory, or
over tables on AWS.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from dampf.campaigns.catalogue import PublishedCatalogue
from dampf.domain.commit import Stored
from dampf.domain.message import Message
from dampf.domain.profile import Profile
from dampf.domain.state import State
from dampf.domain.stimulus import Stimulus
from dampf.stores.memory import InMemory
from dampf.stores.memory_calendar import MemoryAudienceTasks
from dampf.stores.memory_products import MemoryProducts
from dampf.stores.memory_queues import (
    MemoryBus,
    MemoryDeadLetters,
    MemoryMailbox,
    MemoryMailer,
    MemoryOutboxes,
    MemoryTexter,
    MemoryTimers,
)
from dampf.stores.memory_recommendations import MemoryRecommendations
from dampf.stores.memory_vouchers import MemoryVouchers
from dampf.use_cases.deliver import Deliver, Delivered
from dampf.use_cases.evaluate import Delivery, Evaluate, Evaluated
from dampf.use_cases.ingest import Ingest, Ingested, Record
from dampf.use_cases.keep_products import KeepProducts
from dampf.use_cases.ports.messages import Ledger, Vouchers
from dampf.use_cases.ports.profiles import Identities, Profiles
from tests.builders import TOKENS


class Tables(Protocol):
    """What stands for the store in memory, with what a test asks beyond the ports."""

    @property
    def profiles(self) -> Profiles: ...
    @property
    def identities(self) -> Identities: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def vouchers(self) -> Vouchers: ...
    def states(self) -> list[State]: ...
    def messages(self) -> list[Message]: ...


class World:
    """`ingest` fills the mailbox, `evaluate` empties it in one batch, `deliver` empties the outboxes in one batch."""

    def __init__(self, catalogue: PublishedCatalogue, *people: State, tables: Tables | None = None) -> None:
        self.products, self.recommendations = MemoryProducts(), MemoryRecommendations()
        self.audience = MemoryAudienceTasks()
        self.store, self.mailer, self.texter = InMemory(), MemoryMailer(), MemoryTexter()
        self.mailbox, self.outboxes, self.bus, self.dead = (
            MemoryMailbox(),
            MemoryOutboxes(),
            MemoryBus(),
            MemoryDeadLetters(),
        )
        self.vouchers = MemoryVouchers(self.store, catalogue.codes)
        for state in people:
            self.store.put_state(state)
        self.tables = tables
        profiles: Profiles = tables.profiles if tables is not None else self.store
        identities: Identities = tables.identities if tables is not None else self.store
        ledger: Ledger = tables.ledger if tables is not None else self.store
        self._ingest = Ingest(
            identities=identities,
            mailbox=self.mailbox,
            ledger=ledger,
            dead_letters=self.dead,
            products=KeepProducts(products=self.products, bus=lambda: self.bus),
            audience=self.audience,
            catalogue=lambda: catalogue,
        )
        self._evaluate = Evaluate(
            profiles=profiles,
            products=self.products,
            recommendations=self.recommendations,
            identities=identities,
            mailbox=self.mailbox,
            outbox=self.outboxes,
            timers=MemoryTimers(),
            bus=self.bus,
            parking=self.dead,
            catalogue=lambda: catalogue,
        )
        self._deliver = Deliver(
            ledger=ledger,
            profiles=profiles,
            products=self.products,
            recommendations=self.recommendations,
            mailbox=self.mailbox,
            mailer=self.mailer,
            texter=lambda: self.texter,
            vouchers=tables.vouchers if tables is not None else self.vouchers,
            catalogue=lambda: catalogue,
            tokens=TOKENS,
        )

    def ingest(self, *envelopes: dict[str, Any], now: datetime) -> Ingested:
        return self._ingest([Record(str(place), each) for place, each in enumerate(envelopes)], now=now)

    def evaluate(self, *stimuli: Stimulus, now: datetime) -> Evaluated:
        """These, after what lies in the mailbox; what is forwarded goes on until nothing is left."""
        batch = [*self.mailbox.stimuli, *stimuli]
        self.mailbox.stimuli.clear()
        evaluated = self.evaluate_once([Delivery(str(place), each) for place, each in enumerate(batch)], now=now)
        return self.evaluate(now=now) if self.mailbox.stimuli else evaluated

    def evaluate_once(self, deliveries: Sequence[Delivery], *, now: datetime) -> Evaluated:
        return self._evaluate(deliveries, now=now)

    def deliver(self, *, now: datetime) -> Delivered:
        batch = [*self.outboxes.transactional, *self.outboxes.marketing]
        self.outboxes.transactional.clear()
        self.outboxes.marketing.clear()
        return self._deliver(batch, now=now)

    @property
    def messages(self) -> list[Message]:
        return self.tables.messages() if self.tables is not None else list(self.store.messages.values())

    @property
    def outcomes(self) -> list[tuple[str, str, str | None]]:
        """Message, status and reason of each ledger row."""
        return [(each.message, each.status.value, each.reason and each.reason.value) for each in self.messages]

    @property
    def profiles(self) -> list[Profile]:
        return [state.profile for state in self.states]

    def stored(self, profile: str) -> Stored:
        profiles: Profiles = self.tables.profiles if self.tables is not None else self.store
        return profiles.load([profile])[profile]

    @property
    def states(self) -> list[State]:
        return self.tables.states() if self.tables is not None else list(self.store.states())
