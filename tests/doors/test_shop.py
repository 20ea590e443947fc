"""The shop's own door: names, ids, times, people and traits."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dampf.domain.event import MAX_BYTES, Event
from dampf.doors import Malformed, translate
from tests.doors.envelopes import sample, shop

ARRIVED_AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def only(envelope: dict[str, Any]) -> Event:
    (event,) = translate(envelope).events
    return event


def refusal(envelope: Any) -> Malformed:
    with pytest.raises(Malformed) as caught:
        translate(envelope)
    return caught.value


def traits_and_remarks(**traits: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    translation = translate(shop("identify", userId="anna", traits=traits))
    return translation.events[0].traits, translation.remarks


def test_a_shop_event_is_translated_whole():
    assert only(sample("shop_product_added")) == Event(
        source="shop.example",
        id="added-0001",
        name="Product Added",
        at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
        arrived_at=datetime(2026, 3, 2, 10, 0, 2, tzinfo=UTC),
        identifiers={"customer_id": "4711", "anonymous_id": "browser-9f2c"},
        properties={
            "cart_id": "cart-88",
            "product_id": "drill-18v",
            "sku": "DR-18-2",
            "name": "Cordless drill 18 V",
            "category": "Power tools",
            "brand": "Bohrwerk",
            "price": 129.9,
            "quantity": 1,
            "url": "https://shop.example/drill-18v",
            "image_url": "https://shop.example/images/drill-18v.jpg",
        },
        traits={"timezone": "Europe/Berlin", "language": "de-DE"},
    )


def test_an_identify_tells_traits_in_canonical_spelling():
    event = only(sample("shop_identify"))
    assert event.name == "identify"
    assert event.identifiers == {
        "customer_id": "4711",
        "email": "anna.example@shop.example",
        "anonymous_id": "browser-9f2c",
    }
    assert event.traits == {
        "email": "anna.example@shop.example",
        "first_name": "Anna",
        "last_name": "Example",
        "birthday": "1992-02-29",
        "language": "de",
        "timezone": "Europe/Berlin",
    }


@pytest.mark.parametrize(
    "envelope",
    [
        pytest.param(shop("identify", userId="a"), id="by detail-type"),
        pytest.param(shop("Identify", userId="a"), id="by detail-type, capital"),
        pytest.param(shop("anything", type="identify", userId="a"), id="by type"),
    ],
)
def test_identify_is_known_by_detail_type_or_type(envelope: dict[str, Any]):
    assert only(envelope).name == "identify"


def test_a_whole_segment_message_on_the_shops_bus_names_its_event_itself():
    assert only(shop("track", type="track", event="Cart Viewed", user_id="a")).name == "Cart Viewed"


@pytest.mark.parametrize(
    "detail, expected",
    [
        pytest.param({"messageId": "own"}, "own", id="its own"),
        pytest.param({"messageId": 17}, "17", id="a number"),
        pytest.param({}, "envelope-1", id="the envelope's"),
        pytest.param({"messageId": None}, "envelope-1", id="null is none"),
        pytest.param({"messageId": ""}, "envelope-1", id="empty is none"),
    ],
)
def test_the_id_is_the_messages_else_the_envelopes(detail: dict[str, Any], expected: str):
    assert only(shop(**detail)).id == expected


@pytest.mark.parametrize(
    "timestamp, expected",
    [
        pytest.param("2026-03-02T09:00:00Z", datetime(2026, 3, 2, 9, tzinfo=UTC), id="UTC"),
        pytest.param("2026-03-02T09:00:00+01:00", datetime(2026, 3, 2, 8, tzinfo=UTC), id="an offset"),
        pytest.param("2026-03-02T09:00:00", datetime(2026, 3, 2, 9, tzinfo=UTC), id="naive is UTC"),
        pytest.param("2026-03-02T09:00:00.250Z", datetime(2026, 3, 2, 9, 0, 0, 250_000, tzinfo=UTC), id="milliseconds"),
        pytest.param("2019-01-01T00:00:00Z", datetime(2019, 1, 1, tzinfo=UTC), id="years ago"),
        pytest.param("2026-03-03T10:00:00Z", datetime(2026, 3, 3, 10, tzinfo=UTC), id="a clock that is a day fast"),
        pytest.param("2026-03-03T10:00:01Z", ARRIVED_AT, id="more than a day ahead"),
        pytest.param("9999-12-31T23:59:59Z", ARRIVED_AT, id="the end of time"),
        pytest.param(None, ARRIVED_AT, id="null"),
        pytest.param("", ARRIVED_AT, id="empty"),
    ],
)
def test_an_event_happened_when_it_says_else_when_it_arrived(timestamp: str | None, expected: datetime):
    event = only(shop(timestamp=timestamp))
    assert event.at == expected
    assert event.at.tzinfo is UTC
    assert event.arrived_at == ARRIVED_AT


def test_a_time_ahead_of_its_arrival_is_remarked_upon():
    assert translate(shop(timestamp="2027-01-01T00:00:00Z")).remarks == (
        "detail.timestamp: more than a day after its arrival, taken as its arrival",
    )


@pytest.mark.parametrize(
    "detail, expected",
    [
        pytest.param({"userId": "anna"}, {"customer_id": "anna"}, id="text"),
        pytest.param({"userId": 4711}, {"customer_id": "4711"}, id="a number"),
        pytest.param({"userId": 12345678901234567890}, {"customer_id": "12345678901234567890"}, id="above 64 bits"),
        pytest.param({"userId": "  anna "}, {"customer_id": "anna"}, id="stripped"),
        pytest.param({"user_id": "anna"}, {"customer_id": "anna"}, id="snake case"),
        pytest.param({"userId": None, "anonymousId": "b"}, {"anonymous_id": "b"}, id="anonymous"),
        pytest.param({"userId": "", "anonymousId": " "}, {}, id="empty"),
        pytest.param({"userId": 0, "anonymousId": "undefined"}, {}, id="placeholders"),
        pytest.param({"traits": {"email": " Anna@Shop.Example "}}, {"email": "anna@shop.example"}, id="traits"),
        pytest.param({"context": {"traits": {"email": "a@b.example"}}}, {"email": "a@b.example"}, id="context"),
        pytest.param({"traits": {"email": "nobody"}}, {}, id="no address"),
        pytest.param({"properties": {"email": "a@b.example"}}, {}, id="a property that is not canonical"),
    ],
)
def test_people_are_known_by_these_identifiers(detail: dict[str, Any], expected: dict[str, str]):
    assert only(shop(**detail)).identifiers == expected


def test_a_placeholder_is_remarked_upon_and_never_repeated():
    assert translate(shop(userId="undefined")).remarks == ("detail.userId: a placeholder, no identifier",)


def test_an_address_in_the_properties_of_a_subscription_is_the_persons():
    event = only(shop("Newsletter Subscribed", properties={"email": "Anna@Shop.Example"}))
    assert event.identifiers == {"email": "anna@shop.example"}
    assert event.traits == {"email": "anna@shop.example"}


def test_the_address_of_a_bounce_is_an_identifier_and_no_trait():
    event = only(shop("Email Bounced", userId="a", properties={"email": "old@shop.example"}))
    assert event.identifiers == {"customer_id": "a", "email": "old@shop.example"}
    assert event.traits == {}


@pytest.mark.parametrize(
    "given, expected",
    [
        ("anna@shop.example", "anna@shop.example"),
        ("Anna.Example+tag@Mail.Shop.Example", "anna.example+tag@mail.shop.example"),
        ("änna@shöp.example", "änna@shöp.example"),
        ("anna", None),
        ("anna@", None),
        ("@shop.example", None),
        ("anna@localhost", None),
        ("anna@shop..example", None),
        (".anna@shop.example", None),
        ("an na@shop.example", None),
        ("anna@shop.example\nbcc: all@shop.example", None),
        ("Anna <anna@shop.example>", None),
        ("a@b@shop.example", None),
        ("a" * 250 + "@shop.example", None),
        (42, None),
        (["anna@shop.example"], None),
    ],
)
def test_an_address_has_the_shape_of_one_or_is_refused_alone(given: Any, expected: str | None):
    traits, remarks = traits_and_remarks(email=given, first_name="Anna")
    assert traits == ({"email": expected} if expected else {}) | {"first_name": "Anna"}
    assert remarks == (() if expected else ("trait email: an e-mail address expected, ignored",))


@pytest.mark.parametrize(
    "name, value, kept",
    [
        pytest.param("birthday", "1992-02-29", "1992-02-29", id="leap day"),
        pytest.param("birthday", "1990-02-29", None, id="no leap year"),
        pytest.param("birthday", "29.02.1992", None, id="birthday, not ISO"),
        pytest.param("birthday", 19920229, None, id="birthday as a number"),
        pytest.param("birthday", "1992-02-29T00:00:00.000Z", "1992-02-29", id="birthday at midnight is a day"),
        pytest.param("member_since", "2024-13-01", None, id="month 13"),
        pytest.param("member_since", "2024-01-01T25:00:00Z", None, id="hour 25"),
        pytest.param("member_since", "2024-01-01T05:00:00Z", "2024-01-01T05:00:00Z", id="an instant"),
        pytest.param("note", "2024-13-01-B is the shelf", "2024-13-01-B is the shelf", id="text that begins alike"),
        pytest.param("timezone", "Europe/Berlin", "Europe/Berlin", id="zone"),
        pytest.param("timezone", "Europe/Bielefeld", None, id="no such zone"),
        pytest.param("timezone", "../../etc/passwd", None, id="a path is no zone"),
        pytest.param("timezone", "Europe", None, id="a folder is no zone"),
        pytest.param("timezone", 1, None, id="a number is no zone"),
        pytest.param("favouriteColour", "green", "green", id="the shop's own, as spelled"),
        pytest.param("plan", None, None, id="null empties a trait"),
    ],
)
def test_a_bad_trait_is_refused_alone(name: str, value: Any, kept: Any):
    traits, remarks = traits_and_remarks(**{name: value, "plan": "premium"} if name != "plan" else {name: value})
    assert traits.get(name) == kept
    if name == "plan":
        assert traits == {"plan": None}
    else:
        assert traits["plan"] == "premium"
        assert [remark.startswith(f"trait {name}: ") for remark in remarks] == ([] if kept else [True])
    assert not any(str(value) in remark for remark in remarks)


def test_traits_come_from_the_message_before_its_context_and_the_context_fills_in():
    context = {"traits": {"plan": "old", "firstName": "Anna"}, "timezone": "Europe/Berlin", "locale": "de_AT"}
    event = only(shop(context=context, traits={"plan": "new", "timezone": "Europe/Vienna"}))
    assert event.traits == {
        "plan": "new",
        "first_name": "Anna",
        "timezone": "Europe/Vienna",
        "language": "de-AT",
    }


def test_the_canonical_spelling_of_a_trait_wins_over_segments():
    assert traits_and_remarks(firstName="Ann", first_name="Anna")[0] == {"first_name": "Anna"}


def test_a_historical_event_says_so():
    assert only(shop(context={"historical": True})).historical
    assert not only(shop(context={"historical": False})).historical
    assert not only(shop()).historical


@pytest.mark.parametrize(
    "origin, chain",
    [
        pytest.param({"campaign": "birthday"}, ("birthday",), id="one campaign"),
        pytest.param({"campaign": "b", "chain": ["a"]}, ("a", "b"), id="the last at the end"),
        pytest.param({"campaign": "b", "chain": ["a", "b"]}, ("a", "b"), id="each once"),
        pytest.param({"version": "1"}, (), id="none named"),
    ],
)
def test_an_emitted_event_bears_its_chain_of_campaigns(origin: dict[str, Any], chain: tuple[str, ...]):
    assert only(shop("Print", source="dampf", context={"dampf": origin})).chain == chain


def test_our_own_emitted_event_comes_back_in():
    event = only(sample("dampf_emitted"))
    assert (event.key, event.name, event.chain) == ("dampf#p51-emit-1", "Print Mail Requested", ("birthday",))


@pytest.mark.parametrize(
    "change, field",
    [
        pytest.param({"source": None}, "source", id="no source"),
        pytest.param({"source": ["shop"]}, "source", id="source a list"),
        pytest.param({"detail-type": " "}, "detail-type", id="no name"),
        pytest.param({"time": None}, "time", id="no time"),
        pytest.param({"time": "yesterday"}, "time", id="time in words"),
        pytest.param({"time": 1772445600}, "time", id="time as a number"),
        pytest.param({"time": "1969-12-31T23:59:59Z"}, "time", id="before 1970"),
        pytest.param({"detail": None}, "detail", id="no detail"),
        pytest.param({"detail": "text"}, "detail", id="detail as text"),
        pytest.param({"id": {"a": 1}}, "id", id="id an object"),
        pytest.param({"id": None}, "detail.messageId", id="no id at all"),
        pytest.param({"detail": {"messageId": "x" * 257}}, "detail.messageId", id="id too long"),
        pytest.param({"detail": {"messageId": [1]}}, "detail.messageId", id="own id a list"),
        pytest.param({"detail": {"userId": True}}, "detail.userId", id="user id a boolean"),
        pytest.param({"detail": {"userId": 1.5}}, "detail.userId", id="user id a fraction"),
        pytest.param({"detail": {"timestamp": "soon"}}, "detail.timestamp", id="timestamp in words"),
        pytest.param({"detail": {"timestamp": 1772445600}}, "detail.timestamp", id="timestamp a number"),
        pytest.param({"detail": {"timestamp": "0001-01-01T00:00:00Z"}}, "detail.timestamp", id="year 1"),
        pytest.param({"detail": {"properties": [1]}}, "detail.properties", id="properties a list"),
        pytest.param({"detail": {"traits": "x"}}, "detail.traits", id="traits text"),
        pytest.param({"detail": {"context": "x"}}, "detail.context", id="context text"),
        pytest.param({"detail": {"context": {"historical": "maybe"}}}, "detail.context.historical", id="historical"),
        pytest.param({"detail": {"context": {"dampf": {"chain": "a"}}}}, "detail.context.dampf.chain", id="chain"),
    ],
)
def test_a_malformed_event_names_the_field(change: dict[str, Any], field: str):
    problem = refusal({**shop(), **change})
    assert problem.field == field
    assert str(problem) == f"{field}: {problem.reason}"
    assert "expected" in problem.reason
    assert "\n" not in str(problem)


@pytest.mark.parametrize("envelope", [None, [], "text", 1])
def test_what_is_no_object_is_no_envelope(envelope: Any):
    assert refusal(envelope).field == "envelope"


def test_a_refusal_knows_the_event_and_repeats_no_value():
    problem = refusal(shop("Product Added", messageId="m-1", properties={"price": "anna@shop.example"}))
    assert problem.event_id == "m-1"
    assert str(problem) == "detail.properties.price: a number expected"


def padded(size: int) -> dict[str, Any]:
    """An event whose properties and traits are `size` bytes of compact UTF-8 JSON."""
    properties, traits = {"text": ""}, {"plan": "ä"}
    empty = sum(
        len(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode()) for part in (properties, traits)
    )
    return shop("Anything", properties={"text": "x" * (size - empty)}, traits=traits)


def test_an_event_of_exactly_the_limit_is_taken_and_one_byte_more_is_refused():
    assert only(padded(MAX_BYTES)).traits == {"plan": "ä"}
    assert refusal(padded(MAX_BYTES + 1)).reason == (
        f"at most {MAX_BYTES} bytes of properties and traits expected, not {MAX_BYTES + 1}"
    )


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({"x": float("nan")}, id="NaN"),
        pytest.param({"x": [float("inf")]}, id="infinity"),
        pytest.param({"x": "\ud800"}, id="half a character"),
    ],
)
def test_what_is_no_plain_json_is_refused(properties: dict[str, Any]):
    assert refusal(shop("Anything", properties=properties)).reason == "plain JSON values expected"


def test_a_text_that_only_speaks_of_nan_is_kept():
    assert only(shop("Anything", properties={"x": "NaN bread"})).properties == {"x": "NaN bread"}


@pytest.mark.parametrize(
    "source",
    ["aws.partner/auth0.example/x", "aws.partner/commercetools.com/a/b", "aws.ec2"],
)
def test_what_comes_from_elsewhere_is_not_for_us(source: str):
    translation = translate(shop(source=source))
    assert translation.events == ()
    assert len(translation.remarks) == 1


def test_two_envelopes_of_one_message_are_one_event():
    first = only({**shop(messageId="m-1"), "id": "a"})
    second = only({**shop(messageId="m-1", time="2026-03-02T11:00:00Z"), "id": "b"})
    assert first.key == second.key == "shop#m-1"
