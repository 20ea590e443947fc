"""Each handler as Lambda calls it, through the real wiring, on an AWS within this process."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from dampf import runtime
from dampf.campaigns.content import Content
from dampf.stores.contents import DynamoContents
from dampf.stores.dynamodb import Tables
from dampf.stores.tokens import create_key
from dampf.use_cases.published import publish
from dampf_cli import content_folder
from tests.stores.tables import create_tables

# Powertools reads these while a handler is imported, as it does on Lambda.
os.environ.update(POWERTOOLS_SERVICE_NAME="dampf", POWERTOOLS_METRICS_NAMESPACE="Dampf")

REGION = "eu-central-1"
ACCOUNT = "123456789012"
QUEUES = {
    "DAMPF_INGEST_QUEUE": "ingest",
    "DAMPF_INGEST_DEAD_LETTERS": "dead-letters",
    "DAMPF_MAILBOX_QUEUE": "mailbox.fifo",
    "DAMPF_PARKING_QUEUE": "parking",
    "DAMPF_TRANSACTIONAL_OUTBOX": "transactional",
    "DAMPF_MARKETING_OUTBOX": "marketing",
    "DAMPF_DELAYED_QUEUE": "delayed",
    "DAMPF_AUDIENCE_QUEUE": "audience",
}


class Context:
    """What Powertools and `deliver` read of Lambda's context."""

    function_name = "function"
    memory_limit_in_mb = 1024
    invoked_function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:function"
    aws_request_id = "6f9619ff-8b86-4011-b42d-00cf4fc964ff"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclass(frozen=True)
class Deployed:
    """The shipped campaigns are published; queues are read as their consumers read them."""

    tables: Tables
    sqs: Any
    urls: dict[str, str]
    output: Callable[[], str]

    def put(self, setting: str, *bodies: Any) -> None:
        fifo = {"MessageGroupId": "p", "MessageDeduplicationId": "{}"} if QUEUES[setting].endswith("fifo") else {}
        for number, body in enumerate(bodies):
            text = body if isinstance(body, str) else json.dumps(body)
            more = {name: value.format(number) for name, value in fifo.items()}
            self.sqs.send_message(QueueUrl=self.urls[setting], MessageBody=text, **more)

    def event(self, setting: str) -> dict[str, Any]:
        """Up to ten messages, as Lambda's poller hands them over."""
        received = self.sqs.receive_message(
            QueueUrl=self.urls[setting], MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
        )
        return {
            "Records": [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                    "messageAttributes": message.get("MessageAttributes", {}),
                    "eventSource": "aws:sqs",
                    "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.urls[setting].rpartition('/')[2]}",
                    "awsRegion": REGION,
                }
                for message in received.get("Messages", ())
            ]
        }

    def bodies(self, setting: str) -> list[Any]:
        return [json.loads(record["body"]) for record in self.event(setting)["Records"]]

    def count(self, setting: str) -> int:
        """All messages of the queue, those under way too."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.urls[setting], AttributeNames=names)
        return sum(int(number) for number in answer["Attributes"].values())

    def logged(self) -> list[dict[str, Any]]:
        """All lines so far that the functions wrote: entries of the log, and metrics. None of them names anybody."""
        text = self.output()
        assert "@" not in text, text
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.fixture(scope="session")
def aws() -> Iterator[dict[str, Any]]:
    """One for all tests, with its clients: boto3 builds them slowly. Every test has a stack of its own."""
    with mock_aws():
        yield {service: boto3.client(service) for service in ("sqs", "events", "dynamodb", "ssm")}


@pytest.fixture(scope="session")
def campaigns(root: Path) -> Content:
    return content_folder.read(root / "tests" / "content")


_stacks = count()


@pytest.fixture
def deployed(
    aws: dict[str, Any], campaigns: Content, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Deployed]:
    stack = f"stack{next(_stacks)}"
    sqs, urls = aws["sqs"], {}
    for setting, name in QUEUES.items():
        fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        attributes = {"VisibilityTimeout": "180", **fifo}
        urls[setting] = sqs.create_queue(QueueName=f"{stack}-{name}", Attributes=attributes)["QueueUrl"]
    aws["events"].create_event_bus(Name=stack)
    tables = create_tables(aws["dynamodb"], stack)
    create_key(aws["ssm"], f"/dampf/{stack}/token-keys")
    publish(campaigns, DynamoContents(tables=tables), now=runtime.now())
    settings = {
        **urls,
        "DAMPF_PROFILES_TABLE": tables.profiles,
        "DAMPF_IDENTITIES_TABLE": tables.identities,
        "DAMPF_HISTORY_TABLE": tables.history,
        "DAMPF_CONTENT_TABLE": tables.content,
        "DAMPF_CATALOGUE_TABLE": tables.catalogue,
        "DAMPF_CONFIGURATION_SET": "dampf",
        "DAMPF_TOKEN_KEYS": f"/dampf/{stack}/token-keys",
        "DAMPF_BUS": stack,
        "DAMPF_SECRET": f"/{stack}/secret",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    runtime.services.cache_clear()
    log = StringIO()
    for handler in logging.getLogger("dampf").handlers:  # they write to what was stdout while the function was imported
        if isinstance(handler, logging.StreamHandler):
            monkeypatch.setattr(handler, "stream", log)
    yield Deployed(tables, sqs, urls, lambda: log.getvalue() + capsys.readouterr().out)
    runtime.services.cache_clear()


@pytest.fixture
def sample(root: Path) -> Callable[..., dict[str, Any]]:
    """A payload of `events/`, as fresh as if it came this minute."""

    def read(name: str, **changes: Any) -> dict[str, Any]:
        envelope: dict[str, Any] = json.loads((root / "events" / f"{name}.json").read_text())
        now = runtime.now().isoformat()
        detail = {**envelope["detail"], **changes}
        if "timestamp" in detail:
            detail["timestamp"] = now
        return {**envelope, "time": now, "detail": detail}

    return read


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seconds after which messages that went back come again, as SQS was told."""
    told: list[int] = []
    ask = BaseClient._make_api_call  # type: ignore[attr-defined]

    def listen(client: Any, name: str, arguments: Any) -> Any:
        if name == "ChangeMessageVisibilityBatch":
            told.extend(entry["VisibilityTimeout"] for entry in arguments["Entries"])
        return ask(client, name, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", listen)
    return told
