"""The queues between the functions, and the shop's bus.

What a queue did not accept is either named to the caller (the mailbox: order matters, and the sender can wait) or left
to the clock, which finds it due (outboxes, timers). Requests fail as boto3 fails: with an exception that means "again".
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dampf.domain.event import ANONYMOUS_ID, CUSTOMER_ID, EMAIL, FROM_BROWSERS, OURS, PAGES, Event
from dampf.domain.instants import format_instant
from dampf.domain.stimulus import Stimulus, TimerDue
from dampf.stores import codec
from dampf.stores.rules import LONGEST_DELAY
from dampf.use_cases.ports.messages import Outgoing
from dampf.use_cases.ports.queues import AudienceTask, NewsTask

CLIENT_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=2,
    read_timeout=5,
    tcp_keepalive=True,
    user_agent="dampf",  # botocore would write a longer one anew for each call
)
"""For SQS and EventBridge alike: sending again is harmless there, and waiting a minute for an answer is not."""

BESIDES: Final = frozenset({PAGES, FROM_BROWSERS})
"""Sources of ours beside campaigns and the catalogue: what people do on our own pages, and on the shop's."""

MOST_ENTRIES: Final = 10
MOST_BYTES: Final = 250_000
"""Of one request, all its entries together: SQS and EventBridge take 256 KB everywhere, more only in some places."""

_TIME_BYTES: Final = 14
"""What EventBridge counts for an entry's time."""

Some = TypeVar("Some")


class NotAccepted(Exception):
    """The request was taken, but not all that was in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SqsMailbox:
    """A FIFO queue; the message group is the profile."""

    client: Any
    queue_url: str

    def put(self, stimuli: Sequence[tuple[Stimulus, str]]) -> tuple[int, ...]:
        """What a profile's earlier stimulus kept from being accepted is not sent ahead of it in a later request."""
        entries = [
            {
                "Id": str(place),
                "MessageBody": codec.STIMULUS.write(stimulus),
                "MessageGroupId": stimulus.profile,
                "MessageDeduplicationId": sha256(deduplication.encode()).hexdigest(),
            }
            for place, (stimulus, deduplication) in enumerate(stimuli)
        ]
        refused: list[int] = []
        held: set[str] = set()
        for request in batches(entries, size=body_size):
            ready = [entry for entry in request if entry["MessageGroupId"] not in held]
            refused += [int(entry["Id"]) for entry in request if entry["MessageGroupId"] in held]
            for entry_id in _send(self.client, self.queue_url, ready):
                refused.append(int(entry_id))
                held.add(stimuli[int(entry_id)][0].profile)
        return tuple(sorted(refused))


@dataclass(frozen=True, kw_only=True, slots=True)
class SqsOutboxes:
    """Two queues, so that a newsletter's backlog never stands before an order's confirmation."""

    client: Any
    transactional_url: str
    marketing_url: str

    def put(self, outgoing: Sequence[Outgoing]) -> None:
        """Dying before it, or an entry refused twice: the ledger row is due in two minutes and the clock sends it."""
        for url, transactional in ((self.transactional_url, True), (self.marketing_url, False)):
            mine = [each for each in outgoing if each.transactional is transactional]
            _send_hints(self.client, url, [{"MessageBody": codec.write_outgoing(each)} for each in mine])


@dataclass(frozen=True, kw_only=True, slots=True)
class SqsTimers:
    """A queue of delayed wake-ups on their way into the mailbox."""

    client: Any
    queue_url: str

    def wake(self, wakeups: Sequence[tuple[str, datetime]], *, now: datetime) -> None:
        entries = [
            {
                "MessageBody": codec.STIMULUS.write(TimerDue(profile=profile, due_at=due_at)),
                "DelaySeconds": max(0, math.ceil((due_at - now).total_seconds())),
            }
            for profile, due_at in wakeups
            if due_at - now <= LONGEST_DELAY
        ]
        _send_hints(self.client, self.queue_url, entries)


class TimersOfThePlayer:
    """On the virtual clock evaluate wakes nobody: at one instant events come before timers, and only the player knows
    when an instant's last event was worked off.
    """

    def wake(self, wakeups: Sequence[tuple[str, datetime]], *, now: datetime) -> None:
        pass


@dataclass(frozen=True, kw_only=True, slots=True)
class SqsTimersOnVirtualClock:
    """What is due is woken at once; the rest is left to whoever moves the clock, since queues delay in real time."""

    client: Any
    queue_url: str

    def wake(self, wakeups: Sequence[tuple[str, datetime]], *, now: datetime) -> None:
        bodies = [
            {"MessageBody": codec.STIMULUS.write(TimerDue(profile=profile, due_at=due_at))}
            for profile, due_at in wakeups
            if due_at <= now
        ]
        _send_hints(self.client, self.queue_url, bodies)


@dataclass(frozen=True, kw_only=True, slots=True)
class SqsAudienceTasks:
    """Parts of audiences that are still to be gone through."""

    client: Any
    queue_url: str

    def put(self, tasks: Sequence[AudienceTask | NewsTask], *, delay: timedelta = timedelta(0)) -> None:
        """Raises NotAccepted where the queue refused some: nobody else would ever put them again."""
        later = {"DelaySeconds": math.ceil(delay.total_seconds())} if delay else {}
        entries = [
            {"Id": str(place), "MessageBody": codec.write_audience_task(task), **later}
            for place, task in enumerate(tasks)
        ]
        for request in batches(entries, size=body_size):
            if _send(self.client, self.queue_url, request):
                raise NotAccepted("tasks of an audience")


@dataclass(frozen=True, kw_only=True, slots=True)
class SqsDeadLetters:
    """Keeps an envelope as it came, so that it can be redriven; the reason stands beside it as an attribute."""

    client: Any
    queue_url: str

    def put(self, envelope: Any, *, reason: str) -> None:
        if isinstance(envelope, Stimulus):
            body = codec.STIMULUS.write(envelope)
        else:
            body = envelope if isinstance(envelope, str) else json.dumps(envelope)
        self.client.send_message(
            QueueUrl=self.queue_url,
            MessageBody=body or "(empty)",
            MessageAttributes={"reason": {"DataType": "String", "StringValue": reason[:1000] or "unknown"}},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class EventBus:
    """The shop's EventBridge bus."""

    client: Any
    name: str

    def put(self, events: Sequence[Event]) -> None:
        """Dying after it puts the same events there again; they bear the same ids."""
        entries = [
            {
                "EventBusName": self.name,
                "Source": event.source if event.source in BESIDES else OURS,
                "DetailType": event.name,
                "Time": event.at,
                "Detail": json.dumps(detail_of(event), ensure_ascii=False, separators=(",", ":")),
            }
            for event in events
        ]
        refused: list[str] = []
        for request in batches(entries, size=event_size):
            answer = self.client.put_events(Entries=request)
            if answer.get("FailedEntryCount"):
                refused += [entry["ErrorCode"] for entry in answer["Entries"] if entry.get("ErrorCode")]
        if refused:
            raise NotAccepted(", ".join(sorted(set(refused))))


def shorten_waits(client: Any, queue_url: str, waits: Sequence[tuple[str, int]]) -> None:
    """By receipt, after how many seconds a message comes again. Where this fails it waits for the queue's own time."""
    entries = [
        {"Id": str(place), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
        for place, (receipt, seconds) in enumerate(waits)
    ]
    for start in range(0, len(entries), MOST_ENTRIES):
        with suppress(BotoCoreError, ClientError):
            client.change_message_visibility_batch(QueueUrl=queue_url, Entries=entries[start : start + MOST_ENTRIES])


def detail_of(event: Event) -> dict[str, Any]:
    """An emitted event as it stands on the bus. The address goes along only where nothing else names the person."""
    detail: dict[str, Any] = {"messageId": event.id, "timestamp": format_instant(event.at)}
    if CUSTOMER_ID in event.identifiers:
        detail["userId"] = event.identifiers[CUSTOMER_ID]
    if ANONYMOUS_ID in event.identifiers:
        detail["anonymousId"] = event.identifiers[ANONYMOUS_ID]
    origin = event.origin._asdict() if event.origin is not None else {}
    if event.profile is not None:
        origin["profile"] = event.profile
    context: dict[str, Any] = {"dampf": {**origin, "chain": list(event.chain)}}
    if EMAIL in event.identifiers and len(detail) == 2:
        context["traits"] = {"email": event.identifiers[EMAIL]}
    if event.traits:
        detail["traits"] = event.traits
    return detail | {"properties": event.properties, "context": context}


def _send_hints(client: Any, queue_url: str, bodies: Sequence[Mapping[str, Any]]) -> None:
    """Entries that the queue refuses are tried once more; after that the clock is faster than we."""
    entries = [{"Id": str(place), **body} for place, body in enumerate(bodies)]
    for request in batches(entries, size=body_size):
        refused = _send(client, queue_url, request)
        if refused:
            _send(client, queue_url, [entry for entry in request if entry["Id"] in refused])


def _send(client: Any, queue_url: str, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """The ids of the entries that were not accepted."""
    if not entries:
        return []
    answer = client.send_message_batch(QueueUrl=queue_url, Entries=list(entries))
    return [failure["Id"] for failure in answer.get("Failed", ())]


def batches(entries: Iterable[Some], *, size: Callable[[Some], int]) -> Iterator[list[Some]]:
    """As one request takes them, in their order."""
    batch: list[Some] = []
    filled = 0
    for entry in entries:
        needed = size(entry)
        if batch and (len(batch) == MOST_ENTRIES or filled + needed > MOST_BYTES):
            yield batch
            batch, filled = [], 0
        batch.append(entry)
        filled += needed
    if batch:
        yield batch


def body_size(entry: Mapping[str, Any]) -> int:
    """Bytes of an entry of SQS."""
    return len(entry["MessageBody"].encode())


def event_size(entry: Mapping[str, Any]) -> int:
    """Bytes of an entry of EventBridge, as it counts them."""
    return _TIME_BYTES + sum(len(entry[part].encode()) for part in ("Source", "DetailType", "Detail"))
