"""What reaches a profile's mailbox."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from dampf.domain.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class EventCame:
    """`owners` says whom ingest found to own the event's identifiers; evaluate looks again where it matters."""

    profile: str
    event: Event
    owners: dict[str, str] = field(default_factory=dict)
    kind: Literal["event"] = "event"


@dataclass(frozen=True, kw_only=True, slots=True)
class TimerDue:
    profile: str
    due_at: datetime
    kind: Literal["timer"] = "timer"


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageFailed:
    """A message could not be rendered: its journey ends."""

    profile: str
    message: str
    journey: str
    reason: str
    kind: Literal["message_failed"] = "message_failed"


Stimulus = EventCame | TimerDue | MessageFailed
