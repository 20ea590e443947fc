"""The reminder an hour after the cart came to rest, on real sessions of a shop and on invented ones that need none.

The oracles look at instants only. Sessions: otto-de/recsys-dataset (data CC BY 4.0), outside the project.
"""

import json
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.embedded.engines import DeployedShop, Envelope, simulate
from tests.embedded.streams import SEED, event, known, told

pytestmark = pytest.mark.emulator

HOUR = timedelta(hours=1)
NAMES = {"clicks": "Product Viewed", "carts": "Product Added", "orders": "Order Completed"}


class Deed(NamedTuple):
    at: datetime
    name: str
    products: tuple[str, ...]


class Session(NamedTuple):
    """What one person did, in order. The session's name is also that of the cart."""

    name: str
    deeds: Sequence[Deed]

    def envelopes(self) -> Iterable[Envelope]:
        yield from known(self.name, self.deeds[0].at - timedelta(minutes=1))
        for place, deed in enumerate(self.deeds):
            lines = [{"product_id": product, "name": f"Product {product}", "quantity": 1} for product in deed.products]
            own_id = f"{self.name}-{place}"
            properties: dict[str, Any] = (
                {"order_id": own_id, "products": lines} if deed.name == "Order Completed" else lines[0]
            )
            if deed.name != "Product Viewed":
                properties["cart_id"] = self.name
            yield event(deed.name, deed.at, own_id=own_id, who=self.name, **properties)


@pytest.fixture(scope="session")
def real_sessions(acceptance: Path) -> list[Session]:
    """Products that were ordered together are one order."""
    sessions = []
    for line in (acceptance / "data" / "otto_sample.jsonl").read_text().splitlines():
        told_of = json.loads(line)
        deeds = [
            Deed(datetime.fromtimestamp(ts / 1000, UTC), NAMES[kind], tuple(str(each["aid"]) for each in together))
            for (ts, kind), together in groupby(told_of["events"], key=lambda each: (each["ts"], each["type"]))
        ]
        split = [
            single
            for deed in deeds
            for single in (
                [deed]
                if deed.name == "Order Completed"
                else [deed._replace(products=(product,)) for product in deed.products]
            )
        ]
        sessions.append(Session(f"session-{told_of['session']}", split))
    assert len(sessions) == 20
    return sessions


def hurried_sessions(count: int) -> list[Session]:
    """Who buys within the hour after every change of the cart."""
    print(f"DAMPF_SEED={SEED}")
    chance = random.Random(SEED)
    start = datetime(2026, 5, 4, 8, tzinfo=UTC)
    sessions = []
    for number in range(count):
        deeds, at = [], start
        for _ in range(chance.randrange(1, 4)):
            for _ in range(chance.randrange(1, 4)):
                at += timedelta(minutes=chance.choice([1, 10, 30, 59]))
                deeds.append(Deed(at, "Product Added", (str(chance.randrange(9)),)))
            # An order at the very instant at which the hour is over comes before the timer.
            at += timedelta(minutes=chance.choice([1, 30, 60]))
            deeds.append(Deed(at, "Order Completed", ("1",)))
        sessions.append(Session(f"hurried-{number}", deeds))
    return sessions


def first_quiet_hour(session: Session) -> datetime | None:
    """When the first hour is over that follows a change of the cart and sees neither a change nor an order."""
    deeds = [deed for deed in session.deeds if deed.name != "Product Viewed"]
    for place, deed in enumerate(deeds):
        until = deed.at + HOUR
        if deed.name == "Product Added" and all(later.at > until for later in deeds[place + 1 : place + 2]):
            return until
    return None


def unless_it_was_bought_before(session: Session) -> datetime | None:
    """The same for a cart that nobody is reminded of any more once it was bought, though it is filled again."""
    due_at = first_quiet_hour(session)
    changes = [deed.at for deed in session.deeds if deed.name == "Product Added"]
    bought = [
        deed.at for deed in session.deeds if deed.name == "Order Completed" and deed.at > min(changes, default=deed.at)
    ]
    return None if due_at is None or any(at < due_at for at in bought) else due_at


def expected(sessions: Iterable[Session]) -> set[tuple[str, str, str]]:
    oracles = {"first_quiet_hour": first_quiet_hour, "once_a_cart": unless_it_was_bought_before}
    return {
        (session.name, campaign, told(due_at))
        for session in sessions
        for campaign, oracle in oracles.items()
        if (due_at := oracle(session)) is not None
    }


def check(shop: DeployedShop, sessions: Sequence[Session]) -> None:
    """Exactly the expected mails, from both engines."""
    envelopes = [envelope for session in sessions for envelope in session.envelopes()]
    simulated = simulate(shop.catalogue, envelopes)
    assert [each for each in simulated.messages if each["outcome"] != "sent"] == []
    mails = [
        (each["customer_id"], each["campaign"], told(datetime.fromisoformat(each["at"]))) for each in simulated.messages
    ]
    assert sorted(mails) == sorted(expected(sessions))
    played = shop.play(envelopes)
    assert played.outcomes == simulated.outcomes
    assert played.profiles == simulated.profiles


def with_clicks_near_carts(session: Session) -> Session:
    """Without the clicks that are hours away from everything else: each is an instant to play."""
    changes = [deed.at for deed in session.deeds if deed.name != "Product Viewed"]
    near = [deed for deed in session.deeds if any(abs(deed.at - at) <= timedelta(seconds=20) for at in changes)]
    return session._replace(deeds=near or session.deeds[:2])


def test_the_real_sessions_are_of_use(real_sessions: list[Session]) -> None:
    mails = expected(real_sessions)
    assert sum(campaign == "first_quiet_hour" for _, campaign, _ in mails) == 7
    assert {name for name, campaign, _ in mails if campaign == "first_quiet_hour"} - {
        name for name, campaign, _ in mails if campaign == "once_a_cart"
    } == {"session-0"}


def test_real_sessions_get_one_mail_an_hour_after_their_cart_came_to_rest(
    quiet_cart_shop: DeployedShop, real_sessions: list[Session]
) -> None:
    check(quiet_cart_shop, [with_clicks_near_carts(session) for session in real_sessions])


@pytest.mark.slow
def test_real_sessions_get_it_with_all_their_clicks(
    quiet_cart_shop: DeployedShop, real_sessions: list[Session]
) -> None:
    check(quiet_cart_shop, [session._replace(name=f"all-{session.name}") for session in real_sessions])


def test_who_always_buys_within_the_hour_gets_none(quiet_cart_shop: DeployedShop) -> None:
    sessions = hurried_sessions(40)
    assert expected(sessions) == set()
    check(quiet_cart_shop, sessions)
