"""Identifiers that fade: a cart's token names nobody once its cart is long dead, and no profile keeps it for ever.

What fades, and what a profile forgets of it, follows from the instants of events alone, in whatever order they arrive.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from dampf.domain.event import CART_TOKEN
from dampf.domain.identifiers import Identifier
from dampf.domain.profile import Profile

FADING: Final = frozenset({CART_TOKEN})
"""Kinds of identifier that are made anew all the time and never used again."""

LASTS: Final = timedelta(days=90)
PERIOD: Final = timedelta(days=30)
"""A cart that lives on is written anew once in so long, not with every event."""

SURELY_GONE: Final = timedelta(days=10)
"""After this no table holds it any more: DynamoDB deletes within some days of the instant that it is told."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Fading = Mapping[str, Mapping[str, datetime]]


def fades_at(kind: str, named_at: datetime) -> datetime | None:
    """When an identifier that an event named then names nobody any more; None where it never fades."""
    if kind not in FADING:
        return None
    return _EPOCH + ((named_at - _EPOCH) // PERIOD + 1) * PERIOD + LASTS


def lasts_longer(profile: Profile, identifier: Identifier, named_at: datetime) -> bool:
    """Whether an event of that instant makes the identifier last longer than the profile knows."""
    kind, value = identifier
    until = fades_at(kind, named_at)
    if until is None:
        return False
    known = profile.fading.get(kind, {}).get(value)
    return known is None or known < until


def has_faded(identifier: Identifier, named_at: datetime, *, now: datetime) -> bool:
    until = fades_at(identifier[0], named_at)
    return until is not None and until <= now


def united(one: Fading, other: Fading) -> dict[str, dict[str, datetime]]:
    """Both; of each identifier the later instant."""
    both = {kind: dict(values) for kind, values in one.items()}
    for kind, values in other.items():
        known = both.setdefault(kind, {})
        for value, until in values.items():
            known[value] = max(until, known.get(value, until))
    return both


def faded(profile: Profile) -> set[Identifier]:
    """Those that had surely gone when the profile was last seen."""
    seen = profile.dates.get("last_seen_at")
    if seen is None:
        return set()
    return {
        (kind, value)
        for kind, values in profile.fading.items()
        for value, until in values.items()
        if until + SURELY_GONE <= seen
    }


def bearing_none_of(profile: Profile, gone: set[Identifier]) -> Profile:
    """The profile as if it had never borne these."""
    identifiers = {
        kind: tuple(value for value in values if (kind, value) not in gone)
        for kind, values in profile.identifiers.items()
    }
    return replace(
        profile,
        identifiers={kind: values for kind, values in identifiers.items() if values},
        proved=_left(profile.proved, gone),
        fading=_left(profile.fading, gone),
    )


def _left(instants: Fading, gone: set[Identifier]) -> dict[str, dict[str, datetime]]:
    left = {
        kind: {value: at for value, at in values.items() if (kind, value) not in gone}
        for kind, values in instants.items()
    }
    return {kind: values for kind, values in left.items() if values}
