"""A Segment message to an event. The shop's own events have the same shape, so both doors end here."""

import re
from typing import Any, Final

from typing_extensions import TypedDict  # pydantic needs this one below Python 3.12

from dampf.domain.event import (
    ANONYMOUS_ID,
    CART_TOKEN,
    CUSTOMER_ID,
    EMAIL,
    FEEDBACK,
    IDENTIFY,
    ORDER_ID,
    PAGES,
    PHONE,
    Event,
)
from dampf.doors.canonical import NAMES_ITS_PERSON, canonical_properties
from dampf.doors.checks import Code, Text, check
from dampf.doors.envelope import Envelope, Translation, check_size, first_id, happened_at, own_id
from dampf.doors.people import add_language, add_zone, address, identifier, phone, tidy_traits

SNAKE_CASE: Final = {
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "messageId": "message_id",
    "type": "action",
}
"""The spelling of Segment's page on e-mail events, which some senders copy."""


EXTERNAL: Final = {
    "user_id": CUSTOMER_ID,
    "customer_id": CUSTOMER_ID,
    "email": EMAIL,
    "phone": PHONE,
    "anonymous_id": ANONYMOUS_ID,
    "cart_token": CART_TOKEN,
}
"""Types of Segment's external ids, and our kinds of identifier."""

OWN_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""A shop's own type is a kind of identifier. Those with a dot (`ios.idfa`) name devices that strangers may share."""

NO_PERSONS: Final = frozenset({ORDER_ID, "group_id", "event"})


class Origin(TypedDict, total=False):
    """What an emitted event says of its campaign, and an event of our own pages of its person."""

    campaign: Text
    chain: list[Text]
    profile: Text


class ExternalId(TypedDict, total=False):
    id: Code | None
    type: Text | None
    collection: Text | None
    encoding: Text | None


class Context(TypedDict, total=False):
    externalIds: list[ExternalId] | None
    traits: dict[str, Any] | None
    timezone: Any
    locale: Any
    historical: bool | None
    dampf: Origin | None


class Message(TypedDict, total=False):
    type: Any
    action: Any
    event: Any
    name: Any
    category: Any
    userId: Code | None
    user_id: Code | None
    anonymousId: Code | None
    anonymous_id: Code | None
    previousId: Code | None
    messageId: Code | None
    message_id: Code | None
    timestamp: Any
    context: Context | None
    traits: dict[str, Any] | None
    properties: dict[str, Any] | None


def read_message(envelope: Envelope) -> Message:
    message: Message = check(Message, envelope.detail, place="detail", event_id=envelope.id)
    return message


def spelled(message: Message, field: str) -> Any:
    """The field in either spelling."""
    told = message.get(field)
    return message.get(SNAKE_CASE[field]) if told is None else told


def translate_message(envelope: Envelope, message: Message, name: str) -> Translation:
    remarks: list[str] = []
    event_id = first_id(envelope, spelled(message, "messageId"), field="detail.messageId")
    context = message.get("context") or {}
    traits = _traits(context, message.get("traits"), remarks)
    properties = message.get("properties") or {}
    if name != IDENTIFY:
        properties = canonical_properties(name, properties, event_id=event_id)
    if name in NAMES_ITS_PERSON and EMAIL not in traits and (told := properties.get("email")):
        if mailable := address(told):
            traits[EMAIL] = mailable
        else:
            remarks.append("property email: an e-mail address expected, ignored")
    identifiers = _identifiers(message, traits, remarks)
    if context and (further := context.get("externalIds")):
        _add_external(identifiers, further, remarks)
    if name in FEEDBACK:  # an old mail's bounce must not bring an old address back
        traits.pop(EMAIL, None)
    origin = context.get("dampf") if context else None
    event = Event(
        source=envelope.source,
        id=event_id,
        name=name,
        at=happened_at(envelope, message.get("timestamp"), remarks, field="detail.timestamp"),
        arrived_at=envelope.arrived_at,
        identifiers=identifiers,
        properties=properties,
        traits=traits,
        historical=bool(context.get("historical")) if context else False,
        chain=_chain(origin, event_id) if origin else (),
        profile=origin.get("profile") if origin and envelope.source == PAGES else None,
    )
    check_size(event)
    return Translation((event,), tuple(remarks))


def _traits(context: Context, told: dict[str, Any] | None, remarks: list[str]) -> dict[str, Any]:
    if not context:
        return tidy_traits(told, remarks) if told else {}
    raw = {**(context.get("traits") or {}), **(told or {})}
    traits = tidy_traits(raw, remarks) if raw else {}
    if "timezone" not in traits and (zone := context.get("timezone")):
        add_zone(traits, zone, remarks)
    if "language" not in traits and (locale := context.get("locale")):
        add_language(traits, locale)
    return traits


def _identifiers(message: Message, traits: dict[str, Any], remarks: list[str]) -> dict[str, str]:
    identifiers: dict[str, str] = {}
    if customer := identifier(spelled(message, "userId"), remarks, field="detail.userId"):
        identifiers[CUSTOMER_ID] = customer
    if EMAIL in traits:
        identifiers[EMAIL] = traits[EMAIL]
    if anonymous := identifier(spelled(message, "anonymousId"), remarks, field="detail.anonymousId"):
        identifiers[ANONYMOUS_ID] = anonymous
    if PHONE in traits and (number := phone(traits[PHONE])):
        identifiers[PHONE] = number
    return identifiers


def _add_external(identifiers: dict[str, str], further: list[ExternalId], remarks: list[str]) -> None:
    """Segment's further ids, as far as they are a person's and told as they are (`encoding` none).

    What the message says itself comes first, and of two of one type the first.
    """
    for each in further:
        given = each.get("type") or ""
        kind = EXTERNAL.get(given, given)
        is_ours = OWN_KIND.fullmatch(kind) and kind not in NO_PERSONS and each.get("collection") in (None, "users")
        if not is_ours or kind in identifiers or each.get("encoding") not in (None, "none"):
            continue
        told = each.get("id")
        if kind in (EMAIL, PHONE):
            named = address(told) if kind == EMAIL else phone(told)
        else:
            named = identifier(told, remarks, field="detail.context.externalIds")
        if named:
            identifiers[kind] = named


def _chain(origin: Origin, event_id: str) -> tuple[str, ...]:
    """The campaigns that led here, first to last, the one that emitted the event at the end."""
    links = [*origin.get("chain", ()), origin.get("campaign", "")]
    campaigns = (own_id(link, field="detail.context.dampf", event_id=event_id) for link in links if link)
    return tuple(dict.fromkeys(campaigns))
