"""What a mail costs: from the event that triggers it to SES's answer, through ingest, evaluate and deliver."""

from datetime import UTC, datetime
from typing import Final

from dampf_cli.bench import contents
from dampf_cli.bench.costs import Costs, Measured
from dampf_cli.bench.figures import Budget, Figure, Section
from dampf_cli.bench.traffic import Shop
from dampf_cli.bench.workshop import Workshop, workshop

MAILS: Final = 1_000
ONE_BY_ONE: Final = 300
"""Fewer of those: each takes several times as long, and more of them tell no more."""

FIRST: Final = 10
"""Mails that are not counted: with them the process reads and compiles its content."""


def measure(*, quick: bool) -> Section:
    count, alone_count = (size // 10 if quick else size for size in (MAILS, ONE_BY_ONE))
    with workshop(contents.quick_start()) as handlers:
        shop = Shop(start=datetime.now(UTC))
        everybody = range(count + alone_count + FIRST)
        handlers.play(each for person in everybody for each in shop.acquaintance(person))
        handlers.play(shop.sells_everything(len(everybody)))
        handlers.play(shop.visits(everybody, 2 * len(everybody), "Product Viewed"))
        for name in ("Customer Registered", "Order Completed"):
            handlers.play(shop.visits(everybody[-FIRST:], FIRST, name))
        welcomes = _costs(handlers, shop, "Customer Registered", count, alone_count)
        orders = _costs(handlers, shop, "Order Completed", count, alone_count)
        machine = handlers.cost_of_a_call()
    return Section(
        name="mails",
        title=f"{count:,} triggers to {count:,} mails, the quick-start campaigns listening",
        figures=[*_figures("welcome (marketing)", welcomes), *_figures("order (transactional)", orders)],
        notes=[f"welcome: {welcomes.calls_by_operation()}", f"order: {orders.calls_by_operation()}", machine],
    )


def _costs(handlers: Workshop, shop: Shop, name: str, count: int, alone_count: int) -> Costs:
    """Everybody does it once, most of them in batches of ten."""
    with handlers.measuring() as tens:
        handlers.play(shop.visits(range(count), count, name))
    with handlers.measuring() as alone:
        handlers.play(shop.visits(range(count, count + alone_count), alone_count, name), batch=1)
    costs = Costs(tens=Measured(spent=tens, count=count), alone=Measured(spent=alone, count=alone_count))
    for measured in (costs.tens, costs.alone):
        mails = measured.spent.counts.calls["sesv2 SendEmail"]
        if mails != measured.count:
            raise RuntimeError(f"{measured.count} times {name} led to {mails} mails")
    return costs


def _figures(mail: str, costs: Costs) -> list[Figure]:
    return [
        *costs.cpu(f"{mail}: CPU per 1,000", Budget(limit=2.8)),
        costs.calls(f"{mail}: DynamoDB requests", "dynamodb", Budget(limit=1.5)),
        costs.calls(f"{mail}: SQS requests", "sqs"),
        costs.calls(f"{mail}: SES requests", "sesv2", Budget(limit=1)),
        *costs.stored(f"{mail}: "),
    ]
