"""Shopify's partner events: one webhook each, told apart by its topic.

Webhooks come twice and out of order: the event's id is the webhook's, its time the one that the payload tells for
this topic. What we do not read, and why, stands in `UNREAD`.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from dampf.domain.event import CUSTOMER_ID, EMAIL, IDENTIFY, ORDER_ID
from dampf.doors.checks import check
from dampf.doors.envelope import Envelope, Malformed, Translation
from dampf.doors.people import address, identifier, tidy_traits
from dampf.doors.shopify_shapes import (
    Checkout,
    Consent,
    ConsentUpdate,
    Customer,
    LineItem,
    Metadata,
    Order,
    Product,
    Refund,
)
from dampf.doors.shopify_webhook import Webhook, compact

METADATA: Final = {
    "x-shopify-topic": "topic",
    "x-shopify-shop-domain": "shop_domain",
    "x-shopify-webhook-id": "webhook_id",
    "x-shopify-triggered-at": "triggered_at",
}

UNREAD: Final = {
    "carts_create": "a cart names nobody",
    "carts_update": "a cart names nobody",
    "orders_updated": "orders/create, cancelled, paid and fulfilled say what matters",
    "products_delete": "the catalogue keeps what was sold",
}

CANCELLED_PAYMENTS: Final = frozenset({"failure", "error"})


def translate_shopify(envelope: Envelope) -> Translation:
    headers = envelope.detail.get("metadata")
    if not isinstance(headers, dict):
        raise Malformed("an object expected", field="detail.metadata", event_id=envelope.id)
    known = {METADATA[lower]: told for header, told in headers.items() if (lower := header.lower()) in METADATA}
    metadata: Metadata = check(Metadata, known, place="detail.metadata", event_id=envelope.id)
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


def order_created(webhook: Webhook, order: Order) -> None:
    """An imported order was processed long before it was created here; that is when it happened."""
    at = webhook.at("processed_at", order.get("processed_at"), order.get("created_at"))
    identifiers, traits = _buyer(webhook, order)
    webhook.add(
        "Order Completed", at=at, identifiers=_placed(identifiers, order), traits=traits, properties=_order(order)
    )
    if order.get("buyer_accepts_marketing") and identifiers:
        subscribed = {"topic": "marketing", "source": "shopify checkout"}
        webhook.add(
            "Newsletter Subscribed",
            at=at,
            identifiers=identifiers,
            traits=traits,
            properties=subscribed,
            suffix="/consent",
        )


def order_cancelled(webhook: Webhook, order: Order) -> None:
    at = webhook.at("cancelled_at", order.get("cancelled_at"), order.get("updated_at"))
    identifiers, traits = _buyer(webhook, order)
    properties = {**_order(order), **compact(cancel_reason=order.get("cancel_reason"))}
    webhook.add("Order Cancelled", at=at, identifiers=_placed(identifiers, order), traits=traits, properties=properties)


def order_paid(webhook: Webhook, order: Order) -> None:
    _order_progressed(webhook, order, "Order Paid")


def order_fulfilled(webhook: Webhook, order: Order) -> None:
    _order_progressed(webhook, order, "Order Fulfilled")


def checkout_changed(webhook: Webhook, checkout: Checkout) -> None:
    """A completed checkout is an order, which comes by itself; started again, it would fill the emptied cart."""
    if checkout.get("completed_at"):
        webhook.remarks.append("shopify: a completed checkout is not read, its order is")
        return
    identifiers, traits = _buyer(webhook, checkout)
    checkout_id = checkout.get("token")
    properties = compact(
        checkout_id=checkout_id,
        cart_id=checkout.get("cart_token") or checkout_id,
        value=checkout.get("total_price"),
        **_sums(checkout),
        checkout_url=checkout.get("abandoned_checkout_url"),
        products=_products(checkout.get("line_items") or []),
    )
    at = webhook.at("updated_at", checkout.get("updated_at"), checkout.get("created_at"))
    webhook.add("Checkout Started", at=at, identifiers=identifiers, traits=traits, properties=properties)


def customer_created(webhook: Webhook, customer: Customer) -> None:
    _customer_told(webhook, customer, "Customer Registered", webhook.at("created_at", customer.get("created_at")))


def customer_updated(webhook: Webhook, customer: Customer) -> None:
    _customer_told(webhook, customer, IDENTIFY, webhook.at("updated_at", customer.get("updated_at")))


def consent_updated(webhook: Webhook, update: ConsentUpdate) -> None:
    identifiers = _identifiers(webhook, update.get("customer_id"), update.get("email_address"))
    traits = {EMAIL: identifiers[EMAIL]} if EMAIL in identifiers else {}
    consent = update.get("email_marketing_consent") or {}
    _consent_told(webhook, consent, identifiers, traits)


def refund_created(webhook: Webhook, refund: Refund) -> None:
    """A refund names its order and nobody. One that moves no money, a restock, takes back 0 and not the order's sum."""
    at = webhook.at("processed_at", refund.get("processed_at"), refund.get("created_at"))
    paid_back = [
        transaction
        for transaction in refund.get("transactions") or []
        if transaction.get("kind") == "refund" and transaction.get("status") not in CANCELLED_PAYMENTS
    ]
    total = sum((Decimal(str(transaction.get("amount") or 0)) for transaction in paid_back), Decimal(0))
    lines = [
        {**(line.get("line_item") or {}), **compact(quantity=line.get("quantity"))}
        for line in refund.get("refund_line_items") or []
    ]
    properties = compact(
        order_id=refund.get("order_id"),
        refund_id=refund.get("id"),
        total=float(total),
        currency=next((told for transaction in paid_back if (told := transaction.get("currency"))), None),
        products=_products(lines),  # type: ignore[arg-type]
    )
    named = {ORDER_ID: str(properties["order_id"])} if "order_id" in properties else {}
    webhook.add("Order Refunded", at=at, identifiers=named, properties=properties)


def product_changed(webhook: Webhook, product: Product) -> None:
    variants = product.get("variants") or []
    first = variants[0] if variants else {}
    images = [product.get("image") or {}, *(product.get("images") or [])]
    domain, handle = webhook.metadata.get("shop_domain"), product.get("handle")
    on_sale = product.get("status") in (None, "active")
    updated_at = webhook.at("updated_at", product.get("updated_at"), product.get("created_at"))
    properties = compact(
        product_id=product.get("id"),
        name=product.get("title"),
        url=f"https://{domain}/products/{handle}" if domain and handle else None,
        image_url=next((told for image in images if (told := image.get("src"))), None),
        price=first.get("price"),
        sku=first.get("sku"),
        category=product.get("product_type") or None,
        brand=product.get("vendor"),
        available=on_sale and (not variants or any(_in_stock(variant) for variant in variants)),
        updated_at=updated_at.isoformat().replace("+00:00", "Z"),
    )
    webhook.add("Product Updated", at=updated_at, properties=properties)


TOPICS: Final[dict[str, tuple[Any, Callable[[Webhook, Any], None]]]] = {
    "orders_create": (Order, order_created),
    "orders_cancelled": (Order, order_cancelled),
    "orders_paid": (Order, order_paid),
    "orders_fulfilled": (Order, order_fulfilled),
    "checkouts_create": (Checkout, checkout_changed),
    "checkouts_update": (Checkout, checkout_changed),
    "customers_create": (Customer, customer_created),
    "customers_update": (Customer, customer_updated),
    "customers_email_marketing_consent_update": (ConsentUpdate, consent_updated),
    "refunds_create": (Refund, refund_created),
    "products_create": (Product, product_changed),
    "products_update": (Product, product_changed),
}
"""Topic, with `_` for `/` as the topic's two spellings have it: the shape of its payload, and what it tells."""


def _order_progressed(webhook: Webhook, order: Order, name: str) -> None:
    at = webhook.at("updated_at", order.get("updated_at"))
    identifiers, traits = _buyer(webhook, order)
    webhook.add(name, at=at, identifiers=identifiers, traits=traits, properties=_order(order))


def _placed(identifiers: dict[str, str], order: Order) -> dict[str, str]:
    """Who placed it, so that a refund, which names the order alone, finds them."""
    order_id = order.get("id")
    return {**identifiers, ORDER_ID: order_id} if identifiers and order_id else identifiers


def _order(order: Order) -> dict[str, Any]:
    shipping = (order.get("total_shipping_price_set") or {}).get("shop_money") or {}
    return compact(
        order_id=order.get("id"),
        order_number=order.get("name"),
        checkout_id=order.get("checkout_token"),
        cart_id=order.get("cart_token") or order.get("checkout_token"),
        total=order.get("total_price"),
        shipping=shipping.get("amount"),
        **_sums(order),
        order_status_url=order.get("order_status_url"),
        test=order.get("test") or None,
        products=_products(order.get("line_items") or []),
    )


def _sums(purchase: Checkout) -> dict[str, Any]:
    codes = [told for discount in purchase.get("discount_codes") or [] if (told := discount.get("code"))]
    return {
        "subtotal": purchase.get("subtotal_price"),
        "tax": purchase.get("total_tax"),
        "discount": purchase.get("total_discounts"),
        "currency": purchase.get("currency"),
        "coupon": codes[0] if codes else None,
        "coupons": codes if len(codes) > 1 else None,
    }


def _products(lines: list[LineItem]) -> list[dict[str, Any]]:
    return [
        compact(
            product_id=line.get("product_id"),
            variant_id=line.get("variant_id"),
            sku=line.get("sku"),
            name=line.get("title") or line.get("name"),
            variant=line.get("variant_title"),
            brand=line.get("vendor"),
            price=line.get("price"),
            quantity=line.get("quantity"),
        )
        for line in lines
    ]


def _buyer(webhook: Webhook, purchase: Order | Checkout) -> tuple[dict[str, str], dict[str, Any]]:
    """The address given for this very purchase comes before the account's: Shopify writes there too."""
    customer = purchase.get("customer") or {}
    billing = purchase.get("billing_address") or {}
    given = (purchase.get("email"), purchase.get("contact_email"), customer.get("email"))
    email = next((told for told in given if address(told)), None)
    identifiers = _identifiers(webhook, customer.get("id"), email)
    if not identifiers:
        return {}, {}
    named = customer if customer.get("first_name") or customer.get("last_name") else billing
    traits = compact(
        email=identifiers.get(EMAIL),
        first_name=named.get("first_name"),
        last_name=named.get("last_name"),
        language=_language(purchase.get("customer_locale")),
    )
    return identifiers, traits


def _identifiers(webhook: Webhook, customer_id: str | None, email: Any) -> dict[str, str]:
    identifiers = {}
    if customer := identifier(customer_id, webhook.remarks, field="detail.payload.customer.id"):
        identifiers[CUSTOMER_ID] = customer
    if spelled := address(email):
        identifiers[EMAIL] = spelled
    return identifiers


def _customer_told(webhook: Webhook, customer: Customer, name: str, at: Any) -> None:
    identifiers = _identifiers(webhook, customer.get("id"), customer.get("email"))
    home = customer.get("default_address") or {}
    told = compact(
        email=customer.get("email"),
        first_name=customer.get("first_name"),
        last_name=customer.get("last_name"),
        phone=customer.get("phone"),
        language=_language(customer.get("locale")),
        city=home.get("city"),
        postal_code=home.get("zip"),
        country=home.get("country_code"),
        tags=_tags(customer.get("tags")),
    )
    traits = tidy_traits(told, webhook.remarks)
    consent = customer.get("email_marketing_consent") or {}
    if consent.get("state") in ("subscribed", "unsubscribed"):
        # First, or the welcome that a registration starts would lack the consent that came with it.
        _consent_told(webhook, consent, identifiers, {}, suffix="/consent")
    webhook.add(name, at=at, identifiers=identifiers, traits=traits)


def _consent_told(
    webhook: Webhook, consent: Consent, identifiers: dict[str, str], traits: dict[str, Any], suffix: str = ""
) -> None:
    """Shopify knows one consent, to all of its marketing mail: granted as our `marketing`, withdrawn for all topics."""
    at = webhook.at("consent_updated_at", consent.get("consent_updated_at"))
    state = (consent.get("state") or "").lower()
    told = compact(source="shopify", opt_in_level=consent.get("opt_in_level"))
    if state == "subscribed":
        properties = {"topic": "marketing", **told}
        webhook.add(
            "Consent Granted", at=at, identifiers=identifiers, traits=traits, properties=properties, suffix=suffix
        )
    elif state in ("unsubscribed", "not_subscribed", "redacted", "invalid"):
        webhook.add("Consent Withdrawn", at=at, identifiers=identifiers, traits=traits, properties=told, suffix=suffix)
    else:
        webhook.remarks.append("shopify: a consent that is not decided yet is not read")


def _in_stock(variant: Any) -> bool:
    """A variant whose stock nobody counts is there."""
    quantity = variant.get("inventory_quantity")
    untracked = quantity is None or variant.get("inventory_management", "shopify") is None
    return bool(untracked or variant.get("inventory_policy") == "continue" or quantity > 0)


def _language(told: Any) -> str | None:
    return told.replace("_", "-") if isinstance(told, str) and told else None


def _tags(told: Any) -> list[str] | None:
    """Shopify writes tags as one text with commas."""
    if not isinstance(told, str):
        return None
    return [tag for part in told.split(",") if (tag := part.strip())]
