"""Fifty campaigns want one person at once, through the handlers themselves: several processes get
overlapping batches of the same messages, as Lambda functions may, on the embedded AWS's tables and queues.
"""

import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dampf.domain.event import Event
from dampf.domain.instants import format_instant
from dampf.domain.message import Status
from dampf.domain.stimulus import EventCame, TimerDue
from dampf.stores import codec
from dampf.stores.contents import DynamoContents
from dampf.stores.tokens import create_key
from dampf.use_cases.published import publish
from dampf_cli.embedded import EmbeddedAws, Mailbox
from tests.races.handling import called
from tests.races.racing import START
from tests.races.test_races_on_dynamodb import DynamoTables
from tests.races.volleys import CAMPAIGNS, EVENTS, PER_DAY, capped_content
from tests.stores.tables import create_tables

pytestmark = pytest.mark.emulator

SEED = os.environ.get("DAMPF_RACES_SEED", "1")
PROCESSES = 4
COPIES = 3
MOST_TURNS = 20
QUEUES = ("DAMPF_PARKING_QUEUE", "DAMPF_TRANSACTIONAL_OUTBOX", "DAMPF_MARKETING_OUTBOX", "DAMPF_DELAYED_QUEUE")


class Functions:
    """The functions with all that they need, and the clock that they read."""

    def __init__(self, aws: EmbeddedAws, mailbox: Mailbox, pool: ProcessPoolExecutor, clock: Path) -> None:
        self.sqs, self.mailbox, self.pool, self.clock = aws.client("sqs"), mailbox, pool, clock
        self.tables = DynamoTables(create_tables(aws.client("dynamodb"), "handlers"))
        self.chance = Random(SEED)

    def work_off(self, stimuli: list[str], now: datetime) -> None:
        """Until nothing is left for either function."""
        self.clock.write_text(format_instant(now))
        for _ in range(MOST_TURNS):
            if not stimuli:
                return
            stimuli = self._call("evaluate", stimuli)
            outgoing = self._received("DAMPF_MARKETING_OUTBOX")
            while outgoing:
                outgoing = self._call("deliver", outgoing)
        raise AssertionError(f"still to be done: {stimuli}")

    def _call(self, function: str, bodies: list[str]) -> list[str]:
        """Each body comes in several batches at once; gives those that go back."""
        several = bodies * COPIES
        self.chance.shuffle(several)
        batches = [list(dict.fromkeys(several[start : start + 10])) for start in range(0, len(several), 10)]
        back = self.pool.map(called, repeat(function), batches)
        return list(dict.fromkeys(body for each in back for body in each))

    def _received(self, queue: str) -> list[str]:
        bodies = []
        url = os.environ[queue]
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                bodies.append(message["Body"])
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    with Mailbox() as mailbox, EmbeddedAws() as aws:
        settings: dict[str, Any] = {
            "AWS_ENDPOINT_URL": aws.endpoint_url,
            "AWS_DEFAULT_REGION": aws.region,
            "DAMPF_CLOCK_FILE": str(tmp_path / "clock"),
            "DAMPF_CONFIGURATION_SET": "dampf",
            "DAMPF_BUS": "none",
            "DAMPF_SECRET": "/handlers/secret",
            "DAMPF_TOKEN_KEYS": "/handlers/token-keys",
            "POWERTOOLS_SERVICE_NAME": "dampf",
            "POWERTOOLS_METRICS_NAMESPACE": "Dampf",
            "POWERTOOLS_METRICS_DISABLED": "true",
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
            **mailbox.endpoints,
        }
        create_key(aws.client("ssm"), "/handlers/token-keys")
        sqs = aws.client("sqs")
        for queue in QUEUES:
            settings[queue] = sqs.create_queue(QueueName=queue.lower())["QueueUrl"]
        fifo = {"FifoQueue": "true"}
        settings["DAMPF_MAILBOX_QUEUE"] = sqs.create_queue(QueueName="mailbox.fifo", Attributes=fifo)["QueueUrl"]
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
            made = Functions(aws, mailbox, pool, tmp_path / "clock")
            for name in ("profiles", "identities", "history", "content", "catalogue"):
                monkeypatch.setenv(f"DAMPF_{name.upper()}_TABLE", getattr(made.tables.tables, name))
            yield made


def came(name: str, event_id: str, at: datetime, **properties: Any) -> str:
    event = Event(
        source="shop",
        id=event_id,
        name=name,
        at=at,
        arrived_at=at,
        identifiers={"customer_id": "anna", "email": "anna@example.com"},
        properties=properties,
    )
    if name == "identify":
        event = replace(event, traits={"email": "anna@example.com"})
    return codec.STIMULUS.write(EventCame(profile="anna", event=event))


def test_fifty_campaigns_at_once_never_exceed_a_cap_through_the_handlers(functions: Functions) -> None:
    publish(capped_content(), DynamoContents(tables=functions.tables.tables), now=START)
    hour_before, later = START - timedelta(hours=1), START + timedelta(minutes=5)
    functions.work_off([came("identify", "i", hour_before)], hour_before)
    functions.work_off([came("Consent Granted", "c", hour_before, topic="marketing")], hour_before)
    functions.work_off(
        [came("Product Viewed", f"v{number}", START, product_id=str(number)) for number in range(EVENTS)], START
    )
    (state,) = functions.tables.states()
    assert len({journey.campaign for journey in state.journeys}) == CAMPAIGNS - PER_DAY
    timers = [codec.STIMULUS.write(TimerDue(profile="anna", due_at=later))]
    again = [came("Product Viewed", f"w{number}", later, product_id=str(number)) for number in range(EVENTS)]
    functions.work_off([*timers, *again], later)
    statuses = Counter(message.status for message in functions.tables.messages())
    assert statuses == {Status.SENT: PER_DAY}, f"DAMPF_RACES_SEED={SEED}"
    assert len(functions.mailbox.mails()) == PER_DAY
