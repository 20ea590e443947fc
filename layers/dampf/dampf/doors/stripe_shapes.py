"""The parts of Stripe's events that we read. A reference may be an id, or the whole object where it was expanded."""

from typing import Any

from typing_extensions import TypedDict  # pydantic needs this one below Python 3.12

from dampf.doors.checks import Code, Number, Text


class Address(TypedDict, total=False):
    city: Text | None
    postal_code: Code | None
    country: Text | None


class Payer(TypedDict, total=False):
    """Who paid, as they wrote it at the checkout or on the bill."""

    email: Any
    name: Text | None
    phone: Text | None


class Customer(Payer, total=False):
    id: Code | None
    address: Address | None
    preferred_locales: list[Text] | None
    metadata: dict[str, Any] | None


class Totals(TypedDict, total=False):
    amount_discount: int | None
    amount_shipping: int | None
    amount_tax: int | None


class Promotions(TypedDict, total=False):
    promotions: Text | None


class Session(TypedDict, total=False):
    id: Code | None
    mode: Text | None
    payment_status: Text | None
    customer: Any
    customer_email: Any
    customer_details: Payer | None
    metadata: dict[str, Any] | None
    locale: Any
    payment_intent: Any
    invoice: Any
    amount_total: int | None
    amount_subtotal: int | None
    total_details: Totals | None
    currency: Text | None
    consent: Promotions | None


class Line(TypedDict, total=False):
    description: Text | None
    quantity: Number | None
    amount: int | None
    price: Any
    pricing: Any


class Lines(TypedDict, total=False):
    data: list[Line] | None


class Invoice(TypedDict, total=False):
    id: Code | None
    customer: Any
    customer_email: Any
    customer_name: Text | None
    number: Code | None
    metadata: dict[str, Any] | None
    payment_intent: Any
    amount_paid: int | None
    amount_due: int | None
    subtotal: int | None
    currency: Text | None
    billing_reason: Text | None
    hosted_invoice_url: Text | None
    lines: Lines | None


class Charge(TypedDict, total=False):
    id: Code | None
    customer: Any
    billing_details: Payer | None
    receipt_email: Any
    metadata: dict[str, Any] | None
    payment_intent: Any
    invoice: Any
    amount_refunded: int | None
    currency: Text | None


class Subscription(TypedDict, total=False):
    id: Code | None
    customer: Any
    metadata: dict[str, Any] | None
    status: Text | None
    cancel_at_period_end: bool | None


class Data(TypedDict, total=False):
    object: dict[str, Any]
    previous_attributes: dict[str, Any] | None


class Happened(TypedDict, total=False):
    id: Code | None
    type: Text | None
    created: int | None
    livemode: bool | None
    data: Data
