"""Evaluate: load the profiles of a batch, let `decide` fold their stimuli in order, and commit it all at once.

A commit that does not hold names why; that profile is folded again knowing better, the others are not harmed. What
fails for good (a fault in data or in our code) is parked with its reason. Only faults of store or network go back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from dampf.domain import identity
from dampf.domain.commit import Commit, Conflict, Merge, Stored
from dampf.domain.decide import decide
from dampf.domain.decision import Decision, Fault, Known, Memory, MemoryKey
from dampf.domain.effects import newcomer
from dampf.domain.event import Event
from dampf.domain.message import Message, Status
from dampf.domain.profile import Profile
from dampf.domain.state import State, Tombstone
from dampf.domain.stimulus import EventCame, Stimulus, TimerDue
from dampf.use_cases.ports import (
    Bus,
    CatalogueInForce,
    DeadLetters,
    Identifier,
    Identities,
    Mailbox,
    Outbox,
    Outgoing,
    Profiles,
    Timers,
)

MOST_ROUNDS: Final = 8
EARLY: Final = timedelta(seconds=2)
"""A wake-up that comes this little before its time waits for it; one that comes earlier is not its own."""


class Delivery(NamedTuple):
    """One message of the mailbox queue: its id, what it says, and how often it was received."""

    id: str
    stimulus: Stimulus
    tries: int = 1


class Parked(NamedTuple):
    record: str
    profile: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluated:
    """`retry` maps records to be delivered again to the seconds to wait; all others are done."""

    retry: dict[str, int] = field(default_factory=dict)
    parked: tuple[Parked, ...] = ()
    duplicates: int = 0
    faults: tuple[Fault, ...] = ()
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluate:
    profiles: Profiles
    identities: Identities
    mailbox: Mailbox
    outbox: Outbox
    timers: Timers
    bus: Bus
    parking: DeadLetters
    catalogue: CatalogueInForce

    def __call__(self, deliveries: Sequence[Delivery], *, now: datetime) -> Evaluated:
        folds: dict[str, _Fold] = {}
        for delivery in deliveries:
            profile = delivery.stimulus.profile
            folds.setdefault(profile, _Fold(profile=profile)).deliveries.append(delivery)
        return _Batch(self, now).evaluate(folds)


@dataclass(kw_only=True, slots=True)
class _Fold:
    """One profile's stimuli of this batch, on their way into one commit (more only where identities are joined)."""

    profile: str
    deliveries: list[Delivery] = field(default_factory=list)
    rest: list[Delivery] = field(default_factory=list)
    stored: Stored = field(default_factory=Stored)
    known: Known = field(default_factory=Known)
    seen_before: set[str] = field(default_factory=set)
    owners: dict[Identifier, str] = field(default_factory=dict)
    too_much: str | None = None
    commit: Commit | None = None
    faults: list[Fault] = field(default_factory=list)
    forwarded: list[tuple[Delivery, str]] = field(default_factory=list)
    poisoned: list[tuple[Delivery, str]] = field(default_factory=list)
    early: list[Delivery] = field(default_factory=list)
    duplicates: int = 0

    @property
    def state(self) -> State | None:
        if self.commit is not None:
            return self.commit.state
        return self.stored.content if isinstance(self.stored.content, State) else None

    def begin(self) -> None:
        """Nothing of an earlier attempt counts, except what it taught."""
        self.commit, self.rest, self.faults, self.duplicates = None, [], [], 0
        self.forwarded, self.poisoned, self.early = [], [], []

    def add(self, decision: Decision, event: Event | None, claims: tuple[Identifier, ...]) -> None:
        """Takes one decision into the commit; of a memory written twice the first belief and the last value count."""
        so_far = self.commit or Commit(profile=self.profile, state=decision.state, read_version=self.stored.version)
        memories = {memory.key: memory for memory in so_far.memories}
        for memory in decision.memories:
            first = memories.get(memory.key)
            memories[memory.key] = replace(memory, was=first.was) if first else memory
        self.commit = replace(
            so_far,
            state=decision.state,
            seen=(*so_far.seen, event.key) if event else so_far.seen,
            events=(*so_far.events, event) if event else so_far.events,
            claims=tuple(dict.fromkeys((*so_far.claims, *claims))),
            messages=(*so_far.messages, *decision.messages),
            memories=tuple(memories.values()),
            emitted=(*so_far.emitted, *decision.emitted),
            ended=(*so_far.ended, *decision.ended),
        )
        self.faults += decision.faults

    def knowing(self) -> Known:
        """What is known, with what this commit is about to write."""
        if self.commit is None:
            return self.known
        written: dict[MemoryKey, Memory] = {memory.key: memory for memory in self.commit.memories}
        memories = {**self.known.memories, **{key: memory.value for key, memory in written.items()}}
        return replace(self.known, memories=memories, recent=self.commit.events)

    def learn(self, conflict: Conflict) -> None:
        self.seen_before |= conflict.seen
        self.owners.update(conflict.owned)
        self.too_much = conflict.refused
        if conflict.stale:
            self.known = Known()
        self.known = replace(self.known, memories={**self.known.memories, **conflict.memories})


class _CommitFirst(Exception):
    """What was folded so far must be stored, or read anew, before this stimulus can be decided."""


class _Poison(Exception):
    """This stimulus fails for good."""


class _Batch:
    def __init__(self, ports: Evaluate, now: datetime) -> None:
        self.ports, self.now, self.catalogue = ports, now, ports.catalogue()
        self.written: list[Commit] = []
        self.forwarded: list[tuple[Delivery, str]] = []
        self.woken: list[tuple[str, datetime]] = []
        self.parked: list[Parked] = []
        self.retry: dict[str, int] = {}
        self.faults: list[Fault] = []
        self.duplicates = 0

    def evaluate(self, folds: dict[str, _Fold]) -> Evaluated:
        self._load(folds.values())
        for _ in range(MOST_ROUNDS):
            if not folds:
                break
            for fold in folds.values():
                self._fold(fold)
            commits = [fold.commit for fold in folds.values() if fold.commit is not None]
            conflicts = self.ports.profiles.commit(commits, now=self.now).conflicts if commits else {}
            for fold in folds.values():
                if fold.profile in conflicts:
                    fold.learn(conflicts[fold.profile])
                else:
                    self._written(fold)
            folds = {profile: fold for profile, fold in folds.items() if profile in conflicts or fold.deliveries}
            self._load(fold for fold in folds.values() if fold.profile in conflicts and conflicts[fold.profile].stale)
        for fold in folds.values():
            self._try_again(fold.deliveries)
        self._pass_on()
        return Evaluated(
            retry=self.retry,
            parked=tuple(self.parked),
            duplicates=self.duplicates,
            faults=tuple(self.faults),
            messages=tuple(message for commit in self.written for message in commit.messages),
        )

    def _load(self, folds: Iterable[_Fold]) -> None:
        wanted = {fold.profile: fold for fold in folds}
        if wanted:
            for profile, stored in self.ports.profiles.load(wanted).items():
                wanted[profile].stored = stored

    def _written(self, fold: _Fold) -> None:
        """The fold's commit is stored, or there was nothing to store: what is left starts from there."""
        if fold.commit is not None:
            self.written.append(fold.commit)
            fold.stored = Stored(content=fold.commit.state, version=fold.commit.read_version + 1)
            fold.known = Known()  # what was looked up before is not what lies there now
        fold.too_much = None
        self.faults += fold.faults
        self.duplicates += fold.duplicates
        self.forwarded += fold.forwarded
        self.retry.update((delivery.id, 1) for delivery in fold.early)
        for delivery, reason in fold.poisoned:
            self._park(delivery, reason)
        fold.deliveries = fold.rest

    # --- folding --------------------------------------------------------------------------------------------------

    def _fold(self, fold: _Fold) -> None:
        """Folds stimuli in order until all are taken, or one has to wait for what is stored before it."""
        """What was too much for one transaction is halved until it fits; alone and still too much, it is poison."""
        fold.begin()
        most = max(1, len(fold.deliveries) // 2) if fold.too_much else len(fold.deliveries)
        fold.rest = fold.deliveries[most:]
        for place, delivery in enumerate(fold.deliveries[:most]):
            if isinstance(fold.stored.content, Tombstone):
                fold.forwarded.append((delivery, fold.stored.content.into))
                continue
            if isinstance(delivery.stimulus, TimerDue) and self.now < delivery.stimulus.due_at <= self.now + EARLY:
                fold.early.append(delivery)
                continue
            try:
                if fold.too_much and len(fold.deliveries) == 1:
                    raise _Poison(fold.too_much)
                self._take(fold, delivery)
            except _Poison as poison:
                fold.poisoned.append((delivery, str(poison)))
            except _CommitFirst:
                fold.rest = fold.deliveries[place:]
                return

    def _take(self, fold: _Fold, delivery: Delivery) -> None:
        stimulus = delivery.stimulus
        event = stimulus.event if isinstance(stimulus, EventCame) else None
        claims: tuple[Identifier, ...] = ()
        if isinstance(stimulus, EventCame):
            if stimulus.event.key in fold.seen_before or (fold.commit and stimulus.event.key in fold.commit.seen):
                fold.duplicates += 1
                return
            if fold.state is None and not stimulus.event.identifiers:
                return  # feedback on a message of nobody we know
            claims = identity.unclaimed(fold.state.profile if fold.state else None, stimulus.event.proven)
            if claims:
                elsewhere, claims = self._join(fold, stimulus, claims)
                if elsewhere is not None:
                    fold.forwarded.append((delivery, elsewhere))
                    return
        elif fold.state is None:
            return
        decision = self._decide(fold, stimulus)
        if event is not None or decision.state != fold.state:
            fold.add(decision, event, claims)

    def _decide(self, fold: _Fold, stimulus: Stimulus) -> Decision:
        for _ in range(MOST_ROUNDS):
            try:
                decision = decide(fold.state, stimulus, self.catalogue, now=self.now, known=fold.knowing())
            except Exception as fault:  # whatever a stimulus does to our code, it takes nobody along
                raise _Poison(f"{type(fault).__name__}: {fault}") from fault
            if isinstance(decision, Decision):
                return decision
            profile = fold.state.profile if fold.state else Profile(id=fold.profile, created_at=self.now)
            told = self.ports.profiles.answer(profile, decision)
            fold.known = replace(
                fold.known,
                memories={**told.memories, **fold.known.memories},
                events={**fold.known.events, **told.events},
                past={**fold.known.past, **told.past},
            )
        raise _Poison("the decision kept asking")

    # --- identity -------------------------------------------------------------------------------------------------

    def _join(
        self, fold: _Fold, stimulus: EventCame, claims: tuple[Identifier, ...]
    ) -> tuple[str | None, tuple[Identifier, ...]]:
        """Makes whoever else owns the event's identifiers one person with this profile, where they are one.

        Gives the profile that survives if it is not this one, and the identifiers that this profile may claim.
        """
        suspected = [
            claim
            for claim in claims
            if claim in fold.owners or stimulus.owners.get(claim[0], fold.profile) != fold.profile
        ]
        owners = self.ports.identities.owners(suspected) if suspected else {}
        mine = []
        for claim in claims:
            owner = owners.get(claim, fold.profile)
            if owner == fold.profile:
                mine.append(claim)
                continue
            survivor = self._merge(fold, stimulus.event, owner)
            if survivor not in (None, fold.profile):
                return survivor, ()
        return None, tuple(mine)

    def _merge(self, fold: _Fold, event: Event, owner: str) -> str | None:
        """The profile that both are from now on; None where they are two customers, who never merge."""
        other = self.ports.profiles.load([owner])[owner]
        if isinstance(other.content, Tombstone):
            return other.content.into
        mine = fold.state or State(profile=newcomer(fold.profile, event))
        bearing = {**mine.profile.identifiers, **event.identifiers}
        if other.content is None or not identity.may_merge(bearing, other.content.profile.identifiers):
            return None
        if identity.rank(other.content.profile, {}) < identity.rank(mine.profile, event.identifiers):
            return owner
        if fold.commit is not None:
            raise _CommitFirst
        survivor = identity.merged(mine, other.content)
        moved = tuple((kind, value) for kind, values in other.content.profile.identifiers.items() for value in values)
        merge = Merge(
            survivor=survivor,
            survivor_version=fold.stored.version,
            loser=owner,
            loser_version=other.version,
            identifiers=moved,
        )
        if not self.ports.profiles.merge(merge):
            self._load([fold])
            raise _CommitFirst
        fold.stored = Stored(content=survivor, version=fold.stored.version + 1)
        fold.known = Known()
        if survivor.due_at is not None:
            self.woken.append((fold.profile, survivor.due_at))
        return fold.profile

    # --- afterwards -----------------------------------------------------------------------------------------------

    def _pass_on(self) -> None:
        """Everything here is a hint for what is already stored: dying before it costs time, never a message."""
        outgoing = [
            Outgoing(message.profile, message.id, message.transactional, message.event)
            for commit in self.written
            for message in commit.messages
            if message.status is Status.REQUESTED
        ]
        if outgoing:
            self.ports.outbox.put(outgoing)
        self.woken += [
            (commit.profile, commit.state.due_at) for commit in self.written if commit.state.due_at is not None
        ]
        if self.woken:
            self.ports.timers.wake(list(dict(self.woken).items()), now=self.now)
        for commit in self.written:
            if commit.emitted:
                self.ports.bus.put(commit.emitted)
                self.ports.profiles.forget_emitted(commit.profile, commit.emitted)
        if self.forwarded:
            moved = [(replace(delivery.stimulus, profile=to), f"{delivery.id}/{to}") for delivery, to in self.forwarded]
            for place in self.ports.mailbox.put(moved):
                self._try_again([self.forwarded[place][0]])

    def _park(self, delivery: Delivery, reason: str) -> None:
        self.ports.profiles.park(delivery.stimulus, reason=reason, now=self.now)
        self.ports.parking.put(delivery.stimulus, reason=reason)
        self.parked.append(Parked(delivery.id, delivery.stimulus.profile, reason))

    def _try_again(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            self.retry[delivery.id] = min(2**delivery.tries, 8)
