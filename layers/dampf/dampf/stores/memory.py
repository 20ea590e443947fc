"""The tables' twin in memory, for simulation and tests: the same answers, without a copy or a byte of JSON.

Values are kept as they are handed in. Nothing expires but identifiers that fade: what was seen is seen for good, where
AWS forgets it after 35 days. Writes hold a lock, so that callers may race as they do on AWS.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from threading import Lock
from typing import NamedTuple

from dampf.domain.commit import Commit, Conflict, Merge, Move, Stored
from dampf.domain.decision import Asks, Conversion, Ended, Known, MemoryKey, Remembered, VoucherKey
from dampf.domain.event import Event
from dampf.domain.identifiers import Claim
from dampf.domain.identity import trace_of
from dampf.domain.profile import Profile
from dampf.domain.state import State, Tombstone
from dampf.domain.stimulus import Stimulus, TimerDue
from dampf.stores.due_heap import DueHeap
from dampf.stores.memory_calendar import MOST_ON_A_PAGE, DateIndex, InterestIndex, MemoryMarks
from dampf.stores.memory_consents import ConsentsInMemory
from dampf.stores.memory_erasing import ErasesInMemory
from dampf.stores.memory_identities import IdentitiesInMemory
from dampf.stores.memory_ledger import ABSENT, LedgerInMemory
from dampf.stores.rules import (
    MOST_WRITES,
    PATIENCE,
    combined,
    moved_at_once,
    too_many_writes,
    writes_of,
)
from dampf.use_cases.ports.occasions import Due
from dampf.use_cases.ports.profiles import Committed


class Parked(NamedTuple):
    stimulus: Stimulus
    reason: str
    at: datetime


class InMemory(ConsentsInMemory, ErasesInMemory, IdentitiesInMemory, LedgerInMemory, MemoryMarks):
    """Fills the ports Identities, Profiles, Ledger, Wakeups, Calendar, People, Interests and ConsentLedger."""

    def __init__(self, *, keeps_what_mails_show: bool = True) -> None:
        """What mails show is a hundred times the rest, and a simulation has nobody who would look at it."""
        super().__init__()
        self._keeps_what_mails_show = keeps_what_mails_show
        self.ended: dict[str, list[Ended]] = {}
        """The journeys that are over, by the profile under which they lie."""
        self.conversions: list[Conversion] = []
        """The goals that were reached, by whomever."""
        self.parked: dict[tuple[str, str], Parked] = {}
        self._stored: dict[str, Stored] = {}
        self._seen: set[str] = set()
        self._memories: dict[tuple[str, MemoryKey], Remembered] = {}
        self._emitted: dict[tuple[str, str], Event] = {}
        self._due = DueHeap()
        self._dates = DateIndex()
        self._met_on: dict[date, set[str]] = {}
        self._interests = InterestIndex()
        self._by_name: list[str] | None = None
        self._lock = Lock()

    # --- what the simulator asks ----------------------------------------------------------------------------------

    def states(self) -> Iterator[State]:
        """Every profile that was not merged into another, in the order in which they became known."""
        return (stored.content for stored in self._stored.values() if isinstance(stored.content, State))

    def put_state(self, state: State) -> None:
        """Somebody who is known from the start, with all their identifiers."""
        self._store(state, 0)
        for kind, values in state.profile.identifiers.items():
            self._claims.update(((kind, value), Claim(state.profile.id)) for value in values)

    def next_due_at(self) -> datetime | None:
        return self._due.next_at()

    # --- Profiles -------------------------------------------------------------------------------------------------

    def load(self, profiles: Iterable[str]) -> dict[str, Stored]:
        stored = self._stored
        return {profile: stored.get(profile, ABSENT) for profile in profiles}

    def commit(self, commits: Sequence[Commit], *, now: datetime) -> Committed:
        written: list[str] = []
        conflicts: dict[str, Conflict] = {}
        with self._lock:
            for commit in commits:
                conflict = self._conflict(commit, now)
                if conflict is None:
                    self._write(commit, now)
                    written.append(commit.profile)
                else:
                    conflicts[commit.profile] = conflict
        return Committed(written=frozenset(written), conflicts=conflicts)

    def answer(self, profile: Profile, asks: Asks) -> Known:
        persons = (profile.id, *profile.also)
        memories = {
            key: combined([row for person in persons if (row := self._memories.get(_place(person, key))) is not None])
            for key in asks.memories
        }
        return Known(
            memories=memories,
            events={event.key: self._event(event.profile, event.at, event.key) for event in asks.events},
            past={question: self._past(persons, question) for question in asks.past},
        )

    def merge(self, merge: Merge) -> bool:
        survivor, loser = merge.survivor.profile.id, merge.loser
        moved = moved_at_once(merge)
        with self._lock:
            if (
                self._version(survivor) != merge.survivor_version
                or self._version(loser) != merge.loser_version
                or any(self._owner(identifier) != owner for identifier, owner in moved.items())
                or not self._may_claim(merge, merge.survivor)
            ):
                return False
            self._store(merge.survivor, merge.survivor_version)
            tombstone = Tombstone(profile=loser, into=survivor, joined=merge.joined)
            self._stored[loser] = Stored(content=tombstone, version=merge.loser_version + 1)
            self._by_name = None
            self._due.move(loser, "state", "", None)
            for identifier in moved:
                self._claims[identifier] = self._claims[identifier]._replace(profile=survivor)
            self._claim(survivor, merge.claims, merge.returning)
            for name, day in merge.dates.items():
                self._dates.move(survivor, name, day)
                self._dates.move(loser, name, None)
        return True

    def move(self, move: Move) -> bool:
        states = [(move.holder, move.holder_version), (move.taker, move.taker_version)]
        changed = [(state, version) for state, version in states if state is not None]
        with self._lock:
            claim = self._claims.get(move.identifier)
            if (
                claim is None
                or claim.profile != move.owner
                or any(self._version(state.profile.id) != version for state, version in changed)
                or not self._may_claim(move, move.taker)
            ):
                return False
            for state, version in changed:
                self._store(state, version)
            self._claims[move.identifier] = Claim(move.to, move.joined, claim.former | {trace_of(move.holder_id)})
            self._claim(move.to, move.claims, move.returning)
        return True

    def park(self, stimulus: Stimulus, *, reason: str, now: datetime) -> None:
        self.parked[stimulus.profile, repr(stimulus)] = Parked(stimulus, reason, now)
        if isinstance(stimulus, TimerDue):
            self._due.move(stimulus.profile, "state", "", None)

    def emitted(self, profile: str, event_key: str) -> Event | None:
        return self._emitted.get((profile, event_key))

    def forget_emitted(self, profile: str, events: Iterable[Event]) -> None:
        for event in events:
            self._emitted.pop((profile, event.key), None)
            self._due.move(profile, "emit", event.key, None)

    # --- Wakeups --------------------------------------------------------------------------------------------------

    def due(self, *, until: datetime) -> Iterator[Due]:
        return self._due.until(until)

    # --- Calendar and People --------------------------------------------------------------------------------------

    def with_date(self, name: str, base: str) -> Iterator[str]:
        return self._dates.on(name, base)

    def shards(self) -> Sequence[str]:
        return ("all",)

    def page(self, shard: str, after: str | None) -> tuple[tuple[State, ...], str | None]:
        with self._lock:
            if self._by_name is None:
                self._by_name = sorted(self._stored)
            start = 0 if after is None else bisect_right(self._by_name, after)
            named = self._by_name[start : start + MOST_ON_A_PAGE]
            more = named[-1] if start + MOST_ON_A_PAGE < len(self._by_name) else None
        contents = (self._stored[profile].content for profile in named)
        return tuple(content for content in contents if isinstance(content, State)), more

    def who_met_products_on(self, day: date) -> Iterator[State]:
        for profile in sorted(self._met_on.get(day, ())):
            content = self._stored[profile].content
            if isinstance(content, State) and content.met_products_on == day:
                yield content

    def interest_shards(self) -> Sequence[str]:
        return ("all",)

    def interested(self, product: str, shard: str, after: str | None) -> tuple[tuple[str, ...], str | None]:
        with self._lock:
            return self._interests.after(product, after)

    # --- within ---------------------------------------------------------------------------------------------------

    def _conflict(self, commit: Commit, now: datetime) -> Conflict | None:
        if writes_of(commit) > MOST_WRITES:
            return Conflict(refused=too_many_writes(commit))
        stale = self._version(commit.profile) != commit.read_version
        seen = self._seen.intersection(commit.seen)
        owned = self._owned(commit, now) if commit.claims else {}
        memories = self._misbelieved(commit) if commit.memories else {}
        erased = self.erased(each for each in commit.claims if each not in commit.returning)
        if stale or seen or owned or erased or memories:
            return Conflict(stale=stale, seen=frozenset(seen), owned=owned, erased=erased, memories=memories)
        return None

    def _misbelieved(self, commit: Commit) -> dict[MemoryKey, Remembered | None]:
        """Beliefs that do not hold. Where profiles were merged, what was read of their rows needs no second look."""
        rows = {memory.key: self._memories.get(_place(commit.profile, memory.key)) for memory in commit.memories}
        merged = bool(commit.state.profile.also)
        return {
            memory.key: rows[memory.key]
            for memory in commit.memories
            if rows[memory.key] != memory.was
            and not (merged and memory.was is not None and not isinstance(memory.key, VoucherKey))
        }

    def _write(self, commit: Commit, now: datetime) -> None:
        profile = commit.profile
        self._store(commit.state, commit.read_version)
        self._seen.update(commit.seen)
        for event in commit.events:
            self._record(profile, event)
        self._claim(profile, commit.claims, commit.returning)
        for name, day in commit.dates.items():
            self._dates.move(profile, name, day)
        for product, is_there in commit.interests.items():
            self._interests.move(profile, product, is_there=is_there)
        for memory in commit.memories:
            self._memories[_place(profile, memory.key)] = memory.value
        for message in commit.messages:
            if message.id not in self.messages:
                self._put(message)
        for event in commit.emitted:
            self._emitted[profile, event.key] = event
            self._due.move(profile, "emit", event.key, now + PATIENCE)
        self.conversions += commit.conversions
        if commit.consents:
            self._consents.setdefault(profile, []).extend(commit.consents)
        if commit.ended:
            self.ended.setdefault(profile, []).extend(commit.ended)

    def _store(self, state: State, read_version: int) -> None:
        self._stored[state.profile.id] = Stored(content=state, version=read_version + 1)
        if read_version == 0:
            self._by_name = None
        if state.met_products_on is not None:
            self._met_on.setdefault(state.met_products_on, set()).add(state.profile.id)
        self._due.move(state.profile.id, "state", "", state.due_at)

    def _version(self, profile: str) -> int:
        return self._stored.get(profile, ABSENT).version


def _place(profile: str, key: MemoryKey) -> tuple[str, MemoryKey]:
    """What is remembered of a voucher code is nobody's alone."""
    return ("" if isinstance(key, VoucherKey) else profile, key)
