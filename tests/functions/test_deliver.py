"""Deliver's handler: each answer of SES becomes the right status, is counted, and its log names nobody."""

from datetime import timedelta

import boto3
import pytest

from dampf import runtime
from dampf.domain.message import Status
from dampf.stores import codec
from dampf.stores.ledger import DynamoLedger
from dampf.stores.tokens import create_key
from functions.clock import app as clock
from functions.deliver import app
from functions.evaluate import app as evaluate
from tests.functions.conftest import Context
from tests.functions.faulty import failing
from tests.functions.test_evaluate import stimulus

OUTBOX = "DAMPF_TRANSACTIONAL_OUTBOX"


@pytest.fixture
def ordered(deployed):
    """Two orders whose confirmations are to be sent."""
    boto3.client("sesv2").create_email_identity(EmailIdentity="shop.example")
    boto3.client("ses").verify_email_identity(EmailAddress="hello@shop.example")
    deployed.put("DAMPF_MAILBOX_QUEUE", stimulus("anna", "o1"), stimulus("ben", "o2"))
    assert evaluate.handler(deployed.event("DAMPF_MAILBOX_QUEUE"), Context()) == {"batchItemFailures": []}
    deployed.logged()
    return deployed


def ledger(deployed, event):
    asked = [codec.read_outgoing(record["body"]) for record in event["Records"] if record["body"] != "{"]
    return [DynamoLedger(tables=deployed.tables).find(each.message) for each in asked]


def metric(lines, name):
    return next(line[name] for line in lines if name in line)


def test_both_are_sent_and_what_cannot_be_read_goes_back_alone(ordered):
    ordered.put(OUTBOX, "{")
    event = ordered.event(OUTBOX)
    unreadable = next(record["messageId"] for record in event["Records"] if record["body"] == "{")
    assert app.handler(event, Context()) == {"batchItemFailures": [{"itemIdentifier": unreadable}]}
    assert [message.status for message in ledger(ordered, event)] == [Status.SENT, Status.SENT]
    lines = ordered.logged()
    assert metric(lines, "MailsSent") == [2.0]
    assert sum(line.get("message") == "settled a message" for line in lines) == 2


def test_delivered_twice_it_is_sent_once(ordered):
    event = ordered.event(OUTBOX)
    app.handler(event, Context())
    ordered.logged()
    app.handler(event, Context())
    assert metric(ordered.logged(), "MailsSent") == [0.0]


@pytest.mark.parametrize(
    "code, status, counted",
    [
        pytest.param("TooManyRequestsException", Status.REQUESTED, {}, id="throttled: later"),
        pytest.param(
            "SendingPausedException", Status.REQUESTED, {"SendingBlocked": [2.0]}, id="paused: held, and told"
        ),
    ],
)
def test_what_ses_did_not_take_is_due_again(ordered, code, status, counted):
    event = ordered.event(OUTBOX)
    with failing("sesv2", "SendEmail", code=code):
        assert app.handler(event, Context()) == {"batchItemFailures": []}
    assert [message.status for message in ledger(ordered, event)] == [status, status]
    lines = ordered.logged()
    assert {name: metric(lines, name) for name in counted} == counted


def test_a_claim_that_fails_leaves_its_message_and_what_was_sent_before_is_written_down(ordered):
    event = ordered.event(OUTBOX)
    last = codec.read_outgoing(event["Records"][-1]["body"])
    with failing("dynamodb", "UpdateItem", naming=last.message):
        assert app.handler(event, Context()) == {"batchItemFailures": []}
    assert [message.status for message in ledger(ordered, event)] == [Status.SENT, Status.REQUESTED]
    assert any(line.get("message") == "left messages for later" for line in ordered.logged())


def test_the_clock_brings_again_what_nobody_claimed(ordered, monkeypatch):
    event = ordered.event(OUTBOX)  # received by somebody who died
    later = runtime.now() + timedelta(minutes=10)
    monkeypatch.setattr(runtime, "now", lambda: later.replace(minute=later.minute // 5 * 5))
    assert clock.handler({}, Context())["messages"] == 2
    again = ordered.event(OUTBOX)
    assert sorted(record["body"] for record in again["Records"]) == sorted(
        record["body"] for record in event["Records"]
    )
    ordered.logged()


def test_without_a_key_what_bears_links_waits_and_the_alarm_for_blocked_sending_rings(deployed):
    boto3.client("sesv2").create_email_identity(EmailIdentity="shop.example")
    boto3.client("ses").verify_email_identity(EmailAddress="hello@shop.example")
    boto3.client("ssm").delete_parameter(Name=runtime.services()._settings["DAMPF_TOKEN_KEYS"])
    runtime.services.cache_clear()
    granted, registered = stimulus("anna", "c1", "Consent Granted"), stimulus("anna", "r1", "Customer Registered")
    deployed.put("DAMPF_MAILBOX_QUEUE", granted, registered)
    evaluate.handler(deployed.event("DAMPF_MAILBOX_QUEUE"), Context())
    deployed.logged()
    event = deployed.event("DAMPF_MARKETING_OUTBOX")
    assert app.handler(event, Context()) == {"batchItemFailures": []}
    assert [message.status for message in ledger(deployed, event)] == [Status.REQUESTED]
    lines = deployed.logged()
    assert metric(lines, "SendingBlocked") == [1.0]
    (left,) = [line for line in lines if line.get("message") == "left messages for later"]
    assert left["kind"] == "NoTokenKey"
    create_key(boto3.client("ssm"), runtime.services()._settings["DAMPF_TOKEN_KEYS"])
    app.handler(event, Context())
    assert [message.status for message in ledger(deployed, event)] == [Status.SENT]
