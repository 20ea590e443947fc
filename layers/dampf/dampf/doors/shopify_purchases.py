"""What Shopify's webhooks tell of carts, checkouts, orders, their shipping, and refunds.

A cart names nobody. Its token is the identifier of somebody unknown, whom the checkout or order that bears the same
token makes known.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from dampf.domain.event import CART_TOKEN, EMAIL, ORDER_ID
from dampf.doors.people import address, identifier
from dampf.doors.shopify_people import identifiers_of
from dampf.doors.shopify_shapes import Cart, Checkout, Fulfillment, FulfillmentEvent, LineItem, Order, Refund
from dampf.doors.shopify_webhook import Webhook
from dampf.doors.telling import compact, language_tag

CANCELLED_PAYMENTS: Final = frozenset({"failure", "error"})


def cart_changed(webhook: Webhook, cart: Cart) -> None:
    """The whole cart as it is now; one without a token is nobody's and cannot be found again."""
    token = _cart_token(webhook, cart.get("token") or cart.get("id"))
    at = webhook.at("updated_at", cart.get("updated_at"), cart.get("created_at"))
    products = _products(cart.get("line_items") or [])
    named = {CART_TOKEN: token} if token else {}
    properties = compact(cart_id=token, products=products or None)
    webhook.add("Cart Viewed" if products else "Cart Emptied", at=at, identifiers=named, properties=properties)


def order_created(webhook: Webhook, order: Order) -> None:
    """An imported order was processed long before it was created here; that is when it happened."""
    at = webhook.at("processed_at", order.get("processed_at"), order.get("created_at"))
    identifiers, traits = _buyer(webhook, order)
    placed = _placed(webhook, identifiers, order)
    webhook.add("Order Completed", at=at, identifiers=placed, traits=traits, properties=_order(order))
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
    webhook.add(
        "Order Cancelled", at=at, identifiers=_placed(webhook, identifiers, order), traits=traits, properties=properties
    )


def order_paid(webhook: Webhook, order: Order) -> None:
    _order_progressed(webhook, order, "Order Paid")


def order_fulfilled(webhook: Webhook, order: Order) -> None:
    _order_progressed(webhook, order, "Order Fulfilled")


def order_partially_fulfilled(webhook: Webhook, order: Order) -> None:
    _order_progressed(webhook, order, "Order Partially Fulfilled")


def fulfillment_changed(webhook: Webhook, fulfillment: Fulfillment) -> None:
    """Each parcel is shipped once and delivered once, however many webhooks say so: the ids are the parcel's own."""
    status, shipment = fulfillment.get("status"), fulfillment.get("shipment_status")
    if status not in (None, "success"):
        webhook.remarks.append("shopify: a fulfilment that is pending, cancelled or failed ships nothing")
        return
    at = webhook.at("updated_at", fulfillment.get("updated_at"), fulfillment.get("created_at"))
    email, order_id = address(fulfillment.get("email")), fulfillment.get("order_id")
    urls, numbers = fulfillment.get("tracking_urls") or [], fulfillment.get("tracking_numbers") or []
    properties = compact(
        order_id=order_id,
        order_number=(fulfillment.get("name") or "").partition(".")[0] or None,
        shipment_id=fulfillment.get("id"),
        tracking_number=fulfillment.get("tracking_number") or next(iter(numbers), None),
        tracking_url=fulfillment.get("tracking_url") or next(iter(urls), None),
        carrier=fulfillment.get("tracking_company"),
        expected_delivery_at=fulfillment.get("estimated_delivery_at"),
        products=_products(fulfillment.get("line_items") or []),
    )
    named = compact(email=email, order_id=order_id)
    delivered = shipment == "delivered"
    _shipment_told(webhook, fulfillment.get("id"), delivered, at, named, properties)


def fulfillment_progressed(webhook: Webhook, progress: FulfillmentEvent) -> None:
    """What the carrier reports; only its last word matters to a mail."""
    if progress.get("status") != "delivered":
        webhook.remarks.append("shopify: of what a carrier reports only a delivery is read")
        return
    at = webhook.at("happened_at", progress.get("happened_at"), progress.get("created_at"))
    order_id = progress.get("order_id")
    properties = compact(order_id=order_id, shipment_id=progress.get("fulfillment_id"))
    _shipment_told(webhook, progress.get("fulfillment_id"), True, at, compact(order_id=order_id), properties)


def checkout_changed(webhook: Webhook, checkout: Checkout) -> None:
    """A completed checkout is an order, which comes by itself; started again, it would fill the emptied cart."""
    if checkout.get("completed_at"):
        webhook.remarks.append("shopify: a completed checkout is not read, its order is")
        return
    identifiers, traits = _buyer(webhook, checkout)
    checkout_id, token = checkout.get("token"), _cart_token(webhook, checkout.get("cart_token"))
    named = {**identifiers, CART_TOKEN: token} if token else identifiers
    properties = compact(
        checkout_id=checkout_id,
        cart_id=token or checkout_id,
        value=checkout.get("total_price"),
        **_sums(checkout),
        checkout_url=checkout.get("abandoned_checkout_url"),
        products=_products(checkout.get("line_items") or []),
    )
    at = webhook.at("updated_at", checkout.get("updated_at"), checkout.get("created_at"))
    webhook.add("Checkout Started", at=at, identifiers=named, traits=traits, properties=properties)


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


def _order_progressed(webhook: Webhook, order: Order, name: str) -> None:
    at = webhook.at("updated_at", order.get("updated_at"))
    identifiers, traits = _buyer(webhook, order)
    webhook.add(name, at=at, identifiers=identifiers, traits=traits, properties=_order(order))


def _shipment_told(
    webhook: Webhook,
    shipment: str | None,
    delivered: bool,
    at: datetime,
    named: dict[str, str],
    properties: dict[str, Any],
) -> None:
    name, what = ("Order Delivered", "delivered") if delivered else ("Order Shipped", "shipped")
    own_id = f"fulfillment-{shipment}/{what}" if shipment else None
    webhook.add(name, at=at, identifiers=named, properties=properties, own_id=own_id)


def _placed(webhook: Webhook, identifiers: dict[str, str], order: Order) -> dict[str, str]:
    """Who placed it, so that a refund, which names the order alone, finds them; and whose cart it was."""
    order_id, token = order.get("id"), _cart_token(webhook, order.get("cart_token"))
    placed = {**identifiers, ORDER_ID: order_id} if identifiers and order_id else identifiers
    return {**placed, CART_TOKEN: token} if token else placed


def _cart_token(webhook: Webhook, told: str | None) -> str | None:
    """Without the key that Shopify's newer tokens carry on some of their ways and not on others."""
    bare = told.partition("?")[0] if told else None
    return identifier(bare, webhook.remarks, field="detail.payload.cart_token")


def _order(order: Order) -> dict[str, Any]:
    shipping = (order.get("total_shipping_price_set") or {}).get("shop_money") or {}
    return compact(
        order_id=order.get("id"),
        order_number=order.get("name"),
        checkout_id=order.get("checkout_token"),
        cart_id=(order.get("cart_token") or "").partition("?")[0] or order.get("checkout_token"),
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
    identifiers = identifiers_of(webhook, customer.get("id"), email)
    if not identifiers:
        return {}, {}
    named = customer if customer.get("first_name") or customer.get("last_name") else billing
    traits = compact(
        email=identifiers.get(EMAIL),
        first_name=named.get("first_name"),
        last_name=named.get("last_name"),
        language=language_tag(purchase.get("customer_locale")),
    )
    return identifiers, traits
