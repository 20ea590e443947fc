"""A race: one shop's events, told to functions that run at once with overlapping batches, and what must hold after it.

A round is a few people and what happens to them, drawn by its seed. Every stimulus is handed to several threads, in
batches cut and shuffled differently for each, as queues that deliver twice would at their worst. What one invocation
passes on, and what it gives back, comes round again, again to several at once, until nothing is left. Then the claims:
the same as one thread makes of the same stimuli, and nothing lost or doubled on the way.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol, TypeVar

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.content import Content
from dampf.campaigns.yaml_text import read_yaml
from dampf.domain.commit import Stored
from dampf.domain.event import Event
from dampf.domain.identifiers import Identifier
from dampf.domain.instants import parse_instant
from dampf.domain.message import Message, Status
from dampf.domain.state import State, Tombstone
from dampf.domain.stimulus import TimerDue
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
from dampf.use_cases.deliver import Deliver
from dampf.use_cases.evaluate import Delivery, Evaluate
from dampf.use_cases.ingest import Ingest, Record
from dampf.use_cases.keep_products import KeepProducts
from dampf.use_cases.ports.messages import Ledger, Vouchers
from dampf.use_cases.ports.profiles import Identities, Profiles
from tests.builders import BODY, SHOP, TOKENS, added, bought, happened, identified

START = parse_instant("2026-03-02T12:00:00Z")
THREADS = 8
MOST_TURNS = 400

CAMPAIGNS = """
welcome: { trigger: { event: Customer Registered }, steps: [{ send: welcome }] }
cart:
  trigger: { event: Product Added, when: profile.cart.items }
  entry: { per: profile.cart.id }
  exit: [{ event: Order Completed }]
  steps: [{ wait: 10 minutes }, { send: reminder }]
confirmation:
  trigger: { event: Order Completed }
  entry: { per: event.properties.order_id }
  steps: [{ send: receipt }]
second_order: { trigger: { metric: orders, reaches: 2 }, steps: [{ send: second }] }
"""
METRICS = "orders: { add: 1, on: Order Completed }\nviews: { add: 1, on: Product Viewed }"


def shop() -> PublishedCatalogue:
    fronts: dict[str, dict[str, Any]] = {name: {} for name in ("welcome", "reminder", "second")}
    fronts["receipt"] = {"class": "transactional"}
    return catalogue_of(
        Content(
            shop=SHOP,
            metrics=read_yaml(METRICS).value,
            campaigns=read_yaml(CAMPAIGNS).value,
            messages={
                name: {"": {"front": {"subject": name, **front}, "body": BODY.format(name)}}
                for name, front in fronts.items()
            },
        )
    )


class Tables(Protocol):
    """What a race asks of a store beyond its ports, once the threads are done."""

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
    def histories(self) -> list[Event]: ...
    def owners(self) -> dict[Identifier, str]: ...


# --- what happens -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """`before` happens in peace; `told` races; then it is `later`, and timers race with what happens then."""

    before: list[dict[str, Any]]
    told: list[dict[str, Any]]
    later: list[dict[str, Any]]


def story(seed: str) -> Story:
    chance = Random(seed)
    people = [f"{name}-{seed}" for name in ("anna", "ben")[: chance.choice([1, 1, 2])]]
    before: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    later: list[dict[str, Any]] = []
    for who in people:
        known = [identified(who, _at(-60)), happened("Consent Granted", _at(-60), who, topic="marketing")]
        (before if chance.random() < 0.6 else told).extend(known)  # or the same new identifiers come at once
        told += [happened("Customer Registered", _at(0), who)] * chance.choice([0, 1])
        told += [
            happened("Product Viewed", _at(place), who, product_id="drill") for place in range(chance.randint(0, 3))
        ]
        told += [bought(who, _at(place), f"{who}-o{place}") for place in range(chance.randint(0, 3))]
        if chance.random() < 0.5:
            device = f"device-{who}"
            told += [happened("Product Viewed", _at(place), anonymous=device, product_id="bits") for place in range(2)]
            told += [identified(who, _at(1), anonymous=device), identified(who, _at(2), anonymous=device)]
        if chance.random() < 0.4:
            before.append(added(who, _at(-5), "drill", cart_id=f"cart-{who}"))
            later += [bought(who, _at(300), f"{who}-late")] * chance.choice([0, 1])
    if chance.random() < 0.3:  # two who are nobody yet, each named together with the other's identifiers
        one, other = f"one-{seed}", f"other-{seed}"
        told += [
            happened("Product Viewed", _at(0), anonymous=one, product_id="drill"),
            happened("Product Viewed", _at(1), anonymous=other, product_id="drill"),
            happened(
                "Product Viewed", _at(2), anonymous=one, traits={"email": f"{seed}@example.com"}, product_id="bits"
            ),
            happened(
                "Product Viewed", _at(3), anonymous=other, traits={"email": f"{seed}@example.com"}, product_id="bits"
            ),
        ]
    told += _shared(seed, chance)
    parts = {"before": before, "told": told, "later": later}
    return Story(
        **{
            name: [{"id": f"{seed}-{name}-{place}", **envelope} for place, envelope in enumerate(part)]
            for name, part in parts.items()
        }
    )


def _shared(seed: str, chance: Random) -> list[dict[str, Any]]:
    """Two customers on one device, who also take an address from one another, each in events of their own."""
    if chance.random() < 0.5:
        return []
    people = [f"carla-{seed}", f"dora-{seed}"]
    device, address = f"shared-{seed}", f"shared-{seed}@example.com"
    told = []
    for place in range(chance.randint(2, 6)):
        who = chance.choice(people)
        named = {"email": address} if chance.random() < 0.5 else {}
        told.append(happened("Product Viewed", _at(place), who, anonymous=device, traits=named, product_id=f"p{place}"))
    if chance.random() < 0.5:
        told.append(bought(chance.choice(people), _at(chance.randint(0, 9)), f"{seed}-shared", anonymous=device))
    return told


def _at(seconds: int) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


# --- how it is told -----------------------------------------------------------------------------------------------

Thing = TypeVar("Thing")


class Race:
    """One round. With one thread and no repetition it is the run that all others are compared with."""

    def __init__(
        self, catalogue: PublishedCatalogue, tables: Tables, seed: str, pool: ThreadPoolExecutor | None
    ) -> None:
        self.tables, self.chance, self.pool = tables, Random(seed), pool
        self.mailbox, self.outbox, self.mailer = MemoryMailbox(), MemoryOutboxes(), MemoryMailer()
        self.parking, self.timers = MemoryDeadLetters(), MemoryTimers()
        self.ingest = Ingest(
            identities=tables.identities,
            mailbox=self.mailbox,
            ledger=tables.ledger,
            dead_letters=self.parking,
            products=KeepProducts(products=MemoryProducts(), bus=MemoryBus),
            audience=MemoryAudienceTasks(),
            catalogue=lambda: catalogue,
        )
        self.evaluate = Evaluate(
            profiles=tables.profiles,
            products=MemoryProducts(),
            recommendations=MemoryRecommendations(),
            identities=tables.identities,
            mailbox=self.mailbox,
            outbox=self.outbox,
            timers=self.timers,
            bus=MemoryBus(),
            parking=self.parking,
            catalogue=lambda: catalogue,
        )
        self.deliver = Deliver(
            ledger=tables.ledger,
            profiles=tables.profiles,
            products=MemoryProducts(),
            recommendations=MemoryRecommendations(),
            mailbox=self.mailbox,
            mailer=self.mailer,
            texter=MemoryTexter,
            vouchers=tables.vouchers,
            catalogue=lambda: catalogue,
            tokens=TOKENS,
        )

    def run(self, told: Story) -> None:
        now = START + timedelta(seconds=30)
        self._settle(told.before, START - timedelta(seconds=4), alone=True)
        self._settle(told.told, now)
        now += timedelta(minutes=15)
        for state in self.tables.states():
            if state.due_at is not None:
                self.mailbox.put([(TimerDue(profile=state.profile.id, due_at=state.due_at), "")])
        self._settle(told.later, now)

    def _settle(self, envelopes: Sequence[dict[str, Any]], now: datetime, *, alone: bool = False) -> None:
        """Ingest the envelopes, and work off all that follows from them."""
        pool = None if alone else self.pool
        records = [Record(envelope["id"], envelope) for envelope in envelopes]
        for _ in range(MOST_TURNS):
            records = self._all(pool, records, lambda batch: self._again(batch, self.ingest(batch, now=now).retry))
            deliveries = [Delivery(f"d{place}", each) for place, each in enumerate(_taken(self.mailbox.stimuli))]
            again = self._all(pool, deliveries, lambda batch: self._again(batch, self.evaluate(batch, now=now).retry))
            self.mailbox.put([(delivery.stimulus, "") for delivery in again])
            outgoing = _taken(self.outbox.transactional) + _taken(self.outbox.marketing)
            self._all(pool, outgoing, lambda batch: self._sent(batch, now))
            if not (records or self.mailbox.stimuli or self.outbox.transactional or self.outbox.marketing):
                return
        raise AssertionError("it never came to rest")

    def _all(
        self, pool: ThreadPoolExecutor | None, things: Sequence[Thing], work: Callable[[list[Thing]], list[Thing]]
    ) -> list[Thing]:
        """What is left of the work: of each thing that some invocation gave back, one."""
        if not things:
            return []
        if pool is None:
            return [left for thing in things for left in work([thing])]
        batches = list(self._overlapping(things))
        barrier = threading.Barrier(len(batches))

        def at_once(batch: list[Thing]) -> list[Thing]:
            barrier.wait(timeout=60)
            return work(batch)

        left: list[Thing] = []
        for some in pool.map(at_once, batches):
            left += [each for each in some if each not in left]
        return left

    def _overlapping(self, things: Sequence[Thing]) -> Iterator[list[Thing]]:
        """A batch for each thread: each thing in two or three of them, each in an order of its own."""
        batches: list[list[Thing]] = [[] for _ in range(THREADS)]
        for thing in things:
            for batch in self.chance.sample(batches, self.chance.choice([2, 3])):
                batch.append(thing)
        for batch in batches:
            self.chance.shuffle(batch)
        return (batch for batch in batches if batch)

    @staticmethod
    def _again(batch: Iterable[Any], retry: dict[str, int]) -> list[Any]:
        return [each for each in batch if each.id in retry]

    def _sent(self, batch: Sequence[Any], now: datetime) -> list[Any]:
        self.deliver(batch, now=now)
        return []


def _taken(queue: deque[Thing]) -> list[Thing]:
    taken = []
    while queue:
        taken.append(queue.popleft())
    return taken


# --- what must hold -----------------------------------------------------------------------------------------------


def claims(race: Race, told: Story, alone: Race) -> Iterator[str]:
    """What does not hold, in words."""
    tables = race.tables
    envelopes = {f"shop#{envelope['id']}" for part in (told.before, told.told, told.later) for envelope in part}
    seen = Counter(event.key for event in tables.histories())
    if set(seen) != envelopes or set(seen.values()) - {1}:
        yield f"history: {seen} of {len(envelopes)}"
    if race.parking.letters:
        yield f"parked: {race.parking.letters}"
    yield from _people(tables, alone.tables)
    yield from _mails(race, alone)
    yield from _owners(tables)


def _people(tables: Tables, alone: Tables) -> Iterator[str]:
    found, wanted = sorted(map(_person, tables.states())), sorted(map(_person, alone.states()))
    if found != wanted:
        yield f"people: {found} instead of {wanted}"
    for state in tables.states():
        entered = Counter((journey.campaign, journey.key) for journey in state.journeys)
        if any(count > 1 for count in entered.values()):
            yield f"entered twice: {entered}"
        if state.due_at is not None:
            yield f"still waiting: {state.journeys}"


def _person(state: State) -> str:
    profile = state.profile
    metrics = sorted((name, str(value.value)) for name, value in profile.metrics.items())
    traits = sorted((name, told.value) for name, told in profile.traits.items())
    products = sorted(product.product_id for product in profile.viewed)
    consent = sorted(profile.consent)
    dates = sorted((name, at.isoformat()) for name, at in profile.dates.items())
    return repr((sorted(profile.identifiers.items()), metrics, traits, consent, products, dates))


def _mails(race: Race, alone: Race) -> Iterator[str]:
    mailed = Counter(mail.tags["message"] for mail in race.mailer.mails)
    for message in race.tables.messages():
        if message.status not in (Status.SENT, Status.DROPPED):
            yield f"not settled: {message}"
        if mailed[message.id] != (message.status is Status.SENT):
            yield f"{message.message} is {message.status} and was mailed {mailed[message.id]} times"
    per_key = Counter(
        (message.campaign, message.customer_id, message.key, message.message) for message in race.tables.messages()
    )
    if set(per_key.values()) - {1}:
        yield f"asked for twice: {per_key}"
    # Orders alone decide of these, in whatever order all else came.
    certain = {"receipt", "second"}
    found, wanted = (
        sorted((m.message, m.key) for m in each.tables.messages() if m.message in certain) for each in (race, alone)
    )
    if found != wanted:
        yield f"messages: {found} instead of {wanted}"


def _owners(tables: Tables) -> Iterator[str]:
    living = {state.profile.id: state for state in tables.states()}
    owners = tables.owners()
    for identifier, owner in owners.items():
        survivor = _survivor(tables.profiles, owner)
        if survivor not in living:
            yield f"{identifier} belongs to {owner}, and from there it leads to {survivor}"
    borne = Counter(
        (kind, value)
        for state in living.values()
        for kind, values in state.profile.identifiers.items()
        for value in values
    )
    if set(borne.values()) - {1} or set(borne) - set(owners):
        yield f"identifiers: {borne}, owned: {owners}"


def _survivor(profiles: Profiles, profile: str) -> str | None:
    for _ in range(10):
        stored: Stored = profiles.load([profile])[profile]
        if stored.content is None:
            return None
        if isinstance(stored.content, State):
            return profile
        assert isinstance(stored.content, Tombstone)
        profile = stored.content.into
    return None
