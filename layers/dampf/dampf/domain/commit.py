"""What is stored for one profile at once, and how the stores answer."""

from dataclasses import dataclass, field
from datetime import date, datetime

from dampf.domain.decision import Conversion, Ended, Memory, MemoryKey, Remembered
from dampf.domain.event import Event
from dampf.domain.message import Message
from dampf.domain.state import Erasing, State, Tombstone


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A state row as it was read. `version` counts its writes; 0 where there is no row yet (and `content` is None)."""

    content: State | Tombstone | Erasing | None = None
    version: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Commit:
    """All of it is written, or nothing.

    `seen` are keys of events to be recorded as seen (each must be new); `events` go into the history;
    `dates` are those that a published campaign uses and that changed, as local days; None where there is none any more.
    `interests` are products that came onto this person's mind (true) or left it, where a campaign hears of their news.
    `claims` are identifiers (kind, value) that become this profile's unless they are somebody else's, or an erased
    person's; of those in `returning` the person came back, and their hash goes.
    """

    profile: str
    state: State
    read_version: int
    seen: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    claims: tuple[tuple[str, str], ...] = ()
    returning: frozenset[tuple[str, str]] = frozenset()
    dates: dict[str, date | None] = field(default_factory=dict)
    interests: dict[str, bool] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    memories: tuple[Memory, ...] = ()
    emitted: tuple[Event, ...] = ()
    ended: tuple[Ended, ...] = ()
    conversions: tuple[Conversion, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """Why a commit was not written. Everything that did not hold is named, with what is there instead.

    `stale`: load the state and decide again. `erased` are claims of a person who was erased at that instant. `refused`:
    it will never be stored as it is (too many writes at once, too large), and says why.
    """

    stale: bool = False
    seen: frozenset[str] = frozenset()
    owned: dict[tuple[str, str], str] = field(default_factory=dict)
    erased: dict[tuple[str, str], datetime] = field(default_factory=dict)
    memories: dict[MemoryKey, Remembered | None] = field(default_factory=dict)
    refused: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """`loser` becomes a tombstone and its identifiers are the survivor's: one transaction.

    `dates` names every date in use that either of them has, with the day on which it is the survivor's from now on
    (None: on none); of these the loser has none any more.
    """

    survivor: State
    survivor_version: int
    loser: str
    loser_version: int
    identifiers: tuple[tuple[str, str], ...]
    dates: dict[str, date | None] = field(default_factory=dict)
