"""Ingest's handler: what it passes on, what it refuses by name, and what goes back."""

from functions.ingest import app
from tests.functions.conftest import Context
from tests.functions.faulty import failing

QUEUE = "DAMPF_INGEST_QUEUE"


def metric(lines, name):
    return next(line[name] for line in lines if name in line)


def test_every_sample_reaches_a_mailbox_or_says_why_not(deployed, sample, root):
    unheard = {"ses_sent", "ses_delivered", "shopify_product_updated"}  # which no campaign names, or that name nobody
    for name in sorted(path.stem for path in (root / "events").glob("*.json")):
        before = deployed.count("DAMPF_MAILBOX_QUEUE")
        deployed.put(QUEUE, sample(name))
        assert app.handler(deployed.event(QUEUE), Context()) == {"batchItemFailures": []}
        assert (deployed.count("DAMPF_MAILBOX_QUEUE") == before) is (name in unheard), name
    deployed.logged()
    assert deployed.bodies("DAMPF_INGEST_DEAD_LETTERS") == []


def test_malformed_records_go_to_the_dead_letters_by_name_and_harm_no_others(deployed, sample):
    malformed = {**sample("shop_order_completed"), "time": "about noon"}
    deployed.put(QUEUE, "anna@example.com {not json", malformed, "[" * 100_000, sample("shop_order_completed"))
    assert app.handler(deployed.event(QUEUE), Context()) == {"batchItemFailures": []}
    assert len(deployed.bodies("DAMPF_MAILBOX_QUEUE")) == 1
    dead = deployed.event("DAMPF_INGEST_DEAD_LETTERS")["Records"]
    assert len(dead) == 3
    assert all(each["messageAttributes"]["reason"]["StringValue"] for each in dead)
    lines = deployed.logged()
    assert sum(line.get("message") == "refused an event" for line in lines) == 3
    assert (metric(lines, "EventsIngested"), metric(lines, "EventsRefused")) == ([1.0], [3.0])


def test_a_stimulus_that_cannot_be_read_is_a_dead_letter_too(deployed):
    deployed.put(QUEUE, {"kind": "from the future", "profile": "p1"})
    assert app.handler(deployed.event(QUEUE), Context()) == {"batchItemFailures": []}
    assert deployed.bodies("DAMPF_INGEST_DEAD_LETTERS") == [{"kind": "from the future", "profile": "p1"}]


def test_where_the_look_up_fails_named_events_come_again_soon_and_wakeups_pass(deployed, sample, waits):
    wakeup = {"kind": "timer", "profile": "p1", "due_at": "2026-03-02T10:00:00Z"}
    deployed.put(QUEUE, sample("shop_order_completed"), wakeup)
    event = deployed.event(QUEUE)
    with failing("dynamodb", "BatchGetItem"):
        answer = app.handler(event, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
    assert waits == [2]
    assert [body["kind"] for body in deployed.bodies("DAMPF_MAILBOX_QUEUE")] == ["timer"]
    assert "ProvisionedThroughputExceededException" in str(deployed.logged())


def test_where_the_mailbox_cannot_be_reached_everything_comes_again(deployed, sample, waits):
    deployed.put(QUEUE, sample("shop_order_completed"), sample("shop_identify"))
    event = deployed.event(QUEUE)
    with failing("sqs", "SendMessageBatch"):
        answer = app.handler(event, Context())
    assert len(answer["batchItemFailures"]) == 2
    assert waits == [2, 2]
