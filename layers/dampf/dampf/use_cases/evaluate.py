"""Evaluate: load the profiles of a batch, let `decide` fold their stimuli in order, and commit it all at once.

A commit that does not hold names why; that profile is folded again knowing better, the others are not harmed. What
fails for good (a fault in data or in our code) is parked with its reason. Only faults of store or network go back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from dampf.domain import identity
from dampf.domain.catalogue import Catalogue
from dampf.domain.commit import Commit, Conflict, Stored
from dampf.domain.decide import decide
from dampf.domain.decision import Asks, Decision, Fault, Known
from dampf.domain.effects import newcomer
from dampf.domain.erasure import ERASURE, erasing_of, what_is_left
from dampf.domain.event import Event
from dampf.domain.identifiers import Identifier
from dampf.domain.interests import interests_to_index
from dampf.domain.message import Message, Status
from dampf.domain.occurrences import dates_to_index
from dampf.domain.profile import Profile
from dampf.domain.state import Erasing, State, Tombstone
from dampf.domain.stimulus import DateCame, EventCame, Stimulus, TimerDue
from dampf.use_cases.erasing import forget, go_on_erasing, is_of_erased
from dampf.use_cases.folds import Delivery, Fold
from dampf.use_cases.joining import CommitFirst, Joining, Standing
from dampf.use_cases.ports.contents import CatalogueInForce
from dampf.use_cases.ports.messages import Outgoing
from dampf.use_cases.ports.products import Products, Recommendations
from dampf.use_cases.ports.profiles import Identities, Profiles
from dampf.use_cases.ports.queues import Bus, DeadLetters, Mailbox, Outbox, Timers
from dampf.use_cases.shelf import Shelf
from dampf.use_cases.troubles import OnFault, SentBack, Trouble, trouble_of

__all__ = ["Delivery", "Evaluate", "Evaluated", "Parked"]

MOST_ROUNDS: Final = 8
EARLY: Final = timedelta(seconds=2)
"""A wake-up that comes this little before its time waits for it; one that comes earlier is not its own."""


class Parked(NamedTuple):
    record: str
    profile: str
    reason: str


class Quarantined(NamedTuple):
    """An identifier that joins nobody from now on: its kind, and the profile that stands for it, telling no value."""

    kind: str
    profile: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluated:
    """`retry` maps records to be delivered again to the seconds to wait; all others are done. `troubles` say why."""

    retry: dict[str, int] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    parked: tuple[Parked, ...] = ()
    duplicates: int = 0
    faults: tuple[Fault, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluate:
    profiles: Profiles
    products: Products
    recommendations: Recommendations
    identities: Identities
    mailbox: Mailbox
    outbox: Outbox
    timers: Timers
    bus: Bus
    parking: DeadLetters
    catalogue: CatalogueInForce

    def __call__(self, deliveries: Sequence[Delivery], *, now: datetime) -> Evaluated:
        folds: dict[str, Fold] = {}
        for delivery in deliveries:
            profile = delivery.stimulus.profile
            folds.setdefault(profile, Fold(profile=profile)).deliveries.append(delivery)
        return _Batch(self, now).evaluate(list(folds.values()))


class _Poison(Exception):
    """This stimulus fails for good."""


class _Batch:
    catalogue: Catalogue

    def __init__(self, ports: Evaluate, now: datetime) -> None:
        self.ports, self.now = ports, now
        self.joining = Joining(profiles=ports.profiles, identities=ports.identities, now=now)
        self.written: list[Commit] = []
        self.forwarded: list[tuple[Delivery, str]] = []
        self.parked: list[Parked] = []
        self.back = SentBack()
        self.faults: list[Fault] = []
        self.duplicates = 0
        self.shelf = Shelf(ports.products, ports.recommendations)

    def evaluate(self, folds: Sequence[Fold]) -> Evaluated:
        with self._or_back(*folds):
            self.catalogue = self.joining.catalogue = self.ports.catalogue()
            self._load(folds)
        for _ in range(MOST_ROUNDS):
            for fold in folds:
                with self._or_back(fold):
                    self._fold(fold)
            self._commit([fold for fold in folds if fold.deliveries])
            folds = [fold for fold in folds if fold.deliveries]
            if not folds:
                break
        for fold in folds:
            self.back.again(fold.deliveries)
        self._pass_on()
        return Evaluated(
            retry=self.back.retry,
            troubles=tuple(self.back.troubles),
            parked=tuple(self.parked),
            duplicates=self.duplicates,
            faults=tuple(self.faults),
            quarantined=tuple(Quarantined(each[0], identity.quarantine_of(each)) for each in self.joining.quarantined),
            messages=tuple(message for commit in self.written for message in commit.messages),
        )

    def _commit(self, folds: Sequence[Fold]) -> None:
        committing = [fold for fold in folds if fold.commit is not None]
        conflicts: dict[str, Conflict] = {}
        if committing:
            with self._or_back(*committing):
                commits = [self._with_index_rows(fold, fold.commit) for fold in committing if fold.commit is not None]
                conflicts = self.ports.profiles.commit(commits, now=self.now).conflicts
        for fold in folds:
            if fold.profile in conflicts:
                fold.learn(conflicts[fold.profile])
            elif fold.deliveries:  # it was not sent back
                self._written(fold)
        stale = [fold for fold in folds if fold.profile in conflicts and conflicts[fold.profile].stale]
        if stale:
            with self._or_back(*stale):
                self._load(stale)

    def _or_back(self, *folds: Fold) -> OnFault:
        """A fault of store or network sends back what is left of these profiles, in order; everybody else goes on."""

        def drop() -> None:
            for fold in folds:
                fold.deliveries = []

        return self.back.on_fault([delivery for fold in folds for delivery in fold.deliveries], then=drop)

    def _with_index_rows(self, fold: Fold, commit: Commit) -> Commit:
        """A date that came writes all of them: the calendar tells so of what no campaign used before."""
        stored = fold.stored.content
        before = stored.profile if isinstance(stored, State) and not fold.renews_dates else None
        dates = dates_to_index(before, commit.state.profile, self.catalogue)
        interests = interests_to_index(before, commit.state.profile, self.catalogue)
        return replace(commit, dates=dates, interests=interests) if dates or interests else commit

    def _load(self, folds: Iterable[Fold]) -> None:
        wanted = {fold.profile: fold for fold in folds}
        if wanted:
            for profile, stored in self.ports.profiles.load(wanted).items():
                wanted[profile].stored = stored

    def _written(self, fold: Fold) -> None:
        """The fold's commit is stored, or there was nothing to store: what is left starts from there."""
        if fold.commit is not None:
            self.written.append(fold.commit)
            fold.stored = Stored(content=fold.commit.state, version=fold.commit.read_version + 1)
            fold.known = Known()  # what was looked up before is not what lies there now
        fold.at_most = fold.too_much = None
        self.faults += fold.faults
        self.duplicates += fold.duplicates
        self.forwarded += fold.forwarded
        self.back.retry.update((delivery.id, 1) for delivery in fold.early)
        for delivery, reason in fold.poisoned:
            self._park(delivery, reason)
        fold.deliveries = fold.rest

    # --- folding --------------------------------------------------------------------------------------------------

    def _fold(self, fold: Fold) -> None:
        """Folds stimuli in order until all are taken, or one has to wait for what is stored before it."""
        fold.begin()
        if fold.at_most == 0 and fold.too_much is not None:
            fold.poisoned, fold.rest = [(fold.deliveries[0], fold.too_much)], fold.deliveries[1:]
            return
        fold.taken = len(fold.deliveries) if fold.at_most is None else fold.at_most
        fold.rest = fold.deliveries[fold.taken :]
        for place, delivery in enumerate(fold.deliveries[: fold.taken]):
            if isinstance(fold.stored.content, Tombstone):
                fold.forwarded.append((delivery, fold.stored.content.into))
                continue
            erasing = fold.stored.content
            if isinstance(erasing, Erasing) and not go_on_erasing(self.ports.profiles, fold, delivery, erasing):
                continue
            if isinstance(delivery.stimulus, TimerDue) and self.now < delivery.stimulus.due_at <= self.now + EARLY:
                fold.early.append(delivery)
                continue
            try:
                self._take(fold, delivery)
            except _Poison as poison:
                if not is_of_erased(self.ports.profiles, fold, delivery.stimulus):
                    fold.poisoned.append((delivery, str(poison)))
            except CommitFirst:
                fold.taken, fold.rest = place, fold.deliveries[place:]
                return

    def _take(self, fold: Fold, delivery: Delivery) -> None:
        stimulus = delivery.stimulus
        if isinstance(stimulus, EventCame) and stimulus.event.is_news:
            product = str(stimulus.event.properties.get("product_id"))
            if fold.state is None or product not in fold.state.profile.interests:
                return  # the index knows those who forgot the product, and who were merged, a little longer
            stimulus = replace(stimulus, event=stimulus.event.seen_by(fold.profile))
        event = None
        standing = Standing()
        if isinstance(stimulus, EventCame):
            if stimulus.event.key in fold.seen_before or (fold.commit and stimulus.event.key in fold.commit.seen):
                fold.duplicates += 1
                return
            known = fold.state.profile if fold.state else None
            event = what_is_left(stimulus.event, known, fold.erased) if fold.erased else stimulus.event
            if event is None or (known is None and not event.proven):  # an erased person's; on a message of nobody
                forget(self.ports.profiles, fold, stimulus.event)
                return
            if event is not stimulus.event:
                stimulus = replace(stimulus, event=event)
            claims = identity.unclaimed(known, event.proven, named_at=event.at)
            if claims:
                standing = self.joining(fold, stimulus, claims)
                if standing.elsewhere is not None:
                    fold.forwarded.append((delivery, standing.elsewhere))
                    return
            if event.name == ERASURE:
                self._begin_erasing(fold, delivery, event, standing.mine)
                return
        elif fold.state is None:
            return
        decision = self._decide(fold, stimulus, standing)
        fold.renews_dates |= isinstance(stimulus, DateCame)
        if event is not None or fold.renews_dates or decision != Decision(state=fold.state or decision.state):
            fold.add(decision, event, standing.mine, self.catalogue.shop, not_theirs=standing.others | standing.shared)

    def _decide(self, fold: Fold, stimulus: Stimulus, standing: Standing) -> Decision:
        for _ in range(MOST_ROUNDS):
            known = fold.knowing()
            if standing.others or standing.shared:
                known = replace(known, others=standing.others, shared=standing.shared)
            try:
                decision = decide(fold.state, stimulus, self.catalogue, now=self.now, known=known)
            except Exception as fault:  # whatever a stimulus does to our code, it takes nobody along
                raise _Poison(str(trouble_of(fault))) from fault
            if isinstance(decision, Decision):
                return decision
            profile = fold.state.profile if fold.state else Profile(id=fold.profile, created_at=self.now)
            told = self._answer(profile, decision)
            fold.known = replace(
                fold.known,
                memories={**told.memories, **fold.known.memories},
                events={**fold.known.events, **told.events},
                past={**fold.known.past, **told.past},
                products={**fold.known.products, **told.products},
                alike={**fold.known.alike, **told.alike},
                best={**fold.known.best, **told.best},
            )
        raise _Poison("the decision kept asking")

    def _answer(self, profile: Profile, asks: Asks) -> Known:
        asks_profiles = asks.memories or asks.events or asks.past
        told = self.ports.profiles.answer(profile, asks) if asks_profiles else Known()
        return replace(
            told,
            products={**dict.fromkeys(asks.products), **self.shelf.products(asks.products)},
            alike={**dict.fromkeys(asks.alike), **self.shelf.alike(asks.alike)},
            best={**dict.fromkeys(asks.best), **self.shelf.best(asks.best)},
        )

    # --- erasing ---------------------------------------------------------------------------------------------------

    def _begin_erasing(self, fold: Fold, delivery: Delivery, event: Event, mine: tuple[Identifier, ...]) -> None:
        if fold.commit is not None:
            raise CommitFirst
        profile = fold.state.profile if fold.state else newcomer(fold.profile, event)
        erasing = erasing_of(profile, event, mine)
        version = fold.stored.version
        conflict = self.ports.profiles.begin_erasing(erasing, read_version=version, event_key=event.key, now=self.now)
        if conflict is None:
            fold.stored = Stored(content=erasing, version=version + 1)
            go_on_erasing(self.ports.profiles, fold, delivery, erasing)
        elif conflict.seen:
            fold.duplicates += 1
        else:
            self._load([fold])
            raise CommitFirst

    # --- afterwards -----------------------------------------------------------------------------------------------

    def _pass_on(self) -> None:
        """What was stored is announced; that is only a hint, so a fault or dying here costs time, never a message.

        Only what belongs to another profile must arrive there, or come back.
        """
        outgoing = [
            Outgoing(message.profile, message.id, message.transactional, message.event)
            for commit in self.written
            for message in commit.messages
            if message.status is Status.REQUESTED
        ]
        if outgoing:
            with self.back.on_fault():
                self.ports.outbox.put(outgoing)
        changed = (*self.joining.merged, *(commit.state for commit in self.written))
        woken = {state.profile.id: state.due_at for state in changed if state.due_at is not None}
        if woken:
            with self.back.on_fault():
                self.ports.timers.wake(list(woken.items()), now=self.now)
        for commit in self.written:
            if commit.emitted:
                with self.back.on_fault():
                    self.ports.bus.put(commit.emitted)
                    self.ports.profiles.forget_emitted(commit.profile, commit.emitted)
        if self.forwarded:
            self._forward()

    def _forward(self) -> None:
        moved = [(replace(delivery.stimulus, profile=to), f"{delivery.id}/{to}") for delivery, to in self.forwarded]
        with self.back.on_fault(delivery for delivery, _ in self.forwarded):
            self.back.again(self.forwarded[place][0] for place in self.ports.mailbox.put(moved))

    def _park(self, delivery: Delivery, reason: str) -> None:
        with self.back.on_fault([delivery]):
            self.ports.profiles.park(delivery.stimulus, reason=reason, now=self.now)
            self.ports.parking.put(delivery.stimulus, reason=reason)
            self.parked.append(Parked(delivery.id, delivery.stimulus.profile, reason))
