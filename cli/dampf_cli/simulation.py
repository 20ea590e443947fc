"""Simulation: the functions' own use cases over stores in memory, on a clock that jumps from instant to instant.

At one instant events come first, then the nightly learning, the calendar, and timers, each worked off to the last mail
before the next: the calendar tells of dates and schedules, and one wake-up starts whatever is due. This is the
reference for what a campaign means; the embedded AWS must send the same.
"""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from dampf.campaigns.catalogue import PublishedCatalogue
from dampf.domain.decision import Fault
from dampf.domain.event import OUR_DOING, Event
from dampf.domain.instants import format_instant
from dampf.domain.message import Status
from dampf.domain.state import State
from dampf.domain.stimulus import EventCame, TimerDue
from dampf.stores.memory import InMemory
from dampf.stores.memory_calendar import MemoryAudienceTasks
from dampf.stores.memory_products import MemoryProducts
from dampf.stores.memory_queues import (
    MemoryBus,
    MemoryDeadLetters,
    MemoryMailbox,
    MemoryOutboxes,
    MemoryTimers,
)
from dampf.stores.memory_recommendations import MemoryRecommendations
from dampf.stores.memory_vouchers import MemoryVouchers
from dampf.stores.queues import detail_of
from dampf.stores.tokens import SignedTokens, fixed_keys
from dampf.use_cases.audience import ReachAudience, Reached, TaskCame
from dampf.use_cases.calendar import ON_VIRTUAL_CLOCK, KeepCalendar
from dampf.use_cases.deliver import Deliver
from dampf.use_cases.evaluate import Delivery, Evaluate, Evaluated
from dampf.use_cases.ingest import Ingest, Ingested, Record
from dampf.use_cases.keep_products import KeepProducts
from dampf.use_cases.recommend import Recommend
from dampf_cli.agenda import A_MOMENT, AFTER_THE_LAST_EVENT, Agenda
from dampf_cli.arrivals import Arrival
from dampf_cli.nights import Nights
from dampf_cli.samples import OneOfEach, OneTextOfEach

RARELY: Final = (50_000, 20, 100)
"""Thresholds of Python's three generations."""


@contextmanager
def seldom_looking_for_garbage() -> Iterator[None]:
    """What a simulation builds it keeps to its end; to search it again and again takes a tenth of the time."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


class Simulation:
    """One shop's content, and what has happened to its customers so far.

    `catalogue` may be replaced between two calls of `play`, as publishing and switching do. `emitted`, where somebody
    puts a list there, gets what campaigns put on the bus.
    """

    def __init__(self, catalogue: PublishedCatalogue) -> None:
        self.catalogue = catalogue
        self.store = InMemory(keeps_what_mails_show=False)
        self.mailer, self.texter = OneOfEach(self.store.messages), OneTextOfEach(self.store.messages)
        self.ingested: list[Ingested] = []
        self.emitted: list[Event] | None = None
        self.evaluated: list[Evaluated] = []
        self.undelivered: list[Fault] = []
        self.reached: list[Reached] = []
        self._agenda, self._nights = Agenda(catalogue), Nights(catalogue)
        self._mailbox, self._outboxes, self._bus = MemoryMailbox(), MemoryOutboxes(), MemoryBus()
        self._audiences = MemoryAudienceTasks()
        self.products, self.recommendations = MemoryProducts(), MemoryRecommendations()
        self.keep_products = KeepProducts(products=self.products, bus=lambda: self._bus)
        self._ingest = Ingest(
            identities=self.store,
            mailbox=self._mailbox,
            ledger=self.store,
            dead_letters=MemoryDeadLetters(),
            products=self.keep_products,
            audience=self._audiences,
            catalogue=lambda: self.catalogue,
        )
        self._evaluate = Evaluate(
            profiles=self.store,
            products=self.products,
            recommendations=self.recommendations,
            identities=self.store,
            mailbox=self._mailbox,
            outbox=self._outboxes,
            timers=MemoryTimers(),
            bus=self._bus,
            parking=MemoryDeadLetters(),
            catalogue=lambda: self.catalogue,
        )
        self._deliver = Deliver(
            ledger=self.store,
            profiles=self.store,
            products=self.products,
            recommendations=self.recommendations,
            mailbox=self._mailbox,
            mailer=self.mailer,
            texter=lambda: self.texter,
            vouchers=MemoryVouchers(self.store, catalogue.codes),
            catalogue=lambda: self.catalogue,
            tokens=SignedTokens(keys=fixed_keys("simulation")),
        )

        self._calendar = KeepCalendar(
            calendar=self.store,
            people=self.store,
            mailbox=self._mailbox,
            tasks=self._audiences,
            catalogue=lambda: self.catalogue,
            pace=ON_VIRTUAL_CLOCK,
        )
        self._audience = ReachAudience(
            people=self.store,
            interests=self.store,
            profiles=self.store,
            products=self.products,
            recommendations=self.recommendations,
            mailbox=self._mailbox,
            tasks=self._audiences,
            catalogue=lambda: self.catalogue,
        )

        self._recommend = Recommend(
            people=self.store,
            products=self.products,
            lessons=self.recommendations,
            recommendations=self.recommendations,
            catalogue=lambda: self.catalogue,
        )

    def begin_with(self, states: Iterable[State]) -> None:
        """People who are known before the first event."""
        for state in states:
            self.store.put_state(state)

    def play(
        self,
        arrivals: Iterable[Arrival],
        *,
        until: datetime | None = None,
        progress: Callable[[datetime], None] = lambda now: None,
    ) -> None:
        """Plays the arrivals, which are in order of time, and then what still waits; `until` is inclusive.

        Without it, until nothing is under way any more; a date or a schedule that is still to come is not.
        """
        with seldom_looking_for_garbage():
            last = None
            for arrival in arrivals:
                if until is not None and arrival.at > until:
                    break
                self._let_time_pass(before=arrival.at)
                self._agenda.begin(arrival.at)
                self._nights.something_happened(arrival.at)
                last = arrival.at
                self._take(Record(str(arrival.number), arrival.envelope), arrival.at)
                progress(arrival.at)
            if until is not None:
                self._let_time_pass(before=until + A_MOMENT)
            elif last is not None:
                self._let_time_pass(before=last + AFTER_THE_LAST_EVENT + A_MOMENT, while_under_way=True)

    def _let_time_pass(self, *, before: datetime, while_under_way: bool = False) -> None:
        """At one instant the calendar comes before timers: what it tells of is then due together with them."""
        while True:
            due_at, run_at, night_at = self.store.next_due_at(), self._agenda.next_at(), self._nights.next_at()
            if due_at is None and while_under_way and not self._agenda.is_first:
                return
            at = min((each for each in (due_at, run_at, night_at) if each is not None), default=before)
            if at >= before:
                return
            if night_at == at:
                self._recommend(now=at)
                self._nights.learnt()
            elif run_at == at:
                self._calendar(now=at)
                self._agenda.ran(at)
            else:
                self._wake(at)
            self._work_off(at)

    def _wake(self, due_at: datetime) -> None:
        stimuli = [
            TimerDue(profile=due.profile, due_at=due.due_at)
            for due in self.store.due(until=due_at)
            if due.row == "state"
        ]
        self._mailbox.put([(stimulus, "") for stimulus in stimuli])

    def _take(self, record: Record, now: datetime) -> None:
        ingested = self._ingest([record], now=now)
        if ingested.refused or ingested.remarks:
            self.ingested.append(ingested)
        self._work_off(now)

    def _work_off(self, now: datetime) -> None:
        """Until every queue is empty."""
        stimuli, outgoing, emitted = self._mailbox.stimuli, self._outboxes, self._bus.events
        audiences = self._audiences.tasks
        while stimuli or outgoing.transactional or outgoing.marketing or emitted or audiences:
            if stimuli:
                evaluated = self._evaluate([Delivery("", stimuli.popleft())], now=now)
                if evaluated.parked or evaluated.faults or evaluated.quarantined:
                    self.evaluated.append(evaluated)
            elif outgoing.transactional or outgoing.marketing:
                queue = outgoing.transactional or outgoing.marketing
                delivered = self._deliver([queue.popleft()], now=now)
                self.undelivered += delivered.faults
                for message in delivered.messages:
                    if message.status is Status.SENT and message.channel == "email":
                        self._delivered(message.id, now)
            elif audiences:
                reached = self._audience([TaskCame("", audiences.popleft())], now=now)
                if reached.faults:
                    self.reached.append(reached)
            else:
                event = emitted.popleft()
                if self.emitted is not None and event.chain and event.name not in OUR_DOING:
                    self.emitted.append(event)
                envelope = {
                    "id": event.id,
                    "source": event.source,
                    "detail-type": event.name,
                    "time": format_instant(now),
                    "detail": detail_of(event),
                }
                self._take(Record(event.id, envelope), now)

    def _delivered(self, message: str, now: datetime) -> None:
        """In simulation a mail counts as delivered at once; a campaign that listens for it hears of it."""
        is_awaited = self.store.feedback(message, Status.DELIVERED, at=now)
        for name in ("Email Sent", "Email Delivered"):
            if name in self.catalogue.events_listened_to or (is_awaited and name == "Email Delivered"):
                properties: dict[str, Any] = {"email_id": message}
                event = Event(
                    source="aws.ses",
                    id=f"{message}/{name}",
                    name=name,
                    at=now,
                    arrived_at=now,
                    properties=properties,
                )
                profile = message.partition("-")[0]
                self._mailbox.put([(EventCame(profile=profile, event=event), event.key)])
