"""Who is who: the profile that an identifier stands for, and what happens when two profiles prove to be one person.

Deterministic: joined on proof, never on a guess. Two profiles that both bear a customer id never merge: whatever else
names both belongs to the customer whose own event named it last, whichever event arrived last. An identifier that
joined too many people is quarantined: it names nobody any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Final

from dampf.domain import cart, metrics, words
from dampf.domain.erasure import ERASURE
from dampf.domain.event import CUSTOMER_ID, EMAIL, ORDER_ID, Event, identifiers_by_strength
from dampf.domain.fading import bearing_none_of, faded, fades_at, lasts_longer, united
from dampf.domain.identifiers import Identifier, Joined
from dampf.domain.journey import Journey, digest
from dampf.domain.profile import (
    BEGINNING,
    MetricValue,
    Profile,
    Suppression,
    Told,
    latest,
    latest_wishes,
)
from dampf.domain.soft_bounces import Attempts, noting
from dampf.domain.state import Entered, State
from dampf.domain.voucher import kept

MOST_PEOPLE: Final = 10
"""Customers that an identifier may have belonged to, and addresses that a device may join: a family and some years."""


def profile_id(kind: str, value: str) -> str:
    """The profile of an identifier that nobody knew before."""
    return digest("profile", kind, value)


def quarantine_of(identifier: Identifier) -> str:
    """The profile that owns an identifier in quarantine: it bears nothing else, and takes what names nothing else."""
    return digest("quarantine", *identifier)


def trace_of(profile: str) -> str:
    """Tells the former owners of one identifier apart, and does not lead back to any of them."""
    return digest("trace", profile, length=6)


def is_quarantined(identifier: Identifier, owner: str | None) -> bool:
    return owner is not None and owner == quarantine_of(identifier)


def strongest_of(identifiers: Mapping[str, str], owners: Mapping[Identifier, str]) -> Identifier:
    """The strongest identifier that is not in quarantine, if there is one."""
    if len(identifiers) == 1:
        return next(iter(identifiers.items()))
    ranked = identifiers_by_strength(identifiers)
    return next((each for each in ranked if not is_quarantined(each, owners.get(each))), ranked[0])


def voices_in(event: Event, not_theirs: frozenset[str]) -> tuple[str, ...]:
    """Who speaks in an event, the strongest proof first. Kinds of identifier in `not_theirs` do not speak for them."""
    speak = [
        profile_id(kind, value)
        for kind, value in identifiers_by_strength(event.proven)
        if kind != ORDER_ID and kind not in not_theirs
    ]
    return tuple(words.voice_of(each) for each in ([event.profile, *speak] if event.profile is not None else speak))


def speaker_in(event: Event, profile: str, not_theirs: frozenset[str]) -> str:
    voices = voices_in(event, not_theirs)
    return voices[0] if voices else words.voice_of(profile)


def mailbox_of(identifiers: Mapping[str, str], owners: Mapping[Identifier, str]) -> str:
    """The profile whose mailbox an event goes to: that of its strongest identifier."""
    strongest = strongest_of(identifiers, owners)
    return owners.get(strongest) or profile_id(*strongest)


def ranked(profile: Profile) -> list[Identifier]:
    """All that it bears, what proves most first."""
    strongest = [kind for kind, _ in identifiers_by_strength(dict.fromkeys(profile.identifiers, ""))]
    return [(kind, value) for kind in strongest for value in profile.identifiers[kind]]


def joined_by(event: Event) -> Joined:
    return Joined(event.at, event.name, event.key)


def unclaimed(profile: Profile | None, identifiers: Mapping[str, str], *, named_at: datetime) -> tuple[Identifier, ...]:
    """Identifiers of an event that its profile does not bear yet, or would not bear for as long."""
    if profile is None:
        return tuple(identifiers.items())
    return tuple(
        (kind, value)
        for kind, value in identifiers.items()
        if value not in profile.identifiers.get(kind, ()) or lasts_longer(profile, (kind, value), named_at)
    )


def may_merge(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return not (one.get(CUSTOMER_ID) and other.get(CUSTOMER_ID))


def may_take(event: Event, taker: str, identifier: Identifier, holder: Profile | None) -> bool:
    """Whether an event of one customer takes an identifier from another: it must prove it later than the holder did.

    Of two proofs at one instant the greater profile's counts. What the holder never named himself he does not hold on
    to. An order stays with whoever placed it, and a request to be erased takes nothing from anybody.
    """
    kind, value = identifier
    if CUSTOMER_ID not in event.proven or kind in (CUSTOMER_ID, ORDER_ID) or event.name == ERASURE:
        return False
    if holder is None:
        return True
    return (event.at, taker) > (holder.proved.get(kind, {}).get(value, BEGINNING), holder.id)


def bearing(state: State, identifiers: Iterable[Identifier]) -> State:
    """The same person with more identifiers."""
    known = state.profile.identifiers
    for kind, value in identifiers:
        known = {**known, kind: tuple(sorted({*known.get(kind, ()), value}))}
    return replace(state, profile=replace(state.profile, identifiers=known))


def proving(state: State, identifier: Identifier, event: Event) -> State:
    """Somebody who bears the identifier since this event named it together with their customer id."""
    kind, value = identifier
    borne = bearing(state, (identifier,))
    proved = {**state.profile.proved, kind: {**state.profile.proved.get(kind, {}), value: event.at}}
    until = fades_at(kind, event.at)
    fading = state.profile.fading if until is None else united(state.profile.fading, {kind: {value: until}})
    return replace(borne, profile=replace(borne.profile, proved=proved, fading=fading))


def without(holder: State, identifier: Identifier, *, keeps_address: bool = False) -> State:
    """Somebody who does not bear the identifier any more, and so is not mailed at that address."""
    kind, value = identifier
    left = bearing_none_of(holder.profile, {identifier})
    if kind == EMAIL and left.email == value and not keeps_address:
        left = replace(left, traits={**left.traits, EMAIL: left.traits[EMAIL]._replace(value=None)})
    return replace(holder, profile=left)


def without_faded(profile: Profile) -> Profile:
    """Without the identifiers that have faded, and without their voices where no word rests on them."""
    gone = faded(profile) if profile.fading else None
    if not gone:
        return profile
    voices = {words.voice_of(profile_id(*each)) for each in gone} - {word.voice for word in profile.words}
    return replace(bearing_none_of(profile, gone), links=words.without(profile.links, voices))


def joins_too_many(identifier: Identifier, mine: Profile, event: Event, theirs: Profile) -> bool:
    """Whether an identifier that proves less than an address would give one person more addresses than people have."""
    if identifier[0] in (CUSTOMER_ID, EMAIL, ORDER_ID):
        return False
    ours = {*mine.identifiers.get(EMAIL, ()), *(value for kind, value in event.proven.items() if kind == EMAIL)}
    other = set(theirs.identifiers.get(EMAIL, ()))
    return not ours <= other and not other <= ours and len(ours | other) > MOST_PEOPLE


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
    links = words.united(one.links, other.links)
    profile = Profile(
        id=one.id,
        created_at=min(one.created_at, other.created_at),
        identifiers=identifiers,
        proved=one.proved or other.proved,
        fading=united(one.fading, other.fading),
        also=tuple(sorted({*one.also, other.id, *other.also} - {one.id})),
        traits=_later(one.traits, other.traits),
        words=words.both(one.words, other.words, links),
        links=links,
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
        profile=without_faded(profile),
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
