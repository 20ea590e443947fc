"""Segment's partner events: the whole message, whose `type` says what it is.

An `alias` says that an earlier id was the same person: it is read as an anonymous id, so that two customers never
become one by it. `group` is not read: nobody mails a group.
"""

from dampf.domain.event import IDENTIFY
from dampf.doors.envelope import MAX_ID_CHARACTERS, Envelope, Malformed, Translation, is_unicode
from dampf.doors.message import Message, read_message, spelled, translate_message


def translate_segment(envelope: Envelope) -> Translation:
    message = read_message(envelope)
    kind = spelled(message, "type") or envelope.name
    match kind:
        case "track":
            return translate_message(envelope, message, _name_of(envelope, message))
        case "identify":
            return translate_message(envelope, message, IDENTIFY)
        case "page":
            return translate_message(envelope, _with_name(message), "Page Viewed")
        case "screen":
            return translate_message(envelope, _with_name(message), "Screen Viewed")
        case "alias":
            return translate_message(envelope, _aliased(message), IDENTIFY)
        case "group":
            return Translation(remarks=("segment: group is not read",))
        case _:
            return Translation(remarks=("segment: a call of this type is not read",))


def _name_of(envelope: Envelope, message: Message) -> str:
    named = message.get("event")
    name = named.strip() if isinstance(named, str) else ""
    if not name or len(name) > MAX_ID_CHARACTERS or not is_unicode(name):
        raise Malformed("the event's name expected", field="detail.event", event_id=envelope.id)
    return name


def _aliased(message: Message) -> Message:
    earlier = message.get("previousId")
    return message if earlier is None else {**message, "anonymousId": earlier, "anonymous_id": None}


def _with_name(message: Message) -> Message:
    """A page and a screen have their name and category beside the properties; we keep them within."""
    properties = {**(message.get("properties") or {})}
    for field, told in (("name", message.get("name")), ("category", message.get("category"))):
        if isinstance(told, str) and told:
            properties.setdefault(field, told)
    return {**message, "properties": properties}
