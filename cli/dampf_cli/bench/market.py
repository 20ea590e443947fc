"""A generated market: people with tastes, products of which a few are ever-popular, and pairs that go together.

Everything is invented and seeded, so what there is to be found is known beforehand.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from dampf.domain.profile import ProductSeen, latest

Lists = tuple[tuple[ProductSeen, ...], tuple[ProductSeen, ...]]
"""What somebody saw and bought, the latest first, as a profile keeps it."""

BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One visit of one person. `bought` is part of `seen`."""

    person: int
    at: datetime
    seen: tuple[str, ...]
    bought: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Market:
    """`companions` are the planted pairs, both ways. `visits` are in order of time."""

    companions: dict[str, str]
    visits: list[Visit]
    category: dict[str, str]


def market(
    *, seed: int, products: int = 1000, categories: int = 25, people: int = 3000, visits: int = 12_000, days: int = 100
) -> Market:
    """Popularity falls as in Zipf's law, everybody likes three categories, and two products in five have a companion.

    Of ten looks at a product three go to anything popular and seven to a category that the person likes; of those who
    look at one of a pair four in ten look at the other next. One product in seven that is seen is bought.
    """
    chance = random.Random(seed)  # noqa: S311  # the same seed, the same market
    ids = [f"p{number}" for number in range(products)]
    category = {product: f"c{chance.randrange(categories)}" for product in ids}
    shelves: dict[str, list[str]] = {}
    for product in ids:
        shelves.setdefault(category[product], []).append(product)
    weight = {product: 1 / (rank + 1) ** 0.8 for rank, product in enumerate(chance.sample(ids, products))}
    paired = chance.sample(ids, products * 2 // 5)
    firsts, seconds = paired[::2], paired[1::2]
    companions = dict(zip(firsts + seconds, seconds + firsts, strict=True))
    everywhere = list(weight), list(weight.values())
    tastes = [chance.sample(sorted(shelves), 3) for _ in range(people)]
    told = []
    for _ in range(visits):
        person = chance.randrange(people)
        at = BEGIN + timedelta(days=chance.random() * days)
        seen: list[str] = []
        for _ in range(chance.randint(1, 6)):
            if chance.random() < 0.3:
                product = chance.choices(*everywhere)[0]
            else:
                shelf = shelves[chance.choice(tastes[person])]
                product = chance.choices(shelf, [weight[each] for each in shelf])[0]
            seen.append(product)
            if product in companions and chance.random() < 0.4:
                seen.append(companions[product])
        seen = list(dict.fromkeys(seen))
        bought = [product for product in seen if chance.random() < 0.15]
        told.append(Visit(person=person, at=at, seen=tuple(seen), bought=tuple(bought)))
    return Market(companions=companions, visits=sorted(told, key=lambda visit: visit.at), category=category)


def after_visit(lists: Lists, visit: Visit) -> Lists:
    seen, bought = lists
    return (
        latest(seen, tuple(ProductSeen(product, None, visit.at) for product in visit.seen)),
        latest(bought, tuple(ProductSeen(product, None, visit.at) for product in visit.bought)),
    )
