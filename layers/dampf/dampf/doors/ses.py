"""Amazon SES's feedback. Only mails that bear our tag are ours; the account may send others.

The recipient's address is told as an identifier and never as a trait: an old mail's bounce must not bring an old
address back.
"""

from typing import Any, Final

from typing_extensions import TypedDict  # pydantic needs this one below Python 3.12

from dampf.domain.event import EMAIL, Event
from dampf.doors.checks import Code, Text, check
from dampf.doors.envelope import Envelope, Malformed, Translation, check_size, happened_at, own_id
from dampf.doors.people import address

TAG: Final = "message"
"""The SES tag that carries the message's id."""

EVENT_TYPES: Final = {
    "Email Sent": ("Email Sent", "send"),
    "Email Delivered": ("Email Delivered", "delivery"),
    "Email Opened": ("Email Opened", "open"),
    "Email Clicked": ("Email Link Clicked", "click"),
    "Email Bounced": ("Email Bounced", "bounce"),
    "Email Complaint Received": ("Email Marked as Spam", "complaint"),
    "Email Rejected": ("Email Rejected", "reject"),
    "Email Rendering Failed": ("Email Rendering Failed", "failure"),
    "Email Delivery Delayed": ("Email Delivery Delayed", "deliveryDelay"),
    "Email Subscribed": ("Unsubscribed", "subscription"),
}
"""SES's detail-type: our event, and the section of the detail that tells more."""


class Mail(TypedDict, total=False):
    source: Any
    timestamp: Any
    messageId: Code | None
    destination: list[Text] | None
    tags: dict[str, Any] | None


class Recipient(TypedDict, total=False):
    emailAddress: Text | None


class TopicPreference(TypedDict, total=False):
    topicName: Text
    subscriptionStatus: Text


class Preferences(TypedDict, total=False):
    unsubscribeAll: bool
    topicSubscriptionStatus: list[TopicPreference] | None


class Section(TypedDict, total=False):
    timestamp: Any
    userAgent: Any
    link: Text | None
    bounceType: Text | None
    bounceSubType: Text | None
    complaintFeedbackType: Text | None
    delayType: Text | None
    reason: Text | None
    bouncedRecipients: list[Recipient] | None
    complainedRecipients: list[Recipient] | None
    newTopicPreferences: Preferences | None
    oldTopicPreferences: Preferences | None


PROXIES: Final = {"googleimageproxy": "gmail", "ggpht.com": "gmail", "yahoomailproxy": "yahoo"}
"""What the programs of privacy proxies call themselves, and whose they are."""

PROPERTIES: Final = {
    "link": "link_url",
    "bounceType": "bounce_type",
    "bounceSubType": "bounce_sub_type",
    "complaintFeedbackType": "complaint_type",
    "delayType": "delay_type",
    "reason": "reason",
}


def translate_ses(envelope: Envelope) -> Translation:
    if envelope.name not in EVENT_TYPES:
        return Translation(remarks=("ses: feedback of this type is not read",))
    name, part = EVENT_TYPES[envelope.name]
    mail: Mail = check(Mail, envelope.detail.get("mail"), place="detail.mail", event_id=envelope.id)
    section: Section = check(Section, envelope.detail.get(part) or {}, place=f"detail.{part}", event_id=envelope.id)
    tagged = (mail.get("tags") or {}).get(TAG)
    message_id = tagged[0] if isinstance(tagged, list) and tagged else tagged
    if not isinstance(message_id, str) or not message_id:
        return Translation(remarks=("ses: a mail without our tag is not ours",))

    remarks: list[str] = []
    field = f"detail.{part}.timestamp" if section.get("timestamp") else "detail.mail.timestamp"
    told = section.get("timestamp") or mail.get("timestamp")
    at = happened_at(envelope, told, remarks, field=field)
    recipient = _recipient(mail, section)
    feedback_id = _feedback_id(envelope, mail, part, told)
    events = []
    for suffix, properties in _accounts(name, section):
        event = Event(
            source=envelope.source,
            id=own_id(f"{feedback_id}{suffix}", field="detail.mail.messageId", event_id=envelope.id),
            name=name,
            at=at,
            arrived_at=envelope.arrived_at,
            identifiers={EMAIL: recipient} if recipient else {},
            properties={"email_id": message_id, **properties},
        )
        check_size(event)
        events.append(event)
    if not events:
        remarks.append("ses: preferences that unsubscribe from nothing are not read")
    return Translation(tuple(events), tuple(remarks))


def _feedback_id(envelope: Envelope, mail: Mail, part: str, told: Any) -> str:
    """One mail is opened and clicked more than once, hence the time; its repetition has a new envelope id."""
    if sent_as := mail.get("messageId"):
        return f"{sent_as}/{part}/{told}" if isinstance(told, str) else f"{sent_as}/{part}"
    if envelope.id is None:
        raise Malformed("an id expected, here or in the envelope", field="detail.mail.messageId")
    return envelope.id


def _accounts(name: str, section: Section) -> list[tuple[str, dict[str, Any]]]:
    """The properties of each event that this feedback means, with what tells their ids apart."""
    if name == "Unsubscribed":
        return _unsubscriptions(section)
    values: dict[str, Any] = {**section}
    if name == "Email Opened" and (proxy := proxy_of(section.get("userAgent"))):
        return [("", {"by_proxy": True, "proxy": proxy})]
    return [("", {ours: values[theirs] for theirs, ours in PROPERTIES.items() if values.get(theirs) is not None})]


def proxy_of(user_agent: Any) -> str | None:
    """Whose privacy proxy fetched the pictures of a mail; None where somebody's own program did.

    Apple's names nothing but `Mozilla/5.0`, which no program does that a person reads with.
    """
    told = user_agent.strip() if isinstance(user_agent, str) else ""
    if told == "Mozilla/5.0":
        return "apple"
    return next((proxy for mark, proxy in PROXIES.items() if mark in told.lower()), None)


def _unsubscriptions(section: Section) -> list[tuple[str, dict[str, Any]]]:
    preferences = section.get("newTopicPreferences") or {}
    if preferences.get("unsubscribeAll"):
        return [("", {})]
    before = _topics_left(section.get("oldTopicPreferences") or {})
    left = [topic for topic in _topics_left(preferences) if topic not in before]
    return [(f"/{topic}", {"topic": topic}) for topic in left]


def _topics_left(preferences: Preferences) -> list[str]:
    told = preferences.get("topicSubscriptionStatus") or []
    return [
        topic["topicName"] for topic in told if topic.get("subscriptionStatus") == "OptOut" and topic.get("topicName")
    ]


def _recipient(mail: Mail, section: Section) -> str | None:
    concerned = section.get("bouncedRecipients") or section.get("complainedRecipients") or []
    told = [recipient.get("emailAddress") for recipient in concerned] or mail.get("destination") or []
    sender = _bare(mail.get("source"))
    return next((spelled for given in told if (spelled := _bare(given)) and spelled != sender), None)


def _bare(given: Any) -> str | None:
    """`Anna <anna@shop.example>` is told where the mail was sent so."""
    if isinstance(given, str) and given.endswith(">") and "<" in given:
        return address(given[given.rindex("<") + 1 : -1])
    return address(given)
