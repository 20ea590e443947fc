"""A shop whose campaigns take every kind of step, and what happens to its people: the ground that faults fall on."""

from typing import Any

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.content import Content
from dampf.campaigns.yaml_text import read_yaml
from tests.builders import BODY, SHOP, added, bought, consenting, happened, identified

METRICS = "orders: { add: 1, on: Order Completed, subtract_on: [Order Cancelled] }"

MOST_WRITES = 100
CAMPAIGNS = f"""
welcome: {{ trigger: {{ event: Customer Registered }}, steps: [{{ send: mail }}] }}
cart:
  trigger: {{ event: Product Added, when: profile.cart.items }}
  entry: {{ per: profile.cart.id, restart: true }}
  exit: [{{ event: Order Completed }}]
  steps: [{{ wait: 1 hour }}, {{ send: mail }}]
confirmation:
  trigger: {{ event: Order Completed }}
  entry: {{ per: event.properties.order_id }}
  steps: [{{ send: receipt }}]
second_order: {{ trigger: {{ metric: orders, reaches: 2 }}, steps: [{{ send: mail }}] }}
praise:
  trigger: {{ event: Review Submitted }}
  steps: [{{ set: {{ reviewed: "true" }} }}, {{ emit: {{ event: Praise Given }} }}]
thanks: {{ trigger: {{ event: Praise Given }}, steps: [{{ send: mail }}, {{ enter: more_thanks }}] }}
more_thanks: {{ trigger: {{ event: Never Happens }}, steps: [{{ wait: 5 minutes }}, {{ send: receipt }}] }}
curious:
  trigger: {{ event: Product Viewed, when: history('Product Viewed') | length >= 2 }}
  steps: [{{ wait_for: {{ event: Product Added, within: 30 minutes }}, then: [{{ exit }}] }}, {{ send: mail }}]
broken: {{ trigger: {{ event: Wish Made }}, steps: [{{ send: broken }}, {{ wait: 10 minutes }}, {{ send: mail }}] }}
gift: {{ trigger: {{ event: Gift Earned }}, steps: [{{ send: gift }}] }}
spoilt_gift: {{ trigger: {{ event: Gift Spoilt }}, steps: [{{ send: spoilt_gift }}] }}
made_gift: {{ trigger: {{ event: Gift Made }}, steps: [{{ send: made_gift }}] }}
gift_noted:
  trigger: {{ event: [Voucher Issued, Voucher Returned] }}
  entry: {{ again: always }}
  steps: [{{ set: {{ told: event.name }} }}]
gift_used: {{ trigger: {{ event: Voucher Redeemed }}, steps: [{{ send: mail }}] }}
flood: {{ trigger: {{ event: Flood Came }}, steps: [{", ".join(["{ emit: { event: Drop Fell } }"] * MOST_WRITES)}] }}
"""


CODES = ("ONLY-1",)
POOLS = {"few": {"kind": "list", "file": "vouchers/few.csv"}, "made": {"kind": "generated"}}


def shop() -> PublishedCatalogue:
    plain = {name: {"": {"front": {"subject": name}, "body": BODY.format(name)}} for name in ("mail",)}
    receipt = {"": {"front": {"subject": "Receipt", "class": "transactional"}, "body": BODY.format("Receipt")}}
    broken = {"": {"front": {"subject": "Broken"}, "body": BODY.format("{{ 1 / (1 - 1) }}")}}
    gift = {"": {"front": {"subject": "Gift", "voucher": "few"}, "body": BODY.format("{{ voucher.code }}")}}
    spoilt_gift = {"": {"front": {"subject": "Gift", "voucher": "few"}, "body": BODY.format("{{ 1 / (1 - 1) }}")}}
    made_gift = {"": {"front": {"subject": "Gift", "voucher": "made"}, "body": BODY.format("{{ voucher.code }}")}}
    return catalogue_of(
        Content(
            shop={**SHOP, "voucher_pools": POOLS},
            codes={"few": CODES},
            metrics=read_yaml(METRICS).value,
            campaigns=read_yaml(CAMPAIGNS).value,
            messages={
                **plain,
                "receipt": receipt,
                "broken": broken,
                "gift": gift,
                "spoilt_gift": spoilt_gift,
                "made_gift": made_gift,
            },
        )
    )


def at(minute: int) -> str:
    return f"2026-03-02T{10 + minute // 60:02}:{minute % 60:02}:07Z"


ANNA: list[dict[str, Any]] = consenting("anna", at=at(-60))
"""Long before the rest, and that with twenty minutes between: what a fault holds up must not change the story."""

BEN = consenting("ben", at=at(-60))

SCENARIOS: dict[str, list[dict[str, Any]]] = {
    "a registration": [*ANNA, happened("Customer Registered", at(1), "anna")],
    "a forgotten cart": [*ANNA, added("anna", at(1), "drill"), added("anna", at(30), "bits")],
    "a cart that is bought": [*ANNA, added("anna", at(1), "drill"), bought("anna", at(40), "o1")],
    "two orders, one twice": [
        *ANNA,
        bought("anna", at(1), "o1", id="first"),
        bought("anna", at(1), "o1", id="first"),
        bought("anna", at(20), "o2", id="second"),
        bought("anna", at(40), "o2", id="second"),
    ],
    "an emitted event": [*ANNA, happened("Review Submitted", at(1), "anna")],
    "a look back and a wait": [
        *ANNA,
        happened("Product Viewed", at(1), "anna", product_id="drill"),
        happened("Product Viewed", at(21), "anna", product_id="drill"),
    ],
    "a login": [
        added(None, at(-30), "drill", anonymous="a1"),
        happened("Product Viewed", at(-15), anonymous="a1", product_id="drill"),
        *ANNA,
        identified("anna", at(5), anonymous="a1"),
        happened("Product Viewed", at(25), anonymous="a1", product_id="bits"),
        happened("Customer Registered", at(50), "anna", anonymous="a1"),
    ],
    "a device and an address that change hands": [
        *ANNA,
        *BEN,
        happened("Product Viewed", at(1), "anna", anonymous="a1", product_id="drill"),
        added("ben", at(21), "drill", anonymous="a1"),
        happened("Customer Registered", at(41), "ben", traits={"email": "anna@example.com"}),
        bought("anna", at(61), "o1", anonymous="a1"),
        happened("Product Viewed", at(81), anonymous="a1", product_id="bits"),
    ],
    "a withdrawal": [
        *ANNA,
        added("anna", at(1), "drill"),
        happened("Customer Registered", at(5), "anna"),
        happened("Unsubscribed", at(30), "anna"),
    ],
    "a mail that cannot be written": [*ANNA, happened("Wish Made", at(1), "anna")],
    "more than one transaction holds": [
        *ANNA,
        happened("Flood Came", at(1), "anna"),
        happened("Customer Registered", at(1), "anna"),
    ],
    "an erasure, a late event and a return": [
        *ANNA,
        happened("Product Viewed", at(1), "anna", anonymous="a1", product_id="p"),
        bought("anna", at(2), order="o1"),
        added("anna", at(20), "drill", cart_id="c1"),
        happened("Erasure Requested", at(40), "anna"),
        happened("Unsubscribed", at(60), email="anna@example.com"),
        added("anna", at(80), "drill", cart_id="c1"),
        happened("Customer Registered", at(100), "anna", anonymous="a1"),
    ],
    "a voucher that is redeemed twice": [
        *ANNA,
        *BEN,
        happened("Gift Earned", at(1), "anna"),
        bought("anna", at(40), "o1", coupon=CODES[0]),
        bought("ben", at(60), "o2", coupon=CODES[0]),
    ],
    "a voucher that was passed on": [
        *ANNA,
        *BEN,
        happened("Gift Earned", at(1), "anna"),
        bought("ben", at(40), "o1", coupon=CODES[0]),
    ],
    "a voucher of a mail that cannot be written goes to somebody else": [
        *ANNA,
        *BEN,
        happened("Gift Spoilt", at(1), "anna"),
        happened("Gift Earned", at(40), "ben"),
    ],
    "a list that is at its end": [
        *ANNA,
        *BEN,
        happened("Gift Earned", at(1), "anna"),
        happened("Gift Earned", at(40), "ben"),
    ],
    "a voucher that is made": [*ANNA, happened("Gift Made", at(1), "anna")],
    "malformed among others": [
        *ANNA,
        {
            "source": "shop",
            "detail-type": "Order Completed",
            "time": at(1),
            "detail": {"userId": "anna", "timestamp": "noon"},
        },
        happened("Customer Registered", at(1), "anna"),
        happened("Customer Registered", at(1), "ben"),
    ],
}

REFUSED = [*consenting("refused", at=at(-60)), happened("Gift Earned", at(1), "refused")]
"""Somebody whose mail the provider refuses, after its voucher was claimed."""
