"""The state row's content: who somebody is and what is under way for them. One conditional write moves it on."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple

from dampf.domain.identifiers import Joined
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


class Requested(NamedTuple):
    """A message that policy let pass, as caps and voucher groups count it."""

    message: str
    at: datetime
    transactional: bool
    voucher_group: str | None


class Awaited(NamedTuple):
    """A message after which its campaign's goal counts: an `event` after `at`, no later than `until`."""

    campaign: str
    version: str
    journey: str
    message: str
    event: str
    at: datetime
    until: datetime
    is_held_out: bool = False


class Occurrence(NamedTuple):
    """A date or a schedule that is to start a campaign for this profile. `day` is its local day, `key` names it."""

    campaign: str
    trigger: int
    key: str
    day: date
    due_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """`entered` is a short memory of entry rows that spares a failing write; the rows themselves decide.

    `segments` says of each segment that starts a campaign whether the profile was in it; `segments_due_at` is when time
    alone may move it in or out of one. `met_products_on` is the day, UTC, on which it was told last what the person
    looked at or bought, while somebody learns from that.
    """

    profile: Profile
    journeys: tuple[Journey, ...] = ()
    closed: tuple[Closed, ...] = ()
    entered: tuple[tuple[str, str, Entered], ...] = ()
    requested: tuple[Requested, ...] = ()
    awaited: tuple[Awaited, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()
    segments: dict[str, bool] = field(default_factory=dict)
    segments_due_at: datetime | None = None
    met_products_on: date | None = None
    row: Literal["state"] = "state"

    @property
    def due_at(self) -> datetime | None:
        """The next wake-up; None while nothing waits for a time."""
        due = [journey.waiting.due_at for journey in self.journeys if journey.waiting is not None]
        due += [occurrence.due_at for occurrence in self.occurrences]
        due += [self.segments_due_at] if self.segments_due_at is not None else []
        return min(due, default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tombstone:
    """What is left of a profile that was merged into another; whoever meets it follows it. `joined` says why."""

    profile: str
    into: str
    joined: Joined | None = None
    row: Literal["tombstone"] = "tombstone"


@dataclass(frozen=True, kw_only=True, slots=True)
class Erasing:
    """What stands in for a person until every row of theirs is gone: no more than is needed to find those.

    `at` is when the erasure was requested. `leaves_hash` is False where they registered anew after that.
    """

    profile: str
    at: datetime
    also: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    leaves_hash: bool = True
    row: Literal["erasing"] = "erasing"

    @property
    def persons(self) -> tuple[str, ...]:
        """Every profile under which rows of theirs may lie."""
        return (self.profile, *self.also)
