"""What reaches a profile's mailbox."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from dampf.domain.event import Event, Origin
from dampf.domain.voucher import GivenVoucher


@dataclass(frozen=True, kw_only=True, slots=True)
class EventCame:
    """`owners` says whom ingest found to own the event's identifiers; evaluate looks again where it matters."""

    profile: str
    event: Event
    owners: dict[str, str] = field(default_factory=dict)
    kind: Literal["event"] = "event"


@dataclass(frozen=True, kw_only=True, slots=True)
class TimerDue:
    profile: str
    due_at: datetime
    kind: Literal["timer"] = "timer"


@dataclass(frozen=True, kw_only=True, slots=True)
class DateCame:
    """The calendar found that a date of this profile has an occurrence on that local day."""

    profile: str
    day: date
    kind: Literal["date"] = "date"


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleCame:
    """A campaign's schedule reached this profile. `at` is an instant, or the local time where the schedule is local."""

    profile: str
    campaign: str
    trigger: int
    at: datetime
    local: bool = False
    kind: Literal["schedule"] = "schedule"


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageFailed:
    """A message was not sent after all; one that cannot be rendered ends its journey too.

    `keeps_voucher`: it bears a code that may have reached somebody; one that it does not bear any more is nobody's.
    """

    profile: str
    message: str
    journey: str
    reason: str
    ends_journey: bool = True
    keeps_voucher: bool = False
    kind: Literal["message_failed"] = "message_failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class VoucherClaimed:
    """A message that is about to be sent gives this voucher."""

    profile: str
    given: GivenVoucher
    origin: Origin
    kind: Literal["voucher_claimed"] = "voucher_claimed"


@dataclass(frozen=True, kw_only=True, slots=True)
class VoucherUsed:
    """Somebody else redeemed a code that was given to this profile."""

    profile: str
    code: str
    at: datetime
    kind: Literal["voucher_used"] = "voucher_used"


Stimulus = EventCame | TimerDue | DateCame | ScheduleCame | MessageFailed | VoucherClaimed | VoucherUsed
