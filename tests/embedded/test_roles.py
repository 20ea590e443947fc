"""The seldom paths under the roles' own policies: history, the bus, and what the clock finds when a function has died.

All tests of this folder run with the policies enforced, and fail where a function was refused a call.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dampf.domain.event import Event
from dampf.domain.identity import profile_id
from dampf.domain.message import Status
from dampf.domain.stimulus import EventCame
from dampf.doors import translate
from dampf.stores.identities import DynamoIdentities
from dampf.stores.memory_products import MemoryProducts
from dampf.stores.memory_queues import MemoryBus, MemoryDeadLetters, MemoryMailbox, MemoryOutboxes, MemoryTimers
from dampf.stores.memory_recommendations import MemoryRecommendations
from dampf.stores.profiles import DynamoProfiles
from dampf.use_cases.evaluate import Evaluate
from dampf.use_cases.folds import Delivery
from dampf_cli.stored import messages_of
from tests.embedded.engines import DeployedShop, Envelope, simulate
from tests.embedded.streams import event, known

pytestmark = pytest.mark.emulator

START = datetime(2026, 8, 3, 9, tzinfo=UTC)


def rehearsal(who: str) -> Iterator[Envelope]:
    yield from known(who, START)
    yield event("Product Viewed", START, own_id=f"{who}-1", who=who, product_id="1")
    yield event("Rehearsal Asked", START + timedelta(minutes=1), own_id=f"{who}-2", who=who, piece="Hamlet")


def pieces(shop: DeployedShop) -> dict[str, str]:
    """What was played, by event."""
    events = [json.loads(row["body"]) for row in shop.rows("History")]
    return {each["name"]: each["properties"]["piece"] for each in events if "piece" in each.get("properties", {})}


def test_history_the_starting_event_and_the_bus_are_within_reach(quiet_cart_shop: DeployedShop) -> None:
    told = list(rehearsal("on-time"))
    played, simulated = quiet_cart_shop.play(told), simulate(quiet_cart_shop.catalogue, told)
    assert (played.outcomes, played.profiles) == (simulated.outcomes, simulated.profiles)
    (mail,) = played.mails
    assert mail.recipients == ("on-time@example.com",)
    pages = quiet_cart_shop.local.stack.outputs["PagesUrl"]
    assert mail.headers["List-Unsubscribe"].startswith(f"<{pages}unsubscribe?t=")
    assert pieces(quiet_cart_shop) == dict.fromkeys(("Rehearsal Asked", "Rehearsal Begun", "Rehearsal Ended"), "Hamlet")


class DyingProfiles(DynamoProfiles):
    """Whoever commits here dies before the bus has taken what was emitted."""

    def forget_emitted(self, profile: str, events: Iterable[Event]) -> None:
        pass


def test_the_clock_may_do_all_that_is_needed_where_evaluate_died_after_its_commit(
    quiet_cart_shop: DeployedShop,
) -> None:
    *before, asked = rehearsal("lost")
    quiet_cart_shop.play(before, until=START)
    tables = quiet_cart_shop.local.tables
    evaluate = Evaluate(
        profiles=DyingProfiles(tables=tables),
        products=MemoryProducts(),
        recommendations=MemoryRecommendations(),
        identities=DynamoIdentities(tables=tables),
        mailbox=MemoryMailbox(),
        outbox=MemoryOutboxes(),
        timers=MemoryTimers(),
        bus=MemoryBus(),
        parking=MemoryDeadLetters(),
        catalogue=lambda: quiet_cart_shop.catalogue,
    )
    stimulus = EventCame(profile=profile_id("customer_id", "lost"), event=translate(asked).events[0])
    evaluate([Delivery("1", stimulus)], now=START + timedelta(minutes=1))
    assert pieces(quiet_cart_shop) == {"Rehearsal Asked": "Hamlet"}
    quiet_cart_shop.run_clock(START + timedelta(minutes=10))
    assert pieces(quiet_cart_shop) == {"Rehearsal Asked": "Hamlet", "Rehearsal Begun": "Hamlet"}
    (message,) = messages_of(tables)
    assert message.status is Status.DELIVERED
    played = quiet_cart_shop.play([], until=START + timedelta(hours=2))
    assert pieces(quiet_cart_shop)["Rehearsal Ended"] == "Hamlet"
    assert played.mails == []
