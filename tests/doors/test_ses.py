"""Amazon SES's feedback."""

from typing import Any

import pytest

from dampf.doors import translate
from tests.doors.envelopes import sample, ses

MAIL: dict[str, Any] = {
    "timestamp": "2026-03-02T09:00:00.000Z",
    "source": "hello@shop.example",
    "messageId": "ses-1",
    "destination": ["anna@shop.example"],
    "tags": {"message": ["p51-7c3e"]},
}


@pytest.mark.parametrize(
    "name, expected, properties",
    [
        ("ses_sent", "Email Sent", {}),
        ("ses_delivered", "Email Delivered", {}),
        ("ses_opened", "Email Opened", {}),
        ("ses_clicked", "Email Link Clicked", {"link_url": "https://shop.example/drill-18v"}),
        ("ses_bounced", "Email Bounced", {"bounce_type": "Permanent", "bounce_sub_type": "General"}),
        ("ses_complained", "Email Marked as Spam", {"complaint_type": "abuse"}),
    ],
)
def test_feedback_names_the_message_and_the_recipient(name: str, expected: str, properties: dict[str, Any]):
    (event,) = translate(sample(name)).events
    assert event.name == expected
    assert event.email_id == "p51-7c3e0d9a"
    assert event.properties == {"email_id": "p51-7c3e0d9a", **properties}
    assert event.identifiers == {"email": "anna.example@shop.example"}
    assert event.traits == {}


def test_feedback_happened_when_its_section_says_and_sending_when_the_mail_says():
    (delivered,) = translate(sample("ses_delivered")).events
    (sent,) = translate(sample("ses_sent")).events
    assert delivered.at.isoformat() == "2026-03-02T10:00:00+00:00"
    assert sent.at.isoformat() == "2026-03-02T09:58:00+00:00"


def test_two_opens_are_two_events_and_a_repeated_open_is_one():
    at_ten = ses("Email Opened", {"mail": MAIL, "open": {"timestamp": "2026-03-02T10:00:00.000Z"}})
    at_eleven = ses("Email Opened", {"mail": MAIL, "open": {"timestamp": "2026-03-02T11:00:00.000Z"}})
    ids = [translate({**given, "id": f"e{n}"}).events[0].id for n, given in enumerate([at_ten, at_ten, at_eleven])]
    assert ids == [
        "ses-1/open/2026-03-02T10:00:00.000Z",
        "ses-1/open/2026-03-02T10:00:00.000Z",
        "ses-1/open/2026-03-02T11:00:00.000Z",
    ]


@pytest.mark.parametrize("tags", [None, {}, {"message": []}, {"message": [7]}, {"ses:from-domain": ["shop.example"]}])
def test_a_mail_without_our_tag_is_not_ours(tags: Any):
    translation = translate(ses("Email Delivered", {"mail": {**MAIL, "tags": tags}, "delivery": {}}))
    assert translation.events == ()
    assert translation.remarks == ("ses: a mail without our tag is not ours",)


@pytest.mark.parametrize(
    "destination, expected",
    [
        (["Anna <Anna@Shop.Example>"], {"email": "anna@shop.example"}),
        (["hello@shop.example"], {}),
        ([], {}),
        (None, {}),
    ],
)
def test_the_recipient_is_never_the_sender(destination: Any, expected: dict[str, str]):
    mail = {**MAIL, "source": "Example Tools <hello@shop.example>", "destination": destination}
    (event,) = translate(ses("Email Sent", {"mail": mail, "send": {}})).events
    assert event.identifiers == expected


@pytest.mark.parametrize(
    "kind, name",
    [
        ("Email Rejected", "Email Rejected"),
        ("Email Rendering Failed", "Email Rendering Failed"),
        ("Email Delivery Delayed", "Email Delivery Delayed"),
    ],
)
def test_what_went_wrong_at_ses_names_the_message_too(kind: str, name: str):
    (event,) = translate(ses(kind, {"mail": MAIL})).events
    assert (event.name, event.properties["email_id"]) == (name, "p51-7c3e")


def preferences(*left: str, everything: bool = False) -> dict[str, Any]:
    topics = [{"topicName": topic, "subscriptionStatus": "OptOut"} for topic in left]
    return {"unsubscribeAll": everything, "topicSubscriptionStatus": topics}


@pytest.mark.parametrize(
    "before, after, expected",
    [
        pytest.param(preferences(), preferences(everything=True), [("ses-1/subscription/T", None)], id="all"),
        pytest.param(
            preferences("old"),
            preferences("old", "news", "tips"),
            [("ses-1/subscription/T/news", "news"), ("ses-1/subscription/T/tips", "tips")],
            id="each topic newly left",
        ),
        pytest.param(preferences("old"), preferences("old"), [], id="nothing new"),
    ],
)
def test_a_subscription_is_an_unsubscription_from_what_was_left(
    before: dict[str, Any], after: dict[str, Any], expected: list[tuple[str, str | None]]
):
    told = "2026-03-02T09:30:00Z"
    section = {"timestamp": told, "newTopicPreferences": after, "oldTopicPreferences": before}
    events = translate(ses("Email Subscribed", {"mail": MAIL, "subscription": section})).events
    assert [(event.id.replace(told, "T"), event.properties.get("topic")) for event in events] == expected
    assert all(event.name == "Unsubscribed" for event in events)


def test_feedback_of_an_unknown_type_is_not_read():
    assert translate(ses("Email Telegraphed", {"mail": MAIL})).remarks == ("ses: feedback of this type is not read",)


@pytest.mark.parametrize(
    "user_agent, proxy",
    [
        ("Mozilla/5.0", "apple"),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "gmail"),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "yahoo"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 10_3_3 like Mac OS X) AppleWebKit/603.3.8 (KHTML, like Gecko)", None),
        (None, None),
        (7, None),
    ],
)
def test_an_opening_by_a_privacy_proxy_is_marked_as_such(user_agent: Any, proxy: str | None):
    opened = {"timestamp": "2026-03-02T10:00:00.000Z", "userAgent": user_agent}
    (event,) = translate(ses("Email Opened", {"mail": MAIL, "open": opened})).events
    marked = {"by_proxy": True, "proxy": proxy} if proxy else {}
    assert event.properties == {"email_id": "p51-7c3e", **marked}


def test_a_click_through_a_proxy_is_a_click():
    click = {"timestamp": "2026-03-02T10:00:00.000Z", "link": "https://shop.example/", "userAgent": "Mozilla/5.0"}
    (event,) = translate(ses("Email Clicked", {"mail": MAIL, "click": click})).events
    assert event.properties == {"email_id": "p51-7c3e", "link_url": "https://shop.example/"}
