"""The systems' own published payloads come through their doors. They live outside the project: licences differ."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dampf.doors import Malformed, translate
from tests.doors.envelopes import commercetools, segment, ses, shop, shopify

ACCEPTANCE = os.environ.get("DAMPF_ACCEPTANCE", "")
PAYLOADS = Path(ACCEPTANCE) / "payloads"

pytestmark = pytest.mark.skipif(
    not ACCEPTANCE or not PAYLOADS.is_dir(), reason="DAMPF_ACCEPTANCE names no folder with payloads/"
)

SHOPIFY = {
    "orders_create": ("orders/create", ["Order Completed", "Newsletter Subscribed"]),
    "orders_cancelled": ("orders/cancelled", ["Order Cancelled"]),
    "checkouts_create": ("checkouts/create", ["Checkout Started"]),
    "checkouts_update": ("checkouts/update", ["Checkout Started"]),
    "customers_create": ("customers/create", ["Customer Registered"]),
    "customers_update": ("customers/update", ["identify"]),
    "customers_email_marketing_consent_update": ("customers_email_marketing_consent/update", ["Consent Withdrawn"]),
    "refunds_create": ("refunds/create", ["Order Refunded"]),
    "products_update": ("products/update", ["Product Updated"]),
    "carts_update": ("carts/update", ["Cart Viewed"]),
}
SES = {
    "send": ("Email Sent", "Email Sent"),
    "delivery": ("Email Delivered", "Email Delivered"),
    "open": ("Email Opened", "Email Opened"),
    "click": ("Email Clicked", "Email Link Clicked"),
    "bounce": ("Email Bounced", "Email Bounced"),
    "complaint": ("Email Complaint Received", "Email Marked as Spam"),
    "reject": ("Email Rejected", "Email Rejected"),
    "rendering_failure": ("Email Rendering Failed", "Email Rendering Failed"),
    "deliverydelay": ("Email Delivery Delayed", "Email Delivery Delayed"),
    "subscription": ("Email Subscribed", "Unsubscribed"),
}
SEGMENT = {
    "cart_viewed": "Cart Viewed",
    "checkout_started": "Checkout Started",
    "order_cancelled": "Order Cancelled",
    "order_completed": "Order Completed",
    "order_refunded": "Order Refunded",
    "product_added": "Product Added",
    "product_removed": "Product Removed",
    "product_viewed": "Product Viewed",
    "products_searched": "Products Searched",
    "spec_common_track_full": "Report Submitted",
    "spec_email_link_clicked": "Email Link Clicked",
    "spec_email_opened": "Email Opened",
    "spec_identify_full": "identify",
    "spec_unsubscribed": "Unsubscribed",
}


def payload(folder: str, name: str) -> Any:
    return json.loads((PAYLOADS / folder / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name, topic, expected", [(name, *rest) for name, rest in SHOPIFY.items()])
def test_shopifys_examples_come_through(name: str, topic: str, expected: list[str]):
    translation = translate(shopify(topic, payload("shopify", name)))
    assert [event.name for event in translation.events] == expected


@pytest.mark.parametrize("name, expected", SEGMENT.items())
def test_segments_examples_come_through_with_all_their_properties(name: str, expected: str):
    message = payload("segment", name)
    (event,) = translate(segment(message, kind=message.get("type", "track"))).events
    assert event.name == expected
    assert event.properties == message.get("properties", {})


@pytest.mark.parametrize("name", [name for name, event in SEGMENT.items() if event != "identify"])
def test_a_shop_may_send_segments_messages_itself(name: str):
    message = payload("segment", name)
    (event,) = translate(shop(message["event"], **message)).events
    assert event.name == message["event"]
    assert event.properties == message.get("properties", {})


@pytest.mark.parametrize("name, kind, expected", [(name, *rest) for name, rest in SES.items()])
def test_amazons_examples_come_through_once_they_bear_our_tag(name: str, kind: str, expected: str):
    detail = payload("ses", name)
    assert translate(ses(kind, detail)).events == ()
    detail["mail"]["tags"]["message"] = ["p51-7c3e"]
    (event,) = translate(ses(kind, detail)).events
    assert (event.name, event.properties["email_id"]) == (expected, "p51-7c3e")
    assert event.identifiers.get("email") in ("recipient@example.com", None)


def test_commercetools_order_progresses_and_finds_its_buyer():
    (event,) = translate(payload("commercetools", "eventbridge_order_state_changed")).events
    assert event.name == "Order Updated"
    assert event.id == "3cbbbbbb-ce15-4979-aaca-bb121bbbbbbb"
    assert event.at.isoformat() == "2023-11-21T13:21:11.122000+00:00"
    assert event.identifiers == {"order_id": "9e60e10b-861c-40b0-afa4-c769dcccccc1"}
    assert event.properties == {
        "order_id": "9e60e10b-861c-40b0-afa4-c769dcccccc1",
        "order_state": "2u-sdn-order-state",
    }


def test_commercetools_name_is_set():
    (event,) = translate(commercetools(payload("commercetools", "official_message_customer_last_name_set"))).events
    assert (event.name, event.traits) == ("identify", {"last_name": "Doe"})
    assert event.identifiers == {"customer_id": "<customer_id>"}


def test_commercetools_order_is_completed():
    order = payload("commercetools", "official_order_resource")
    (event,) = translate(commercetools({"type": "OrderCreated", "order": order})).events
    assert event.identifiers == {
        "customer_id": "7297c742-d8b0-484b-aadc-1d0ba6769dc9",
        "order_id": "92f5a867-bf19-47ab-982c-6720a03a3921",
    }
    assert (event.properties["total"], event.properties["currency"]) == (10.0, "EUR")
    assert event.properties["products"] == [
        {
            "product_id": "c5c75935-595a-4cc3-a80e-24e9a9c55094",
            "sku": "some-sku-123",
            "name": "MyProduct",
            "price": 10.0,
            "quantity": 1,
        }
    ]


@pytest.mark.parametrize("within", [True, False])
def test_commercetools_notice_of_a_large_payload_loses_no_order_unnoticed(within: bool):
    notice = {**payload("commercetools", "official_payload_not_included"), "payloadType": "OrderCreated"}
    with pytest.raises(Malformed, match=r"^detail\.payloadNotIncluded: "):
        translate(commercetools({"type": "OrderCreated", "payloadNotIncluded": notice} if within else notice))


def test_stripes_customer_is_registered():
    (event,) = translate(payload("stripe", "eventbridge_customer_created")).events
    assert (event.name, event.id) == ("Customer Registered", "evt_test_123")
    assert event.identifiers == {"stripe_customer_id": "cus_123"}
    assert event.at.isoformat() == "2024-03-07T18:27:56+00:00"


MALFORMED = {
    "shopify": lambda: {**shopify("orders/create", payload("shopify", "orders_create") | {"total_price": "much"})},
    "segment": lambda: segment(payload("segment", "order_completed") | {"properties": {"total": "much"}}),
    "ses": lambda: ses("Email Opened", payload("ses", "open") | {"mail": "text"}),
    "commercetools": lambda: commercetools({"type": "OrderCreated", "order": ["no order"]}),
    "stripe": lambda: payload("stripe", "eventbridge_customer_created") | {"detail": {"data": {"object": None}}},
}
FIELDS = {
    "shopify": "detail.payload.total_price",
    "segment": "detail.properties.total",
    "ses": "detail.mail",
    "commercetools": "detail.order",
    "stripe": "detail.data.object",
}


@pytest.mark.parametrize("system", MALFORMED)
def test_a_spoiled_payload_is_refused_by_the_name_of_its_field(system: str):
    with pytest.raises(Malformed) as refused:
        translate(MALFORMED[system]())
    assert refused.value.field == FIELDS[system]


def test_every_event_of_segments_vocabulary_has_a_shape_with_all_its_properties():
    from dampf.doors.canonical import SHAPES, Product

    vocabulary = json.loads((Path(ACCEPTANCE) / "segment-ecommerce-v2.json").read_text(encoding="utf-8"))
    for name, spec in vocabulary.items():
        own = {field for field in spec["properties"] if "." not in field}
        assert own <= set(SHAPES[name].__annotations__) | {"products"}, name
        in_products = {field.rsplit(".", 1)[1] for field in spec["properties"] if field.startswith("products.$.")}
        assert in_products <= set(Product.__annotations__), name
