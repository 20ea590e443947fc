"""Erasure: what is to go, and whom a late event must not bring back.

What is left of an erased person is a hash of each identifier. An event that bears such an identifier is theirs and is
dropped, until they come back by themselves: by registering, or subscribing, after the erasure.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from dampf.domain.event import CUSTOMER_ID, EMAIL, Event, identifiers_by_strength
from dampf.domain.profile import Profile
from dampf.domain.state import Erasing

ERASURE: Final = "Erasure Requested"
_COMES_BACK: Final = frozenset({"Customer Registered", "Newsletter Subscribed"})
_PROVES_A_PERSON: Final = frozenset({CUSTOMER_ID, EMAIL})


def erasing_of(profile: Profile, event: Event, claims: tuple[tuple[str, str], ...]) -> Erasing:
    """`claims` are identifiers of the request that the profile does not bear and nobody else does."""
    known = tuple((kind, value) for kind, values in profile.identifiers.items() for value in values)
    return Erasing(
        profile=profile.id,
        at=event.at,
        also=profile.also,
        identifiers=tuple(sorted({*known, *claims})),
        leaves_hash=not _registered_after(profile, event.at),
    )


def brings_back(event: Event, profile: Profile | None, erased_at: datetime) -> bool:
    """Whether this event, or what its profile did before it, is a return of the person erased at that instant."""
    return (event.name in _COMES_BACK and event.at > erased_at) or (
        profile is not None and _registered_after(profile, erased_at)
    )


def what_is_left(event: Event, profile: Profile | None, erased: Mapping[tuple[str, str], datetime]) -> Event | None:
    """The event without identifiers of an erased person; None where it is theirs.

    A browser that somebody else uses now proves nothing: it is left out, and the rest of the event counts.
    """
    gone = {
        (kind, value)
        for kind, value in event.proven.items()
        if (kind, value) in erased and not brings_back(event, profile, erased[kind, value])
    }
    if not gone:
        return event
    if identifiers_by_strength(event.identifiers)[0] in gone or any(kind in _PROVES_A_PERSON for kind, _ in gone):
        return None
    return replace(event, identifiers=dict(each for each in event.identifiers.items() if each not in gone))


def _registered_after(profile: Profile, at: datetime) -> bool:
    registered_at = profile.dates.get("registered_at")
    return registered_at is not None and registered_at > at
