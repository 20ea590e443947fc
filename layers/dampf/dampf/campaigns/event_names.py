"""The canonical names of events: Segment's e-commerce and e-mail specs, `identify`, and our own.

A shop may use any other name too. This list only finds the slip of a pen.
"""

import difflib
from typing import Final

CANONICAL: Final = frozenset(
    {
        "identify",
        "Products Searched",
        "Product List Viewed",
        "Product List Filtered",
        "Promotion Viewed",
        "Promotion Clicked",
        "Product Clicked",
        "Product Viewed",
        "Product Added",
        "Product Removed",
        "Cart Viewed",
        "Cart Emptied",
        "Checkout Started",
        "Checkout Step Viewed",
        "Checkout Step Completed",
        "Payment Info Entered",
        "Order Updated",
        "Order Completed",
        "Order Refunded",
        "Order Cancelled",
        "Order Paid",
        "Order Fulfilled",
        "Order Partially Fulfilled",
        "Order Shipped",
        "Order Delivered",
        "Order Returned",
        "Payment Failed",
        "Coupon Entered",
        "Coupon Applied",
        "Coupon Denied",
        "Coupon Removed",
        "Product Added to Wishlist",
        "Product Removed from Wishlist",
        "Wishlist Product Added to Cart",
        "Product Shared",
        "Cart Shared",
        "Product Reviewed",
        "Email Sent",
        "Email Delivered",
        "Email Opened",
        "Email Link Clicked",
        "Email Bounced",
        "Email Marked as Spam",
        "Unsubscribed",
        "Customer Registered",
        "Consent Granted",
        "Consent Withdrawn",
        "Newsletter Subscribed",
        "Subscription Confirmed",
        "Voucher Redeemed",
        "Product Price Changed",
        "Product Back In Stock",
        "Product Updated",
        "Page Viewed",
        "Screen Viewed",
        "Email Delivery Delayed",
        "Email Rejected",
        "Email Rendering Failed",
        "Plan Started",
        "Plan Changed",
        "Plan Ended",
        "Trial Ending",
        "Customer Account Enabled",
        "Customer Account Disabled",
        "Erasure Requested",
        "Data Requested",
    }
)


def misspelt(name: str) -> str | None:
    """The canonical name that this is nearly, but not exactly; None where it is one, or is the shop's own."""
    if name in CANONICAL:
        return None
    by_lower = {known.lower(): known for known in sorted(CANONICAL)}
    found = difflib.get_close_matches(name.lower().replace("_", " "), by_lower, n=1, cutoff=0.88)
    return by_lower[found[0]] if found else None
