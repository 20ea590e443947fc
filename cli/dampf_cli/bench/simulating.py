"""How fast a shop's past can be played through campaigns in memory."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from dampf.campaigns.catalogue import catalogue_of
from dampf.campaigns.content import Content
from dampf.domain.instants import parse_instant
from dampf_cli.arrivals import Arrival
from dampf_cli.bench import contents
from dampf_cli.bench.figures import Budget, Figure, Section
from dampf_cli.bench.traffic import Envelope, Shop
from dampf_cli.simulation import Simulation

PEOPLE: Final = 1_000
EVENTS: Final = 20_000
START: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
APART: Final = timedelta(seconds=20)


def measure(*, quick: bool) -> Section:
    people, count = (PEOPLE // 10, EVENTS // 10) if quick else (PEOPLE, EVENTS)
    silent, _ = _events_a_second(contents.without_campaigns(), people, count)
    listening, mails = _events_a_second(contents.quick_start(), people, count)
    return Section(
        name="simulating",
        title=f"simulation of {count:,} events of {people:,} people, events a second of CPU",
        figures=[
            Figure(what="no campaign listening", value=silent, budget=Budget(limit=20_000, at_least=True)),
            Figure(what="with the quick-start campaigns", value=listening, budget=Budget(limit=5_000, at_least=True)),
        ],
        notes=[f"the quick-start campaigns send {mails} mails to them, each rendered"],
    )


def _events_a_second(content: Content, people: int, count: int) -> tuple[float, int]:
    """And the mails that were sent."""
    shop = Shop(start=START, apart=APART)
    simulation = Simulation(catalogue_of(content))
    known = _arrivals(each for person in range(people) for each in shop.acquaintance(person))
    visits = _arrivals(shop.visits(range(people), count))
    simulation.play(known, until=known[-1].at)
    mails = simulation.mailer.sent
    before = time.process_time()
    simulation.play(visits, until=visits[-1].at)
    return count / (time.process_time() - before), simulation.mailer.sent - mails


def _arrivals(envelopes: Iterable[Envelope]) -> list[Arrival]:
    return [Arrival(parse_instant(each["time"]), number, each) for number, each in enumerate(envelopes)]
