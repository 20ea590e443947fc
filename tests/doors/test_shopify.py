"""Shopify's partner events, topic by topic."""

from typing import Any

import pytest

from dampf.doors import Malformed, translate
from tests.doors.envelopes import sample, shopify

PEOPLE = {"customer_id": "7310045501234567891", "email": "anna.example@shop.example"}
DRILL = {
    "product_id": "8123456789012345671",
    "variant_id": "45123456789012345",
    "sku": "DR-18-2",
    "name": "Cordless drill 18 V",
    "variant": "Two batteries",
    "brand": "Bohrwerk",
    "price": 129.9,
    "quantity": 1,
}
BITS = {
    "product_id": "8123456789012345672",
    "variant_id": "45123456789012346",
    "sku": "BI-32",
    "name": "Bit set, 32 pieces",
    "price": 19.5,
    "quantity": 2,
}


def test_an_order_is_completed_and_its_ticked_box_subscribes():
    order, subscription = translate(sample("shopify_order_created")).events
    assert order.name == "Order Completed"
    assert order.id == "b54557e4-0000-4e1b-b8d1-000000000001"
    assert order.at.isoformat() == "2026-03-02T10:00:00+00:00"
    assert order.identifiers == {**PEOPLE, "order_id": "6123450000123456789", "cart_token": "hWN2-cart-token"}
    assert order.traits == {
        "email": "anna.example@shop.example",
        "first_name": "Anna",
        "last_name": "Example",
        "language": "de-DE",
    }
    assert order.properties == {
        "order_id": "6123450000123456789",
        "order_number": "#1042",
        "checkout_id": "c9f1-checkout-token",
        "cart_id": "hWN2-cart-token",
        "total": 173.8,
        "subtotal": 168.9,
        "shipping": 4.9,
        "tax": 27.75,
        "discount": 0.0,
        "currency": "EUR",
        "coupon": "BACK-7QK2",
        "order_status_url": "https://shop.example/orders/status/c9f1",
        "products": [DRILL, BITS],
    }
    assert subscription.name == "Newsletter Subscribed"
    assert subscription.id == "b54557e4-0000-4e1b-b8d1-000000000001/consent"
    assert subscription.identifiers == PEOPLE
    assert subscription.properties == {"topic": "marketing", "source": "shopify checkout"}


def test_an_order_with_the_box_unticked_says_nothing_of_consent():
    assert [event.name for event in translate(shopify("orders/create", {"id": 1, "customer": {"id": 2}})).events] == [
        "Order Completed"
    ]


def test_an_imported_order_happened_when_it_was_processed():
    payload = {"id": 1, "processed_at": "2021-05-01T10:00:00+02:00", "created_at": "2026-03-02T09:00:00Z"}
    assert translate(shopify("orders/create", payload)).events[0].at.isoformat() == "2021-05-01T08:00:00+00:00"


def test_a_checkout_is_started_with_its_cart_and_the_way_back():
    (event,) = translate(sample("shopify_checkout_updated")).events
    assert event.name == "Checkout Started"
    assert event.identifiers == {"email": "anna.example@shop.example", "cart_token": "hWN2-cart-token"}
    assert event.properties == {
        "checkout_id": "c9f1-checkout-token",
        "cart_id": "hWN2-cart-token",
        "value": 173.8,
        "subtotal": 168.9,
        "tax": 27.75,
        "discount": 0.0,
        "currency": "EUR",
        "checkout_url": "https://shop.example/checkouts/c9f1/recover",
        "products": [DRILL, BITS],
    }


def test_a_checkout_without_a_cart_token_is_its_own_cart_for_its_order_too():
    (checkout,) = translate(shopify("checkouts/create", {"token": "t", "cart_token": None})).events
    (order,) = translate(shopify("orders/create", {"id": 1, "checkout_token": "t"})).events
    assert checkout.properties["cart_id"] == order.properties["cart_id"] == "t"


def test_a_completed_checkout_starts_nothing_anew():
    translation = translate(shopify("checkouts/update", {"token": "t", "completed_at": "2026-03-02T09:00:00Z"}))
    assert translation.events == ()
    assert translation.remarks == ("shopify: a completed checkout is not read, its order is",)


@pytest.mark.parametrize(
    "purchase, expected",
    [
        pytest.param(
            {"email": "A@b.example", "customer": {"id": 1, "email": "c@d.example"}}, "a@b.example", id="given"
        ),
        pytest.param({"email": "", "contact_email": "a@b.example"}, "a@b.example", id="contact"),
        pytest.param({"email": "no address", "customer": {"email": "c@d.example"}}, "c@d.example", id="customer"),
        pytest.param({"email": None, "customer": None}, None, id="nobody"),
        pytest.param({"email": 7, "customer": {}}, None, id="nonsense"),
    ],
)
def test_the_address_of_this_purchase_comes_first(purchase: dict[str, Any], expected: str | None):
    (event,) = translate(shopify("orders/create", {"id": 1, **purchase})).events
    assert event.identifiers.get("email") == expected
    assert event.traits.get("email") == expected


def test_an_order_is_cancelled_when_it_was_and_says_why():
    (event,) = translate(sample("shopify_order_cancelled")).events
    assert (event.name, event.at.isoformat()) == ("Order Cancelled", "2026-03-02T10:00:00+00:00")
    assert event.properties["order_id"] == "6123450000123456789"
    assert event.properties["total"] == 173.8
    assert event.properties["cancel_reason"] == "customer"


@pytest.mark.parametrize("topic, name", [("orders/paid", "Order Paid"), ("orders/fulfilled", "Order Fulfilled")])
def test_an_orders_progress_is_an_event_of_its_own_that_counts_no_order(topic: str, name: str):
    payload = {"id": 1, "updated_at": "2026-03-02T09:00:00Z", "customer": {"id": 2}}
    (event,) = translate(shopify(topic, payload)).events
    assert (event.name, event.identifiers) == (name, {"customer_id": "2"})


def test_a_refund_takes_back_the_sum_of_its_successful_transactions():
    translation = translate(sample("shopify_refund_created"))
    (event,) = translation.events
    assert event.name == "Order Refunded"
    assert event.identifiers == {"order_id": "6123450000123456789"}
    assert event.properties == {
        "order_id": "6123450000123456789",
        "refund_id": "990011223344556677",
        "total": 19.5,
        "currency": "EUR",
        "products": [{**BITS, "quantity": 1}],
    }
    assert translation.remarks == ()


def test_a_refund_is_summed_exactly_and_a_mere_restock_is_nought():
    amounts = [{"kind": "refund", "status": "success", "amount": amount} for amount in ("0.10", "0.20")]
    (event,) = translate(shopify("refunds/create", {"order_id": 1, "transactions": amounts})).events
    assert event.properties["total"] == 0.3
    (restock,) = translate(shopify("refunds/create", {"order_id": 1, "transactions": []})).events
    assert restock.properties["total"] == 0.0


def test_a_new_customer_is_registered_with_traits():
    (event,) = translate(sample("shopify_customer_created")).events
    assert (event.name, event.identifiers) == ("Customer Registered", PEOPLE)
    assert event.at.isoformat() == "2025-11-05T17:12:09+00:00"
    assert event.traits == {
        "email": "anna.example@shop.example",
        "first_name": "Anna",
        "last_name": "Example",
        "city": "Berlin",
        "postal_code": "10115",
        "country": "DE",
        "tags": ["workshop", "newsletter"],
    }


def test_a_changed_customer_is_identified():
    payload = {"id": 1, "email": "a@b.example", "updated_at": "2026-03-02T08:00:00Z", "first_name": "Anna"}
    (event,) = translate(shopify("customers/update", payload)).events
    assert (event.name, event.traits) == ("identify", {"email": "a@b.example", "first_name": "Anna"})
    assert event.at.isoformat() == "2026-03-02T08:00:00+00:00"


def test_a_customer_of_an_older_api_version_tells_consent_before_the_registration():
    consent = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": "2026-03-01T08:00:00Z"}
    payload = {"id": 1, "email_marketing_consent": consent, "created_at": "2026-03-02T08:00:00Z"}
    granted, registered = translate(shopify("customers/create", payload)).events
    assert (granted.id, registered.id) == ("webhook-1/consent", "webhook-1")
    assert (granted.name, granted.at.isoformat()) == ("Consent Granted", "2026-03-01T08:00:00+00:00")


@pytest.mark.parametrize(
    "state, name, topic",
    [
        ("subscribed", "Consent Granted", "marketing"),
        ("unsubscribed", "Consent Withdrawn", None),
        ("not_subscribed", "Consent Withdrawn", None),
        ("SUBSCRIBED", "Consent Granted", "marketing"),
    ],
)
def test_consent_follows_shopifys_state(state: str, name: str, topic: str | None):
    payload = {"customer_id": 1, "email_address": "A@b.example", "email_marketing_consent": {"state": state}}
    (event,) = translate(shopify("customers_email_marketing_consent/update", payload)).events
    assert (event.name, event.properties.get("topic")) == (name, topic)
    assert event.identifiers == {"customer_id": "1", "email": "a@b.example"}
    assert event.at.isoformat() == "2026-03-02T09:59:59+00:00"


def test_a_pending_consent_is_none_yet():
    payload = {"customer_id": 1, "email_marketing_consent": {"state": "pending"}}
    translation = translate(shopify("customers_email_marketing_consent/update", payload))
    assert translation.events == ()
    assert translation.remarks == ("shopify: a consent that is not decided yet is not read",)


def test_a_product_feeds_the_catalogue_and_names_nobody():
    (event,) = translate(sample("shopify_product_updated")).events
    assert event.identifiers == {}
    assert event.name == "Product Updated"
    assert event.properties == {
        "product_id": "8123456789012345671",
        "name": "Cordless drill 18 V",
        "url": "https://example-tools.myshopify.com/products/cordless-drill-18v",
        "image_url": "https://cdn.shop.example/drill-18v.jpg",
        "price": 129.9,
        "sku": "DR-18-2",
        "category": "Power tools",
        "brand": "Bohrwerk",
        "available": True,
        "updated_at": "2026-03-02T10:00:00Z",
    }


@pytest.mark.parametrize(
    "product, available",
    [
        pytest.param({"variants": [{"inventory_quantity": 0, "inventory_policy": "deny"}]}, False, id="sold out"),
        pytest.param({"variants": [{"inventory_quantity": 0, "inventory_policy": "continue"}]}, True, id="back order"),
        pytest.param({"variants": [{"inventory_quantity": 0}, {"inventory_quantity": 1}]}, True, id="one variant left"),
        pytest.param({"variants": [{"inventory_quantity": 0, "inventory_management": None}]}, True, id="not counted"),
        pytest.param({"variants": []}, True, id="no variants"),
        pytest.param({"status": "draft", "variants": [{"inventory_quantity": 9}]}, False, id="a draft"),
    ],
)
def test_a_product_is_available_as_long_as_one_variant_can_be_bought(product: dict[str, Any], available: bool):
    (event,) = translate(shopify("products/update", {"id": 1, **product})).events
    assert event.properties["available"] is available


@pytest.mark.parametrize(
    "dates, expected",
    [
        pytest.param({"processed_at": "0000-00-00", "created_at": "2026-03-02T09:00:00Z"}, "09:00:00", id="the next"),
        pytest.param({"processed_at": "?", "created_at": 7}, "09:59:59", id="when Shopify sent it"),
        pytest.param({}, "09:59:59", id="none told"),
    ],
)
def test_a_malformed_date_costs_no_order(dates: dict[str, Any], expected: str):
    translation = translate(shopify("orders/create", {"id": 1, **dates}))
    assert translation.events[0].at.isoformat() == f"2026-03-02T{expected}+00:00"
    assert not any(str(told) in remark for told in dates.values() for remark in translation.remarks if told != 7)


def test_without_any_date_the_arrival_counts():
    (event,) = translate(shopify("orders/create", {"id": 1}, **{"X-Shopify-Triggered-At": "never"})).events
    assert event.at == event.arrived_at


@pytest.mark.parametrize(
    "topic", ["orders/updated", "orders/edited", "shop/redact", "app/uninstalled", "shop/update", "themes/publish"]
)
def test_a_topic_that_we_do_not_read_is_remarked_upon(topic: str):
    translation = translate(shopify(topic, {"id": 1}))
    assert translation.events == ()
    assert translation.remarks[0].startswith("shopify: ")


def test_a_webhook_that_comes_twice_is_one_event():
    first = translate({**sample("shopify_order_created"), "id": "first"}).events
    second = translate({**sample("shopify_order_created"), "id": "second"}).events
    assert [event.key for event in first] == [event.key for event in second]


@pytest.mark.parametrize(
    "payload, field",
    [
        pytest.param(None, "detail.payload", id="no payload"),
        pytest.param({"total_price": "free"}, "detail.payload.total_price", id="price"),
        pytest.param({"line_items": {}}, "detail.payload.line_items", id="line items"),
        pytest.param({"line_items": [{"price": []}]}, "detail.payload.line_items.0.price", id="a line's price"),
        pytest.param({"customer": "Anna"}, "detail.payload.customer", id="customer"),
    ],
)
def test_a_malformed_order_names_the_field(payload: Any, field: str):
    with pytest.raises(Malformed) as caught:
        translate(shopify("orders/create", payload))
    assert caught.value.field == field


@pytest.mark.parametrize("metadata", [None, {}, {"X-Shopify-Topic": ""}])
def test_without_a_topic_nobody_knows_what_it_is(metadata: Any):
    envelope = shopify("orders/create", {"id": 1})
    envelope["detail"]["metadata"] = metadata
    with pytest.raises(Malformed, match=r"^detail\.metadata"):
        translate(envelope)


def test_a_cart_is_known_by_its_token_alone():
    (event,) = translate(sample("shopify_cart_updated")).events
    assert event.name == "Cart Viewed"
    assert event.at.isoformat() == "2026-03-02T09:58:00+00:00"
    assert event.identifiers == {"cart_token": "hWN2-cart-token"}
    assert event.properties == {
        "cart_id": "hWN2-cart-token",
        "products": [
            {
                "product_id": "8123456789012345671",
                "variant_id": "45123456789012345",
                "sku": "DR-18-2",
                "name": "Cordless drill 18 V",
                "brand": "Bohrwerk",
                "price": 129.9,
                "quantity": 1,
            }
        ],
    }


def test_a_cart_without_anything_in_it_is_emptied():
    (event,) = translate(shopify("carts/update", {"token": "hWN2", "line_items": []})).events
    assert (event.name, event.properties) == ("Cart Emptied", {"cart_id": "hWN2"})


def test_a_cart_token_is_the_same_with_and_without_its_key():
    cart = translate(shopify("carts/update", {"token": "hWN2?key=5f1", "line_items": []})).events[0]
    order = translate(shopify("orders/create", {"id": 1, "email": "a@shop.example", "cart_token": "hWN2"})).events[0]
    assert cart.identifiers["cart_token"] == order.identifiers["cart_token"] == "hWN2"
    assert cart.properties["cart_id"] == order.properties["cart_id"] == "hWN2"


def test_a_parcel_is_shipped_with_its_tracking_and_finds_who_ordered():
    (event,) = translate(sample("shopify_fulfillment_created")).events
    assert event.name == "Order Shipped"
    assert event.id == "fulfillment-4455667788990011/shipped"
    assert event.identifiers == {"email": "anna.example@shop.example", "order_id": "6123450000123456789"}
    assert {name: value for name, value in event.properties.items() if name != "products"} == {
        "order_id": "6123450000123456789",
        "order_number": "#1042",
        "shipment_id": "4455667788990011",
        "tracking_number": "00340434161094000001",
        "tracking_url": "https://carrier.example/00340434161094000001",
        "carrier": "DHL",
    }


def test_several_webhooks_on_one_parcel_ship_it_once_and_deliver_it_once():
    def told(topic: str, **payload: Any) -> list[tuple[str, str]]:
        return [(event.name, event.id) for event in translate(shopify(topic, payload)).events]

    parcel = {"id": 7, "order_id": 1, "status": "success"}
    shipped, delivered = [("Order Shipped", "fulfillment-7/shipped")], [("Order Delivered", "fulfillment-7/delivered")]
    assert told("fulfillments/create", **parcel) == shipped
    assert told("fulfillments/update", **parcel, shipment_status="in_transit") == shipped
    assert told("fulfillments/update", **parcel, shipment_status="delivered") == delivered
    assert told("fulfillment_events/create", fulfillment_id=7, order_id=1, status="delivered") == delivered
    assert told("fulfillment_events/create", fulfillment_id=7, order_id=1, status="in_transit") == []
    assert told("fulfillments/update", id=7, order_id=1, status="cancelled") == []


@pytest.mark.parametrize(
    "topic, name",
    [("customers/enable", "Customer Account Enabled"), ("customers/disable", "Customer Account Disabled")],
)
def test_an_account_that_is_switched_tells_its_customer(topic: str, name: str):
    (event,) = translate(shopify(topic, {"id": 7, "email": "anna@shop.example", "first_name": "Anna"})).events
    assert event.name == name
    assert event.identifiers == {"customer_id": "7", "email": "anna@shop.example"}
    assert event.traits == {"email": "anna@shop.example", "first_name": "Anna"}


@pytest.mark.parametrize(
    "topic, payload, source",
    [
        ("customers/delete", {"id": 7}, "shopify customer deleted"),
        (
            "customers/merge",
            {"admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/7", "status": "completed"},
            "shopify customers merged",
        ),
    ],
)
def test_who_is_no_customer_any_more_gets_no_more_mail(topic: str, payload: dict[str, Any], source: str):
    (event,) = translate(shopify(topic, payload)).events
    assert event.name == "Consent Withdrawn"
    assert event.identifiers == {"customer_id": "7"}
    assert event.properties == {"source": source}


def test_a_merge_that_failed_changes_nothing():
    failed = {"admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/7", "status": "failed"}
    assert translate(shopify("customers/merge", failed)).events == ()


@pytest.mark.parametrize("state, name", [("subscribed", "Consent Granted"), ("unsubscribed", "Consent Withdrawn")])
def test_consent_to_text_messages_is_of_its_own_topic(state: str, name: str):
    payload = {"id": 7, "phone": "+491700000000", "sms_marketing_consent": {"state": state}}
    (event,) = translate(shopify("customers_marketing_consent/update", payload)).events
    assert event.name == name
    assert event.identifiers == {"customer_id": "7"}
    assert event.traits == {"phone": "+491700000000"}
    assert event.properties == {"topic": "sms", "source": "shopify"}


@pytest.mark.parametrize(
    "topic, name", [("customers/redact", "Erasure Requested"), ("customers/data_request", "Data Requested")]
)
def test_what_the_law_lets_a_customer_ask_for_is_an_event_of_theirs(topic: str, name: str):
    payload = sample("shopify_customer_redact")["detail"]["payload"]
    (event,) = translate(shopify(topic, payload)).events
    assert event.name == name
    assert event.identifiers == {"customer_id": "7310045509876543210", "email": "bea.example@shop.example"}
    assert event.traits == {}


def test_a_deleted_product_is_offered_no_more():
    (event,) = translate(shopify("products/delete", {"id": 8123})).events
    assert (event.name, event.identifiers) == ("Product Updated", {})
    assert event.properties == {"product_id": "8123", "available": False, "updated_at": "2026-03-02T09:59:59Z"}
