"""Joining: whoever else owns an event's identifiers is one person with its profile, or gives the identifier up, or
keeps it. What is written here are transactions of their own, before the event's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

from dampf.domain import identity
from dampf.domain.catalogue import Catalogue
from dampf.domain.commit import Merge, Move, Stored
from dampf.domain.effects import newcomer
from dampf.domain.erasure import ERASURE
from dampf.domain.event import CUSTOMER_ID, Event
from dampf.domain.fading import has_faded
from dampf.domain.identifiers import Identifier, Joined
from dampf.domain.occurrences import dates_to_index
from dampf.domain.state import Erasing, State, Tombstone
from dampf.domain.stimulus import EventCame
from dampf.use_cases.folds import Fold
from dampf.use_cases.ports.profiles import Identities, Profiles


class CommitFirst(Exception):
    """What was folded so far must be stored, or read anew, before this stimulus can be decided."""


class Standing(NamedTuple):
    """`elsewhere` is the profile that the event belongs to, if it is not this one. Else this one may claim `mine`.

    Of the kinds of identifier that the event names, those in `others` are another customer's, and those in `shared`
    tell nobody apart.
    """

    elsewhere: str | None = None
    mine: tuple[Identifier, ...] = ()
    others: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()


class _Met(Enum):
    """What became of an identifier that somebody else was found to own."""

    MINE = auto()
    ONE_BY_NOW = auto()
    THEIRS = auto()
    SHARED = auto()


@dataclass(kw_only=True, slots=True)
class Joining:
    """`merged` are those who took another profile in; `quarantined` the identifiers that join nobody from now on."""

    profiles: Profiles
    identities: Identities
    now: datetime
    catalogue: Catalogue = field(init=False)
    merged: list[State] = field(default_factory=list)
    quarantined: list[Identifier] = field(default_factory=list)

    def __call__(self, fold: Fold, stimulus: EventCame, claims: Sequence[Identifier]) -> Standing:
        """Raises CommitFirst."""
        erases = stimulus.event.name == ERASURE  # whom it concerns must not rest on what ingest saw
        owners = {claim: stimulus.owners.get(claim[0], fold.profile) for claim in claims}
        suspected = [
            claim
            for claim, owner in owners.items()
            if claim in fold.owners or erases or (owner != fold.profile and not identity.is_quarantined(claim, owner))
        ]
        if suspected:
            found = self.identities.owners(suspected, now=self.now)
            fold.owners.update(found)
            owners |= dict.fromkeys(suspected, fold.profile) | found
        strongest = identity.strongest_of(stimulus.event.proven, owners)
        mine, others, shared = list[Identifier](), set[str](), set[str]()
        for claim, owner in owners.items():
            met = self._met(fold, stimulus.event, claim, owner)
            if isinstance(met, str):
                return Standing(elsewhere=met)
            if met is _Met.THEIRS and claim == strongest:  # it changed hands since ingest looked
                return Standing(elsewhere=owner)
            if met is _Met.MINE:
                mine.append(claim)
            elif met is _Met.THEIRS:
                others.add(claim[0])
            elif met is _Met.SHARED:
                shared.add(claim[0])
        event = stimulus.event
        claimed = tuple(
            claim
            for claim in identity.unclaimed(fold.state.profile if fold.state else None, dict(mine), named_at=event.at)
            if not has_faded(claim, event.at, now=self.now)
        )
        return Standing(mine=claimed, others=frozenset(others), shared=frozenset(shared))

    def _met(self, fold: Fold, event: Event, claim: Identifier, owner: str) -> _Met | str:
        """A text is the profile that both are from now on, if it is not this one."""
        if owner == fold.profile:
            return _Met.MINE
        if identity.is_quarantined(claim, owner):
            return _Met.SHARED
        first, (owner, other) = owner, self._living(owner, fold.profile)
        if owner == fold.profile:
            return _Met.ONE_BY_NOW
        if isinstance(other.content, Erasing):
            fold.erased.update((each, other.content.at) for each, whose in fold.owners.items() if whose == first)
            raise CommitFirst
        bearing = {**(fold.state.profile.identifiers if fold.state else {}), **event.identifiers}
        theirs = other.content.profile if isinstance(other.content, State) else None
        if theirs is None or not identity.may_merge(bearing, theirs.identifiers):
            if not identity.may_take(event, fold.profile, claim, theirs):
                return _Met.THEIRS
            known = self.identities.claims([claim], now=self.now)
            former = known[claim].former if claim in known else frozenset[str]()
            if len(former | {identity.trace_of(each) for each in (owner, fold.profile)}) > identity.MOST_PEOPLE:
                return self._quarantine(fold, self._move(event, claim, first, owner, other))
            self._take(fold, event, self._move(event, claim, first, owner, other, to=fold.profile))
            return _Met.ONE_BY_NOW
        mine = fold.state or State(profile=newcomer(fold.profile, event))
        if identity.joins_too_many(claim, mine.profile, event, theirs):
            return self._quarantine(fold, self._move(event, claim, first, owner, other))
        if identity.rank(theirs, {}) < identity.rank(mine.profile, event.identifiers):
            return owner
        self._merge(fold, event, owner, other)
        return _Met.ONE_BY_NOW

    def _living(self, owner: str, mine: str) -> tuple[str, Stored]:
        """Who an owner has become: whoever it was merged into may be this very profile, or another customer."""
        other = self.profiles.load([owner])[owner]
        while isinstance(other.content, Tombstone) and owner != mine:
            owner = other.content.into
            other = self.profiles.load([owner])[owner]
        return owner, other

    def _merge(self, fold: Fold, event: Event, owner: str, other: Stored) -> None:
        mine, claims = self._as_customer(fold, event)
        assert isinstance(other.content, State)
        survivor = identity.merged(mine, other.content)
        persons = (owner, *other.content.profile.also)
        borne = identity.ranked(other.content.profile)
        found = self.identities.owners(borne, now=self.now)
        merge = Merge(
            survivor=survivor,
            survivor_version=fold.stored.version,
            loser=owner,
            loser_version=other.version,
            identifiers={each: found[each] for each in borne if found.get(each) in persons},
            dates={
                **dates_to_index(None, survivor.profile, self.catalogue),  # of all of these the loser has none any more
                **dates_to_index(mine.profile, survivor.profile, self.catalogue),
            },
            joined=identity.joined_by(event),
            claims=claims,
            returning=frozenset(fold.erased.keys() & claims.keys()),
        )
        if not self.profiles.merge(merge):
            self._look_again(fold, claims)
        fold.restart(survivor)
        self.merged.append(survivor)

    def _take(self, fold: Fold, event: Event, move: Move) -> None:
        """The taker's proof is stored with it: of several who take it from one another at once the last keeps it."""
        mine, claims = self._as_customer(fold, event)
        taker = identity.proving(mine, move.identifier, event)
        move = replace(
            move,
            taker=taker,
            taker_version=fold.stored.version,
            claims=claims,
            returning=frozenset(fold.erased.keys() & claims.keys()),
        )
        if not self.profiles.move(move):
            self._look_again(fold, claims)
        fold.restart(taker)

    def _quarantine(self, fold: Fold, move: Move) -> _Met:
        if not self.profiles.move(move):
            self._look_again(fold)
        self.quarantined.append(move.identifier)
        return _Met.SHARED

    @staticmethod
    def _move(
        event: Event, claim: Identifier, owner: str, holder_id: str, stored: Stored, *, to: str | None = None
    ) -> Move:
        """To another customer, or into quarantine: what is shared by many may still be where each gets their mail."""
        holder = stored.content if isinstance(stored.content, State) else None
        return Move(
            identifier=claim,
            owner=owner,
            joined=identity.joined_by(event),
            to=to or identity.quarantine_of(claim),
            holder_id=holder_id,
            holder_version=stored.version,
            holder=identity.without(holder, claim, keeps_address=to is None) if holder is not None else None,
        )

    @staticmethod
    def _as_customer(fold: Fold, event: Event) -> tuple[State, dict[Identifier, Joined]]:
        """This profile with the customer id that the event proves, and the claim to it.

        Once it has taken in another profile or its identifier, nobody may mistake it for somebody without a customer
        id and merge it into another customer.
        """
        if fold.commit is not None:
            raise CommitFirst
        mine = fold.state or State(profile=newcomer(fold.profile, event))
        customer = event.proven.get(CUSTOMER_ID)
        named = {CUSTOMER_ID: customer} if customer is not None else {}
        claims = identity.unclaimed(mine.profile, named, named_at=event.at)
        return identity.bearing(mine, claims), dict.fromkeys(claims, identity.joined_by(event))

    def _look_again(self, fold: Fold, claims: Iterable[Identifier] = ()) -> None:
        """Somebody else was faster, or who was erased would come back. What was folded is stored first."""
        if claims:
            fold.erased.update(self.profiles.erased(claims))
        if fold.commit is None:
            fold.stored = self.profiles.load([fold.profile])[fold.profile]
        raise CommitFirst
