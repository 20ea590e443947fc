"""The state row's content: who somebody is and what is under way for them. One conditional write moves it on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from dampf.domain.journey import Journey
from dampf.domain.profile import Profile


class Entered(NamedTuple):
    """How often a campaign was entered with a key, and when last: what an `entered#...` row holds."""

    ordinal: int
    at: datetime


class Closed(NamedTuple):
    """A journey left through an exit while its last message may not have been sent yet."""

    journey: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """`entered` is a short memory of entry rows that spares a failing write; the rows themselves decide."""

    profile: Profile
    journeys: tuple[Journey, ...] = ()
    closed: tuple[Closed, ...] = ()
    entered: tuple[tuple[str, str, Entered], ...] = ()
    row: Literal["state"] = "state"

    @property
    def due_at(self) -> datetime | None:
        """The next wake-up; None while nothing waits for a time."""
        return min((journey.waiting.due_at for journey in self.journeys if journey.waiting is not None), default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tombstone:
    """What is left of a profile that was merged into another; whoever meets it follows it."""

    profile: str
    into: str
    row: Literal["tombstone"] = "tombstone"
