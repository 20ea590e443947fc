"""What the stores on AWS and their in-memory twins share beyond the ports, said once so that they cannot drift."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from dampf.domain.commit import Commit, Merge
from dampf.domain.decision import OrderTaken, Remembered
from dampf.domain.identifiers import Identifier
from dampf.domain.message import Message, Status
from dampf.domain.state import Entered
from dampf.domain.voucher import GivenVoucher

MOST_WRITES: Final = 100
"""What DynamoDB takes in one transaction, and so the most that one commit may need."""

PATIENCE: Final = timedelta(minutes=2)
"""How long a request to send, or an emitted event, may lie before the clock takes it up again."""

LONGEST_DELAY: Final = timedelta(minutes=15)
"""How far ahead a delayed message can carry a wake-up."""

_MOST_DOUBLINGS: Final = 10

UNSETTLED: Final = frozenset({Status.REQUESTED, Status.SENDING})
ANSWERED: Final = frozenset({Status.SENT, Status.SOFT_BOUNCED, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED})
"""What feedback may have made of a message before its sender could write down what it knows."""

_UNANSWERED: Final = (Status.REQUESTED, Status.SENDING, Status.UNKNOWN)
SETTLES: Final[dict[Status, tuple[Status, ...]]] = {
    Status.SENT: _UNANSWERED,
    Status.SOFT_BOUNCED: (*_UNANSWERED, Status.SENT),
    Status.DELIVERED: (*_UNANSWERED, Status.SENT, Status.SOFT_BOUNCED),
    Status.BOUNCED: (*_UNANSWERED, Status.SENT, Status.SOFT_BOUNCED, Status.DELIVERED),
    Status.COMPLAINED: (*_UNANSWERED, Status.SENT, Status.SOFT_BOUNCED, Status.DELIVERED, Status.BOUNCED),
    Status.DROPPED: (*_UNANSWERED, Status.SENT),
}
"""The statuses that each feedback may follow. `requested` is one: it was given back, yet had been sent after all."""


def writes_of(commit: Commit) -> int:
    return (
        1
        + len(commit.seen)
        + len(commit.events)
        + 2 * len(commit.claims)  # each is claimed, and must not be an erased person's
        + len(commit.dates)
        + len(commit.interests)
        + len(commit.messages)
        + len(commit.memories)
        + len(commit.emitted)
        + len(commit.ended)
        + len(commit.conversions)
        + len(commit.consents)
    )


def moved_at_once(merge: Merge) -> dict[Identifier, str]:
    """The identifiers that fit into a merge's transaction, besides two states, dates and claims."""
    others = 2 + 2 * len(merge.dates) + 2 * len(merge.claims)
    return dict(islice(merge.identifiers.items(), max(MOST_WRITES - others, 0)))


def too_many_writes(commit: Commit) -> str:
    return f"needs {writes_of(commit)} writes at once, {MOST_WRITES} are possible"


def due_again(message: Message) -> datetime | None:
    """When the clock takes it up if nobody claims it; None where there is nothing to claim."""
    if message.status is not Status.REQUESTED:
        return None
    return message.requested_at + PATIENCE * (1 << min(message.tries, _MOST_DOUBLINGS))


def due_after_claim(message: Message, *, now: datetime) -> datetime | None:
    """When a claimed message may be claimed again. Marketing never: what died on its way is not sent on a guess."""
    return now + PATIENCE if message.transactional else None


def combined(rows: Sequence[Remembered]) -> Remembered | None:
    """What a person's rows say together: their own first, then those of the profiles merged into theirs.

    Combining again what was combined and written to the first row changes nothing.
    """
    if not rows:
        return None
    own = rows[0]
    if isinstance(own, Entered):
        entries = [row for row in rows if isinstance(row, Entered)]
        return Entered(max(entry.ordinal for entry in entries), max(entry.at for entry in entries))
    if isinstance(own, GivenVoucher):
        return own
    orders = [row for row in reversed(rows) if isinstance(row, OrderTaken)]
    return OrderTaken(
        {metric: amount for order in orders for metric, amount in order.brought.items()},
        {metric: amount for order in orders for metric, amount in order.asked.items()},
    )
