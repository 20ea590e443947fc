"""The parts of commercetools' messages that we read. Field names are theirs."""

from typing import Any

from typing_extensions import TypedDict  # pydantic needs this one below Python 3.12

from dampf.doors.checks import Code, Number, Text


class Money(TypedDict, total=False):
    """Of high precision `preciseAmount` counts, in `fractionDigits`; else `centAmount` does."""

    centAmount: int
    preciseAmount: int
    fractionDigits: int
    currencyCode: Text


class Worth(TypedDict, total=False):
    value: Money | None


class Price(Worth, total=False):
    discounted: Worth | None


class Image(TypedDict, total=False):
    url: Text | None


class Availability(TypedDict, total=False):
    isOnStock: bool | None


class Variant(TypedDict, total=False):
    sku: Code | None
    prices: list[Price] | None
    images: list[Image] | None
    availability: Availability | None


class Reference(TypedDict, total=False):
    typeId: Text | None
    id: Code | None


class LineItem(TypedDict, total=False):
    productId: Code | None
    name: dict[str, Any] | None
    variant: Variant | None
    price: Price | None
    quantity: Number | None


class Address(TypedDict, total=False):
    firstName: Text | None
    lastName: Text | None


class TaxedPrice(TypedDict, total=False):
    totalGross: Money | None
    totalTax: Money | None


class ShippingInfo(TypedDict, total=False):
    price: Money | None


class Order(TypedDict, total=False):
    id: Code | None
    orderNumber: Code | None
    customerId: Code | None
    customerEmail: Any
    anonymousId: Code | None
    locale: Any
    cart: Reference | None
    totalPrice: Money | None
    taxedPrice: TaxedPrice | None
    shippingInfo: ShippingInfo | None
    lineItems: list[LineItem] | None
    billingAddress: Address | None
    createdAt: Any
    completedAt: Any


class Customer(TypedDict, total=False):
    id: Code | None
    email: Any
    firstName: Text | None
    lastName: Text | None
    dateOfBirth: Any
    locale: Any
    createdAt: Any


class ProductProjection(TypedDict, total=False):
    id: Code | None
    name: dict[str, Any] | None
    masterVariant: Variant | None
    variants: list[Variant] | None


class Tracking(TypedDict, total=False):
    trackingId: Code | None
    carrier: Text | None
    isReturn: bool | None


class Parcel(TypedDict, total=False):
    id: Code | None
    trackingData: Tracking | None


class ReturnInfo(TypedDict, total=False):
    returnTrackingId: Code | None
    returnDate: Any


class Notice(TypedDict, total=False):
    reason: Any
    payloadType: Text | None


class Message(TypedDict, total=False):
    """Every message's own fields, and those of each type beside them."""

    id: Code | None
    type: Text | None
    notificationType: Text | None
    resource: Reference | None
    createdAt: Any
    payloadNotIncluded: Notice | None
    order: Order | None
    orderState: Text | None
    shipmentState: Text | None
    paymentState: Text | None
    parcel: Parcel | None
    returnInfo: ReturnInfo | None
    customer: Customer | None
    email: Any
    firstName: Text | None
    lastName: Text | None
    dateOfBirth: Any
    productProjection: ProductProjection | None
