"""What Shopify's webhooks tell of products: news for the catalogue, about nobody."""

from typing import Any

from dampf.doors.shopify_shapes import Product
from dampf.doors.shopify_webhook import Webhook
from dampf.doors.telling import compact


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


def product_deleted(webhook: Webhook, product: Product) -> None:
    """The catalogue keeps what was sold, so that older orders still show it; it is offered to nobody any more."""
    at = webhook.at("triggered_at")
    properties = compact(
        product_id=product.get("id"), available=False, updated_at=at.isoformat().replace("+00:00", "Z")
    )
    webhook.add("Product Updated", at=at, properties=properties)


def _in_stock(variant: Any) -> bool:
    """A variant whose stock nobody counts is there."""
    quantity = variant.get("inventory_quantity")
    untracked = quantity is None or variant.get("inventory_management", "shopify") is None
    return bool(untracked or variant.get("inventory_policy") == "continue" or quantity > 0)
