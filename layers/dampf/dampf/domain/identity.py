"""Who is who: the profile that an identifier stands for, and what happens when two profiles prove to be one person.

Deterministic: joined on proof, never on a guess. Two profiles that both bear a customer id never merge.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import reduce

from dampf.domain import cart, metrics
from dampf.domain.event import CUSTOMER_ID, EMAIL, identifiers_by_strength
from dampf.domain.journey import Journey, digest
from dampf.domain.profile import ALL_TOPICS, Consent, MetricValue, Profile, Suppression, Told, latest, latest_wishes
from dampf.domain.soft_bounces import Attempts, noting
from dampf.domain.state import Entered, State
from dampf.domain.voucher import kept


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
    """Sorts the survivor of a merge first: a customer, else who has an address, else the older, else the smaller id."""
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
        wishes=latest_wishes(one.wishes, other.wishes),
        suppressed=min((each for each in (one.suppressed, other.suppressed) if each), key=_at, default=None),
        bounced={**other.bounced, **one.bounced},
        soft_bounces=_attempts(one.soft_bounces, other.soft_bounces),
        vouchers=kept((*one.vouchers, *other.vouchers)),
    )
    return State(
        profile=profile,
        journeys=_one_of_each(survivor.journeys, loser.journeys),
        closed=tuple(sorted({*survivor.closed, *loser.closed}, key=lambda closed: closed.at)),
        entered=_entered(survivor, loser),
        requested=tuple(sorted({*survivor.requested, *loser.requested}, key=lambda requested: requested.at)),
        awaited=tuple(sorted({*survivor.awaited, *loser.awaited}, key=lambda each: each.at)),
        occurrences=tuple(sorted({*survivor.occurrences, *loser.occurrences}, key=lambda each: each.due_at)),
        segments={**loser.segments, **survivor.segments},
        segments_due_at=min((at for at in (survivor.segments_due_at, loser.segments_due_at) if at), default=None),
        met_products_on=max((day for day in (survivor.met_products_on, loser.met_products_on) if day), default=None),
    )


def _later(one: dict[str, Told], other: dict[str, Told]) -> dict[str, Told]:
    newer = {name: told for name, told in other.items() if name not in one or told.at > one[name].at}
    return {**one, **newer}


def _stricter(one: dict[str, Consent], other: dict[str, Consent]) -> dict[str, Consent]:
    """For each topic the stricter word, the later of two alike; who withdrew all withdrew what the other granted."""
    united: dict[str, Consent] = {}
    for topic in sorted({*one, *other}):
        words = [word for word in (_word_on(topic, one), _word_on(topic, other)) if word is not None]
        united[topic] = max(words, key=lambda word: (not word.granted, word.at))
    return united


def _word_on(topic: str, consent: dict[str, Consent]) -> Consent | None:
    told, everything = consent.get(topic), consent.get(ALL_TOPICS)
    return everything if everything and (told is None or told.at < everything.at) else told


def _both(one: Profile, other: Profile) -> dict[str, MetricValue]:
    names = {*one.metrics, *other.metrics}
    return {
        name: metrics.merged(one.metrics.get(name, metrics.NOTHING), other.metrics.get(name, metrics.NOTHING))
        for name in sorted(names)
    }


def _attempts(one: dict[str, Attempts], other: dict[str, Attempts]) -> dict[str, Attempts]:
    return {address: reduce(noting, other.get(address, ()), one.get(address, ())) for address in sorted({*one, *other})}


def _dates(one: dict[str, datetime], other: dict[str, datetime]) -> dict[str, datetime]:
    united = {**one, **{name: at for name, at in other.items() if name not in one or at > one[name]}}
    firsts = [dates["first_order_at"] for dates in (one, other) if "first_order_at" in dates]
    return {**united, "first_order_at": min(firsts)} if firsts else united


def _entered(one: State, other: State) -> tuple[tuple[str, str, Entered], ...]:
    """Both memories; of what both entered, the higher ordinal and the later entry count."""
    united: dict[tuple[str, str], Entered] = {}
    for campaign, key, entered in (*one.entered, *other.entered):
        known = united.get((campaign, key), entered)
        united[campaign, key] = Entered(max(known.ordinal, entered.ordinal), max(known.at, entered.at))
    return tuple((campaign, key, entered) for (campaign, key), entered in united.items())


def _at(suppression: Suppression) -> datetime:
    return suppression.at


def _one_of_each(one: tuple[Journey, ...], other: tuple[Journey, ...]) -> tuple[Journey, ...]:
    kept: dict[tuple[str, str], Journey] = {}
    for journey in sorted((*one, *other), key=lambda journey: (journey.entered_at, journey.id)):
        kept.setdefault((journey.campaign, journey.key), journey)
    return tuple(kept.values())
