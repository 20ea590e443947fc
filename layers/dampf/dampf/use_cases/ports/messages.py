"""Ports of a message's way: the ledger, voucher codes, signed links, and who sends it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dampf.domain.commit import Stored
from dampf.domain.event import Event
from dampf.domain.journey import StartingEvent
from dampf.domain.links import Opened, Purpose, Refusal, Subject
from dampf.domain.message import Message, Reason, Status
from dampf.domain.shop import VoucherPool
from dampf.domain.voucher import Voucher

if TYPE_CHECKING:  # a mail brings the whole template engine along; most functions never see one
    from dampf.campaigns.mail import Mail
    from dampf.campaigns.text_message import TextMessage


class NotGiven(StrEnum):
    """Why a message got no voucher: its pool has none left, or its row is settled by somebody else."""

    EXHAUSTED = "exhausted"
    SETTLED = "settled"


class Offered(NamedTuple):
    """What became of a pool's list when it was published: codes that are new, and taken out though nobody has them."""

    added: int = 0
    withdrawn: int = 0
    free: int = 0


class Vouchers(Protocol):
    """Voucher codes: each is one message's, or free on the list of its pool."""

    def claim(
        self, message: Message, pool: VoucherPool, *, expires_at: datetime | None, now: datetime
    ) -> Voucher | NotGiven:
        """A code for this message alone, and the same one at every call: its ledger row bears it.

        A pool that is almost empty and much sought after may raise: ask again later.
        """
        ...

    def release(self, message: Message, pool: VoucherPool | None) -> bool:
        """The message will not be sent: its code is free again, and its row bears none.

        False where that is not so: the row moved on from the message's status meanwhile, bears another code, or the
        code was redeemed.
        """
        ...

    def left(self, pool: str, *, at_most: int) -> int:
        """How many codes of the list are free, counted up to `at_most`."""
        ...

    def offer(self, pool: str, codes: Sequence[str], *, progress: Callable[[int], None] = ...) -> Offered:
        """Makes the list say this: new codes are free, free ones that it lacks are gone; those given stay given.

        Dying on the way leaves a part of it done; offering again does the rest. `progress` is told of codes looked at.
        """
        ...


class Outgoing(NamedTuple):
    """What an outbox carries: where the ledger row lies, and what else deliver will have to read."""

    profile: str
    message: str
    transactional: bool
    event: StartingEvent | None = None


class Stop(NamedTuple):
    """Withdrawal or complaint, ahead of any backlog. `topic` None stops every marketing topic."""

    at: datetime
    topic: str | None
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LastLook:
    """All that deliver knows of a message right before sending it. `message` is None where there is no such row."""

    message: Message | None
    stored: Stored
    stops: tuple[Stop, ...] = ()
    event: Event | None = None


class Ledger(Protocol):
    def look(self, outgoing: Sequence[Outgoing]) -> dict[str, LastLook]:
        """By message id; all rows of a batch in one request (a tombstone costs one more)."""
        ...

    def claim(self, message: Message, *, now: datetime, shown: str | None = None) -> bool:
        """requested -> sending. False where somebody else has it, or has released its voucher: do not send.

        A transactional message may be claimed again two minutes later if nothing came of it. `shown` is the HTML that a
        link of the mail is to show again, kept for as long as that link works, in the same request.
        """
        ...

    def shown(self, message: str, *, at: datetime) -> str | None:
        """The HTML of the mail that was claimed in that second; None where it is not kept (any more)."""
        ...

    def settle(self, messages: Sequence[Message]) -> None:
        """Writes what came of each message, where its row is still `requested` or `sending`.

        Status `requested` gives it back: it becomes due again at `requested_at` plus two minutes doubled per try.
        Feedback that came first is not overwritten.
        """
        ...

    def feedback(self, message: str, status: Status, *, at: datetime, reason: Reason | None = None) -> bool:
        """Moves the row on as `Status` says, never backwards; unknown ids do nothing. `reason` is that of a drop.

        True where the profile awaits word of this message, however often it is told.
        """
        ...

    def stop(self, profile: str, stop: Stop) -> None: ...

    def find(self, message: str) -> Message | None: ...


class Answer(NamedTuple):
    """`sent`, `refused` (never will be), `busy` (not sent, later), `blocked` (the account is), or `unknown`."""

    kind: str
    detail: str = ""


class Mailer(Protocol):
    def send(self, mail: "Mail") -> Answer:
        """One attempt, never repeated on its own."""
        ...


class Texter(Protocol):
    def send(self, text: "TextMessage") -> Answer:
        """One attempt, never repeated on its own."""
        ...


class NoTokenKey(Exception):
    """There is no key to sign with: nothing was published from this version of the command line yet."""


class Tokens(Protocol):
    def sign(self, purpose: Purpose, subject: Subject, *, now: datetime) -> str:
        """Fit for a URL's query as it is. Raises NoTokenKey."""
        ...

    def read(self, purpose: Purpose, token: str, *, now: datetime) -> Opened | Refusal:
        """Whatever text comes in."""
        ...
