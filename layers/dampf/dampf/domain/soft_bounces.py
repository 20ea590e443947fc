"""Soft bounces: when an address that keeps turning mails away is given up.

Counted by message, not by notice: one mail may be turned away more than once. Whatever shows that mails arrive there
again, a later mail delivered, or any opened or clicked, forgives all bounces before it. A mail that bounced after all
was not delivered for good, so its own delivery forgives nothing; its being read does. What is kept does not depend on
the order in which the notices arrive.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

MOST_BOUNCES: Final = 3
"""Messages turned away within `SPAN`, after which an address is given up."""

SPAN: Final = timedelta(days=30)
MOST_KEPT: Final = 8
_BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)


class Attempt(NamedTuple):
    """What was heard of one message to the address."""

    message: str
    bounced_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None

    @property
    def arrived_at(self) -> datetime | None:
        """When it showed that mails arrive."""
        return self.read_at or (self.delivered_at if self.bounced_at is None else None)

    @property
    def last_at(self) -> datetime:
        told = (self.bounced_at, self.delivered_at, self.read_at)
        return max((at for at in told if at is not None), default=_BEGINNING)


Attempts = tuple[Attempt, ...]


def noting(attempts: Attempts, heard: Attempt) -> Attempts:
    """With what was heard now; of a message's repeated notices the first bounce and delivery and the last reading."""
    known = next((each for each in attempts if each.message == heard.message), heard)
    united = Attempt(
        heard.message,
        bounced_at=min((at for at in (known.bounced_at, heard.bounced_at) if at), default=None),
        delivered_at=min((at for at in (known.delivered_at, heard.delivered_at) if at), default=None),
        read_at=max((at for at in (known.read_at, heard.read_at) if at), default=None),
    )
    others = [each for each in attempts if each.message != heard.message]
    return tuple(sorted((*others, united), key=lambda each: (each.last_at, each.message))[-MOST_KEPT:])


def given_up_at(attempts: Attempts) -> datetime | None:
    """When the address was given up; None where it is still tried."""
    if len(attempts) < MOST_BOUNCES:
        return None
    forgiven_at = max((at for each in attempts if (at := each.arrived_at)), default=_BEGINNING)
    bounces = sorted(at for each in attempts if (at := each.bounced_at) and at > forgiven_at)
    for first, last in zip(bounces, bounces[MOST_BOUNCES - 1 :], strict=False):
        if last - first <= SPAN:
            return last
    return None
