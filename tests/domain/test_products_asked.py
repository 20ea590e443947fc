"""`product()` and `products()` in conditions: asked for where an expression names them, and undefined where unknown."""

from typing import Any

import pytest

from dampf.domain.decide import decide
from dampf.domain.decision import Asks
from dampf.domain.profile import ProductSeen
from dampf.domain.stimulus import EventCame
from tests.builders import HOUR, NOON, catalogue, decided, event, mails, product, state

CHEAP = """
title: cheap
trigger: { event: Product Viewed, when: %s }
steps: [{ send: mail }]
"""


def started(when: str, products: dict[str, Any], **properties: Any) -> bool:
    decision = decided(
        state(viewed=(ProductSeen("p2", None, NOON - HOUR), ProductSeen("p3", None, NOON - HOUR))),
        event("Product Viewed", product_id="p1", **properties),
        catalogue(CHEAP % when),
        products=products,
    )
    return bool(mails(decision))


KNOWN = {
    "p1": product("p1", price="9.90", category="Drills"),
    "p2": product("p2", available=False),
    "p3": product("p3", price=None),
    "p4": None,
}


@pytest.mark.parametrize(
    "when, holds",
    [
        ("product(event.properties.product_id).price == 9.9", True),
        ("product('p1').price < 10 and product('p1').currency == 'EUR'", True),
        ("product('p1').category == 'Drills'", True),
        ("product('p1').available", True),
        ("product('p2').available", False),
        ("product('p3').price", False),
        ("product('p4') is defined", False),
        ("product('p4').price != 1", False),
        ("product(event.properties.nothing).available", False),
        ("products(profile.viewed) | map(attribute='id') | list == ['p1', 'p3']", True),
        ("products(profile.viewed, 1) | map(attribute='id') | list == ['p1']", True),
        ("products(['p4', 'p3', 'p2', 'p3']) | map(attribute='id') | list == ['p3']", True),
        ("products(profile.nothing)", False),
    ],
)
def test_conditions_see_products_as_the_catalogue_knows_them(when: str, holds: bool):
    assert started(f'"{when}"', KNOWN) is holds


def test_what_a_condition_asks_for_is_asked_for_at_once():
    content = catalogue(CHEAP % "\"products(profile.viewed) and product('p9')\"")
    viewed = event("Product Viewed", product_id="p1")
    asked = decide(state(), EventCame(profile="anna", event=viewed), content, now=NOON)
    assert asked == Asks(products=frozenset({"p1"}))


def test_a_condition_that_names_no_product_asks_for_none():
    assert mails(decided(state(), event("Product Viewed", product_id="p1"), catalogue(CHEAP % "profile.viewed")))


def test_a_number_names_a_product_too():
    assert started('"product(1001).available"', {"1001": product("1001")})
