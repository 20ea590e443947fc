"""A world in which functions die: the use cases over stores in memory, with queues that bring again what was not done.

What SQS, EventBridge and the scheduler do on AWS is played here on a virtual clock: messages of a batch that died come
again after their visibility, those of one profile in order; the clock runs every minute; delayed messages come to the
second. Duplicates are never filtered, where FIFO queues would: whoever receives must cope.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from dampf.campaigns.catalogue import PublishedCatalogue
from dampf.campaigns.mail import Mail
from dampf.domain.event import Event
from dampf.domain.instants import format_instant, parse_instant
from dampf.domain.message import Message
from dampf.domain.state import State
from dampf.domain.stimulus import TimerDue
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
from dampf.stores.queues import detail_of
from dampf.use_cases.deliver import Deliver
from dampf.use_cases.evaluate import Delivery, Evaluate
from dampf.use_cases.ingest import Ingest, Record
from dampf.use_cases.keep_products import KeepProducts
from dampf.use_cases.ports.messages import Answer
from dampf.use_cases.wake import Wake
from tests.builders import TOKENS
from tests.failures.faults import Gate, Killed

Outcome = TypeVar("Outcome")

VISIBILITY = timedelta(seconds=180)
MINUTE = timedelta(minutes=1)
BATCH = 10


@dataclass
class Letter:
    """A queue's message; `group` is None where the queue keeps no order."""

    body: Any
    group: str | None
    visible_at: datetime
    id: str
    tries: int = 0


@dataclass
class Queue:
    letters: list[Letter] = field(default_factory=list)
    count: int = 0

    def put(self, body: Any, *, at: datetime, group: str | None = None) -> None:
        self.count += 1
        self.letters.append(Letter(body, group, at, f"m{self.count}"))

    def receive(self, now: datetime) -> list[Letter]:
        """Up to ten that are visible; of a group none after one that is not."""
        batch: list[Letter] = []
        held: set[str] = set()
        for letter in self.letters:
            if letter.visible_at > now:
                held |= {letter.group} if letter.group else set()
            elif letter.group not in held and len(batch) < BATCH:
                batch.append(letter)
        for letter in batch:
            letter.tries += 1
            letter.visible_at = now + VISIBILITY
        return batch

    def answer(self, batch: Sequence[Letter], retry: Callable[[str], int | None], now: datetime) -> None:
        """What is not to be tried again is deleted."""
        for letter in batch:
            seconds = retry(letter.id)
            if seconds is None:
                self.letters.remove(letter)
            else:
                letter.visible_at = now + timedelta(seconds=seconds)

    def next_after(self, now: datetime) -> datetime | None:
        return min((letter.visible_at for letter in self.letters if letter.visible_at > now), default=None)


class Provider(MemoryMailer):
    """Refuses mail to one address."""

    def send(self, mail: Mail) -> Answer:
        return Answer("refused") if mail.to == "refused@example.com" else super().send(mail)


class World:
    """One shop. `gate` decides which call of which port fails; whoever is killed comes again as on AWS."""

    def __init__(self, catalogue: PublishedCatalogue, gate: Gate | None = None) -> None:
        self.gate = gate or Gate()
        self.catalogue = catalogue
        self.store, self.mailer, self.products = InMemory(), Provider(), MemoryProducts()
        self.vouchers = MemoryVouchers(self.store, catalogue.codes)
        self.dead_letters, self.parking = MemoryDeadLetters(), MemoryDeadLetters()
        self.arrivals, self.mailbox, self.outbox = Queue(), Queue(), Queue()
        self._mailbox, self._outboxes, self._bus, self._timers = (
            MemoryMailbox(),
            MemoryOutboxes(),
            MemoryBus(),
            MemoryTimers(),
        )
        through = self.gate.through
        store = through("store", self.store)
        mailbox, outboxes = through("mailbox", self._mailbox), through("outbox", self._outboxes)
        timers, bus = through("timers", self._timers), through("bus", self._bus)
        self.ingest = Ingest(
            identities=store,
            mailbox=mailbox,
            ledger=store,
            dead_letters=through("dead_letters", self.dead_letters),
            products=KeepProducts(products=through("products", self.products), bus=lambda: bus),
            audience=through("audience", MemoryAudienceTasks()),
            catalogue=self._published,
        )
        self.evaluate = Evaluate(
            profiles=store,
            products=self.products,
            recommendations=MemoryRecommendations(),
            identities=store,
            mailbox=mailbox,
            outbox=outboxes,
            timers=timers,
            bus=bus,
            parking=through("parking", self.parking),
            catalogue=self._published,
        )
        self.deliver = Deliver(
            ledger=store,
            profiles=store,
            products=self.products,
            recommendations=MemoryRecommendations(),
            mailbox=mailbox,
            mailer=through("mailer", self.mailer),
            texter=MemoryTexter,
            vouchers=through("vouchers", self.vouchers),
            catalogue=lambda: catalogue,
            tokens=TOKENS,
        )
        self.wake = Wake(wakeups=store, ledger=store, profiles=store, outbox=outboxes, timers=timers, bus=bus)

    # --- what came of it ------------------------------------------------------------------------------------------

    @property
    def mailed(self) -> dict[str, int]:
        """How often each message reached the provider."""
        counts: dict[str, int] = {}
        for mail in self.mailer.mails:
            counts[mail.tags["message"]] = counts.get(mail.tags["message"], 0) + 1
        return counts

    @property
    def messages(self) -> dict[str, Message]:
        return self.store.messages

    @property
    def events(self) -> dict[str, int]:
        """How often each event stands in the history, over all profiles."""
        counts: dict[str, int] = {}
        for history in self.store._history.values():
            for event in history:
                counts[event.key] = counts.get(event.key, 0) + 1
        return counts

    @property
    def states(self) -> list[State]:
        return sorted(self.store.states(), key=lambda state: state.profile.id)

    def open_journeys(self) -> list[tuple[str, str, str | None]]:
        return sorted(
            (journey.campaign, journey.key, journey.step) for state in self.states for journey in state.journeys
        )

    # --- playing --------------------------------------------------------------------------------------------------

    def play(self, envelopes: Iterable[dict[str, Any]], *, until: datetime) -> None:
        """All that happens up to then; the clock looks every minute in which something may be due."""
        for number, envelope in enumerate(envelopes):
            self.arrivals.put({"id": f"e{number}", **envelope}, at=parse_instant(envelope["time"]))
        now = min((letter.visible_at for letter in self.arrivals.letters), default=until)
        while now <= until:
            if now == _minute(now):
                self._die_or(partial(self.wake, now=now))
            self._work_off(now)
            now = self._next_instant(now)

    def _next_instant(self, now: datetime) -> datetime:
        instants = [queue.next_after(now) for queue in (self.arrivals, self.mailbox, self.outbox)]
        due_at = self.store.next_due_at()
        if due_at is not None:  # the clock looks four minutes ahead, and every fifth minute for what is overdue
            instants.append(max(_minute(due_at) - 4 * MINUTE, _minute(now) + MINUTE))
        return min((each for each in instants if each is not None), default=datetime.max.replace(tzinfo=UTC))

    def _work_off(self, now: datetime) -> None:
        while True:
            self._carry(now)
            if batch := self.arrivals.receive(now):
                self._ingest(batch, now)
            elif batch := self.mailbox.receive(now):
                self._evaluate(batch, now)
            elif batch := self.outbox.receive(now):
                self._deliver(batch, now)
            else:
                return

    def _carry(self, now: datetime) -> None:
        """From what the functions have put down to where it is received."""
        while self._mailbox.stimuli:
            stimulus = self._mailbox.stimuli.popleft()
            self.mailbox.put(stimulus, at=now, group=stimulus.profile)
        for requests in (self._outboxes.transactional, self._outboxes.marketing):
            while requests:
                self.outbox.put(requests.popleft(), at=now)
        while self._bus.events:
            self.arrivals.put(_on_the_bus(self._bus.events.popleft(), now), at=now)
        while self._timers.wakeups:
            profile, due_at = self._timers.wakeups.popleft()
            self.arrivals.put(TimerDue(profile=profile, due_at=due_at), at=max(due_at, now))

    def _ingest(self, batch: Sequence[Letter], now: datetime) -> None:
        records = [Record(letter.id, letter.body, letter.tries) for letter in batch]
        done = self._die_or(lambda: self.ingest(records, now=now))
        if done is not None:
            self.arrivals.answer(batch, done.retry.get, now)

    def _evaluate(self, batch: Sequence[Letter], now: datetime) -> None:
        deliveries = [Delivery(letter.id, letter.body, letter.tries) for letter in batch]
        done = self._die_or(lambda: self.evaluate(deliveries, now=now))
        if done is not None:
            self.mailbox.answer(batch, done.retry.get, now)

    def _deliver(self, batch: Sequence[Letter], now: datetime) -> None:
        done = self._die_or(lambda: self.deliver([letter.body for letter in batch], now=now))
        if done is not None:
            self.outbox.answer(batch, lambda _: None, now)

    def _die_or(self, step: Callable[[], Outcome]) -> Outcome | None:
        """None where the function died, or failed as Lambda sees it."""
        try:
            return step()
        except (Killed, OSError):
            return None
        finally:
            self.gate.restart()

    def _published(self) -> PublishedCatalogue:
        self.gate.call("catalogue", lambda: None)
        return self.catalogue


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def _on_the_bus(event: Event, now: datetime) -> dict[str, Any]:
    return {
        "id": event.id,
        "source": event.source,
        "detail-type": event.name,
        "time": format_instant(now),
        "detail": detail_of(event),
    }
