"""How rows are named, and who asks for them.

| question                           | table      | key                                   | who asks          |
|------------------------------------|------------|---------------------------------------|-------------------|
| who is this, what is under way     | Profiles   | profile, `state`                      | evaluate, deliver |
| what became of this message        | Profiles   | profile, `message#ID`                 | deliver, feedback |
| did they say stop                  | Profiles   | profile, `stop`                       | deliver           |
| when was this campaign entered     | Profiles   | profile, `entered#CAMPAIGN#KEY`       | evaluate          |
| what did this order bring          | Profiles   | profile, `order#ID`                   | evaluate          |
| has this event reached the bus     | Profiles   | profile, `emit#KEY`                   | clock             |
| which journeys are over            | Profiles   | profile, `ended#JOURNEY`              | explain           |
| what failed for good               | Profiles   | profile, `parked#KIND#WHICH`          | operator          |
| what is due                        | Profiles   | index `due`: due_shard, due_at        | clock             |
| whose identifier is this           | Identities | identifier: `KIND#VALUE`              | ingest, evaluate  |
| was this event seen (35 days)      | Identities | identifier: `event#KEY`               | evaluate          |
| what did they do (400 days)        | History    | profile, row: `INSTANT#KEY`           | evaluate, deliver |
| what is published                  | Content    | kind, row: `NAME#VERSION`             | everyone          |
| what is in force                   | Content    | kind, row: `pointer`, `now`           | everyone          |

An event's KEY is `SOURCE#ID`. Index `due` is sparse: only rows that wait for a time carry its attributes.

Parts that a shop chose may hold anything. All but the last have `%` and `#` escaped, so that two different keys never
become one; a last part that would burst DynamoDB's limit for keys is replaced by its hash.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from zlib import crc32

from dampf.domain.decision import EnteredKey, MemoryKey
from dampf.domain.stimulus import EventCame, MessageFailed, Stimulus, TimerDue
from dampf.use_cases.ports import Due, Identifier

STATE: Final = "state"
STOP: Final = "stop"
DUE_INDEX: Final = "due"
DUE_SHARDS: Final = tuple(str(shard) for shard in range(8))
POINTER: Final = ("pointer", "now")

_LONGEST: Final = 1000
"""Bytes of a key; DynamoDB takes 1024 for a sort key and 2048 for a partition key."""

_LONGEST_PART: Final = 400
_HASHED: Final = "%!"
"""Begins a part that was replaced by its hash; nothing escaped begins so."""

_SEEN: Final = "event"


def message_row(message: str) -> str:
    return f"message#{message}"


def emit_row(event_key: str) -> str:
    return f"emit#{event_key}"


def ended_row(journey: str) -> str:
    return f"ended#{journey}"


def memory_row(key: MemoryKey) -> str:
    if isinstance(key, EnteredKey):
        return _key(f"entered#{_part(key.campaign)}#", key.key)
    return _key("order#", key.order_id)


def parked_row(stimulus: Stimulus) -> str:
    match stimulus:
        case EventCame(event=event):
            return _key("parked#event#", event.key)
        case TimerDue(due_at=due_at):
            return f"parked#timer#{instant(due_at)}"
        case MessageFailed(message=message):
            return f"parked#message#{message}"


def parse_due(profile: str, row: str, due_at: str) -> Due:
    """What a row of the index stands for; the counterpart of `STATE`, `message_row` and `emit_row`."""
    kind, _, name = row.partition("#")
    return Due(profile=profile, row=kind, due_at=parse_instant(due_at), name=name)


def identifier_key(identifier: Identifier) -> str:
    """No kind of identifier can be taken for an event that was seen."""
    kind, value = identifier
    return _key(f"{'%event' if kind == _SEEN else _part(kind)}#", value)


def seen_key(event_key: str) -> str:
    return _key(f"{_SEEN}#", event_key)


def history_row(at: datetime, event_key: str) -> str:
    return _key(f"{instant(at)}#", event_key)


def history_since(at: datetime) -> str:
    """Every event at that instant or later sorts at or after this."""
    return instant(at)


def content_row(name: str, version: str) -> str:
    return _key(f"{_part(name)}#", version)


def topic_attribute(topic: str | None) -> str:
    """Where a stop row keeps what was said of a topic; None is all of them."""
    return "all" if topic is None else f"topic#{topic}"


def parse_topic(attribute: str) -> str | None:
    """The counterpart of `topic_attribute`."""
    return None if attribute == "all" else attribute.removeprefix("topic#")


def shard_of(profile: str) -> str:
    return DUE_SHARDS[crc32(profile.encode()) % len(DUE_SHARDS)]


def instant(at: datetime) -> str:
    """Text of one length, so that it sorts as instants do."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _part(text: str) -> str:
    """A part that another one follows."""
    escaped = text.replace("%", "%25").replace("#", "%23") if "%" in text or "#" in text else text
    return escaped if len(escaped.encode()) <= _LONGEST_PART else _hashed(text)


def _key(prefix: str, last: str) -> str:
    """A last part may hold anything, except what would pass for the hash of another."""
    key = prefix + last
    if last.startswith(_HASHED) or len(key) > _LONGEST or (not key.isascii() and len(key.encode()) > _LONGEST):
        return prefix + _hashed(last)
    return key


def _hashed(text: str) -> str:
    return _HASHED + sha256(text.encode()).hexdigest()
