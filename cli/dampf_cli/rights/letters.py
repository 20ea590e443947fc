"""Asking a stack to erase somebody, waiting until it has, and looking for them in its dead ends."""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from dampf.domain.erasure import ERASURE
from dampf.domain.event import PAGES
from dampf.domain.identifiers import Identifier
from dampf.domain.instants import format_instant
from dampf.stores.profiles import DynamoProfiles
from dampf_cli.errors import CommandError
from dampf_cli.person.asked import PROFILE
from dampf_cli.stack import Stack

SOURCE: Final = "dampf.operator"
DEAD_ENDS: Final = (
    "IngestDeadLetters",
    "MailboxDeadLetters",
    "ParkingQueue",
    "OutboxDeadLetters",
    "AudienceDeadLetters",
)
MOST_ROUNDS: Final = 500
"""Of ten letters each that are read of one queue; more is an outage, to be mended first."""

_LOOK_EVERY: Final = 0.5
_HIDDEN_FOR: Final = 120
"""Seconds in which a letter that was read is not read again."""


def ask_for_erasure(stack: Stack, identifier: Identifier, *, now: datetime) -> str:
    """Puts the request on the shop's bus, as the shop would, and gives its id: live functions race with nobody.

    Who is left without an identifier is named by their profile, which only our own pages may do.
    """
    kind, value = identifier
    request = str(uuid.uuid4())
    is_nameless = kind == PROFILE
    named = {"dampf": {"profile": value}} if is_nameless else {"externalIds": [{"type": kind, "id": value}]}
    detail = {"messageId": request, "timestamp": format_instant(now), "context": named}
    entry = {
        "EventBusName": stack.output("BusName"),
        "Source": PAGES if is_nameless else SOURCE,
        "DetailType": ERASURE,
        "Detail": json.dumps(detail, ensure_ascii=False),
    }
    answer = stack.client("events").put_events(Entries=[entry])
    if answer.get("FailedEntryCount"):
        raise CommandError(f"the bus refuses the request: {answer['Entries'][0].get('ErrorCode')}")
    return request


def is_gone(
    stack: Stack,
    persons: Iterable[str],
    identifiers: Iterable[Identifier],
    *,
    within: timedelta,
    pause: Callable[[float], None] = time.sleep,
) -> bool:
    """Waits until the hashes are there and none of the profiles is; False where that took too long."""
    profiles, named, hashed = DynamoProfiles(tables=stack.tables), list(persons), set(identifiers)
    deadline = time.monotonic() + within.total_seconds()
    while True:
        stored = profiles.load(named)
        if all(each.content is None for each in stored.values()) and profiles.erased(hashed).keys() == hashed:
            return True
        if time.monotonic() >= deadline:
            return False
        pause(_LOOK_EVERY)


def clear_dead_ends(stack: Stack, names: Iterable[str]) -> dict[str, int]:
    """Deletes letters that name the person, and counts them by queue; all others lie there as before."""
    wanted = [name.casefold() for name in names]
    sqs, gone = stack.client("sqs"), {}
    for queue, url in _urls(stack):
        count, others = 0, []
        for letter in _letters(sqs, url):
            text = json.dumps(letter, ensure_ascii=False, default=str).casefold()
            if any(name in text for name in wanted):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
                count += 1
            else:
                others.append(letter["ReceiptHandle"])
        for handle in others:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
        gone[queue] = count
    return gone


def _urls(stack: Stack) -> Iterator[tuple[str, str]]:
    pages = stack.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack.name)
    found = {
        each["LogicalResourceId"]: each.get("PhysicalResourceId")
        for page in pages
        for each in page["StackResourceSummaries"]
    }
    for queue in DEAD_ENDS:
        if found.get(queue):
            yield queue, found[queue]


def _letters(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    for _ in range(MOST_ROUNDS):
        received = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_HIDDEN_FOR,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
        )
        letters = received.get("Messages", [])
        if not letters:
            return
        for letter in letters:
            inner = letter.get("Body", "")  # JSON within JSON hides umlauts and quotes: say it once plainly
            try:
                letter["Plain"] = json.loads(inner)
            except ValueError:
                letter["Plain"] = inner
            yield letter
