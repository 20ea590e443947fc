"""Both engines behind one question: what becomes of these events?"""

import json
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from dampf.campaigns.catalogue import PublishedCatalogue
from dampf.domain.assortment import Telling
from dampf.domain.state import State
from dampf.doors.envelope import instant
from dampf.stores import rows
from dampf.stores.calendar import DynamoCalendar
from dampf.stores.dynamodb import text
from dampf.stores.keys import identifier_key
from dampf.stores.memory_queues import MemoryBus
from dampf.stores.products import DynamoProducts
from dampf.stores.vouchers import DynamoVouchers
from dampf.use_cases.keep_products import KeepProducts
from dampf_cli import outcomes, profile_files
from dampf_cli.arrivals import Arrival
from dampf_cli.embedded import SentMail
from dampf_cli.local_stack import LocalStack
from dampf_cli.player import Player
from dampf_cli.simulation import Simulation
from dampf_cli.stored import messages_of, states_of

Envelope = dict[str, Any]

KEYS = {
    "Profiles": ("profile", "row"),
    "Identities": ("identifier",),
    "History": ("profile", "row"),
    "Catalogue": ("kind", "id"),
}

LOOKED_AT = datetime(2026, 6, 1, tzinfo=UTC)
"""For what profile files say of segments."""


DEAD_ENDS = ("IngestDeadLetters", "ParkingQueue", "MailboxDeadLetters", "OutboxDeadLetters")

_numbers = count()
"""FIFO queues remember deduplication ids for five minutes, longer than a test takes."""


def text_of(value: Any) -> str:
    """An attribute's text, unpacked where it is packed."""
    return str(value["S"]) if "S" in value else zlib.decompress(value["B"]).decode()


class Happened(NamedTuple):
    """Outcome lines and profiles as files hold them, and what the mailbox got (nothing in simulation)."""

    outcomes: str
    profiles: str
    mails: Sequence[SentMail] = ()

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.outcomes.splitlines()]

    def profile(self, kind: str, identifier: str) -> dict[str, Any]:
        everybody = [json.loads(line) for line in self.profiles.splitlines()]
        found = [profile for profile in everybody if identifier in profile["identifiers"].get(kind, ())]
        assert len(found) == 1, f"{kind} {identifier} is on {len(found)} profiles"
        return found[0]


class Letter(NamedTuple):
    """What lies in a dead-letter queue or in the parking queue."""

    body: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class DeployedShop:
    """One stack that serves many tests: each leaves its rows and mails to `forget`."""

    local: LocalStack
    log: Path

    @property
    def catalogue(self) -> PublishedCatalogue:
        return self.local.catalogue

    def begin_with(self, states: Iterable[State], products: Sequence[Telling], *, now: datetime) -> None:
        """People and products that are known before the first event, as a simulation may begin with them."""
        tables = self.local.tables
        for state in states:
            tables.client.put_item(TableName=tables.profiles, Item=rows.state_item(state, version=1))
            for kind, values in state.profile.identifiers.items():
                for value in values:
                    row = {"identifier": text(identifier_key((kind, value))), "profile": text(state.profile.id)}
                    tables.client.put_item(TableName=tables.identities, Item=row)
        KeepProducts(products=DynamoProducts(tables=tables), bus=MemoryBus)(products, now=now)

    def play(self, envelopes: Iterable[Envelope], *, until: datetime | None = None) -> Happened:
        assert self.local.clock is not None
        before = len(self.local.mailbox.mails())
        Player(self.local, self.local.clock).play(in_order_of_arrival(envelopes), until=until)
        return Happened(
            outcomes.as_lines(messages_of(self.local.tables)),
            profile_files.as_lines(
                (state.profile for state in states_of(self.local.tables)), self.local.catalogue, now=LOOKED_AT
            ),
            self.local.mailbox.mails()[before:],
        )

    def set_clock(self, now: datetime) -> None:
        assert self.local.clock is not None
        self.local.clock.set(now)

    def run_clock(self, now: datetime) -> None:
        """The scheduled function, once, at that instant."""
        self.set_clock(now)
        clock = self.local.stack.physical_id("ClockFunction")
        answer = self.local.aws.client("lambda").invoke(FunctionName=clock, Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()
        self.local.wait_until_quiet()

    def renew(self, function: str) -> None:
        """Its next batch finds a process that remembers nothing."""
        name = self.local.stack.physical_id(function)
        client = self.local.aws.client("lambda")
        timeout = client.get_function_configuration(FunctionName=name)["Timeout"]
        client.update_function_configuration(FunctionName=name, Timeout=timeout)

    def let_arrive(self, *bodies: Any) -> None:
        """Into the IngestQueue, as a rule or a redrive would put it, at the instant that the clock shows."""
        self._send(
            "IngestQueue", [{"MessageBody": body if isinstance(body, str) else json.dumps(body)} for body in bodies]
        )
        self.local.wait_until_quiet()

    def put_into_mailboxes(self, *stimuli: tuple[str, str], until: Callable[[], bool] | None = None) -> None:
        """Bodies with their profile, in order, as one batch. Waits `until` that is so, else until all is at rest."""
        self._send(
            "MailboxQueue",
            [
                {"MessageBody": body, "MessageGroupId": profile, "MessageDeduplicationId": f"put-{next(_numbers)}"}
                for profile, body in stimuli
            ],
        )
        if until is None:
            self.local.wait_until_quiet()
            return
        deadline = time.monotonic() + 20
        while not until():
            assert time.monotonic() < deadline, "it did not come to that"
            time.sleep(0.05)

    def empty(self, queue: str) -> None:
        self.local.aws.client("sqs").purge_queue(QueueUrl=self.local.stack.physical_id(queue))
        self.local.wait_until_quiet()

    def letters(self, queue: str) -> list[Letter]:
        """Takes all of them out."""
        sqs, url = self.local.aws.client("sqs"), self.local.stack.physical_id(queue)
        letters = []
        while messages := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=0
        ).get("Messages"):
            for message in messages:
                reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "")
                letters.append(Letter(message["Body"], reason))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return letters

    def rows(self, table: str, begins: str = "") -> list[dict[str, str]]:
        """Rows of a table with their text attributes; of Profiles and History those whose `row` begins so."""
        name = self.local.stack.physical_id(table)
        pages = self.local.aws.client("dynamodb").get_paginator("scan").paginate(TableName=name)
        plain = [
            {key: text_of(value) for key, value in item.items() if "S" in value or "B" in value}
            for page in pages
            for item in page["Items"]
        ]
        return [row for row in plain if row.get("row", "").startswith(begins)]

    def logged(self, function: str, *, saying: str) -> list[dict[str, Any]]:
        """The entries of a function's log with that message."""
        logs = self.local.aws.client("logs")
        group = f"/aws/lambda/{self.local.stack.physical_id(function)}"
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        # Ten thousand events at most, and the emulator's answer has no next page.
        answer = logs.filter_log_events(logGroupName=group, filterPattern=f'"{saying}"')
        entries = [json.loads(event["message"]) for event in answer["events"] if event["message"].startswith("{")]
        return [entry for entry in entries if entry.get("message") == saying]

    def forget(self) -> None:
        """Everybody and everything but the content, the logs and the mails that were sent."""
        dynamodb = self.local.aws.client("dynamodb")
        for table, key in KEYS.items():
            name = self.local.stack.physical_id(table)
            for page in dynamodb.get_paginator("scan").paginate(TableName=name):
                requests = [{"DeleteRequest": {"Key": {part: item[part] for part in key}}} for item in page["Items"]]
                for start in range(0, len(requests), 25):
                    dynamodb.batch_write_item(RequestItems={name: requests[start : start + 25]})
        calendar = DynamoCalendar(tables=self.local.tables)
        for campaign in calendar.marks():
            calendar.forget(campaign)
        for pool, codes in self.catalogue.codes.items():
            DynamoVouchers(tables=self.local.tables).offer(pool, codes)
        for queue in DEAD_ENDS:
            self.letters(queue)

    def _send(self, queue: str, entries: Sequence[dict[str, str]]) -> None:
        numbered = [{"Id": str(place), **entry} for place, entry in enumerate(entries)]
        answer = self.local.aws.client("sqs").send_message_batch(
            QueueUrl=self.local.stack.physical_id(queue), Entries=numbered
        )
        assert not answer.get("Failed")


def simulate(
    catalogue: PublishedCatalogue, envelopes: Iterable[Envelope], *, until: datetime | None = None
) -> Happened:
    simulation = Simulation(catalogue)
    simulation.play(in_order_of_arrival(envelopes), until=until)
    return happened_in(simulation)


def happened_in(simulation: Simulation) -> Happened:
    profiles = (state.profile for state in simulation.store.states())
    return Happened(
        outcomes.as_lines(simulation.store.messages.values()),
        profile_files.as_lines(profiles, simulation.catalogue, now=LOOKED_AT),
    )


def in_order_of_arrival(envelopes: Iterable[Envelope]) -> list[Arrival]:
    """As a file with these lines would be played."""
    arrivals = [Arrival(instant(envelope["time"]), number, envelope) for number, envelope in enumerate(envelopes)]
    return sorted(arrivals, key=lambda arrival: (arrival.at, arrival.number))
