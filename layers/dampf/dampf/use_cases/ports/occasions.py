"""Ports to who is concerned, and when: what is due, dates, everybody in parts, and who has a product on their mind."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dampf.domain.state import State

if TYPE_CHECKING:  # a mail brings the whole template engine along; most functions never see one
    pass


class Due(NamedTuple):
    """A row of the due index. `row` is `state` (the profile's next wake-up), `message` (a request that nobody claimed)
    or `emit` (an event that may not have reached the bus); `name` the message's id or the event's key.
    """

    profile: str
    row: str
    due_at: datetime
    name: str = ""


class Wakeups(Protocol):
    def due(self, *, until: datetime) -> Iterable[Due]:
        """Everything due at or before that instant, all shards, earliest first within a shard."""
        ...


class Calendar(Protocol):
    """Whose dates fall when, and how far campaigns have been looked after."""

    def with_date(self, name: str, base: str) -> Iterable[str]:
        """The profiles whose date of that name is on `base`: `MM-DD` of any year, or `YYYY-MM-DD`. Reads only those."""
        ...

    def marks(self) -> dict[str, str]:
        """How far each campaign's dates and schedules have been enqueued, by campaign; in the caller's own notation."""
        ...

    def mark(self, campaign: str, reached: str) -> None:
        """Moved only after everything up to there is enqueued. Dying before it enqueues again, which does no harm."""
        ...

    def forget(self, campaign: str) -> None:
        """It is not looked after any more; should it come back, it starts anew."""
        ...


class People(Protocol):
    """Everybody, in parts that can be gone through side by side and taken up again."""

    def shards(self) -> Sequence[str]: ...

    def page(self, shard: str, after: str | None) -> tuple[tuple[State, ...], str | None]:
        """Up to a hundred people of the shard after that one, and where to go on; None at the end."""
        ...

    def who_met_products_on(self, day: date) -> Iterator[State]:
        """Those whose last view or purchase of a product was decided on that day, UTC. Reads only those."""
        ...


class Interests(Protocol):
    """Who has a product on their mind; kept only while a published campaign hears of products' news."""

    def interest_shards(self) -> Sequence[str]: ...

    def interested(self, product: str, shard: str, after: str | None) -> tuple[tuple[str, ...], str | None]:
        """Up to a hundred profiles of the shard after that one, and where to go on; None at the end. Reads only those.

        Some may have forgotten it meanwhile, or have been merged into others.
        """
        ...
