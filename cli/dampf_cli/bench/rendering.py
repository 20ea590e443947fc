"""What a mail takes to render: each shipped message for somebody with a cart, an order and things looked at."""

import time
from datetime import UTC, datetime
from statistics import median
from typing import Final

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.content import BASE_LOCALE
from dampf.domain.event import Event
from dampf.domain.instants import parse_instant
from dampf.domain.profile import Profile
from dampf.domain.shop import SMS
from dampf.doors import translate
from dampf.stores.tokens import SignedTokens, fixed_keys
from dampf.use_cases.writing import Writing
from dampf_cli.arrivals import Arrival
from dampf_cli.bench import contents
from dampf_cli.bench.figures import Budget, Figure, Section
from dampf_cli.bench.traffic import Shop
from dampf_cli.gallery.mails import message_for
from dampf_cli.simulation import Simulation

MAILS: Final = 200
START: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)


def measure(*, quick: bool) -> Section:
    content = contents.quick_start()
    catalogue = catalogue_of(content)
    profile, order = _customer(catalogue)
    took: dict[str, float] = {}
    for name in content.messages:
        if content.messages[name][BASE_LOCALE].get("channel") == SMS:
            continue
        writing = Writing(
            message=message_for(profile, name),
            profile=profile,
            journey=None,
            event=order,
            catalogue=catalogue,
            now=START,
            links_url=None,
            tokens=SignedTokens(keys=fixed_keys("bench")),
            history=lambda name, within=None: [],
        )
        took[name] = _milliseconds(writing, MAILS // 10 if quick else MAILS)
    slowest = max(took, key=lambda name: took[name])
    return Section(
        name="rendering",
        title=f"rendering of the {len(took)} shipped messages: subject, HTML and text, CPU per mail",
        figures=[
            Figure(what="median of the messages", value=median(took.values()), unit="ms", budget=Budget(limit=1)),
            Figure(what=f"slowest: {slowest}", value=took[slowest], unit="ms", budget=Budget(limit=1)),
        ],
        notes=[", ".join(f"{name} {1000 * milliseconds:.0f} µs" for name, milliseconds in sorted(took.items()))],
    )


def _customer(catalogue: PublishedCatalogue) -> tuple[Profile, Event]:
    """Somebody who has looked around, has ordered, and has a cart again; and the order."""
    shop = Shop(start=START)
    ordered = shop.visit(1, "Order Completed")
    did = ["Product Viewed"] * 5 + ["Product Added"] * 3
    envelopes = [*shop.acquaintance(1), ordered, *(shop.visit(1, name) for name in did)]
    simulation = Simulation(catalogue)
    arrivals = [Arrival(parse_instant(each["time"]), number, each) for number, each in enumerate(envelopes)]
    simulation.play(arrivals, until=arrivals[-1].at)
    return next(iter(simulation.store.states())).profile, translate(ordered).events[0]


def _milliseconds(writing: Writing, count: int) -> float:
    """The median of single mails: what else the machine does meanwhile is none of their business."""
    writing.mail()
    took = []
    for _ in range(count):
        before = time.process_time()
        writing.mail()
        took.append(1000 * (time.process_time() - before))
    return median(took)
