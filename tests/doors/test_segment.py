"""Segment's partner events."""

import pytest

from dampf.doors import Malformed, translate
from tests.doors.envelopes import sample, segment


def test_a_track_is_the_event_that_it_names():
    (event,) = translate(sample("segment_track")).events
    assert event.key == "aws.partner/segment.com/src-tools#ajs-next-0001"
    assert event.name == "Product Viewed"
    assert event.identifiers == {"anonymous_id": "browser-9f2c"}
    assert event.traits == {"timezone": "Europe/Berlin", "language": "de-DE"}
    assert event.properties["price"] == 129.9


def test_an_identify_tells_traits():
    (event,) = translate(sample("segment_identify")).events
    assert event.name == "identify"
    assert event.traits == {
        "email": "anna.example@shop.example",
        "first_name": "Anna",
        "last_name": "Example",
        "address": {"city": "Berlin", "postal_code": "10115", "country": "DE"},
        "language": "de-DE",
    }


def test_the_spelling_of_the_page_on_email_is_read_too():
    message = {
        "user_id": "4711",
        "action": "track",
        "event": "Email Link Clicked",
        "context": {"traits": {"email": "anna@shop.example"}},
        "properties": {"email_id": "p51-7c3e", "link_url": "https://shop.example/drill"},
    }
    (event,) = translate(segment(message)).events
    assert event.name == "Email Link Clicked"
    assert event.email_id == "p51-7c3e"
    assert event.identifiers == {"customer_id": "4711", "email": "anna@shop.example"}


@pytest.mark.parametrize("kind, name", [("page", "Page Viewed"), ("screen", "Screen Viewed")])
def test_a_page_keeps_its_name_and_category_as_properties(kind: str, name: str):
    message = {"type": kind, "userId": "a", "name": "Drills", "category": "Tools", "properties": {"name": "All drills"}}
    (event,) = translate(segment(message, kind=kind)).events
    assert event.name == name
    assert event.properties == {"name": "All drills", "category": "Tools"}


@pytest.mark.parametrize("kind", ["group", "delete", ""])
def test_other_calls_are_not_read(kind: str):
    translation = translate(segment({"type": kind, "userId": "a"}, kind=kind or "unknown"))
    assert translation.events == ()
    assert len(translation.remarks) == 1


@pytest.mark.parametrize("event", [None, "", 7, "x" * 300])
def test_a_track_without_a_name_is_malformed(event: object):
    with pytest.raises(Malformed, match=r"^detail.event: the event's name expected$"):
        translate(segment({"type": "track", "event": event}))


def test_an_alias_joins_what_was_seen_before_with_the_customer():
    message = {"type": "alias", "previousId": "browser-9f2c", "userId": "42", "messageId": "m1"}
    (event,) = translate(segment(message, kind="alias")).events
    assert event.name == "identify"
    assert event.identifiers == {"customer_id": "42", "anonymous_id": "browser-9f2c"}


def test_an_alias_never_makes_one_of_two_customers():
    message = {"type": "alias", "previousId": "41", "userId": "42", "messageId": "m1"}
    (event,) = translate(segment(message, kind="alias")).events
    assert event.identifiers == {"customer_id": "42", "anonymous_id": "41"}


@pytest.mark.parametrize(
    "name",
    ["Email Delivered", "Email Opened", "Email Link Clicked", "Email Bounced", "Email Marked as Spam", "Unsubscribed"],
)
def test_another_mailers_feedback_is_the_persons_and_tells_no_address(name: str):
    message = {
        "type": "track",
        "event": name,
        "messageId": "m1",
        "context": {"traits": {"email": "anna@shop.example"}},
        "properties": {"email_id": "other-17", "campaign_name": "Spring"},
    }
    (event,) = translate(segment(message)).events
    assert event.identifiers == {"email": "anna@shop.example"}
    assert event.properties == {"email_id": "other-17", "campaign_name": "Spring"}
    assert event.traits == ({"email": "anna@shop.example"} if name == "Unsubscribed" else {})


def test_external_ids_of_our_kinds_are_identifiers_and_others_may_be_strangers():
    further = [
        {"id": "T-1", "type": "cart_token", "collection": "users", "encoding": "none"},
        {"id": "43", "type": "user_id", "collection": "users", "encoding": "none"},
        {"id": "ANNA@shop.example", "type": "email", "collection": "users", "encoding": "none"},
        {"id": "A-1", "type": "ios.idfa", "collection": "users", "encoding": "none"},
        {"id": "G-1", "type": "anonymous_id", "collection": "groups", "encoding": "none"},
    ]
    message = {"type": "track", "event": "Page Seen", "userId": "42", "context": {"externalIds": further}}
    (event,) = translate(segment(message)).events
    assert event.identifiers == {"customer_id": "42", "cart_token": "T-1", "email": "anna@shop.example"}


def test_our_sample_of_another_mailers_feedback_comes_through():
    (event,) = translate(sample("segment_email_opened")).events
    assert event.name == "Email Opened"
    assert event.identifiers == {
        "customer_id": "4343",
        "email": "emil.example@shop.example",
        "cart_token": "kP41-cart-token",
    }
