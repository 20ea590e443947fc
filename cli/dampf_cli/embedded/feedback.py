"""SES's feedback, as EventBridge would deliver it: `Email Sent` and `Email Delivered` of every accepted mail.

Owed with the mail, handed over by a thread of its own in batches, so that it arrives after SES's answer as on AWS.
Opens, clicks, bounces and complaints are not made up here: they come from the event file or from a test, by way of
`feedback_event`.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dampf_cli.embedded.emulator import ACCOUNT, REGION
from dampf_cli.errors import CommandError

if TYPE_CHECKING:
    from dampf_cli.embedded.mailbox import SentMail

FeedbackSink = Callable[[Sequence[Mapping[str, Any]]], None]

BATCH = 10

# SES's eventType, EventBridge's detail-type and the key of the event's own part.
KINDS = {
    "Send": ("Email Sent", "send"),
    "Delivery": ("Email Delivered", "delivery"),
    "Bounce": ("Email Bounced", "bounce"),
    "Complaint": ("Email Complaint Received", "complaint"),
    "Open": ("Email Opened", "open"),
    "Click": ("Email Clicked", "click"),
    "Reject": ("Email Rejected", "reject"),
    "DeliveryDelay": ("Email Delivery Delayed", "deliveryDelay"),
    "Rendering Failure": ("Email Rendering Failed", "failure"),
    "Subscription": ("Email Subscribed", "subscription"),
}


# What happens to every mail here. SES's names, as in a configuration set's MatchingEventTypes.
HAPPENING = ("SEND", "DELIVERY")


class FeedbackFailed(CommandError):
    """The feedback could not be handed over."""


def to_queue(sqs: Any, queue_url: str) -> FeedbackSink:
    """A sink that puts events into a queue as EventBridge's rule would. (The emulator's PutEvents refuses `aws.ses`,
    like AWS's own.)"""

    def send(events: Sequence[Mapping[str, Any]]) -> None:
        entries = [{"Id": str(number), "MessageBody": json.dumps(event)} for number, event in enumerate(events)]
        failed = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries).get("Failed", [])
        if failed:
            raise FeedbackFailed(f"the queue refused {len(failed)} events: {failed[0]['Message']}")

    return send


def published_kinds(sesv2: Any, configuration_set: str) -> frozenset[str]:
    """What the configuration set, as deployed, publishes to EventBridge: `SEND`, `DELIVERY`, ..."""
    answer = sesv2.get_configuration_set_event_destinations(ConfigurationSetName=configuration_set)
    return frozenset(
        kind
        for destination in answer["EventDestinations"]
        if destination["Enabled"] and "EventBridgeDestination" in destination
        for kind in destination["MatchingEventTypes"]
    )


class FeedbackSource:
    """Owes feedback until the sink has taken it. Counts are exact: what is owed is drained only after the sink's
    return."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._owed: deque[SentMail] = deque()
        self._busy = False
        self._closed = False
        self._sink: FeedbackSink | None = None
        self._kinds: Collection[str] = HAPPENING
        self._failure: Exception | None = None

    def start(self, sink: FeedbackSink, kinds: Collection[str]) -> None:
        with self._changed:
            first = self._sink is None
            self._sink = sink
            self._kinds = kinds
        if first:
            threading.Thread(target=self._run, name="feedback", daemon=True).start()

    def owe(self, mail: SentMail) -> None:
        with self._changed:
            self._owed.append(mail)
            self._changed.notify()

    def is_drained(self) -> bool:
        """Without a sink nobody waits for feedback, and nothing is owed to anyone."""
        with self._changed:
            if self._failure is not None:
                raise FeedbackFailed(f"SES feedback could not be handed over: {self._failure}") from self._failure
            return self._sink is None or (not self._owed and not self._busy)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                while not self._owed and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                self._busy = True
                mails = [self._owed.popleft() for _ in range(min(len(self._owed), BATCH // 2))]
                sink, kinds = self._sink, self._kinds
            assert sink is not None
            events = [event for mail in mails for event in events_of(mail, kinds)]
            try:
                if events:
                    sink(events)
            except Exception as failure:  # noqa: BLE001 - the sink is foreign code; whoever waits is told
                with self._changed:
                    self._failure = failure


def events_of(mail: SentMail, kinds: Collection[str]) -> list[Mapping[str, Any]]:
    events = {"SEND": sent_event, "DELIVERY": delivered_event}
    return [events[kind](mail) for kind in HAPPENING if kind in kinds]


def sent_event(mail: SentMail) -> Mapping[str, Any]:
    return feedback_event(mail, "Send", {}, at=mail.at)


def delivered_event(mail: SentMail) -> Mapping[str, Any]:
    delivery = {
        "timestamp": milliseconds(mail.at),
        "processingTimeMillis": 0,
        "recipients": list(mail.recipients),
        "smtpResponse": "250 2.0.0 OK",
        "reportingMTA": "embedded.dampf.invalid",
    }
    return feedback_event(mail, "Delivery", delivery, at=mail.at)


def feedback_event(mail: SentMail, kind: str, part: Mapping[str, Any], *, at: datetime) -> Mapping[str, Any]:
    """The EventBridge envelope of one SES event; its id is the same whenever the same thing happens again."""
    detail_type, key = KINDS[kind]
    return {
        "version": "0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{mail.message_id}/{kind}/{milliseconds(at)}")),
        "detail-type": detail_type,
        "source": "aws.ses",
        "account": ACCOUNT,
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{mail.configuration_set}"],
        "detail": {"eventType": kind, "mail": mail_part(mail), key: part},
    }


def mail_part(mail: SentMail) -> Mapping[str, Any]:
    """What SES tells of the mail in each of its events. Tags are lists."""
    headers = {"From": mail.sender, "To": ", ".join(mail.recipients), "Subject": mail.subject, **mail.headers}
    return {
        "timestamp": milliseconds(mail.at),
        "source": mail.sender,
        "sourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{mail.sender}",
        "sendingAccountId": ACCOUNT,
        "messageId": mail.message_id,
        "destination": list(mail.recipients),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "commonHeaders": {
            "from": [mail.sender],
            "to": list(mail.recipients),
            "messageId": mail.message_id,
            "subject": mail.subject,
        },
        "tags": {
            "ses:configuration-set": [mail.configuration_set],
            "ses:from-domain": [mail.sender.rpartition("@")[2].rstrip(">")],
            "ses:caller-identity": ["embedded"],
            **{name: [value] for name, value in mail.tags.items()},
        },
    }


def milliseconds(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"
