"""Outcomes: one JSON line per message, the same from simulation and from the embedded AWS."""

import json
from collections.abc import Iterable
from typing import Any, Final

from dampf.domain.instants import format_instant
from dampf.domain.message import Message, Status

OUTCOMES: Final = {
    Status.SENDING: "unknown",
    Status.SENT: "sent",
    Status.DELIVERED: "sent",
    Status.SOFT_BOUNCED: "sent",
    Status.BOUNCED: "sent",
    Status.COMPLAINED: "sent",
    Status.UNKNOWN: "unknown",
    Status.DROPPED: "dropped",
    Status.HELD_OUT: "held_out",
}
"""What became of a message, as readers count it. One that is still requested has no outcome yet."""


def outcome(message: Message) -> dict[str, Any]:
    """The line of a message that has come to an end."""
    return {
        "id": message.id,
        "at": format_instant(message.at or message.requested_at),
        "profile": message.profile,
        "customer_id": message.customer_id,
        "email": message.email,
        "channel": message.channel,
        "phone": message.phone,
        "campaign": message.campaign,
        "version": message.version,
        "journey": message.journey,
        "step": message.step,
        "message": message.message,
        "outcome": OUTCOMES[message.status],
        "reason": message.reason,
        "held": [{"until": format_instant(hold.until), "reason": hold.reason} for hold in message.held],
        "subject": message.subject,
        "locale": message.locale,
        "voucher": message.voucher.code if message.voucher is not None else None,
    }


def settled(messages: Iterable[Message]) -> list[Message]:
    """Those that have an outcome, in order of time."""
    return sorted(
        (message for message in messages if message.status in OUTCOMES),
        key=lambda message: (
            message.at or message.requested_at,
            message.requested_at,
            message.campaign,
            message.step,
            message.id,
        ),
    )


def as_lines(messages: Iterable[Message]) -> str:
    return "".join(json.dumps(outcome(message), ensure_ascii=False) + "\n" for message in settled(messages))
