"""What to show a person, or beside a product: what goes with what they want, and can be bought now.

All that somebody looked at, put into the cart or bought lately speaks for the products that go with it. Products
already bought or in the cart are never shown, nor what is gone or sold out. Where little was learnt, bestsellers of the
wanted categories stand in, then those of all.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from dampf.domain.affinity import EVERYTHING, Alike, Bestsellers
from dampf.domain.product import Product
from dampf.domain.profile import ProductSeen, Profile

INTEREST_HALF_LIFE: Final = timedelta(days=30)
MOST_INTERESTS: Final = 15
MOST_SHOWN: Final = 20
CATEGORY_WEIGHT: Final = 0.3
"""What a category's bestseller counts for, beside a similarity of 1; tried on generated markets (`make bench`)."""


class Sources(Protocol):
    """Who knows what goes together, what sells, and what is for sale. Unknown ones are left out."""

    def alike(self, products: Iterable[str]) -> Mapping[str, Alike]: ...

    def best(self, categories: Iterable[str]) -> Mapping[str, Bestsellers]: ...

    def products(self, ids: Iterable[str]) -> Mapping[str, Product]: ...


def recommended(profile: Profile, count: int, sources: Sources, *, now: datetime) -> list[Product]:
    """Up to `count` products for this person, the best first."""
    in_cart = [ProductSeen(product, None, profile.cart.cart.updated_at or now) for product in _in_cart(profile)]
    wanted = interests((*in_cart, *profile.viewed, *profile.purchased), now=now)
    alike = sources.alike(wanted)
    categories = {known.category for known in alike.values() if known.category is not None}
    best = sources.best(sorted({EVERYTHING, *categories}))
    return _for_sale(profile, ranked(wanted, alike, best), count, sources)


def similar_to(product: str, count: int, profile: Profile, sources: Sources) -> list[Product]:
    """Up to `count` products for this person that go with that one, the best first; else its category's bestsellers."""
    alike = sources.alike([product])
    category = alike[product].category if product in alike else None
    best = sources.best([category]) if category is not None else {}
    found = [each for each in ranked({product: 1.0}, alike, best) if each != product]
    return _for_sale(profile, found, count, sources)


def interests(met: Iterable[ProductSeen], *, now: datetime) -> dict[str, float]:
    """How much each product says about what the person wants now, the latest first; it halves every month."""
    weights: dict[str, float] = {}
    for product in sorted(met, key=lambda each: each.at, reverse=True):
        if product.product_id not in weights and len(weights) < MOST_INTERESTS:
            weights[product.product_id] = 0.5 ** (max(now - product.at, timedelta(0)) / INTEREST_HALF_LIFE)
    return weights


def ranked(wanted: Mapping[str, float], alike: Mapping[str, Alike], best: Mapping[str, Bestsellers]) -> tuple[str, ...]:
    """What goes with what is wanted, the best first; then the bestsellers (`best[EVERYTHING]`) that it leaves out.

    The bestsellers of a wanted category are weak evidence for everybody, and the only one where little was learnt.
    """
    scores: dict[str, float] = defaultdict(float)
    categories: dict[str, float] = defaultdict(float)
    for product, weight in wanted.items():
        known = alike.get(product)
        if known is None:
            continue
        for other in known.similar:
            scores[other.product_id] += weight * other.score
        if known.category is not None:
            categories[known.category] += weight
    for category, weight in categories.items():
        listed = best[category].products if category in best else ()
        for seller in listed:
            scores[seller.product_id] += CATEGORY_WEIGHT * weight * seller.sold / listed[0].sold
    learnt_of = sorted(scores, key=lambda product: (-scores[product], product))
    bestsellers = best[EVERYTHING].products if EVERYTHING in best else ()
    return tuple(dict.fromkeys((*learnt_of, *(each.product_id for each in bestsellers))))


def _for_sale(profile: Profile, found: Iterable[str], count: int, sources: Sources) -> list[Product]:
    unwanted = {product.product_id for product in profile.purchased} | set(_in_cart(profile))
    shown = min(count, MOST_SHOWN)
    candidates = [product for product in found if product not in unwanted][: 3 * shown + MOST_SHOWN]
    known = sources.products(candidates)
    return [known[product] for product in candidates if product in known and known[product].available][:shown]


def _in_cart(profile: Profile) -> list[str]:
    return [str(item["product_id"]) for item in profile.cart.cart.items if item.get("product_id") is not None]
