"""Shopify's partner events: one webhook each, told apart by its topic.

Webhooks come twice and out of order: the event's id is the webhook's (for a parcel its own), its time the one that the
payload tells for this topic. What we do not read, and why, stands in `UNREAD`.
"""

from collections.abc import Callable
from typing import Any, Final

from dampf.doors import shopify_people as people
from dampf.doors import shopify_products as products
from dampf.doors import shopify_purchases as purchases
from dampf.doors import shopify_shapes as shapes
from dampf.doors.checks import check
from dampf.doors.envelope import Envelope, Malformed, Translation
from dampf.doors.shopify_webhook import Webhook

METADATA: Final = {
    "x-shopify-topic": "topic",
    "x-shopify-shop-domain": "shop_domain",
    "x-shopify-webhook-id": "webhook_id",
    "x-shopify-triggered-at": "triggered_at",
}

TOPICS: Final[dict[str, tuple[Any, Callable[[Webhook, Any], None]]]] = {
    "carts_create": (shapes.Cart, purchases.cart_changed),
    "carts_update": (shapes.Cart, purchases.cart_changed),
    "checkouts_create": (shapes.Checkout, purchases.checkout_changed),
    "checkouts_update": (shapes.Checkout, purchases.checkout_changed),
    "orders_create": (shapes.Order, purchases.order_created),
    "orders_cancelled": (shapes.Order, purchases.order_cancelled),
    "orders_paid": (shapes.Order, purchases.order_paid),
    "orders_fulfilled": (shapes.Order, purchases.order_fulfilled),
    "orders_partially_fulfilled": (shapes.Order, purchases.order_partially_fulfilled),
    "fulfillments_create": (shapes.Fulfillment, purchases.fulfillment_changed),
    "fulfillments_update": (shapes.Fulfillment, purchases.fulfillment_changed),
    "fulfillment_events_create": (shapes.FulfillmentEvent, purchases.fulfillment_progressed),
    "refunds_create": (shapes.Refund, purchases.refund_created),
    "customers_create": (shapes.Customer, people.customer_created),
    "customers_update": (shapes.Customer, people.customer_updated),
    "customers_enable": (shapes.Customer, people.customer_enabled),
    "customers_disable": (shapes.Customer, people.customer_disabled),
    "customers_delete": (shapes.Customer, people.customer_deleted),
    "customers_merge": (shapes.CustomersMerged, people.customers_merged),
    "customers_email_marketing_consent_update": (shapes.ConsentUpdate, people.consent_updated),
    "customers_marketing_consent_update": (shapes.SmsConsentUpdate, people.sms_consent_updated),
    "customers_redact": (shapes.PrivacyRequest, people.redaction_asked),
    "customers_data_request": (shapes.PrivacyRequest, people.data_asked),
    "products_create": (shapes.Product, products.product_changed),
    "products_update": (shapes.Product, products.product_changed),
    "products_delete": (shapes.Product, products.product_deleted),
}
"""Topic, with `_` for `/` as the topic's two spellings have it: the shape of its payload, and what it tells."""

UNREAD: Final = {
    "orders_updated": "orders/create, cancelled, paid and fulfilled say what matters",
    "orders_edited": "it names neither the buyer nor the new sum",
    "orders_delete": "an order that is only deleted was not taken back",
    "checkouts_delete": "a checkout that is deleted was completed or given up long before",
    "inventory_levels_update": "it names no product; products/update tells the stock",
    "shop_redact": "the stack is this one shop's: delete it with its tables",
    "app_uninstalled": "no more events will come; the stack may be deleted",
}


def translate_shopify(envelope: Envelope) -> Translation:
    headers = envelope.detail.get("metadata")
    if not isinstance(headers, dict):
        raise Malformed("an object expected", field="detail.metadata", event_id=envelope.id)
    known = {METADATA[lower]: told for header, told in headers.items() if (lower := header.lower()) in METADATA}
    metadata: shapes.Metadata = check(shapes.Metadata, known, place="detail.metadata", event_id=envelope.id)
    topic = (metadata.get("topic") or "").lower().replace("/", "_")
    if not topic:
        raise Malformed("text expected", field="detail.metadata.X-Shopify-Topic", event_id=envelope.id)
    if topic not in TOPICS:
        why = UNREAD.get(topic)
        return Translation(remarks=(f"shopify: {topic} is not read: {why}" if why else "shopify: topic is not read",))
    shape, tell = TOPICS[topic]
    payload = check(shape, envelope.detail.get("payload"), place="detail.payload", event_id=envelope.id)
    webhook = Webhook(envelope, metadata)
    tell(webhook, payload)
    return webhook.translation()
