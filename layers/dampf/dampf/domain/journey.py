"""A journey: one profile's way through one campaign version, and where it stands."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Literal, NamedTuple


class Hold(NamedTuple):
    """A message that had to wait: until when, and why (a `Reason` of `message`)."""

    until: datetime
    reason: str


class StartingEvent(NamedTuple):
    """Points at the history row of the event that started a journey."""

    profile: str
    at: datetime
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """`kind` is `wait` (goes on at `due_at`), `wait_for` (with its event, or its `else` at `due_at`), or `held`: it
    stands at a `send` whose message was requested at `requested_at`, and is decided anew at `due_at`.
    """

    kind: Literal["wait", "wait_for", "held"]
    due_at: datetime
    requested_at: datetime | None = None
    held: tuple[Hold, ...] = ()


class MessageProgress(NamedTuple):
    """What a journey knows of a message that it requested; `sent_at` is None where it was dropped at once."""

    id: str
    sent_at: datetime | None = None
    delivered: bool = False
    opened: bool = False
    clicked: bool = False

    def noting(self, feedback: str) -> "MessageProgress":
        """With `delivered`, `opened` or `clicked` now true. Who clicked has opened it too."""
        return self._replace(
            delivered=True,
            opened=self.opened or feedback in ("opened", "clicked"),
            clicked=self.clicked or feedback == "clicked",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Journey:
    """`step` is the id of the step where it stands. `chain` names the campaigns that led here, this one last.

    `trigger` is the place of the trigger that started it in its campaign; None where another campaign did. `day` is the
    local day of the yearly or monthly date that started it. `splits` maps each split's step id to the arm taken.
    """

    id: str
    campaign: str
    version: str
    key: str
    ordinal: int
    entered_at: datetime
    step: str | None
    trigger: int | None = None
    day: date | None = None
    event: StartingEvent | None = None
    restarts: int = 0
    waiting: Waiting | None = None
    messages: dict[str, MessageProgress] = field(default_factory=dict)
    splits: dict[str, str] = field(default_factory=dict)
    chain: tuple[str, ...] = ()


def journey_id(*, campaign: str, profile: str, key: str, ordinal: int) -> str:
    return digest(campaign, profile, key, str(ordinal))


def share(*parts: str) -> Decimal:
    """A stable number from 0 to below 1 that these parts draw: no chance, the same for ever."""
    return Decimal(int(digest(*parts, length=12), 16)) / Decimal(16**12)


def digest(*parts: str, length: int = 20) -> str:
    """A hexadecimal hash of parts that cannot run into one another; an id that derives from what caused it."""
    return sha256("\x1f".join(parts).encode()).hexdigest()[:length]
