"""Keeping products: what feeds and events tell of them changes the catalogue, and its news go onto the bus.

A change is written together with the events that announce it; only then they go onto the bus, and last they are taken
from the row. Dying between leaves them there: whoever tells of this product next puts them onto the bus again, which
their ids make harmless. What a customer's event said a moment ago costs nothing when the next one says it too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from dampf.domain.assortment import Evidence, Telling, changed
from dampf.domain.event import Event
from dampf.domain.product import Product
from dampf.use_cases.ports.products import ProductChange, Products
from dampf.use_cases.ports.queues import Bus

REMEMBERS: Final = timedelta(minutes=15)
MOST_REMEMBERED: Final = 10_000
MOST_ROUNDS: Final = 5


class Overtaken(Exception):
    """Others changed the same products again and again meanwhile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """How many products became known and how many changed; and the events that went onto the bus."""

    new: int = 0
    changed: int = 0
    announced: tuple[Event, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepProducts:
    """`bus` is asked for only where there is news: most processes never need its client."""

    products: Products
    bus: Callable[[], Bus]
    _lately: dict[tuple[object, ...], datetime] = field(default_factory=dict)

    def __call__(self, tellings: Sequence[Telling], *, now: datetime) -> Kept:
        """Reads the products of which something is said anew, in one request for up to 100. Raises Overtaken."""
        fresh = [telling for telling in tellings if not self._was_said(telling, now)]
        left: dict[str, list[Telling]] = {}
        for telling in fresh:
            left.setdefault(telling.product, []).append(telling)
        new = changes = 0
        announced: list[Event] = []
        for _ in range(MOST_ROUNDS):
            if not left:
                self._remember(fresh, now)
                return Kept(new=new, changed=changes, announced=tuple(announced))
            known = self.products.load(left)
            after = {product: _told(known.get(product), each, now) for product, each in left.items()}
            written = [
                ProductChange(each, known.get(product)) for product, each in after.items() if each != known.get(product)
            ]
            lost = self.products.put(written) if written else frozenset()
            done = [change for change in written if change.product.id not in lost]
            new += sum(change.was is None for change in done)
            changes += sum(change.was is not None for change in done)
            announced += self._announce([each for each in after.values() if each.untold and each.id not in lost])
            left = {product: each for product, each in left.items() if product in lost}
        raise Overtaken(f"{len(left)} products")

    def _announce(self, products: Sequence[Product]) -> list[Event]:
        """Whoever changed a product meanwhile took its events along, and tells them too."""
        if not products:
            return []
        events = [event for product in products for event in product.untold]
        self.bus().put(events)
        self.products.put([ProductChange(replace(product, untold=()), product) for product in products])
        return events

    def _was_said(self, telling: Telling, now: datetime) -> bool:
        said_at = self._lately.get(telling[:3])
        return said_at is not None and timedelta(0) <= now - said_at < REMEMBERS

    def _remember(self, tellings: Sequence[Telling], now: datetime) -> None:
        """Not the news: of two that say the same, what was told between them matters."""
        if len(self._lately) > MOST_REMEMBERED:
            self._lately.clear()
        self._lately.update((telling[:3], now) for telling in tellings if telling.evidence is not Evidence.NEWS)


def _told(kept: Product | None, tellings: Sequence[Telling], now: datetime) -> Product:
    for telling in tellings:
        kept = changed(kept, telling, now=now) or kept
    assert kept is not None, "the first telling of an unknown product makes it known"
    return kept
