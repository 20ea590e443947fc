"""The parts of Shopify's webhook bodies that we read. Dates are left open: the field sends malformed ones."""

from typing import Any

from typing_extensions import TypedDict  # pydantic needs this one below Python 3.12

from dampf.doors.checks import Code, Number, Text


class Metadata(TypedDict, total=False):
    topic: Text | None
    shop_domain: Text | None
    webhook_id: Code | None
    triggered_at: Any


class Address(TypedDict, total=False):
    first_name: Text | None
    last_name: Text | None
    city: Text | None
    zip: Code | None
    country_code: Text | None


class Consent(TypedDict, total=False):
    state: Text | None
    opt_in_level: Text | None
    consent_updated_at: Any


class Customer(TypedDict, total=False):
    id: Code | None
    email: Any
    first_name: Text | None
    last_name: Text | None
    phone: Text | None
    locale: Any
    tags: Any
    created_at: Any
    updated_at: Any
    default_address: Address | None
    email_marketing_consent: Consent | None
    sms_marketing_consent: Consent | None


class CustomersMerged(TypedDict, total=False):
    admin_graphql_api_customer_deleted_id: Text | None
    status: Text | None


class PrivacyRequest(TypedDict, total=False):
    customer: Customer | None


class Money(TypedDict, total=False):
    amount: Number | None
    currency_code: Text | None


class MoneySet(TypedDict, total=False):
    shop_money: Money | None


class LineItem(TypedDict, total=False):
    product_id: Code | None
    variant_id: Code | None
    sku: Code | None
    title: Text | None
    name: Text | None
    variant_title: Text | None
    vendor: Text | None
    price: Number | None
    quantity: Number | None


class Cart(TypedDict, total=False):
    id: Code | None
    token: Code | None
    line_items: list[LineItem] | None
    created_at: Any
    updated_at: Any


class DiscountCode(TypedDict, total=False):
    code: Code | None


class Checkout(TypedDict, total=False):
    token: Code | None
    cart_token: Code | None
    email: Any
    customer: Customer | None
    customer_locale: Any
    billing_address: Address | None
    line_items: list[LineItem] | None
    discount_codes: list[DiscountCode] | None
    currency: Text | None
    subtotal_price: Number | None
    total_price: Number | None
    total_tax: Number | None
    total_discounts: Number | None
    abandoned_checkout_url: Text | None
    created_at: Any
    updated_at: Any
    completed_at: Any


class Order(Checkout, total=False):
    id: Code | None
    name: Text | None
    checkout_token: Code | None
    contact_email: Any
    buyer_accepts_marketing: bool | None
    cancel_reason: Text | None
    order_status_url: Text | None
    total_shipping_price_set: MoneySet | None
    test: bool | None
    processed_at: Any
    cancelled_at: Any


class Fulfillment(TypedDict, total=False):
    id: Code | None
    order_id: Code | None
    name: Text | None
    status: Text | None
    shipment_status: Text | None
    email: Any
    tracking_company: Text | None
    tracking_number: Code | None
    tracking_numbers: list[Code] | None
    tracking_url: Text | None
    tracking_urls: list[Text] | None
    estimated_delivery_at: Text | None
    line_items: list[LineItem] | None
    created_at: Any
    updated_at: Any


class FulfillmentEvent(TypedDict, total=False):
    """What a carrier reports of a parcel."""

    fulfillment_id: Code | None
    order_id: Code | None
    status: Text | None
    happened_at: Any
    created_at: Any


class RefundLine(TypedDict, total=False):
    quantity: Number | None
    line_item: LineItem | None


class Transaction(TypedDict, total=False):
    kind: Text | None
    status: Text | None
    amount: Number | None
    currency: Text | None


class Refund(TypedDict, total=False):
    id: Code | None
    order_id: Code | None
    transactions: list[Transaction] | None
    refund_line_items: list[RefundLine] | None
    processed_at: Any
    created_at: Any


class ConsentUpdate(TypedDict, total=False):
    customer_id: Code | None
    email_address: Any
    email_marketing_consent: Consent | None


class SmsConsentUpdate(TypedDict, total=False):
    id: Code | None
    phone: Text | None
    sms_marketing_consent: Consent | None


class Image(TypedDict, total=False):
    src: Text | None


class Variant(TypedDict, total=False):
    price: Number | None
    sku: Code | None
    inventory_quantity: Number | None
    inventory_policy: Text | None
    inventory_management: Text | None


class Product(TypedDict, total=False):
    id: Code | None
    title: Text | None
    handle: Text | None
    vendor: Text | None
    product_type: Text | None
    status: Text | None
    image: Image | None
    images: list[Image] | None
    variants: list[Variant] | None
    created_at: Any
    updated_at: Any
