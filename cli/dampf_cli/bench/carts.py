"""Waits in real time: carts with a minute's patience, of which half are bought before it is over.

The whole stack runs by itself here, with its clock and its queues' delays; nothing is in this process but the mailbox.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, Final, NamedTuple

from dampf.domain.event import CUSTOMER_ID
from dampf.domain.instants import format_instant
from dampf.domain.message import Message
from dampf_cli.bench import contents
from dampf_cli.bench.figures import Budget, Figure, Section
from dampf_cli.bench.traffic import SEED, Envelope, Shop
from dampf_cli.local_stack import LocalStack, local_stack
from dampf_cli.stored import messages_of, states_of

CARTS: Final = 200
A_SECOND: Final = 5
WAIT: Final = timedelta(minutes=1)
BUYS_AFTER: Final = (2.0, 55.0)
"""Seconds after the cart; the last ones come shortly before its mail would."""

AFTERWARDS: Final = 10
"""Seconds after the last wait in which a late mail still shows."""


class Deed(NamedTuple):
    """What somebody does, that many seconds after the beginning."""

    after: float
    person: int
    name: str


def measure(*, quick: bool) -> Section:
    carts = CARTS // 10 if quick else CARTS
    deeds = sorted(_deeds(carts))
    shop = Shop(start=datetime.now(UTC))
    with local_stack(contents.carts_only(), start=None) as local:
        _put(local, [each for person in range(carts) for each in shop.acquaintance(person)])
        local.wait_until_quiet()
        _play(local, shop, deeds)
        local.wait_until_quiet()
        mailed_at = {mail.tags["message"]: mail.at for mail in local.mailbox.mails()}
        messages = {message.id: message for message in messages_of(local.tables) if message.id in mailed_at}
        person_of = {state.profile.id: _person(state.profile.identifiers) for state in states_of(local.tables)}
        times_mailed = Counter(mail.recipients[0] for mail in local.mailbox.mails())
    late = sorted((mailed_at[name] - _due_at(message)).total_seconds() for name, message in messages.items())
    buyers = {deed.person for deed in deeds if deed.name == "Order Completed"}
    mailed = {person_of[message.profile] for message in messages.values()}
    return Section(
        name="carts",
        title=f"{carts} carts with a wait of a minute, {len(buyers)} of them bought meanwhile; in real time",
        figures=[
            Figure(what="lateness, median", value=median(late), unit="s", budget=Budget(limit=1)),
            Figure(what="lateness, max", value=late[-1], unit="s", budget=Budget(limit=3)),
            Figure(what="earliest (below 0 is early)", value=late[0], unit="s", budget=Budget(limit=0, at_least=True)),
            Figure(what="wrongly mailed", value=len(mailed & buyers), budget=Budget(limit=0)),
            Figure(
                what="doubled",
                value=sum(times - 1 for times in times_mailed.values()),
                budget=Budget(limit=0),
            ),
            Figure(what="not mailed", value=carts - len(buyers) - len(mailed - buyers), budget=Budget(limit=0)),
        ],
        notes=["lateness: from the instant at which the wait ends to the mail's arrival at SES"],
    )


def _deeds(carts: int) -> Iterator[Deed]:
    chance = random.Random(SEED)  # noqa: S311 - nothing secret, and the same every time
    for person in range(carts):
        added = person / A_SECOND
        yield Deed(added, person, "Product Added")
        if person % 2:
            yield Deed(added + chance.uniform(*BUYS_AFTER), person, "Order Completed")


def _play(local: LocalStack, shop: Shop, deeds: list[Deed]) -> None:
    """Everything at its time, until the last wait is over."""
    began = time.monotonic()
    for deed in deeds:
        time.sleep(max(0.0, began + deed.after - time.monotonic()))
        envelope = shop.visit(deed.person, deed.name)
        envelope["detail"]["timestamp"] = format_instant(datetime.now(UTC))
        _put(local, [envelope])
    last = max(deed.after for deed in deeds if deed.name == "Product Added")
    time.sleep(max(0.0, began + last + WAIT.total_seconds() + AFTERWARDS - time.monotonic()))


def _put(local: LocalStack, envelopes: list[Envelope]) -> None:
    bus, events = local.stack.outputs["BusName"], local.aws.client("events")
    for start in range(0, len(envelopes), 10):
        entries: list[dict[str, Any]] = [
            {
                "EventBusName": bus,
                "Source": envelope["source"],
                "DetailType": envelope["detail-type"],
                "Detail": json.dumps(envelope["detail"]),
            }
            for envelope in envelopes[start : start + 10]
        ]
        answer = events.put_events(Entries=entries)
        if answer["FailedEntryCount"]:
            raise RuntimeError(f"the bus refused events: {answer['Entries']}")


def _due_at(message: Message) -> datetime:
    return message.entered_at + WAIT


def _person(identifiers: dict[str, tuple[str, ...]]) -> int:
    return int(identifiers[CUSTOMER_ID][0].rpartition("-")[2])
