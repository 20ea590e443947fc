"""Events of a file onto a bus: in batches, what is throttled again, what is refused by its line.

Sending twice does no harm: each event bears the id that its line has, and an event is counted once.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from dampf.doors import Malformed, translate
from dampf.doors.envelope import read_envelope
from dampf.doors.event_file import Line
from dampf.stores.queues import batches, event_size

PASSES: Final = frozenset({"ThrottlingException", "InternalFailure", "InternalException", "ServiceUnavailable"})
"""What EventBridge says of entries that it takes a little later."""

MOST_TRIES: Final = 8
"""Waiting 0.2, 0.4, ... seconds in between: 25 seconds in all."""

FIRST_WAIT: Final = 0.2


class Entry(NamedTuple):
    """One event as PutEvents takes it, and the number of its line."""

    number: int
    request: dict[str, Any]


class Refused(NamedTuple):
    number: int
    reason: str


@dataclass
class Sent:
    """`reached` is the last line that needs no sending any more."""

    count: int = 0
    refused: list[Refused] = field(default_factory=list)
    reached: int = 0


class NotTaken(Exception):
    """The bus kept refusing to take more; what was sent before stays sent."""


def entry_of(line: Line, bus: str) -> Entry | Refused:
    """The line as an entry, with its id and time in the detail where they are missing there."""
    if line.envelope is None:
        return Refused(line.number, str(line.error))
    try:
        envelope = read_envelope(line.envelope)
        if envelope.source.startswith("aws."):
            return Refused(line.number, _not_ours_to_put(envelope.source))
        translate(line.envelope)
    except Malformed as problem:
        return Refused(line.number, str(problem))
    detail = dict(envelope.detail)
    if detail.get("messageId") in (None, "") and detail.get("message_id") in (None, ""):
        detail["messageId"] = envelope.id
    if detail.get("timestamp") in (None, ""):
        detail["timestamp"] = line.envelope["time"]
    request = {
        "EventBusName": bus,
        "Source": envelope.source,
        "DetailType": envelope.name,
        "Time": envelope.arrived_at,
        "Detail": json.dumps(detail, ensure_ascii=False, separators=(",", ":")),
    }
    return Entry(line.number, request)


def _not_ours_to_put(source: str) -> str:
    if source.startswith("aws.partner/"):
        return (
            "source: only the partner can put its events on a bus; write them in your own shape, "
            "or play them locally with `dampf run --events`"
        )
    return "source: only AWS can put events of `aws.` on a bus; play them locally with `dampf run --events`"


def put(
    lines: Iterable[Line],
    *,
    bus: str,
    client: Any,
    after_batch: Callable[[Sent], None],
    pause: Callable[[float], None] = time.sleep,
) -> Sent:
    """Sends all lines in order; `after_batch` hears how far it is. Raises NotTaken."""
    sent = Sent()

    def readable() -> Iterator[Entry]:
        for line in lines:
            entry = entry_of(line, bus)
            if isinstance(entry, Refused):
                sent.refused.append(entry)
            else:
                yield entry

    for batch in batches(readable(), size=lambda entry: event_size(entry.request)):
        refused = put_batch([entry.request for entry in batch], client, pause)
        sent.refused += [
            Refused(batch[place].number, f"EventBridge refuses it: {code}") for place, code in refused.items()
        ]
        sent.count += len(batch) - len(refused)
        sent.reached = batch[-1].number
        after_batch(sent)
    return sent


def put_batch(
    requests: Sequence[dict[str, Any]], client: Any, pause: Callable[[float], None] = time.sleep
) -> dict[int, str]:
    """What EventBridge refuses for good, by its place: the error's code. What it throttles comes again, later each
    time. Raises NotTaken.
    """
    refused: dict[int, str] = {}
    left = list(range(len(requests)))
    code = ""
    for attempt in range(MOST_TRIES):
        if attempt:
            pause(FIRST_WAIT * 2 ** (attempt - 1))
        answers = client.put_events(Entries=[requests[place] for place in left])["Entries"]
        again = []
        for place, answer in zip(left, answers, strict=True):
            code = answer.get("ErrorCode") or code
            if answer.get("ErrorCode") in PASSES:
                again.append(place)
            elif answer.get("ErrorCode"):
                refused[place] = answer["ErrorCode"]
        left = again
        if not left:
            return refused
    raise NotTaken(f"EventBridge takes no more: {code}")


def latest(lines: Iterable[Line], *, after: int) -> Iterator[Line]:
    """What follows the line that was reached."""
    return (line for line in lines if line.number > after)
