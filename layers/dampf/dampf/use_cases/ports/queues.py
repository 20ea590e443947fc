"""Ports to the queues between the functions, and to the shop's bus."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from dampf.domain.event import Event
from dampf.domain.stimulus import Stimulus
from dampf.use_cases.ports.messages import Outgoing

if TYPE_CHECKING:  # a mail brings the whole template engine along; most functions never see one
    pass


class DeadLetters(Protocol):
    def put(self, envelope: Any, *, reason: str) -> None:
        """Keeps what cannot be read, with the reason, where the operator finds and redrives it."""
        ...


class AudienceTask(NamedTuple):
    """One shard of the people still to be asked whether a campaign's trigger is for them, from `after` on.

    The trigger is a schedule, which came `at` an instant (a local time where it is local), or a date that nobody looked
    after before. For whom a local time came before `since` it is not.
    """

    campaign: str
    trigger: int
    at: datetime
    local: bool
    shard: str
    after: str | None = None
    since: datetime | None = None


class NewsTask(NamedTuple):
    """A product's news for all whom it concerns: those of that shard after `after`, and all shards that follow.

    No shard: from the first one on.
    """

    event: Event
    shard: str | None = None
    after: str | None = None


class AudienceTasks(Protocol):
    def put(self, tasks: Sequence[AudienceTask | NewsTask], *, delay: timedelta = timedelta(0)) -> None:
        """Raises where not all were taken."""
        ...


class Mailbox(Protocol):
    def put(self, stimuli: Sequence[tuple[Stimulus, str]]) -> tuple[int, ...]:
        """Each stimulus with its deduplication id, in order, group = profile; the places of those not accepted."""
        ...


class Outbox(Protocol):
    def put(self, outgoing: Sequence[Outgoing]) -> None: ...


class Timers(Protocol):
    def wake(self, wakeups: Sequence[tuple[str, datetime]], *, now: datetime) -> None:
        """Hints: whom to wake when. Those further away than fifteen minutes are left to the clock."""
        ...


class Bus(Protocol):
    def put(self, events: Sequence[Event]) -> None:
        """Puts emitted events on the shop's bus. Raises where one was not accepted."""
        ...
