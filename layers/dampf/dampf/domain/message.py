"""The message: one mail or text message to one person, from request to feedback. Stored, it is a row of the ledger.

requested --claim--> sending --answer--> sent --> soft_bounced --> delivered --> bounced --> complained
    |                   |--no answer---> unknown
    |                   '--rejected----> dropped
    '--last look, no voucher left------> dropped

Of what feedback tells the furthest to the right stays, in whatever order it comes.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dampf.domain.journey import Hold, StartingEvent, digest
from dampf.domain.shop import Channel
from dampf.domain.voucher import Voucher


class Status(StrEnum):
    REQUESTED = "requested"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    SOFT_BOUNCED = "soft_bounced"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNKNOWN = "unknown"
    DROPPED = "dropped"
    HELD_OUT = "held_out"


class Reason(StrEnum):
    """Why a message was dropped or held."""

    PAUSED = "paused"
    NO_CONSENT = "no_consent"
    SUPPRESSED = "suppressed"
    NO_ADDRESS = "no_address"
    VOUCHER_CONFLICT = "voucher_conflict"
    FREQUENCY_CAP = "frequency_cap"
    QUIET_HOURS = "quiet_hours"
    JOURNEY_CLOSED = "journey_closed"
    CONDITION_FALSE = "condition_false"
    ERASED = "erased"
    VOUCHER_EXHAUSTED = "voucher_exhausted"
    REJECTED = "rejected"
    TOO_LATE = "too_late"
    RENDER_ERROR = "render_error"


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A ledger row. `at` is when it was sent, dropped or held out; None while it is under way.

    `phone` is where a text message goes, in E.164; `subject` is None for it.

    `key`, `entered_at`, `trigger` and `event` are its journey's, which may be over when the message is sent.
    `is_awaited`: mails to this address bounced of late, so the profile is to hear that this one arrived.
    `voucher` is the code claimed for it, which is its own as long as it may reach somebody. `perhaps_sent`: an earlier
    try has got no answer; `is_refused`: the provider will not have it, and its voucher is still to be given back.
    """

    id: str
    profile: str
    campaign: str
    version: str
    journey: str
    step: str
    message: str
    transactional: bool
    topic: str
    requested_at: datetime
    key: str
    entered_at: datetime
    trigger: int | None = None
    status: Status = Status.REQUESTED
    at: datetime | None = None
    reason: Reason | None = None
    held: tuple[Hold, ...] = ()
    event: StartingEvent | None = None
    customer_id: str | None = None
    channel: Channel = "email"
    email: str | None = None
    phone: str | None = None
    subject: str | None = None
    locale: str | None = None
    tries: int = 0
    is_awaited: bool = False
    voucher: Voucher | None = None
    perhaps_sent: bool = False
    is_refused: bool = False


def message_id(*, profile: str, journey: str, step: str, turn: str) -> str:
    """Begins with the profile's id, so that feedback finds the row by it. `turn` tells passes of a step apart."""
    return f"{profile}-{digest(journey, step, turn)}"


def profile_of(message: str) -> str:
    """The profile under which a message's row lies."""
    return message.partition("-")[0]
