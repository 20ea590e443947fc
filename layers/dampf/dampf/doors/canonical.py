"""The canonical events and the types of their properties: Segment's e-commerce and e-mail vocabulary, and ours.

No property is required, whatever the vocabulary says: campaigns treat what is missing as undefined. A property of a
wrong type refuses the event. Properties that the shop adds are kept as they are, as are events of other names.
"""

from typing import Annotated, Any, Final

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # pydantic needs this one below Python 3.12

from dampf.doors.checks import Code, NullsDropped, Number, Text, TextOrObject, Value, check, without_nulls

KEEP_OTHERS: Final = ConfigDict(extra="allow")


@with_config(KEEP_OTHERS)
class Product(TypedDict, total=False):
    product_id: Code
    sku: Code
    category: Text
    name: Text
    brand: Text
    variant: Code
    price: Number
    quantity: Number
    coupon: Code
    position: Number
    url: Text
    image_url: Text


Products = list[Annotated[Product, NullsDropped]]


@with_config(KEEP_OTHERS)
class ProductViewed(Product, total=False):
    currency: Text
    value: Number


@with_config(KEEP_OTHERS)
class ProductInCart(Product, total=False):
    cart_id: Code


@with_config(KEEP_OTHERS)
class ProductOnWishlist(ProductInCart, total=False):
    wishlist_id: Code
    wishlist_name: Text


@with_config(KEEP_OTHERS)
class ProductShared(Product, total=False):
    share_via: Text
    share_message: Text
    recipient: Text


@with_config(KEEP_OTHERS)
class ProductOffered(Product, total=False):
    """The catalogue's own news: a new price, back in stock, any other change."""

    currency: Text
    old_price: Number
    available: bool
    updated_at: Text


@with_config(KEEP_OTHERS)
class Search(TypedDict, total=False):
    query: TextOrObject


@with_config(KEEP_OTHERS)
class Choice(TypedDict, total=False):
    type: Text
    value: Value


@with_config(KEEP_OTHERS)
class ProductList(TypedDict, total=False):
    list_id: Code
    category: Text
    filters: list[Choice]
    sorts: list[Choice]
    products: Products


@with_config(KEEP_OTHERS)
class Promotion(TypedDict, total=False):
    promotion_id: Code
    creative: Text
    name: Text
    position: Code


@with_config(KEEP_OTHERS)
class Cart(TypedDict, total=False):
    cart_id: Code
    products: Products


@with_config(KEEP_OTHERS)
class CartShared(Cart, total=False):
    share_via: Text
    share_message: Text
    recipient: Text


@with_config(KEEP_OTHERS)
class Purchase(TypedDict, total=False):
    """What checkouts and orders have in common."""

    checkout_id: Code
    cart_id: Code
    order_id: Code
    affiliation: Text
    subtotal: Number
    total: Number
    value: Number
    revenue: Number
    shipping: Number
    tax: Number
    discount: Number
    coupon: Code
    currency: Text
    products: Products


@with_config(KEEP_OTHERS)
class Shipment(TypedDict, total=False):
    """What is on its way, or has come."""

    order_id: Code
    order_number: Code
    shipment_id: Code
    tracking_number: Code
    tracking_url: Text
    carrier: Text
    expected_delivery_at: Text
    products: Products


@with_config(KEEP_OTHERS)
class CheckoutStep(TypedDict, total=False):
    checkout_id: Code
    order_id: Code
    step: Number
    shipping_method: Text
    payment_method: Text


@with_config(KEEP_OTHERS)
class Coupon(TypedDict, total=False):
    order_id: Code
    cart_id: Code
    coupon_id: Code
    coupon_name: Text
    discount: Number
    reason: Text


@with_config(KEEP_OTHERS)
class Review(TypedDict, total=False):
    product_id: Code
    review_id: Code
    review_body: Text
    rating: Value


@with_config(KEEP_OTHERS)
class Email(TypedDict, total=False):
    email_id: Code
    email_subject: Text
    campaign_id: Code
    campaign_name: Text
    email: Text
    topic: Text
    link_id: Code
    link_url: Text
    list_id: Code
    list_name: Text
    bounce_type: Text
    by_proxy: bool
    proxy: Text


@with_config(KEEP_OTHERS)
class Consent(TypedDict, total=False):
    email: Text
    topic: Text
    source: Text
    wording: Text


@with_config(KEEP_OTHERS)
class Voucher(TypedDict, total=False):
    code: Code
    coupon: Code
    pool: Text
    order_id: Code


@with_config(KEEP_OTHERS)
class Person(TypedDict, total=False):
    email: Text


SHAPES: Final[dict[str, Any]] = {
    "Products Searched": Search,
    "Product List Viewed": ProductList,
    "Product List Filtered": ProductList,
    "Promotion Viewed": Promotion,
    "Promotion Clicked": Promotion,
    "Product Clicked": Product,
    "Product Viewed": ProductViewed,
    "Product Added": ProductInCart,
    "Product Removed": ProductInCart,
    "Cart Viewed": Cart,
    "Cart Emptied": Cart,
    "Checkout Started": Purchase,
    "Checkout Step Viewed": CheckoutStep,
    "Checkout Step Completed": CheckoutStep,
    "Payment Info Entered": CheckoutStep,
    "Order Updated": Purchase,
    "Order Completed": Purchase,
    "Order Refunded": Purchase,
    "Order Cancelled": Purchase,
    "Order Shipped": Shipment,
    "Order Delivered": Shipment,
    "Coupon Entered": Coupon,
    "Coupon Applied": Coupon,
    "Coupon Denied": Coupon,
    "Coupon Removed": Coupon,
    "Product Added to Wishlist": ProductOnWishlist,
    "Product Removed from Wishlist": ProductOnWishlist,
    "Wishlist Product Added to Cart": ProductOnWishlist,
    "Product Shared": ProductShared,
    "Cart Shared": CartShared,
    "Product Reviewed": Review,
    "Email Sent": Email,
    "Email Delivered": Email,
    "Email Opened": Email,
    "Email Link Clicked": Email,
    "Email Bounced": Email,
    "Email Marked as Spam": Email,
    "Email Delivery Delayed": Email,
    "Email Rejected": Email,
    "Email Rendering Failed": Email,
    "Unsubscribed": Email,
    "Consent Granted": Consent,
    "Consent Withdrawn": Consent,
    "Newsletter Subscribed": Consent,
    "Subscription Confirmed": Consent,
    "Customer Registered": Person,
    "Erasure Requested": Person,
    "Data Requested": Person,
    "Voucher Redeemed": Voucher,
    "Product Price Changed": ProductOffered,
    "Product Back In Stock": ProductOffered,
    "Product Updated": ProductOffered,
}

NAMES_ITS_PERSON: Final = frozenset(name for name, shape in SHAPES.items() if shape in (Email, Consent, Person))
"""Events whose `properties.email` is the address of the person that they are about."""


def canonical_properties(name: str, given: dict[str, Any], *, event_id: str | None = None) -> dict[str, Any]:
    """The properties with the types of that canonical event; those of any other event untouched."""
    shape = SHAPES.get(name)
    if shape is None:
        return given
    properties: dict[str, Any] = check(shape, without_nulls(given), place="detail.properties", event_id=event_id)
    if properties.get("topic") == "":  # an empty form field: an unsubscription without a topic is one from all
        del properties["topic"]
    return properties
