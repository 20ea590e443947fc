"""Identities in memory: the twin of `dampf.stores.identities`, and whether what somebody claims is free."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from dampf.domain.commit import Commit, Merge, Move
from dampf.domain.fading import has_faded
from dampf.domain.identifiers import Claim, Identifier, Joined
from dampf.domain.state import State


class IdentitiesInMemory:
    """Part of `InMemory`."""

    _erased: dict[Identifier, datetime]

    def __init__(self) -> None:
        super().__init__()
        self._claims: dict[Identifier, Claim] = {}

    def owners(self, identifiers: Iterable[Identifier], *, now: datetime) -> dict[Identifier, str]:
        return {identifier: claim.profile for identifier, claim in self.claims(identifiers, now=now).items()}

    def claims(self, identifiers: Iterable[Identifier], *, now: datetime) -> dict[Identifier, Claim]:
        return {
            identifier: claim
            for identifier in identifiers
            if (claim := self._claims.get(identifier)) is not None and not _is_expired(identifier, claim, now)
        }

    def _claim(self, profile: str, claims: Mapping[Identifier, Joined], returning: Iterable[Identifier]) -> None:
        for identifier, joined in claims.items():
            known = self._claims.get(identifier)
            self._claims[identifier] = Claim(profile, joined, known.former if known is not None else frozenset())
        for identifier in returning:
            self._erased.pop(identifier, None)

    def _may_claim(self, change: Merge | Move, taker: State | None) -> bool:
        mine = (None, *((taker.profile.id, *taker.profile.also) if taker is not None else ()))
        return all(
            self._owner(identifier) in mine and (identifier not in self._erased or identifier in change.returning)
            for identifier in change.claims
        )

    def _owned(self, commit: Commit, now: datetime) -> dict[Identifier, str]:
        mine = (commit.profile, *commit.state.profile.also)
        return {each: owner for each, owner in self.owners(commit.claims, now=now).items() if owner not in mine}

    def _owner(self, identifier: Identifier) -> str | None:
        claim = self._claims.get(identifier)
        return claim.profile if claim is not None else None


def _is_expired(identifier: Identifier, claim: Claim, now: datetime) -> bool:
    return claim.joined is not None and has_faded(identifier, claim.joined.at, now=now)
