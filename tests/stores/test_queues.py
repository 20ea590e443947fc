import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dampf.domain.event import Origin
from dampf.domain.journey import StartingEvent
from dampf.domain.stimulus import EventCame, TimerDue
from dampf.stores import codec
from dampf.stores.memory_queues import (
    MemoryBus,
    MemoryDeadLetters,
    MemoryMailbox,
    MemoryMailer,
    MemoryOutboxes,
    MemoryTimers,
)
from dampf.stores.queues import (
    EventBus,
    NotAccepted,
    SqsDeadLetters,
    SqsMailbox,
    SqsOutboxes,
    SqsTimers,
    SqsTimersOnVirtualClock,
    detail_of,
)
from dampf.use_cases.ports.messages import Mailer, Outgoing
from dampf.use_cases.ports.queues import Bus, DeadLetters, Mailbox, Outbox, Timers
from tests.stores.values import MINUTE, NOON, event


@pytest.fixture(scope="module")
def sqs() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("sqs", region_name="eu-central-1")


@pytest.fixture
def queue(sqs: Any) -> Iterator[str]:
    url = sqs.create_queue(QueueName="plain")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def fifo(sqs: Any) -> Iterator[str]:
    url = sqs.create_queue(QueueName="mailbox.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


class Recording:
    """A client whose one operation answers as told; the requests are kept."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self.answer, self.requests = answer, list[Any]()

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803 - boto3's names
        self.requests.append([QueueUrl, Entries])
        return self.answer(Entries)

    def put_events(self, *, Entries: list[Any]) -> Any:  # noqa: N803 - boto3's name
        self.requests.append(Entries)
        return self.answer(Entries)

    @property
    def sizes(self) -> list[int]:
        return [len(request[1]) for request in self.requests]


def accepts(entries: list[Any]) -> dict[str, Any]:
    return {"Successful": [{"Id": entry["Id"]} for entry in entries]}


def refuses(*ids: str) -> Callable[..., Any]:
    return lambda entries: {"Failed": [{"Id": entry["Id"]} for entry in entries if entry["Id"] in ids]}


def timers(count: int, who: str | None = None) -> list[tuple[TimerDue, str]]:
    return [(TimerDue(profile=who or f"p{place}", due_at=NOON), f"timer {place}") for place in range(count)]


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
    )
    return list(answer.get("Messages", []))


# --- the mailbox ------------------------------------------------------------------------------------------------------


def test_a_stimulus_lies_in_its_profiles_group(sqs: Any, fifo: str) -> None:
    came = EventCame(profile="anna", event=event(properties={"title": "Grüße 🛒 \uffff"}), owners={"email": "bert"})
    assert SqsMailbox(client=sqs, queue_url=fifo).put([(came, "record/shop#e1 – ü")]) == ()
    [lying] = received(sqs, fifo)
    assert codec.STIMULUS.read(lying["Body"]) == came
    assert lying["Attributes"]["MessageGroupId"] == "anna"
    assert lying["Body"].isascii()


def test_the_same_deduplication_id_puts_one_stimulus(sqs: Any, fifo: str) -> None:
    mailbox = SqsMailbox(client=sqs, queue_url=fifo)
    [timer] = timers(1)
    mailbox.put([timer])
    mailbox.put([timer, (timer[0], "another")])
    attributes = sqs.get_queue_attributes(QueueUrl=fifo, AttributeNames=["ApproximateNumberOfMessages"])
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "2"


def test_ten_go_in_one_request_in_their_order() -> None:
    client = Recording(accepts)
    assert SqsMailbox(client=client, queue_url="url").put(timers(23)) == ()
    assert client.sizes == [10, 10, 3]
    groups = [entry["MessageGroupId"] for _, entries in client.requests for entry in entries]
    assert groups == [f"p{place}" for place in range(23)]


def test_large_stimuli_share_a_request_only_as_far_as_sqs_takes_it() -> None:
    client = Recording(accepts)
    came = EventCame(profile="anna", event=event(properties={"text": "x" * 32_000}))
    SqsMailbox(client=client, queue_url="url").put([(came, str(place)) for place in range(10)])
    assert client.sizes == [7, 3]


def test_the_places_of_those_not_accepted_are_told() -> None:
    client = Recording(refuses("2", "11"))
    assert SqsMailbox(client=client, queue_url="url").put(timers(15)) == (2, 11)


def test_nothing_overtakes_what_was_not_accepted() -> None:
    client = Recording(refuses("9"))
    assert SqsMailbox(client=client, queue_url="url").put([*timers(9), *timers(4, who="anna")]) == (9, 10, 11, 12)
    assert client.sizes == [10]


# --- outboxes, timers, dead letters -----------------------------------------------------------------------------------


def test_transactional_messages_have_a_queue_of_their_own(sqs: Any, queue: str) -> None:
    marketing = sqs.create_queue(QueueName="marketing")["QueueUrl"]
    order = Outgoing("anna", "anna-m1", True, StartingEvent("anna", NOON, "shop#e1"))
    news = Outgoing("bert", "bert-m1", False)
    SqsOutboxes(client=sqs, transactional_url=queue, marketing_url=marketing).put([order, news])
    assert [codec.read_outgoing(each["Body"]) for each in received(sqs, queue)] == [order]
    assert [codec.read_outgoing(each["Body"]) for each in received(sqs, marketing)] == [news]


def test_what_an_outbox_refuses_is_tried_once_more_and_then_left_to_the_clock() -> None:
    client = Recording(refuses("1"))
    outgoing = [Outgoing("anna", f"anna-m{place}", False) for place in range(3)]
    SqsOutboxes(client=client, transactional_url="t", marketing_url="m").put(outgoing)
    assert [[entry["Id"] for entry in entries] for _, entries in client.requests] == [["0", "1", "2"], ["1"]]


@pytest.mark.parametrize(
    "ahead, delay",
    [
        pytest.param(timedelta(seconds=-90), 0, id="overdue"),
        pytest.param(timedelta(0), 0, id="due"),
        pytest.param(timedelta(milliseconds=1), 1, id="never early"),
        pytest.param(timedelta(seconds=61), 61, id="to the second"),
        pytest.param(timedelta(minutes=15), 900, id="as far as a delay reaches"),
        pytest.param(timedelta(minutes=15, milliseconds=1), None, id="left to the clock"),
    ],
)
def test_a_wakeup_is_delayed_to_its_second_and_never_early(ahead: timedelta, delay: int | None) -> None:
    client = Recording(accepts)
    SqsTimers(client=client, queue_url="url").wake([("anna", NOON + ahead)], now=NOON)
    delays = [entry["DelaySeconds"] for _, entries in client.requests for entry in entries]
    assert delays == ([] if delay is None else [delay])
    bodies = [codec.STIMULUS.read(entry["MessageBody"]) for _, entries in client.requests for entry in entries]
    assert bodies == ([] if delay is None else [TimerDue(profile="anna", due_at=NOON + ahead)])


def test_on_a_virtual_clock_only_what_is_due_is_woken() -> None:
    client = Recording(accepts)
    timers = SqsTimersOnVirtualClock(client=client, queue_url="url")
    timers.wake([("anna", NOON), ("bert", NOON + MINUTE)], now=NOON)
    [[_, [entry]]] = client.requests
    assert codec.STIMULUS.read(entry["MessageBody"]) == TimerDue(profile="anna", due_at=NOON)
    assert "DelaySeconds" not in entry


def test_a_dead_letter_keeps_the_envelope_as_it_came_and_the_reason_beside_it(sqs: Any, queue: str) -> None:
    letters = SqsDeadLetters(client=sqs, queue_url=queue)
    stimulus = TimerDue(profile="anna", due_at=NOON)
    for envelope in ({"detail": {"ü": 1}}, "not even JSON", stimulus, ""):
        letters.put(envelope, reason="no source")
    lying = received(sqs, queue)
    bodies = [each["Body"] for each in lying]
    assert sorted(bodies) == sorted(
        ['{"detail": {"\\u00fc": 1}}', "not even JSON", codec.STIMULUS.write(stimulus), "(empty)"]
    )
    assert {each["MessageAttributes"]["reason"]["StringValue"] for each in lying} == {"no source"}


# --- the bus ----------------------------------------------------------------------------------------------------------


def test_an_emitted_event_is_on_the_bus_as_the_campaign_language_says() -> None:
    client = Recording(lambda entries: {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    postcard = event(
        "Postcard Requested",
        source="dampf",
        id="x1",
        identifiers={"customer_id": "42", "anonymous_id": "a1", "email": "a@shop.example"},
        properties={"motif": "Frühling"},
        chain=("welcome", "postcards"),
        origin=Origin("postcards", "v1", "j1", "steps/0"),
    )
    EventBus(client=client, name="shop-bus").put([postcard])
    [[entry]] = client.requests
    detail = json.loads(entry.pop("Detail"))
    assert entry == {
        "EventBusName": "shop-bus",
        "Source": "dampf",
        "DetailType": "Postcard Requested",
        "Time": NOON,
    }
    assert detail == {
        "messageId": "x1",
        "timestamp": "2026-11-20T12:00:00Z",
        "userId": "42",
        "anonymousId": "a1",
        "properties": {"motif": "Frühling"},
        "context": {
            "dampf": {
                "campaign": "postcards",
                "version": "v1",
                "journey": "j1",
                "step": "steps/0",
                "chain": ["welcome", "postcards"],
            }
        },
    }


def test_the_address_goes_along_only_where_nothing_else_names_the_person() -> None:
    named = event(source="dampf", identifiers={"email": "a@shop.example"}, chain=("welcome",))
    assert detail_of(named)["context"]["traits"] == {"email": "a@shop.example"}


def test_ten_events_go_in_one_request() -> None:
    client = Recording(lambda entries: {"FailedEntryCount": 0})
    EventBus(client=client, name="bus").put([event(id=str(place)) for place in range(11)])
    assert [len(entries) for entries in client.requests] == [10, 1]


def test_an_event_that_the_bus_refuses_is_an_error_after_all_were_tried() -> None:
    client = Recording(
        lambda entries: {"FailedEntryCount": 1, "Entries": [{"EventId": "1"}, {"ErrorCode": "ThrottlingException"}]}
    )
    with pytest.raises(NotAccepted, match="ThrottlingException"):
        EventBus(client=client, name="bus").put([event(id=str(place)) for place in range(11)])
    assert len(client.requests) == 2


# --- the twins --------------------------------------------------------------------------------------------------------


def test_the_twins_fill_the_same_ports() -> None:
    memory_mailbox, memory_outboxes, memory_timers = MemoryMailbox(), MemoryOutboxes(), MemoryTimers()
    mailbox: Mailbox = memory_mailbox
    outbox: Outbox = memory_outboxes
    wakeups: Timers = memory_timers
    letters: DeadLetters = MemoryDeadLetters()
    bus: Bus = MemoryBus()
    mailer: Mailer = MemoryMailer()
    assert mailbox.put(timers(2)) == ()
    assert [each.profile for each in memory_mailbox.stimuli] == ["p0", "p1"]
    outbox.put([Outgoing("anna", "anna-m1", True), Outgoing("bert", "bert-m1", False)])
    assert (len(memory_outboxes.transactional), len(memory_outboxes.marketing)) == (1, 1)
    wakeups.wake([("anna", NOON + MINUTE), ("bert", NOON + 16 * MINUTE)], now=NOON)
    assert list(memory_timers.wakeups) == [("anna", NOON + MINUTE)]
    assert [letters, bus, mailer]
