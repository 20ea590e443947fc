"""The bodies of Shopify's webhooks: ids as numbers, prices as text."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dampf_cli.sample_week.assortment import Product, total_of
from dampf_cli.sample_week.events import Order, instant_text
from dampf_cli.sample_week.people import Person


def customer(person: Person, **more: datetime) -> dict[str, Any]:
    return {
        "id": int(person.customer_id),
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "locale": person.language,
        **{name: instant_text(instant) for name, instant in more.items()},
    }


def consent(person: Person, at: datetime) -> dict[str, Any]:
    consent = {"state": "subscribed", "opt_in_level": "confirmed_opt_in", "consent_updated_at": instant_text(at)}
    return {
        "customer_id": int(person.customer_id),
        "email_address": person.email,
        "email_marketing_consent": consent,
    }


def checkout(person: Person, cart_id: str, products: Sequence[Product], *, at: datetime) -> dict[str, Any]:
    return {
        "token": f"checkout-{cart_id}",
        "cart_token": cart_id,
        "email": person.email,
        "buyer_accepts_marketing": False,
        "created_at": instant_text(at),
        "updated_at": instant_text(at),
        "completed_at": None,
        "currency": "EUR",
        "customer_locale": person.language,
        "customer": customer(person),
        "line_items": [_line(product) for product in products],
        "subtotal_price": str(total_of(products)),
        "total_price": str(total_of(products)),
        "abandoned_checkout_url": f"https://shop.example/checkouts/{cart_id}/recover",
    }


def order(person: Person, cart_id: str, order: Order) -> dict[str, Any]:
    return {
        "id": order.number,
        "name": f"#{order.number}",
        "email": person.email,
        "buyer_accepts_marketing": False,
        "checkout_token": f"checkout-{cart_id}",
        "cart_token": cart_id,
        "created_at": instant_text(order.at),
        "processed_at": instant_text(order.at),
        "currency": "EUR",
        "customer_locale": person.language,
        "customer": customer(person),
        "line_items": [_line(product) for product in order.products],
        "subtotal_price": str(order.total),
        "total_price": str(order.total),
        "order_status_url": f"https://shop.example/orders/{order.number}",
        "test": False,
    }


def refund(order: Order, product: Product, *, at: datetime) -> dict[str, Any]:
    return {
        "id": 900_000 + order.number,
        "order_id": order.number,
        "created_at": instant_text(at),
        "processed_at": instant_text(at),
        "refund_line_items": [{"quantity": 1, "line_item": _line(product)}],
        "transactions": [{"kind": "refund", "status": "success", "amount": str(product.price), "currency": "EUR"}],
    }


def _line(product: Product) -> dict[str, Any]:
    return {
        "product_id": product.number,
        "title": product.name,
        "vendor": "Example Tools",
        "price": str(product.price),
        "quantity": 1,
    }
