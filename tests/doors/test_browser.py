"""What a page of the shop may tell, and what nobody believes it."""

import json
from typing import Any

import pytest

from dampf.domain.event import Event
from dampf.doors.browser import EVENTS, event_of, read_told
from dampf.doors.envelope import Malformed
from tests.builders import NOON

SHOP = frozenset({"https://shop.example", "http://127.0.0.1:8000"})
WHO, OWN_ID = "0123456789abcdef", "fedcba9876543210"


def told(name: str = "Product Viewed", properties: Any = None, **changes: Any) -> Event:
    sent = {"key": "k", "id": OWN_ID, "who": WHO, "name": name, "properties": properties, **changes}
    return event_of(read_told(json.dumps(sent).encode()), origins=SHOP, now=NOON)


def test_a_view_is_of_somebody_unknown_and_of_now():
    event = told(
        properties={"product_id": 7, "name": "Cordless drill 18 V", "category": "Tools"}, timezone="Europe/Berlin"
    )
    assert event == Event(
        source="dampf.browser",
        id=f"{WHO}/{OWN_ID}",
        name="Product Viewed",
        at=NOON,
        arrived_at=NOON,
        identifiers={"anonymous_id": WHO},
        properties={"product_id": "7", "name": "Cordless drill 18 V", "category": "Tools"},
        traits={"timezone": "Europe/Berlin"},
    )


def test_nobody_passes_for_a_customer():
    event = told(
        userId="42", user_id="42", traits={"email": "anna@shop.example"}, context={"traits": {"email": "a@b.de"}}
    )
    assert event.identifiers == {"anonymous_id": WHO}
    assert event.traits == {}
    assert told(properties={"email": "anna@shop.example", "product_id": "p"}).properties == {"product_id": "p"}


@pytest.mark.parametrize(
    "name",
    [
        "identify",
        "Order Completed",
        "Order Refunded",
        "Consent Granted",
        "Newsletter Subscribed",
        "Subscription Confirmed",
        "Unsubscribed",
        "Email Opened",
        "Email Bounced",
        "Email Marked as Spam",
        "Customer Registered",
        "Erasure Requested",
        "Product Price Changed",
        "Product Back In Stock",
        "Product Updated",
        "Voucher Redeemed",
        "Checkout Started",
        "Anything Else",
        None,
        7,
    ],
)
def test_what_is_not_a_visitors_to_say_is_refused_by_name(name: Any):
    with pytest.raises(Malformed) as refused:
        told(name)
    assert refused.value.field == "body.name"
    assert "Cart Emptied" in refused.value.reason


@pytest.mark.parametrize("name", EVENTS)
def test_prices_are_not_a_visitors_to_say(name: str):
    product = {"product_id": "p", "price": 0.01, "old_price": 1, "currency": "EUR", "coupon": "FREE", "value": 9}
    properties = {**product, "products": [product]} if "products" in EVENTS[name] else product
    assert not {"price", "old_price", "currency", "coupon", "value"} & {
        field for part in (told(name, properties).properties, *told(name, properties).properties.get("products", []))
        for field in part
    }  # fmt: skip


@pytest.mark.parametrize(
    "text, is_kept",
    [
        ("Cordless drill 18 V", True),
        ("Dr. Oetker, 2.0 l", True),
        ("Bits v1.2", True),
        ("Win a prize: https://evil.example", False),
        ("evil.example/prize", False),
        ("www.evil", False),
        ("write to me@evil.example", False),
        ("x" * 201, False),
    ],
)
def test_a_text_that_leads_somewhere_is_left_out(text: str, is_kept: bool):
    assert told(properties={"product_id": "p", "name": text}).properties == {
        "product_id": "p",
        **({"name": text} if is_kept else {}),
    }


@pytest.mark.parametrize(
    "url, is_kept",
    [
        ("https://shop.example/drill?colour=red", True),
        ("http://127.0.0.1:8000/drill", True),
        ("https://shop.example.evil.example/drill", False),
        ("https://shop.example@evil.example/drill", False),
        ("http://shop.example/drill", False),
        ("javascript:alert(1)//https://shop.example", False),
        ("//evil.example/drill", False),
        ("https://[", False),
        (7, False),
    ],
)
def test_links_and_pictures_are_the_shops_own_or_none(url: Any, is_kept: bool):
    given = {"product_id": "p", "url": url, "image_url": url}
    assert ("url" in told(properties=given).properties, "image_url" in told(properties=given).properties) == (
        is_kept,
        is_kept,
    )


def test_a_whole_cart_is_taken_as_far_as_it_is_believed():
    products = [{"product_id": f"p{n}", "quantity": 1, "price": 5} for n in range(40)] + ["no product"]
    kept = told("Cart Viewed", {"cart_id": "c", "products": products}).properties
    assert kept["cart_id"] == "c"
    assert kept["products"][0] == {"product_id": "p11", "quantity": 1}
    assert len(kept["products"]) == 29


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"who": None}, "body.who"),
        ({"who": "short"}, "body.who"),
        ({"who": "0123456789abcdef' --"}, "body.who"),
        ({"who": "x" * 65}, "body.who"),
        ({"id": 7}, "body.id"),
        ({"properties": []}, "body.properties"),
        ({"properties": {"quantity": "two"}}, "detail.properties.quantity"),
        ({"name": "Cart Viewed", "properties": {"products": "none"}}, "body.properties.products"),
    ],
)
def test_what_is_malformed_is_refused_by_its_name(changes: dict[str, Any], field: str):
    with pytest.raises(Malformed) as refused:
        told(**changes)
    assert refused.value.field == field


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"\xff", b'{"who": NaN}'])
def test_what_is_no_object_is_refused(body: bytes):
    with pytest.raises(Malformed):
        event_of(read_told(body), origins=SHOP, now=NOON)
