"""The ways in which SES fails a send, as its API answers them; for tests of what `deliver` makes of each."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from threading import Lock


class Fault(Enum):
    """Each value is the HTTP status, SES's exception and its message; no status means that no answer comes."""

    THROTTLED = (429, "TooManyRequestsException", "Maximum sending rate exceeded.")
    DAILY_QUOTA = (400, "LimitExceededException", "Daily message quota exceeded.")
    REJECTED = (400, "MessageRejected", "Email address is not verified.")
    BAD_REQUEST = (400, "BadRequestException", "Missing final '@domain'")
    SENDING_PAUSED = (400, "SendingPausedException", "Sending paused for this account.")
    ACCOUNT_SUSPENDED = (400, "AccountSuspendedException", "The account's ability to send email is suspended.")
    SENDER_UNVERIFIED = (400, "MailFromDomainNotVerifiedException", "The MAIL FROM domain is not verified.")
    SERVER_ERROR = (500, "InternalFailure", "The request processing has failed.")
    UNAVAILABLE = (503, "ServiceUnavailable", "The service is unable to handle the request.")
    HANGING = (None, "", "the connection stays open and no answer comes")
    RESET = (None, "", "the connection is reset")

    def __init__(self, status: int | None, exception: str, message: str) -> None:
        self.status = status
        self.exception = exception
        self.message = message


@dataclass(frozen=True, kw_only=True)
class PlannedFault:
    fault: Fault
    accepted: bool


class FaultPlan:
    """What the next sends meet, first planned first met. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._planned: deque[PlannedFault] = deque()

    def add(self, fault: Fault, *, times: int, accepted: bool) -> None:
        with self._lock:
            self._planned.extend([PlannedFault(fault=fault, accepted=accepted)] * times)

    def next(self) -> PlannedFault | None:
        with self._lock:
            return self._planned.popleft() if self._planned else None

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()
