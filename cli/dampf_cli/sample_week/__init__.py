"""The demo's data: one week of an invented shop, written as the EventBridge events that it would have sent.

Everything here is synthetic: Example Tools, its customers and what they do are made up, and every event says so
(`context.library.name`, Shopify's `X-Shopify-Test`). Who does what is fixed, so that each campaign has its cases;
products and minutes come from a seeded generator, so that the same seed gives the same week.
"""

from dampf_cli.sample_week.assortment import PRODUCTS
from dampf_cli.sample_week.events import Envelope
from dampf_cli.sample_week.people import FAITHFUL, KNOWN, NEW, NEWCOMERS, SEGMENT, SHOP, SHOPIFY
from dampf_cli.sample_week.plot import START, sample_week

__all__ = [
    "FAITHFUL",
    "KNOWN",
    "NEW",
    "NEWCOMERS",
    "PRODUCTS",
    "SEGMENT",
    "SHOP",
    "SHOPIFY",
    "START",
    "Envelope",
    "sample_week",
]
