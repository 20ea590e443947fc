"""Which products go together and what sells, learnt from who met what.

Item-to-item collaborative filtering (Linden, Smith and York, "Amazon.com Recommendations", IEEE Internet Computing
7(1), 2003). Two products meet when one person looked at both within a day, or bought both within a month. How alike
they are is the cosine of their meetings, which damps the ever-popular, shrunk where there were few (Deshpande and
Karypis, "Item-Based Top-N Recommendation Algorithms", ACM TOIS 22(1), 2004; Bell and Koren, "Scalable Collaborative
Filtering with Jointly Derived Neighborhood Interpolation Weights", ICDM 2007):

    similarity(a, b) = together(a, b) / sqrt(met(a) * met(b)) * together(a, b) / (together(a, b) + SHRINKING)

Counts halve every `HALF_LIFE`, so what was learnt last winter fades. Learning adds the new meetings to what is known;
nothing old is read again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import sqrt
from typing import Final, NamedTuple

from dampf.domain.profile import ProductSeen

SEEN_WITHIN: Final = timedelta(days=1)
BOUGHT_WITHIN: Final = timedelta(days=30)
HALF_LIFE: Final = timedelta(days=90)
LEAST_SUPPORT: Final = 2.5
"""Meetings below which two products say nothing about each other: it takes three, of which the first may be some weeks
old. A person brings at most two at a time."""

SHRINKING: Final = 5.0
MOST_REMEMBERED: Final = 100
"""Partners whose meetings a product keeps count of, the most frequent first."""

MOST_SIMILAR: Final = 30
MOST_BEST: Final = 50

EVERYTHING: Final = ""
"""The category under which the bestsellers of all categories stand."""


class Similar(NamedTuple):
    """`score` is between 0 and about 1; it only compares."""

    product_id: str
    score: float


class Best(NamedTuple):
    """How often a product was bought lately."""

    product_id: str
    sold: float


class Bestsellers(NamedTuple):
    """What sells in one category, the best first. All counts are as of `as_of`."""

    category: str
    as_of: datetime
    products: tuple[Best, ...] = ()


class Alike(NamedTuple):
    """What is said of one product: with the bestsellers all that recommending reads, whoever worked it out."""

    product_id: str
    category: str | None
    similar: tuple[Similar, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Meetings:
    """What one product's row remembers. All counts are as of `as_of`, which is also how far they have been learnt."""

    product_id: str
    as_of: datetime
    met: float = 0.0
    sold: float = 0.0
    together: dict[str, float] = field(default_factory=dict)

    def at(self, instant: datetime) -> "Meetings":
        """The same counts, faded until then."""
        fading = faded(self.as_of, instant)
        if fading == 1.0:
            return self
        return Meetings(
            product_id=self.product_id,
            as_of=instant,
            met=self.met * fading,
            sold=self.sold * fading,
            together={product: count * fading for product, count in self.together.items()},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """The new meetings of all people between two instants, by product."""

    met: dict[str, int]
    sold: dict[str, int]
    together: dict[str, dict[str, int]]

    def products(self) -> list[str]:
        return sorted({*self.met, *self.together})


def faded(since: datetime, until: datetime) -> float:
    """The part of a count that is left after that time."""
    return 1.0 if until <= since else 0.5 ** ((until - since) / HALF_LIFE)


def lesson(
    people: Iterable[tuple[Sequence[ProductSeen], Sequence[ProductSeen]]], *, since: datetime, until: datetime
) -> Lesson:
    """What people (each with the products seen and those bought) met after `since`, up to and with `until`."""
    met: dict[str, int] = defaultdict(int)
    sold: dict[str, int] = defaultdict(int)
    together: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for seen, bought in people:
        for products, within in ((seen, SEEN_WITHIN), (bought, BOUGHT_WITHIN)):
            for place, one in enumerate(products):
                if since < one.at <= until:
                    met[one.product_id] += 1
                for other in products[place + 1 :]:
                    if since < max(one.at, other.at) <= until and abs(one.at - other.at) <= within:
                        together[one.product_id][other.product_id] += 1
                        together[other.product_id][one.product_id] += 1
        for product in bought:
            if since < product.at <= until:
                sold[product.product_id] += 1
    return Lesson(met=met, sold=sold, together=together)


def learnt(known: Meetings, new: Lesson, *, until: datetime) -> Meetings:
    """What the product's row remembers after the lesson. A lesson that it has had already changes nothing."""
    if known.as_of >= until:
        return known
    before = known.at(until)
    counts = dict(before.together)
    for other, count in new.together.get(known.product_id, {}).items():
        counts[other] = counts.get(other, 0.0) + count
    kept = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_REMEMBERED]
    return Meetings(
        product_id=known.product_id,
        as_of=until,
        met=before.met + new.met.get(known.product_id, 0),
        sold=before.sold + new.sold.get(known.product_id, 0),
        together=dict(kept),
    )


def similar(product: Meetings, met: Mapping[str, float]) -> tuple[Similar, ...]:
    """The products most like this one, the most alike first. `met` says of each partner how often it was met."""
    alike = []
    for other, together in product.together.items():
        if together < LEAST_SUPPORT or met.get(other, 0.0) <= 0.0 or product.met <= 0.0:
            continue
        cosine = together / sqrt(product.met * met[other])
        alike.append(Similar(other, cosine * together / (together + SHRINKING)))
    return tuple(sorted(alike, key=lambda each: (-each.score, each.product_id))[:MOST_SIMILAR])


def best(known: Bestsellers, changed: Iterable[Best], *, at: datetime) -> Bestsellers:
    """The bestsellers after some products' counts changed. All others fade alike, so none of them can come in."""
    fading = faded(known.as_of, at)
    sold = {each.product_id: each.sold * fading for each in known.products}
    sold |= {each.product_id: each.sold for each in changed}
    ordered = sorted(sold.items(), key=lambda each: (-each[1], each[0]))[:MOST_BEST]
    return Bestsellers(category=known.category, as_of=at, products=tuple(Best(*each) for each in ordered))
