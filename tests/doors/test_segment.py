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


@pytest.mark.parametrize("kind", ["alias", "group", "delete", ""])
def test_other_calls_are_not_read(kind: str):
    translation = translate(segment({"type": kind, "userId": "a"}, kind=kind or "unknown"))
    assert translation.events == ()
    assert len(translation.remarks) == 1


@pytest.mark.parametrize("event", [None, "", 7, "x" * 300])
def test_a_track_without_a_name_is_malformed(event: object):
    with pytest.raises(Malformed, match=r"^detail.event: the event's name expected$"):
        translate(segment({"type": "track", "event": event}))
