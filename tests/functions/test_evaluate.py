"""Evaluate's handler: what it stores, what goes back and when, and what it parks."""

import json

from dampf import runtime
from dampf.domain.event import Event
from dampf.domain.stimulus import EventCame
from dampf.stores import codec
from functions.evaluate import app
from tests.functions.conftest import Context
from tests.functions.faulty import failing

QUEUE = "DAMPF_MAILBOX_QUEUE"


def stimulus(who: str, event_id: str, name: str = "Order Completed", **properties: object) -> str:
    now = runtime.now()
    identifiers = {"customer_id": who, "email": f"{who}@example.com"}
    event = Event(
        source="shop",
        id=event_id,
        name=name,
        at=now,
        arrived_at=now,
        identifiers=identifiers,
        properties={"order_id": event_id, **properties},
    )
    return codec.STIMULUS.write(EventCame(profile=f"p{who}", event=event))


def receives(event: dict, count: int) -> dict:
    for record in event["Records"]:
        record["attributes"]["ApproximateReceiveCount"] = str(count)
    return event


def failures(answer: dict) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_an_order_is_stored_and_its_confirmation_asked_for(deployed):
    deployed.put(QUEUE, stimulus("anna", "o1"))
    assert app.handler(deployed.event(QUEUE), Context()) == {"batchItemFailures": []}
    assert len(deployed.bodies("DAMPF_TRANSACTIONAL_OUTBOX")) == 1
    assert any(line.get("MessagesRequested") == [1.0] for line in deployed.logged())


def test_what_cannot_be_read_goes_back_alone(deployed, waits):
    deployed.put(QUEUE, "{", stimulus("anna", "o1"), '{"kind": "from the future", "profile": "p"}')
    event = deployed.event(QUEUE)
    ids = [record["messageId"] for record in event["Records"]]
    assert failures(app.handler(event, Context())) == [ids[0], ids[2]]
    assert waits == [2, 2]
    assert len(deployed.bodies("DAMPF_TRANSACTIONAL_OUTBOX")) == 1
    assert [line["record"] for line in deployed.logged() if line.get("message") == "cannot read a stimulus"] == [
        ids[0],
        ids[2],
    ]


def test_a_fault_of_the_store_sends_everything_back_after_2_4_and_8_seconds(deployed, waits):
    deployed.put(QUEUE, stimulus("anna", "o1"), stimulus("anna", "o2"), stimulus("ben", "o3"))
    event = deployed.event(QUEUE)
    for count in (1, 2, 3, 4):
        with failing("dynamodb", "TransactWriteItems"):
            assert len(failures(app.handler(receives(event, count), Context()))) == 3
    assert waits == [2, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 16]
    trouble = next(line for line in deployed.logged() if line.get("message") == "sent stimuli back")
    assert trouble["kind"] == "ClientError: ProvisionedThroughputExceededException"
    assert trouble["place"].startswith("dynamodb.py:")
    assert app.handler(event, Context()) == {"batchItemFailures": []}
    assert len(deployed.bodies("DAMPF_TRANSACTIONAL_OUTBOX")) == 3


def test_a_fault_in_a_look_up_sends_back_that_person_alone_with_all_that_follows(deployed, waits):
    first = stimulus("anna", "o1")
    told = json.loads(first)
    told["owners"] = {"customer_id": "somebody"}  # so that evaluate looks again
    deployed.put(QUEUE, stimulus("ben", "o3"), json.dumps(told), stimulus("anna", "o2"))
    event = deployed.event(QUEUE)
    with failing("dynamodb", "BatchGetItem", naming=deployed.tables.identities):
        answer = failures(app.handler(event, Context()))
    assert answer == [record["messageId"] for record in event["Records"][1:]]
    assert waits == [2, 2]
    assert len(deployed.bodies("DAMPF_TRANSACTIONAL_OUTBOX")) == 1


def test_an_outbox_that_cannot_be_reached_sends_nothing_back_the_clock_finds_it(deployed, waits):
    deployed.put(QUEUE, stimulus("anna", "o1"))
    with failing("sqs", "SendMessageBatch"):
        assert app.handler(deployed.event(QUEUE), Context()) == {"batchItemFailures": []}
    assert waits == []


def test_where_nothing_is_published_events_wait(deployed, waits):
    runtime.services().__dict__["_contents"] = Unpublished()
    deployed.put(QUEUE, stimulus("anna", "o1"))
    assert len(failures(app.handler(deployed.event(QUEUE), Context()))) == 1
    assert waits == [2]


class Unpublished:
    def catalogue(self):
        raise LookupError("nothing is published yet")
