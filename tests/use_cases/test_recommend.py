"""Learning night by night: what it costs, and dying in the midst of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from dampf.domain.affinity import EVERYTHING
from dampf.domain.profile import BEGINNING, ProductSeen, Profile
from dampf.domain.state import State
from dampf.stores.memory import InMemory
from dampf.stores.memory_recommendations import MemoryRecommendations
from dampf.use_cases.ports.products import Night
from dampf.use_cases.recommend import Recommend
from dampf_cli.bench.market import BEGIN, market
from dampf_cli.bench.recommending import DAY, Shelves, trial

FIRST_NIGHT = BEGIN + DAY


class Dying(Exception):
    """The process is gone."""


class Counted:
    """Lets calls through, counts them, and dies at one of them."""

    def __init__(self, real: Any, *, dies_at: int | None = None) -> None:
        self._real, self._dies_at = real, dies_at
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._real, name)

        def call(*arguments: Any) -> Any:
            self.calls += 1
            if self.calls == self._dies_at:
                raise Dying
            return operation(*arguments)

        return call


class Shop:
    """Products of a small market, and people who met them."""

    def __init__(self, *, recommends: bool = True) -> None:
        self.market = market(seed=7, products=150, categories=5, people=1, visits=1)
        self.people, self.learnt = InMemory(), MemoryRecommendations()
        self.recommends = recommends

    def meet(self, person: str, *products: str, at: datetime) -> None:
        seen = tuple(ProductSeen(product, None, at) for product in products)
        profile = Profile(id=person, created_at=BEGIN, viewed=seen, purchased=seen[:1])
        self.people.put_state(State(profile=profile, met_products_on=at.date()))

    def learn(self, *, now: datetime, store: Any = None) -> int:
        store = store or self.learnt
        return Recommend(
            people=self.people,
            products=Shelves(self.market),  # type: ignore[arg-type]  # only read
            lessons=store,
            recommendations=store,
            catalogue=lambda: SimpleNamespace(recommends=self.recommends),
        )(now=now)


def a_day(shop: Shop, at: datetime, people: int = 40) -> Shop:
    for number in range(people):
        first = number % 50
        shop.meet(f"person {number} of {at}", f"p{first}", f"p{first + 1}", f"p{2 * first + 51}", at=at)
    return shop


def said(store: MemoryRecommendations) -> tuple[Any, ...]:
    products = [f"p{number}" for number in range(150)]
    return store.alike(products), store.best([EVERYTHING, "c0", "c1"]), store.meetings(products)


def nights() -> Iterator[tuple[datetime, datetime]]:
    for day in range(3):
        yield BEGIN + timedelta(days=day, hours=12), BEGIN + timedelta(days=day + 1)


def learnt_without_dying() -> tuple[Any, ...]:
    shop = Shop()
    for at, night in nights():
        a_day(shop, at).learn(now=night)
    return said(shop.learnt)


def test_dying_at_any_call_of_a_night_and_going_on_learns_the_same() -> None:
    expected = learnt_without_dying()
    calls = 1
    while True:
        shop, finished = Shop(), False
        for number, (at, night) in enumerate(nights()):
            a_day(shop, at)
            if number == 1:
                try:
                    shop.learn(now=night, store=Counted(shop.learnt, dies_at=calls))
                    finished = True
                except Dying:  # of a night that was written down the next call learns the very same part
                    is_begun = shop.learnt.night() != Night(BEGINNING, night - DAY, True)
                    shop.learn(now=night + timedelta(minutes=2) if is_begun else night)
            else:
                shop.learn(now=night)
        assert said(shop.learnt)[:2] == expected[:2]
        if finished:
            break
        calls += 1
    assert calls > 8


def test_a_night_costs_what_happened_since_the_last_one_and_not_what_ever_happened() -> None:
    def calls_of_a_night(earlier_people: int) -> int:
        shop = a_day(Shop(), BEGIN, people=earlier_people)
        shop.learn(now=FIRST_NIGHT)
        a_day(shop, FIRST_NIGHT + timedelta(hours=5), people=30)
        counted = Counted(shop.learnt)
        shop.learn(now=FIRST_NIGHT + DAY, store=counted)
        return counted.calls

    assert calls_of_a_night(500) == calls_of_a_night(4_000)


def test_nothing_is_read_while_nobody_asks_for_recommendations() -> None:
    shop = a_day(Shop(recommends=False), BEGIN)
    counted = Counted(shop.learnt)
    assert (shop.learn(now=FIRST_NIGHT, store=counted), counted.calls) == (0, 0)


def test_a_second_run_of_the_same_night_does_nothing() -> None:
    shop = a_day(Shop(), BEGIN)
    assert shop.learn(now=FIRST_NIGHT) > 0
    once = said(shop.learnt)
    assert shop.learn(now=FIRST_NIGHT) == 0
    assert said(shop.learnt) == once


@pytest.mark.parametrize("seed", [1, 2])
def test_in_a_generated_market_planted_pairs_are_found_and_bestsellers_beaten(seed: int) -> None:
    """Of the pairs at least 95 in 100; and of those who buy again at least a tenth more find it among what is shown."""
    seen = trial(market(seed=seed), until=BEGIN + 80 * DAY)
    assert seen.people > 500
    assert seen.recovered >= 0.95
    assert seen.hits > 1.1 * seen.hits_of_bestsellers
