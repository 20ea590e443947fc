"""Ports to whose something is: identities, profiles with all that is written with them, and the ledger of consent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from dampf.domain.commit import Commit, Conflict, Merge, Move, Stored
from dampf.domain.consents import ConsentEntry
from dampf.domain.decision import Asks, Known
from dampf.domain.event import Event
from dampf.domain.identifiers import Claim, Identifier
from dampf.domain.profile import Profile
from dampf.domain.state import Erasing
from dampf.domain.stimulus import Stimulus

if TYPE_CHECKING:  # a mail brings the whole template engine along; most functions never see one
    pass


class Identities(Protocol):
    def owners(self, identifiers: Iterable[Identifier], *, now: datetime) -> dict[Identifier, str]:
        """The profiles that own these identifiers; unknown and faded ones are left out. One request for up to 100."""
        ...

    def claims(self, identifiers: Iterable[Identifier], *, now: datetime) -> dict[Identifier, Claim]:
        """The same with how each became theirs."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Committed:
    """A profile is in exactly one of the two."""

    written: frozenset[str] = frozenset()
    conflicts: dict[str, Conflict] = field(default_factory=dict)


class Profiles(Protocol):
    def load(self, profiles: Iterable[str]) -> dict[str, Stored]:
        """Every named profile's state row, read consistently, in one request for up to 100."""
        ...

    def commit(self, commits: Sequence[Commit], *, now: datetime) -> Committed:
        """Tries all in one transaction (more only where one cannot hold them; never splitting a profile).

        Where it is cancelled, the offenders are named in `conflicts` and the others of that transaction are written by
        one more try. Dying between two transactions leaves whole profiles written or unwritten, never parts.
        """
        ...

    def answer(self, profile: Profile, asks: Asks) -> Known:
        """Memories (of this profile and those merged into it), starting events and past events, newest first."""
        ...

    def merge(self, merge: Merge) -> bool:
        """False where either row moved on meanwhile or an identifier is no longer the loser's: look again."""
        ...

    def move(self, move: Move) -> bool:
        """False where a state row moved on meanwhile or the identifier is no longer the holder's: look again."""
        ...

    def park(self, stimulus: Stimulus, *, reason: str, now: datetime) -> None:
        """Keeps what failed for good in a row with its reason; doing it twice keeps one.

        A wake-up that fails for good is no longer due, or the clock would bring it for ever.
        """
        ...

    def begin_erasing(self, erasing: Erasing, *, read_version: int, event_key: str, now: datetime) -> Conflict | None:
        """Puts it in the place of the person's state, and records the request as seen; a Conflict where it was not.

        From then on nothing is sent to them and nothing new is stored. Dying after it leaves the request in the queue,
        which meets it and goes on with `erase`.
        """
        ...

    def erase(self, erasing: Erasing) -> bool:
        """Leaves the hashes and removes every row of the person, many at a time; False while some are left.

        Dying anywhere does no harm: what stands in for the person goes last.
        """
        ...

    def erased(self, identifiers: Iterable[Identifier]) -> dict[Identifier, datetime]:
        """When the persons were erased whose identifiers these were; others are left out."""
        ...

    def forget_stop(self, profile: str) -> None:
        """What ingest wrote for somebody who is not there."""
        ...

    def emitted(self, profile: str, event_key: str) -> Event | None:
        """An emitted event that is not known to have reached the bus."""
        ...

    def forget_emitted(self, profile: str, events: Iterable[Event]) -> None:
        """They reached the bus. Dying before this call puts them there again, which their ids make harmless."""
        ...


class ConsentLedger(Protocol):
    def consents(self, profile: Profile) -> tuple[ConsentEntry, ...]:
        """All that this person and whoever was merged into them ever said of consent, in order."""
        ...
