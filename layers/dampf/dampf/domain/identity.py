"""Who is who: the profile that an identifier stands for, and what happens when two profiles prove to be one person.

Deterministic: joined on proof, never on a guess. Two profiles that both bear a customer id never merge.
"""

from collections.abc import Mapping
from datetime import datetime

from dampf.domain import cart, metrics
from dampf.domain.event import CUSTOMER_ID, EMAIL, identifiers_by_strength
from dampf.domain.journey import Journey, digest
from dampf.domain.profile import Consent, MetricValue, Profile, Told, latest
from dampf.domain.state import State


def profile_id(kind: str, value: str) -> str:
    """The profile of an identifier that nobody knew before."""
    return digest("profile", kind, value)


def mailbox_of(identifiers: Mapping[str, str], owners: Mapping[tuple[str, str], str]) -> str:
    """The profile whose mailbox an event goes to: that of its strongest identifier."""
    strongest = identifiers_by_strength(identifiers)[0]
    return owners.get(strongest) or profile_id(*strongest)


def unclaimed(profile: Profile | None, identifiers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Identifiers of an event that its profile does not bear yet."""
    known = profile.identifiers if profile is not None else {}
    return tuple((kind, value) for kind, value in identifiers.items() if value not in known.get(kind, ()))


def may_merge(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return not (one.get(CUSTOMER_ID) and other.get(CUSTOMER_ID))


def rank(profile: Profile, gaining: Mapping[str, str]) -> tuple[bool, bool, datetime, str]:
    """Sorts the profile that survives a merge first: a customer, else one with an address, else the older, else the smaller id."""
    known = {**profile.identifiers, **gaining}
    return CUSTOMER_ID not in known, EMAIL not in known, profile.created_at, profile.id


def merged(survivor: State, loser: State) -> State:
    """One person out of two; the same whichever events told it first."""
    one, other = survivor.profile, loser.profile
    identifiers = dict(one.identifiers)
    for kind, values in other.identifiers.items():
        identifiers[kind] = tuple(sorted({*identifiers.get(kind, ()), *values}))
    profile = Profile(
        id=one.id,
        created_at=min(one.created_at, other.created_at),
        identifiers=identifiers,
        also=tuple(sorted({*one.also, other.id, *other.also} - {one.id})),
        traits=_later(one.traits, other.traits),
        consent=_stricter(one.consent, other.consent),
        metrics=_both(one, other),
        dates=_dates(one.dates, other.dates),
        cart=cart.merged(one.cart, other.cart),
        viewed=latest(one.viewed, other.viewed),
        purchased=latest(one.purchased, other.purchased),
        suppressed=one.suppressed or other.suppressed,
        bounced={**other.bounced, **one.bounced},
    )
    return State(
        profile=profile,
        journeys=_one_of_each(survivor.journeys, loser.journeys),
        closed=tuple(sorted({*survivor.closed, *loser.closed}, key=lambda closed: closed.at)),
        entered=tuple(
            {
                (campaign, key): (campaign, key, entered)
                for campaign, key, entered in (*loser.entered, *survivor.entered)
            }.values()
        ),
    )


def _later(one: dict[str, Told], other: dict[str, Told]) -> dict[str, Told]:
    newer = {name: told for name, told in other.items() if name not in one or told.at > one[name].at}
    return {**one, **newer}


def _stricter(one: dict[str, Consent], other: dict[str, Consent]) -> dict[str, Consent]:
    united = dict(one)
    for topic, consent in other.items():
        known = united.get(topic)
        if known is None or (not consent.granted, consent.at) > (not known.granted, known.at):
            united[topic] = consent
    return united


def _both(one: Profile, other: Profile) -> dict[str, MetricValue]:
    names = {*one.metrics, *other.metrics}
    return {
        name: metrics.merged(one.metrics.get(name, metrics.NOTHING), other.metrics.get(name, metrics.NOTHING))
        for name in sorted(names)
    }


def _dates(one: dict[str, datetime], other: dict[str, datetime]) -> dict[str, datetime]:
    united = {**one, **{name: at for name, at in other.items() if name not in one or at > one[name]}}
    firsts = [dates["first_order_at"] for dates in (one, other) if "first_order_at" in dates]
    return {**united, "first_order_at": min(firsts)} if firsts else united


def _one_of_each(one: tuple[Journey, ...], other: tuple[Journey, ...]) -> tuple[Journey, ...]:
    kept: dict[tuple[str, str], Journey] = {}
    for journey in sorted((*one, *other), key=lambda journey: (journey.entered_at, journey.id)):
        kept.setdefault((journey.campaign, journey.key), journey)
    return tuple(kept.values())
