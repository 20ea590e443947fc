"""Which requests of browsers are taken, and which are not."""

import json
from datetime import timedelta
from typing import Any

import pytest

from dampf.doors import translate
from dampf.stores.memory_queues import MemoryBus
from dampf.stores.queues import detail_of
from dampf.use_cases.collect import LONGEST_BODY, MOST_PER_MINUTE, Collect, Visit
from tests.builders import NOON

SHOP = "https://shop.example"


def body(**changes: Any) -> bytes:
    sent = {"key": "k1", "id": "fedcba9876543210", "who": "0123456789abcdef", "name": "Product Viewed"}
    return json.dumps({**sent, "properties": {"product_id": "p1"}, **changes}).encode()


def visit(**changes: Any) -> Visit:
    return Visit(**{"origin": SHOP, "address": "192.0.2.1", "body": body(), **changes})


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def collect(bus: MemoryBus) -> Collect:
    return Collect(bus=bus, key="k1", origins=frozenset({SHOP}))


def test_what_a_page_tells_comes_in_through_the_shops_door(collect: Collect, bus: MemoryBus):
    assert collect(visit(), now=NOON).status == 202
    (event,) = bus.events
    envelope = {"id": "e", "source": event.source, "detail-type": event.name, "time": "2026-03-02T12:00:00Z"}
    (came,) = translate({**envelope, "detail": detail_of(event)}).events
    assert came == event


@pytest.mark.parametrize(
    "changes, status",
    [
        pytest.param({"origin": "https://evil.example"}, 403, id="another page"),
        pytest.param({"origin": "null"}, 403, id="a page without an origin"),
        pytest.param({"origin": ""}, 403, id="no page"),
        pytest.param({"body": body(key="other")}, 403, id="another key"),
        pytest.param({"body": body(key=None)}, 403, id="no key"),
        pytest.param({"body": body(properties={"name": "x" * LONGEST_BODY})}, 413, id="too large"),
        pytest.param({"body": b"no JSON"}, 400, id="no JSON"),
        pytest.param({"body": body(name="Order Completed")}, 400, id="an order"),
    ],
)
def test_what_is_out_of_bounds_is_not_taken(collect: Collect, bus: MemoryBus, changes: dict[str, Any], status: int):
    assert collect(visit(**changes), now=NOON).status == status
    assert not bus.events


def test_a_reason_repeats_nothing_that_was_sent(collect: Collect):
    answer = collect(visit(body=body(who="anna@shop.example")), now=NOON)
    assert (answer.status, answer.reason) == (400, "body.who: 16 to 64 letters, digits, _ or - expected")


def test_one_address_is_taken_so_often_a_minute_and_others_go_on(collect: Collect, bus: MemoryBus):
    answers = [collect(visit(), now=NOON + timedelta(milliseconds=n)).status for n in range(MOST_PER_MINUTE + 1)]
    assert answers == [202] * MOST_PER_MINUTE + [429]
    assert collect(visit(address="192.0.2.2"), now=NOON + timedelta(seconds=1)).status == 202
    assert collect(visit(), now=NOON + timedelta(seconds=61)).status == 202
    assert len(bus.events) == MOST_PER_MINUTE + 2


def test_addresses_are_forgotten_before_they_fill_the_memory(collect: Collect):
    for number in range(10_050):
        collect(visit(address=f"address {number}", body=b""), now=NOON)
    assert len(collect.counted) <= 10_000


def test_any_origin_is_taken_where_the_operator_says_so(bus: MemoryBus):
    anywhere = Collect(bus=bus, key="k1", origins=frozenset({"*"}))
    assert anywhere(visit(origin="http://127.0.0.1:8000"), now=NOON).status == 202
