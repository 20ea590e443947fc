"""Recommend: every night, learn from the people who met products since the last night what goes with what.

Its cost follows those people and the products that they met, not all that ever happened. Only the first night goes
through everybody. Nothing is done while no published message or campaign asks for recommendations.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from dampf.domain.affinity import (
    EVERYTHING,
    LEAST_SUPPORT,
    Alike,
    Best,
    Bestsellers,
    Lesson,
    Meetings,
    best,
    learnt,
    lesson,
    similar,
)
from dampf.domain.catalogue import Catalogue
from dampf.domain.profile import BEGINNING
from dampf.domain.state import State
from dampf.use_cases.ports.occasions import People
from dampf.use_cases.ports.products import Lessons, Night, Products, Recommendations

AT_ONCE: Final = 100
"""Products whose rows are worked on together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recommend:
    people: People
    products: Products
    lessons: Lessons
    recommendations: Recommendations
    catalogue: Callable[[], Catalogue]

    def __call__(self, *, now: datetime) -> int:
        """The number of products about which there was something to learn.

        Dying anywhere leaves the night begun; the next call goes on with it, and no row learns its lesson twice.
        """
        if not self.catalogue().recommends:
            return 0
        last = self.lessons.night()
        night = last if last is not None and not last.is_over else Night(last.until if last else BEGINNING, now, False)
        if night.until <= night.since:
            return 0
        self.lessons.write_down(night)
        people = self._everybody() if night.since == BEGINNING else self._active(night.since, now)
        seen_and_bought = ((state.profile.viewed, state.profile.purchased) for state in people)
        new = lesson(seen_and_bought, since=night.since, until=night.until)
        concerned = new.products()
        met: dict[str, float] = {}
        for products in _chunks(concerned):
            self._learn(products, new, night, met)
        for products in _chunks(concerned):
            self._say(products, night, met)
        self.lessons.write_down(night._replace(is_over=True))
        return len(concerned)

    def _everybody(self) -> Iterator[State]:
        for shard in self.people.shards():
            after: str | None = None
            while True:
                states, after = self.people.page(shard, after)
                yield from states
                if after is None:
                    break

    def _active(self, since: datetime, now: datetime) -> Iterator[State]:
        day = since.date()
        while day <= now.date():
            yield from self.people.who_met_products_on(day)
            day += timedelta(days=1)

    def _learn(self, products: Sequence[str], new: Lesson, night: Night, met: dict[str, float]) -> None:
        known = self.lessons.meetings(products)
        rows = [
            learnt(known.get(product) or Meetings(product_id=product, as_of=night.since), new, until=night.until)
            for product in products
        ]
        self.lessons.remember(rows)
        met.update((row.product_id, row.met) for row in rows)

    def _say(self, products: Sequence[str], night: Night, met: dict[str, float]) -> None:
        rows = self.lessons.meetings(products)
        partners = {
            other
            for row in rows.values()
            for other, together in row.together.items()
            if together >= LEAST_SUPPORT and other not in met
        }
        for some in _chunks(sorted(partners)):
            found = self.lessons.meetings(some)
            met.update((other, found[other].at(night.until).met if other in found else 0.0) for other in some)
        told = self.products.load(products)
        alike = []
        sold: dict[str, list[Best]] = {EVERYTHING: []}
        for product in products:
            category = told[product].category if product in told else None
            alike.append(Alike(product, category, similar(rows[product], met)))
            if rows[product].sold:
                sold[EVERYTHING].append(Best(product, rows[product].sold))
                if category:
                    sold.setdefault(category, []).append(Best(product, rows[product].sold))
        lists = self.recommendations.best(sold)
        nothing = {category: Bestsellers(category, night.until) for category in sold}
        self.recommendations.say(
            alike, [best({**nothing, **lists}[category], new, at=night.until) for category, new in sold.items() if new]
        )


def _chunks(products: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(products)
    while some := list(islice(rest, AT_ONCE)):
        yield some
