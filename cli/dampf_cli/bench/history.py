"""Whether an event of somebody with a long history costs more than one of somebody new."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final

from dampf_cli.bench import contents
from dampf_cli.bench.figures import Budget, Figure, Section
from dampf_cli.bench.traffic import Envelope, Shop
from dampf_cli.bench.workshop import IN_TENS, Spent, Workshop, workshop

LONG_AGO: Final = timedelta(days=120)
APART: Final = timedelta(minutes=20)
"""Longer than carts and metrics wait for changes that come late: a history, not one wild quarter of an hour."""

SHORT: Final = 5
LONG: Final = 500
ROUNDS: Final = 30
"""Batches of ten people that are measured of either kind, in turn: what disturbs one disturbs the other."""


def measure(*, quick: bool) -> Section:
    long, rounds = (LONG // 10, ROUNDS // 10) if quick else (LONG, ROUNDS)
    with workshop(contents.without_campaigns()) as handlers:
        shop = Shop(start=datetime.now(UTC) - LONG_AGO, apart=APART)
        old = _group(handlers, shop, 0, long)
        spent_on_old, spent_on_young = _Spent(), _Spent()
        for number in range(1, rounds + 1):
            young = _group(handlers, shop, number, SHORT)
            spent_on_young.add(handlers, _views(shop, young))
            spent_on_old.add(handlers, _views(shop, old))
    young_cpu, old_cpu = median(spent_on_young.cpu), median(spent_on_old.cpu)
    return Section(
        name="history",
        title=f"an event's cost as a history grows from {SHORT} to {long} events",
        figures=[
            Figure(what=f"CPU of ten events after {SHORT}, median", value=1000 * young_cpu, unit="ms"),
            Figure(what=f"CPU of ten events after {long}, median", value=1000 * old_cpu, unit="ms"),
            Figure(what="grows to", value=old_cpu / young_cpu, unit="x", budget=Budget(limit=1.1)),
            Figure(what=f"write units of an event after {SHORT}", value=spent_on_young.units / rounds / IN_TENS),
            Figure(what=f"write units of an event after {long}", value=spent_on_old.units / rounds / IN_TENS),
        ],
    )


class _Spent:
    def __init__(self) -> None:
        self.cpu: list[float] = []
        self.units = 0.0

    def add(self, handlers: Workshop, envelopes: Sequence[Envelope]) -> None:
        spent: Spent
        with handlers.measuring() as spent:
            handlers.play(envelopes)
        self.cpu.append(spent.cpu)
        self.units += spent.counts.write_units


def _group(handlers: Workshop, shop: Shop, number: int, events: int) -> range:
    """Ten people who have done that much in the shop."""
    people = range(IN_TENS * number, IN_TENS * (number + 1))
    handlers.play(each for person in people for each in shop.acquaintance(person))
    handlers.play(shop.visit(person) for person in people for _ in range(events - 2))
    return people


def _views(shop: Shop, people: range) -> list[Envelope]:
    return list(shop.visits(people, len(people), "Product Viewed"))
