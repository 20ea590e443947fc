"""A fold: one profile's stimuli of a batch, on their way into one commit."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from dampf.domain.commit import Commit, Conflict, Stored
from dampf.domain.consents import consent_entry
from dampf.domain.decision import Decision, Fault, Known, Memory, MemoryKey
from dampf.domain.event import Event
from dampf.domain.fading import FADING
from dampf.domain.identifiers import Identifier, Joined
from dampf.domain.identity import joined_by
from dampf.domain.shop import Shop
from dampf.domain.state import State
from dampf.domain.stimulus import Stimulus


class Delivery(NamedTuple):
    """One message of the mailbox queue: its id, what it says, and how often it was received."""

    id: str
    stimulus: Stimulus
    tries: int = 1


@dataclass(kw_only=True, slots=True)
class Fold:
    """One profile's stimuli of this batch, on their way into one commit (more only where identities are joined).

    What was too much for one transaction is halved until it fits: `at_most` so many are `taken` next; none at all where
    the first alone is `too_much`.
    """

    profile: str
    deliveries: list[Delivery] = field(default_factory=list)
    rest: list[Delivery] = field(default_factory=list)
    stored: Stored = field(default_factory=Stored)
    known: Known = field(default_factory=Known)
    seen_before: set[str] = field(default_factory=set)
    owners: dict[Identifier, str] = field(default_factory=dict)
    erased: dict[Identifier, datetime] = field(default_factory=dict)
    taken: int = 0
    at_most: int | None = None
    too_much: str | None = None
    commit: Commit | None = None
    renews_dates: bool = False
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
        self.forwarded, self.poisoned, self.early, self.renews_dates = [], [], [], False

    def restart(self, state: State) -> None:
        """From this state, which a transaction of its own has just stored; what was asked of the former is unknown."""
        self.stored = Stored(content=state, version=self.stored.version + 1)
        self.known = Known()

    def add(
        self,
        decision: Decision,
        event: Event | None,
        claims: tuple[Identifier, ...],
        shop: Shop,
        *,
        not_theirs: frozenset[str] = frozenset(),
    ) -> None:
        """Takes one decision into the commit; of a memory written twice the first belief and the last value count."""
        consent = consent_entry(event, shop, self.profile, not_theirs=not_theirs) if event is not None else None
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
            claims=_claimed(so_far.claims, claims, event) if event else so_far.claims,
            returning=so_far.returning.union(self.erased.keys() & set(claims)),  # an event of anybody else was dropped
            messages=(*so_far.messages, *decision.messages),
            memories=tuple(memories.values()),
            emitted=(*so_far.emitted, *decision.emitted),
            consents=(*so_far.consents, consent) if consent is not None else so_far.consents,
            ended=(*so_far.ended, *decision.ended),
            conversions=(*so_far.conversions, *decision.conversions),
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
        self.erased.update(conflict.erased)
        if conflict.refused is not None:
            self.at_most = self.taken // 2
            self.too_much = conflict.refused
        if conflict.stale:
            self.known = Known()
        self.known = replace(self.known, memories={**self.known.memories, **conflict.memories})


def _claimed(so_far: dict[Identifier, Joined], claims: Iterable[Identifier], event: Event) -> dict[Identifier, Joined]:
    """The event that joins an identifier is the first, but of what fades the one that makes it last longer."""
    fresh = {each: joined_by(event) for each in claims if each not in so_far or each[0] in FADING}
    return {**so_far, **fresh} if fresh else so_far
