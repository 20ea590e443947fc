"""What is malformed or fails for good is put aside with its reason, harms nobody, and can be sent again once mended."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dampf.domain.identity import profile_id
from dampf_cli.stored import messages_of, states_of
from tests.embedded.engines import DeployedShop, Letter
from tests.embedded.streams import event, known

pytestmark = pytest.mark.emulator

NOW = datetime(2026, 7, 6, 9, tzinfo=UTC)


@pytest.fixture
def now(shop: DeployedShop) -> datetime:
    shop.set_clock(NOW)
    return NOW


def metrics_of(shop: DeployedShop) -> dict[str, dict[str, int]]:
    """Of each customer."""
    return {
        state.profile.identifiers["customer_id"][0]: {
            name: int(kept.value) for name, kept in state.profile.metrics.items()
        }
        for state in states_of(shop.local.tables)
    }


def orders(shop: DeployedShop) -> dict[str, int]:
    return {who: metrics.get("orders", 0) for who, metrics in metrics_of(shop).items()}


def order(who: str, number: int, **more: Any) -> dict[str, Any]:
    own_id = f"{who}-order-{number}"
    return event("Order Completed", NOW, own_id=own_id, who=who, **{"order_id": own_id, "total": 10, **more})


def stimulus(who: str, number: int, *, at: str = "2026-07-06T09:00:00Z") -> tuple[str, str]:
    """An order on its way into a mailbox, as ingest writes it."""
    profile, own_id = profile_id("customer_id", who), f"{who}-order-{number}"
    order_completed = {
        "source": "shop.example",
        "id": own_id,
        "name": "Order Completed",
        "at": at,
        "arrived_at": "2026-07-06T09:00:00Z",
        "identifiers": {"customer_id": who, "email": f"{who}@example.com"},
        "properties": {"order_id": own_id, "total": 10},
    }
    return profile, json.dumps({"kind": "event", "profile": profile, "owners": {}, "event": order_completed})


WITHOUT_ZONE = "2026-07-06T09:00:00"
"""An instant that cannot be compared with any other: deciding fails for good."""


class TestPoison:
    def test_it_is_parked_at_once_and_everything_else_goes_on(self, shop: DeployedShop, now: datetime) -> None:
        logged_before = len(shop.logged("EvaluateFunction", saying="parked a stimulus"))
        shop.put_into_mailboxes(
            stimulus("poison-anna", 1),
            stimulus("poison-anna", 2, at=WITHOUT_ZONE),
            stimulus("poison-berta", 1),
            stimulus("poison-anna", 3),
        )
        assert orders(shop) == {"poison-anna": 2, "poison-berta": 1}
        sent = {
            (message.customer_id, message.message, message.status.value) for message in messages_of(shop.local.tables)
        }
        assert sent == {
            ("poison-anna", "order_confirmation", "delivered"),
            ("poison-berta", "order_confirmation", "delivered"),
        }
        (letter,) = shop.letters("ParkingQueue")
        assert letter.reason.startswith("TypeError")
        assert json.loads(letter.body)["event"]["id"] == "poison-anna-order-2"
        (row,) = shop.rows("Profiles", "parked#")
        assert row["reason"] == letter.reason
        assert row["profile"] == profile_id("customer_id", "poison-anna")
        assert json.loads(row["body"]) == json.loads(letter.body)
        parked = shop.logged("EvaluateFunction", saying="parked a stimulus")[logged_before:]
        assert [(each["profile"], each["reason"]) for each in parked] == [(row["profile"], row["reason"])]

    def test_once_mended_it_comes_back_through_ingest_and_is_done_once(self, shop: DeployedShop, now: datetime) -> None:
        shop.put_into_mailboxes(stimulus("mended", 1), stimulus("mended", 2, at=WITHOUT_ZONE))
        (letter,) = shop.letters("ParkingQueue")
        mended = letter.body.replace(f'"{WITHOUT_ZONE}"', f'"{WITHOUT_ZONE}Z"')
        assert mended != letter.body
        shop.let_arrive(mended)
        assert orders(shop) == {"mended": 2}
        shop.let_arrive(mended, mended)
        assert orders(shop) == {"mended": 2}
        assert len(list(messages_of(shop.local.tables))) == 2

    def test_sent_again_unmended_it_is_parked_again_in_the_same_row(self, shop: DeployedShop, now: datetime) -> None:
        shop.put_into_mailboxes(stimulus("stubborn", 1, at=WITHOUT_ZONE))
        (letter,) = shop.letters("ParkingQueue")
        shop.let_arrive(letter.body)
        assert shop.letters("ParkingQueue") == [letter]
        assert len(shop.rows("Profiles", "parked#")) == 1
        assert orders(shop) == {}

    def test_a_stimulus_that_cannot_even_be_read_waits_alone(self, shop: DeployedShop, now: datetime) -> None:
        """While a stack is updated, a newer version may read it."""
        bodies = [("somebody", "of another version"), stimulus("beside", 1), stimulus("beside-too", 1)]
        try:
            shop.put_into_mailboxes(*bodies, until=lambda: orders(shop) == {"beside": 1, "beside-too": 1})
            assert shop.letters("ParkingQueue") == []
        finally:
            shop.empty("MailboxQueue")


MALFORMED = {
    "no JSON": ("{", "envelope: an object expected"),
    "no object": ([1, 2], "envelope: an object expected"),
    "no source": ({**order("m", 1), "source": None}, "source: "),
    "no time": ({**order("m", 2), "time": "yesterday"}, "time: an ISO 8601 instant expected"),
    "no detail": ({**order("m", 3), "detail": "lost"}, "detail: an object expected"),
    "a wrong type": (order("m", 4, total="much"), "detail.properties.total: "),
    "a wrong list": (order("m", 5, products={"product_id": "1"}), "detail.properties.products: "),
    "too much": (order("m", 6, note="x" * 40_000), "detail: at most 32768 bytes"),
    "a stimulus of no kind": ({"kind": "unheard", "profile": "x"}, ""),
}


class TestMalformed:
    def test_events_end_as_dead_letters_with_their_reason_and_the_others_go_on(
        self, shop: DeployedShop, now: datetime
    ) -> None:
        bodies = [body for body, _ in MALFORMED.values()]
        shop.let_arrive(*bodies[:5], *known("unharmed", now), order("unharmed", 1))
        shop.let_arrive(*bodies[5:], order("unharmed", 2))
        assert orders(shop) == {"unharmed": 2}
        letters = {letter.body: letter.reason for letter in shop.letters("IngestDeadLetters")}
        assert len(letters) == len(MALFORMED)
        for body, reason in MALFORMED.values():
            found = letters[body if isinstance(body, str) else json.dumps(body)]
            assert found.startswith(reason)
            assert found
        assert shop.letters("ParkingQueue") == []

    def test_the_log_names_each_by_its_own_id_and_holds_no_values(self, shop: DeployedShop, now: datetime) -> None:
        refused = event("Order Completed", now, own_id="named-in-the-log", who="anna@example.com", total="secret")
        shop.let_arrive(refused)
        (entry,) = (
            each
            for each in shop.logged("IngestFunction", saying="refused an event")
            if each["event_id"] == "named-in-the-log"
        )
        assert entry["reason"].startswith("detail.properties.total: ")
        assert not {"secret", "anna"} & set(json.dumps(entry).replace("@", '"').split('"'))

    def test_on_the_bus_they_take_the_same_way(self, shop: DeployedShop) -> None:
        broken = order("on-the-bus", 1, total="much")
        happened = shop.play([broken, *known("on-the-bus", NOW), order("on-the-bus", 2)], until=NOW)
        (letter,) = shop.letters("IngestDeadLetters")
        assert letter.reason.startswith("detail.properties.total: ")
        assert json.loads(letter.body)["detail"]["messageId"] == "on-the-bus-order-1"
        assert happened.profile("customer_id", "on-the-bus")["metrics"]["orders"] == 1

    def test_once_mended_they_come_back_through_ingest_and_are_done_once(
        self, shop: DeployedShop, now: datetime
    ) -> None:
        shop.let_arrive(*known("redriven", now), order("redriven", 1, total="12,50"))
        (letter,) = shop.letters("IngestDeadLetters")
        assert orders(shop) == {"redriven": 0}
        mended = letter.body.replace('"12,50"', '"12.50"')
        shop.let_arrive(mended, mended)
        shop.let_arrive(mended)
        assert orders(shop) == {"redriven": 1}
        assert [(message.message, message.status.value) for message in messages_of(shop.local.tables)] == [
            ("order_confirmation", "delivered")
        ]
        assert shop.letters("IngestDeadLetters") == []


def test_a_letter_keeps_what_came_word_for_word(shop: DeployedShop, now: datetime) -> None:
    shop.let_arrive("Grüße, 你好")
    assert shop.letters("IngestDeadLetters") == [Letter("Grüße, 你好", "envelope: an object expected")]
