"""The built-in effects of events on a profile: what every event does, whichever campaigns there are."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from dampf.domain.cart import MADE, MOST_ITEMS, CartChange, item_of
from dampf.domain.catalogue import Metric, MetricRule
from dampf.domain.consents import consent_entry
from dampf.domain.decision import OrderTaken
from dampf.domain.event import (
    COMPLAINT,
    CUSTOMER_ID,
    EMAIL,
    FEEDBACK,
    MAIL_WORLD,
    ORDER_COMPLETED,
    ORDER_ID,
    OUR_DOING,
    Event,
)
from dampf.domain.fading import fades_at, united
from dampf.domain.identity import voices_in, without_faded
from dampf.domain.journey import digest
from dampf.domain.metrics import amount_of, brought, moved, taken_back
from dampf.domain.profile import (
    BEGINNING,
    MetricChange,
    MetricValue,
    ProductSeen,
    Profile,
    Suppression,
    Told,
    Wish,
    latest,
    latest_wishes,
)
from dampf.domain.shop import Shop
from dampf.domain.soft_bounces import Attempt, noting
from dampf.domain.words import both, linked, standing

Changes = dict[str, Any]

ABOUT_THE_MAIL: Final = frozenset({"ContentRejected", "AttachmentRejected", "MessageTooLarge"})
"""Kinds of soft bounce that say nothing of the address."""


def newcomer(profile: str, event: Event) -> Profile:
    """Somebody of whom nothing was known before this event."""
    return Profile(id=profile, created_at=event.at)


def after_event(
    profile: Profile,
    event: Event,
    shop: Shop,
    *,
    others: frozenset[str] = frozenset(),
    shared: frozenset[str] = frozenset(),
) -> Profile:
    """The profile as it is once the event has happened; its metrics are `metered`'s work.

    Kinds of identifier in `others` are another customer's by now, those in `shared` join nobody: see `Known`.
    """
    changes: Changes = {}
    if event.at < profile.created_at:
        changes["created_at"] = event.at
    seen = profile.dates.get("last_seen_at", BEGINNING)
    is_unseen = event.at <= seen or event.is_news or event.name in OUR_DOING  # no sign of life of theirs
    changes["dates"] = profile.dates if is_unseen else {**profile.dates, "last_seen_at": event.at}
    if event.proven:
        _identify(profile, event, changes, not_theirs=others | shared)
        _link(profile, event, changes, not_theirs=others | shared)
    if event.traits or (EMAIL in event.proven and event.name not in FEEDBACK):
        _tell(profile, event, changes, others)
    consent = consent_entry(event, shop, profile.id, not_theirs=others | shared)
    if consent is not None and consent.act != "requested":
        said, links = changes.get("words", profile.words), changes.get("links", profile.links)
        changes["words"] = both(said, [consent.word], links)
    effect = _EFFECTS.get(event.name)
    if effect is not None:
        effect(profile, event, shop, changes)
    return without_faded(replace(profile, **changes))


def metered(
    before: MetricValue, metric: Metric, event: Event, order: OrderTaken, evaluate: Callable[[Any], Any]
) -> tuple[MetricValue, OrderTaken]:
    """The metric after the event, and what its order brought by then.

    `evaluate` gives an amount's value. Raises ExpressionFailed and NotANumber.
    """
    kept = metric.remembers_orders and event.properties.get("order_id") is not None
    after = before
    for rule in metric.rules:
        if rule.event == event.name:
            change, order = _rule_change(rule, metric.name, event.at, order, evaluate, kept=kept)
            after, _ = moved(after, change, settles=metric.settles)
    return after, order


def _rule_change(
    rule: MetricRule, metric: str, at: datetime, order: OrderTaken, evaluate: Callable[[Any], Any], *, kept: bool
) -> tuple[MetricChange, OrderTaken]:
    if rule.set is not None:
        return MetricChange(at, "set", rule.set), order
    amount = amount_of(evaluate(rule.add if rule.add is not None else rule.subtract))
    if not kept:
        signed = (amount or Decimal(0)) * (1 if rule.add is not None else -1)
        return MetricChange(at, "add", signed), order
    adds = rule.add is not None
    after = brought(order, metric, amount or Decimal(0)) if adds else taken_back(order, metric, amount)
    return MetricChange(at, "add", after.net(metric) - order.net(metric)), after


def _identify(profile: Profile, event: Event, changes: Changes, not_theirs: frozenset[str]) -> None:
    known, proved, fading = profile.identifiers, profile.proved, profile.fading
    is_proof = CUSTOMER_ID in event.proven
    for kind, value in event.proven.items():
        if kind == ORDER_ID or kind in not_theirs:
            continue
        values = known.get(kind, ())
        if value not in values:
            known = {**known, kind: tuple(sorted((*values, value)))}
        if is_proof and kind != CUSTOMER_ID:
            instants = proved.get(kind, {})
            if instants.get(value, BEGINNING) < event.at:
                proved = {**proved, kind: {**instants, value: event.at}}
        if (until := fades_at(kind, event.at)) is not None:
            fading = united(fading, {kind: {value: until}})
    changes["identifiers"], changes["proved"], changes["fading"] = known, proved, fading


def _link(profile: Profile, event: Event, changes: Changes, not_theirs: frozenset[str]) -> None:
    """Whoever speaks in one event is one person: what one said may have been replaced by what the other said later."""
    voices = voices_in(event, not_theirs)
    links = linked(profile.links, voices, event.at) if len(voices) > 1 else profile.links
    if links is not profile.links:
        changes["links"], changes["words"] = links, standing(profile.words, links)


def _tell(profile: Profile, event: Event, changes: Changes, others: frozenset[str]) -> None:
    """An address that another customer proved later is nobody else's to be mailed at: the trait is emptied."""
    told = {**event.traits}
    if EMAIL in event.proven and event.name not in FEEDBACK:
        told.setdefault(EMAIL, event.proven[EMAIL])
        if EMAIL in others:
            told[EMAIL] = None
    traits = dict(profile.traits)
    for name, value in told.items():
        known = traits.get(name)
        if known is None or known.at <= event.at:
            traits[name] = Told(value, event.at)
    changes["traits"] = traits


def _date(changes: Changes, name: str, at: datetime, *, earliest: bool = False) -> None:
    dates = changes["dates"]
    known = dates.get(name)
    if known is None or (at < known if earliest else at > known):
        changes["dates"] = {**dates, name: at}


def _cart(profile: Profile, event: Event, changes: Changes, kind: str, products: list[dict[str, Any]]) -> None:
    items = tuple(item_of(product) for product in products[-MOST_ITEMS:])
    if kind == "remove" and products and products[0].get("quantity") is None:
        items = tuple({name: value for name, value in item.items() if name != "quantity"} for item in items)
    made_id = f"{MADE}{digest(event.key, length=12)}"
    change = CartChange(event.at, kind, event.properties.get("cart_id") or None, items, made_id)
    changes["cart"] = profile.cart.with_change(change)


def _products(event: Event) -> list[dict[str, Any]]:
    products = event.properties.get("products")
    return [product for product in products if isinstance(product, dict)] if isinstance(products, list) else []


def _seen(event: Event, products: list[dict[str, Any]]) -> tuple[ProductSeen, ...]:
    return tuple(
        ProductSeen(product["product_id"], product.get("name"), event.at)
        for product in products
        if product.get("product_id") is not None
    )


def _product_added(profile: Profile, event: Event, shop: Shop, changes: Changes) -> None:
    _cart(profile, event, changes, "add", [event.properties])


def _product_removed(profile: Profile, event: Event, shop: Shop, changes: Changes) -> None:
    _cart(profile, event, changes, "remove", [event.properties])


def _cart_shown(profile: Profile, event: Event, shop: Shop, changes: Changes) -> None:
    products = _products(event)
    if products:
        _cart(profile, event, changes, "replace", products)


def _cart_emptied(profile: Profile, event: Event, shop: Shop, changes: Changes) -> None:
    """It keeps its id: what is put into it again is the same cart."""
    _cart(profile, event, changes, "replace", [])


def _order_completed(profile: Profile, event: Event, shop: Shop, changes: Changes) -> None:
    _cart(profile, event, changes, "empty", [])
    changes["purchased"] = latest(profile.purchased, _seen(event, _products(event)))
    _date(changes, "first_order_at", event.at, earliest=True)
    _date(changes, "last_order_at", event.at)


def _product_viewed(profile: Profile, event: Event, shop: Shop, changes: Changes) -> None:
    changes["viewed"] = latest(profile.viewed, _seen(event, [event.properties]))


def _wish(profile: Profile, event: Event, changes: Changes, *, gone: bool) -> None:
    told = tuple(Wish(*seen, gone) for seen in _seen(event, [event.properties]))
    changes["wishes"] = latest_wishes(profile.wishes, told)


def _wished(profile: Profile, event: Event, shop: Shop, changes: Changes) -> None:
    _wish(profile, event, changes, gone=False)


def _wished_no_more(profile: Profile, event: Event, shop: Shop, changes: Changes) -> None:
    _wish(profile, event, changes, gone=True)


def _customer_registered(profile: Profile, event: Event, shop: Shop, changes: Changes) -> None:
    _date(changes, "registered_at", event.at)


def _mailed_to(profile: Profile, event: Event) -> str | None:
    """The address that feedback is about; one that the profile does not bear is where its mail was forwarded to."""
    told = event.identifiers.get(EMAIL)
    forwarded = event.source == MAIL_WORLD and told not in profile.identifiers.get(EMAIL, ())
    return profile.email if told is None or forwarded else told


def _bounced(profile: Profile, event: Event, shop: Shop, changes: Changes) -> None:
    address = _mailed_to(profile, event)
    if address is None:
        return
    if event.properties.get("bounce_type", "Permanent") == "Permanent":
        changes["bounced"] = {**profile.bounced, address: min(event.at, profile.bounced.get(address, event.at))}
    elif event.properties.get("bounce_sub_type") not in ABOUT_THE_MAIL:
        _heard(profile, address, Attempt(event.email_id or event.key, bounced_at=event.at), changes)


def _delivered(profile: Profile, event: Event, shop: Shop, changes: Changes) -> None:
    address = _mailed_to(profile, event)
    if address in profile.soft_bounces:
        _heard(profile, address, Attempt(event.email_id or event.key, delivered_at=event.at), changes)


def _read(profile: Profile, event: Event, shop: Shop, changes: Changes) -> None:
    """A proxy that fetches a mail's pictures shows that it arrived, too."""
    address = _mailed_to(profile, event)
    if address in profile.soft_bounces:
        _heard(profile, address, Attempt(event.email_id or event.key, read_at=event.at), changes)


def _heard(profile: Profile, address: str, heard: Attempt, changes: Changes) -> None:
    known = profile.soft_bounces
    changes["soft_bounces"] = {**known, address: noting(known.get(address, ()), heard)}


def _marked_as_spam(profile: Profile, event: Event, shop: Shop, changes: Changes) -> None:
    known = profile.suppressed
    if known is None or event.at < known.at:
        changes["suppressed"] = Suppression("complained", event.at)


_EFFECTS: dict[str, Callable[[Profile, Event, Shop, Changes], None]] = {
    "Product Added": _product_added,
    "Product Removed": _product_removed,
    "Cart Viewed": _cart_shown,
    "Checkout Started": _cart_shown,
    "Cart Emptied": _cart_emptied,
    ORDER_COMPLETED: _order_completed,
    "Product Viewed": _product_viewed,
    "Product Added to Wishlist": _wished,
    "Product Removed from Wishlist": _wished_no_more,
    "Customer Registered": _customer_registered,
    "Email Delivered": _delivered,
    "Email Opened": _read,
    "Email Link Clicked": _read,
    "Email Bounced": _bounced,
    COMPLAINT: _marked_as_spam,
}
