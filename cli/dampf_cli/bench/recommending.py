"""What recommendations find in a generated market, and what a night of learning costs."""

import resource
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from dampf.domain.affinity import EVERYTHING
from dampf.domain.product import Product
from dampf.domain.profile import Profile
from dampf.domain.recommendation import recommended, similar_to
from dampf.domain.state import State
from dampf.stores.memory import InMemory
from dampf.stores.memory_recommendations import MemoryRecommendations
from dampf.use_cases.recommend import Recommend
from dampf_cli.bench.figures import Figure, Section
from dampf_cli.bench.market import BEGIN, Lists, Market, Visit, after_visit, market

SHOWN: Final = 10
DAY: Final = timedelta(days=1)
SEED: Final = 2026


class Trial(NamedTuple):
    """`recovered`: the part of the planted pairs of which one finds the other among its first five. `hits`: the part of
    the people who later bought one of the ten products shown to them; `hits_of_bestsellers`: had they been shown those.
    """

    recovered: float
    hits: float
    hits_of_bestsellers: float
    people: int


class Shelves:
    """All products of a market, for sale."""

    def __init__(self, market: Market) -> None:
        self._products = {
            product: Product(id=product, updated_at=BEGIN, category=category)
            for product, category in market.category.items()
        }

    def load(self, ids: Iterable[str]) -> dict[str, Product]:
        return {product: self._products[product] for product in ids if product in self._products}

    products = load


@dataclass(kw_only=True)
class Learner:
    """Plays visits and learns after each day, as the function does every night."""

    market: Market

    def __post_init__(self) -> None:
        self.store, self.learnt, self.shelves = InMemory(), MemoryRecommendations(), Shelves(self.market)
        self.people: dict[int, Lists] = {}
        self._recommend = Recommend(
            people=self.store,
            products=self.shelves,  # type: ignore[arg-type]  # only read
            lessons=self.learnt,
            recommendations=self.learnt,
            catalogue=lambda: SimpleNamespace(recommends=True),
        )

    def play(self, visits: Sequence[Visit]) -> None:
        night = BEGIN + DAY
        for visit in visits:
            while visit.at > night:
                self._recommend(now=night)
                night += DAY
            lists = after_visit(self.people.get(visit.person, ((), ())), visit)
            self.people[visit.person] = lists
            state = State(profile=self.profile(visit.person), met_products_on=visit.at.date())
            self.store.put_state(state)
        self._recommend(now=night)

    def profile(self, person: int) -> Profile:
        seen, bought = self.people.get(person, ((), ()))
        return Profile(id=str(person), created_at=BEGIN, viewed=seen, purchased=bought)

    # The sources of `recommended`.
    def alike(self, products: Iterable[str]) -> Any:
        return self.learnt.alike(products)

    def best(self, categories: Iterable[str]) -> Any:
        return self.learnt.best(categories)

    def products(self, ids: Iterable[str]) -> dict[str, Product]:
        return self.shelves.load(ids)


def trial(market: Market, *, until: datetime) -> Trial:
    """Learns from all visits up to `until` and looks at what people bought afterwards that they had not had."""
    learner = Learner(market=market)
    learner.play([visit for visit in market.visits if visit.at <= until])
    nobody = Profile(id="nobody", created_at=BEGIN)
    found = [
        companion in [each.id for each in similar_to(product, 5, nobody, learner)]
        for product, companion in market.companions.items()
    ]
    bought_later: dict[int, set[str]] = {}
    for visit in market.visits:
        if visit.at > until and visit.person in learner.people:
            bought_later.setdefault(visit.person, set()).update(visit.bought)
    best = [each.product_id for each in learner.learnt.best([EVERYTHING])[EVERYTHING].products]
    hits = hits_of_bestsellers = people = 0
    for person, bought in sorted(bought_later.items()):
        profile = learner.profile(person)
        had = {product.product_id for product in profile.purchased}
        if not bought - had:
            continue
        people += 1
        hits += not (bought - had).isdisjoint(each.id for each in recommended(profile, SHOWN, learner, now=until))
        hits_of_bestsellers += not (bought - had).isdisjoint([each for each in best if each not in had][:SHOWN])
    return Trial(sum(found) / len(found), hits / people, hits_of_bestsellers / people, people)


def measure(*, quick: bool) -> Section:
    seen = trial(market(seed=SEED), until=BEGIN + 80 * DAY)
    visits = 20_000 if quick else 200_000
    large = market(seed=SEED, products=10_000, categories=100, people=visits // 4, visits=visits)
    events = sum(len(visit.seen) + len(visit.bought) for visit in large.visits)
    learner = Learner(market=large)
    before, begun = _memory(), time.process_time()
    learner.play(large.visits)
    took = time.process_time() - begun
    return Section(
        name="recommending",
        title="recommendations: what they find in a generated market, and what learning costs",
        figures=[
            Figure(what="planted pairs found among five", value=100 * seen.recovered, unit="%"),
            Figure(what=f"hit rate at {SHOWN}", value=100 * seen.hits, unit="%"),
            Figure(what=f"hit rate at {SHOWN} of bestsellers", value=100 * seen.hits_of_bestsellers, unit="%"),
            Figure(what=f"learning from {events:,} events, a hundred nights: CPU", value=took, unit="s"),
            Figure(what="memory that it took, all people included", value=_memory() - before, unit="MB"),
        ],
        notes=[
            f"Seed {SEED}; {seen.people} people, learnt from 80 days and asked about the 20 after them.",
            "Stores in memory: a deployed night also reads and writes one row for each product that was met.",
        ],
    )


def _memory() -> float:
    """The most that this process ever had, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024 if sys.platform != "darwin" else most / 1024**2
