"""What an event costs that starts nothing: from its envelope to the committed profile, through ingest and evaluate."""

from datetime import UTC, datetime
from typing import Final

from dampf_cli.bench import contents
from dampf_cli.bench.costs import Costs, Measured
from dampf_cli.bench.figures import Budget, Section
from dampf_cli.bench.traffic import Shop
from dampf_cli.bench.workshop import workshop

PEOPLE: Final = 1_000
EVENTS: Final = 5_000
ONE_BY_ONE: Final = 1_000
"""Fewer of those: each takes several times as long, and more of them tell no more."""


def measure(*, quick: bool) -> Section:
    people, count, alone_count = (size // 10 if quick else size for size in (PEOPLE, EVENTS, ONE_BY_ONE))
    with workshop(contents.without_campaigns()) as handlers:
        shop = Shop(start=datetime.now(UTC))
        handlers.play(each for person in range(people) for each in shop.acquaintance(person))
        handlers.play(shop.sells_everything(0))
        with handlers.measuring() as tens:
            handlers.play(shop.visits(range(people), count))
        with handlers.measuring() as alone:
            handlers.play(shop.visits(range(people), alone_count), batch=1)
        first = handlers.first
        machine = handlers.cost_of_a_call()
    costs = Costs(tens=Measured(spent=tens, count=count), alone=Measured(spent=alone, count=alone_count))
    begun = ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in first.items())
    return Section(
        name="events",
        title=f"{count:,} events of {people:,} known people, known products, no campaign listening; each costs",
        figures=[
            *costs.cpu("CPU per 1,000", Budget(limit=0.9, aim=0.45)),
            costs.calls("DynamoDB requests", "dynamodb"),
            costs.calls("SQS requests", "sqs"),
            *costs.stored(),
        ],
        notes=[
            costs.calls_by_operation(),
            f"a process's first batch, with its clients, codecs and content: {begun}",
            machine,
        ],
    )
