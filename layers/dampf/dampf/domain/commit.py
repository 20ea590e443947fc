"""What is stored for one profile at once, and how the stores answer."""

from dataclasses import dataclass, field
from datetime import date, datetime

from dampf.domain.consents import ConsentEntry
from dampf.domain.decision import Conversion, Ended, Memory, MemoryKey, Remembered
from dampf.domain.event import Event
from dampf.domain.identifiers import Identifier, Joined
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
    `claims` are identifiers that become this profile's, by these events, unless they are somebody else's or an erased
    person's; of those in `returning` the person came back, and their hash goes.
    """

    profile: str
    state: State
    read_version: int
    seen: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    claims: dict[Identifier, Joined] = field(default_factory=dict)
    returning: frozenset[Identifier] = frozenset()
    dates: dict[str, date | None] = field(default_factory=dict)
    interests: dict[str, bool] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    memories: tuple[Memory, ...] = ()
    emitted: tuple[Event, ...] = ()
    ended: tuple[Ended, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    consents: tuple[ConsentEntry, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """Why a commit was not written. Everything that did not hold is named, with what is there instead.

    `stale`: load the state and decide again. `erased` are claims of a person who was erased at that instant. `refused`:
    it will never be stored as it is (too many writes at once, too large), and says why.
    """

    stale: bool = False
    seen: frozenset[str] = frozenset()
    owned: dict[Identifier, str] = field(default_factory=dict)
    erased: dict[Identifier, datetime] = field(default_factory=dict)
    memories: dict[MemoryKey, Remembered | None] = field(default_factory=dict)
    refused: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """`loser` becomes a tombstone and its identifiers are the survivor's: one transaction.

    `identifiers` are those that are to lead to the survivor, the most important first, with whom each leads to now: the
    loser, or a profile merged into it before. What one transaction does not hold stays, and tombstones lead from there.

    `dates` names every date in use that either of them has, with the day on which it is the survivor's from now on
    (None: on none); of these the loser has none any more. `joined` is the event that proved both to be one.
    `claims` become the survivor's by it, as in a commit.
    """

    survivor: State
    survivor_version: int
    loser: str
    loser_version: int
    identifiers: dict[Identifier, str]
    dates: dict[str, date | None] = field(default_factory=dict)
    joined: Joined | None = None
    claims: dict[Identifier, Joined] = field(default_factory=dict)
    returning: frozenset[Identifier] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """An identifier changes hands: one transaction.

    `owner` is whom its row leads to: the holder, or a profile that was merged into it. `holder` is that state without
    it; None where of `holder_id` nothing is stored. `taker` is the state that bears it now; None where it goes into
    quarantine `to`. `claims` become the taker's by the same event.
    """

    identifier: Identifier
    owner: str
    joined: Joined
    to: str
    holder_id: str
    holder_version: int
    holder: State | None
    taker_version: int = 0
    taker: State | None = None
    claims: dict[Identifier, Joined] = field(default_factory=dict)
    returning: frozenset[Identifier] = frozenset()
