"""The shop's own events: the detail-type is the event's name. Our own emitted events come back in through here too."""

from typing import Final

from dampf.domain.event import IDENTIFY
from dampf.doors.envelope import Envelope, Malformed, Translation
from dampf.doors.message import read_message, translate_message

SEGMENT_ENVELOPE: Final = "track"
"""A shop that puts whole Segment messages on its bus names the call, and the message names the event."""


def translate_shop(envelope: Envelope) -> Translation:
    message = read_message(envelope)
    name = envelope.name
    if name.lower() == IDENTIFY or message.get("type") == IDENTIFY:
        return translate_message(envelope, message, IDENTIFY)
    if name == SEGMENT_ENVELOPE:
        named = message.get("event")
        if not isinstance(named, str) or not named.strip():
            raise Malformed("the event's name expected", field="detail.event", event_id=envelope.id)
        name = named.strip()
    return translate_message(envelope, message, name)
