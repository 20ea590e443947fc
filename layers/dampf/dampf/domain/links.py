"""The links of mails to our own pages: what each is good for, about whom and what it is, and how long it works."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from dampf.domain.message import profile_of
from dampf.domain.shop import MARKETING


class Purpose(StrEnum):
    """A token is good for one of these and for nothing else. Its value is also the page's path."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    RESUBSCRIBE = "resubscribe"
    PREFERENCES = "preferences"
    VIEW = "view"


WORKS_FOR: Final = {
    Purpose.CONFIRM: timedelta(days=30),
    Purpose.UNSUBSCRIBE: timedelta(days=3 * 365),
    Purpose.RESUBSCRIBE: timedelta(days=1),
    Purpose.PREFERENCES: timedelta(days=3 * 365),
    Purpose.VIEW: timedelta(days=400),
}
"""A way out works for as long as somebody may keep a mail. Confirming works for less than the 35 days for which an
event is remembered as seen: that is what makes a second confirmation harmless. What a mail showed is kept for as long
as the link to it works, and no longer.
"""


class Subject(NamedTuple):
    """What a token stands for: the message that bore the link, and the topic that it is about. No address, no name."""

    message: str
    topic: str = MARKETING

    @property
    def profile(self) -> str:
        return profile_of(self.message)


class Opened(NamedTuple):
    """A token that was read."""

    subject: Subject
    issued_at: datetime


class Refusal(StrEnum):
    """Why a token opens nothing: it ran out, or it is not ours, not for this purpose, or not as we wrote it."""

    EXPIRED = "expired"
    INVALID = "invalid"
