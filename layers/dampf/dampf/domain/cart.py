"""The cart, as it follows from the changes that events made to it, in whatever order they arrived.

Changes are kept sorted by when they happened for `SETTLING`, so that a shuffle within that time gives the same cart;
older ones are folded into the settled cart. A change that empties the cart voids all before it; one that replaces its
items leaves of the changes before it only what they say of the cart's id.
"""

from bisect import insort_right
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

MADE: Final = "cart-"
"""What the ids begin with that we make for carts without one."""

SETTLING: Final = timedelta(minutes=15)
MOST_UNSETTLED: Final = 20
"""Changes kept unsettled, so that a bot cannot make the state row grow; the oldest settle early."""

MOST_ITEMS: Final = 30
"""Products that a cart keeps, so that the state row stays small; the oldest go first."""

ITEM_FIELDS: Final = ("product_id", "name", "price", "quantity", "url", "image_url", "category")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cart:
    """`items` are `ITEM_FIELDS` as far as they are known, oldest first; `quantity` is always there."""

    id: str | None = None
    items: tuple[dict[str, Any], ...] = ()
    updated_at: datetime | None = None

    @property
    def value(self) -> Decimal:
        return sum(
            (Decimal(str(item.get("price") or 0)) * Decimal(str(item["quantity"])) for item in self.items), Decimal(0)
        )


class CartChange(NamedTuple):
    """`kind` is add, remove, replace or empty; `made_id` names the cart if this change begins one without an id."""

    at: datetime
    kind: str
    cart_id: str | None
    items: tuple[dict[str, Any], ...]
    made_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CartLog:
    settled: Cart = field(default_factory=Cart)
    cleared_at: datetime | None = None
    recent: tuple[CartChange, ...] = ()

    def with_change(self, change: CartChange) -> "CartLog":
        if self.cleared_at is not None and change.at < self.cleared_at:
            return self
        recent = list(self.recent)
        insort_right(recent, change, key=_when)
        settled, cleared_at = self.settled, self.cleared_at
        horizon = recent[-1].at - SETTLING
        keep_from = 0
        replaced_from = 0
        for index, each in enumerate(recent):
            if each.kind == "empty" or each.at < horizon or len(recent) - index > MOST_UNSETTLED:
                keep_from = index + 1
                cleared_at = each.at if each.kind in ("replace", "empty") else cleared_at
            if each.kind == "replace":
                replaced_from = index
        for each in recent[:keep_from]:
            settled = _applied(settled, each)
        kept = [_without_details(each) for each in recent[keep_from:replaced_from]]
        return CartLog(settled=settled, cleared_at=cleared_at, recent=(*kept, *recent[max(keep_from, replaced_from) :]))

    @property
    def cart(self) -> Cart:
        cart = self.settled
        for change in self.recent:
            cart = _applied(cart, change)
        return cart


def merged(one: CartLog, other: CartLog) -> CartLog:
    """Both persons' changes in one log; the same, whether a change had been settled or not when they became one."""
    log, later = sorted((one, other), key=lambda each: each.settled.updated_at or datetime.min.replace(tzinfo=UTC))
    settled = later.settled
    if later.cleared_at is not None and (log.settled.updated_at is None or log.settled.updated_at < later.cleared_at):
        log = log.with_change(CartChange(later.cleared_at, "empty", None, (), ""))
    if settled.updated_at is not None and settled.items:
        named = settled.id if settled.id and not settled.id.startswith(MADE) else None
        log = log.with_change(CartChange(settled.updated_at, "add", named, settled.items, settled.id or ""))
    for change in later.recent:
        log = log.with_change(change)
    return log


def item_of(properties: dict[str, Any]) -> dict[str, Any]:
    """The cart's item of an event's product; a missing quantity counts one."""
    item = {name: properties[name] for name in ITEM_FIELDS if properties.get(name) is not None}
    item.setdefault("quantity", 1)
    return item


def _when(change: CartChange) -> datetime:
    return change.at


def _without_details(change: CartChange) -> CartChange:
    """Enough to tell whether it began a cart: its items will be replaced anyway."""
    items = ({"product_id": item.get("product_id"), "quantity": 1} for item in change.items[:1])
    return change._replace(items=tuple(items))


def _applied(cart: Cart, change: CartChange) -> Cart:
    if change.kind == "empty":
        return Cart(updated_at=change.at)
    named = change.cart_id
    if named is not None and cart.id is not None and named != cart.id and not cart.id.startswith(MADE):
        cart = Cart()
    items = {item["product_id"]: item for item in cart.items if "product_id" in item}
    if change.kind == "replace":
        items = {}
    for item in change.items:
        product = item.get("product_id")
        known = items.get(product)
        if change.kind == "remove":
            left = known["quantity"] - item["quantity"] if known and item.get("quantity") is not None else 0
            if known and left > 0:
                items[product] = {**known, "quantity": left}
            else:
                items.pop(product, None)
        elif product is not None:
            quantity = item["quantity"] + (known["quantity"] if known else 0)
            items[product] = {**(known or {}), **item, "quantity": quantity}
    kept = tuple(items.values())[-MOST_ITEMS:]
    cart_id = named or cart.id or (change.made_id if kept else None)
    return replace(cart, id=cart_id, items=kept, updated_at=change.at)
