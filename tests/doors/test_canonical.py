"""Canonical events have canonical types; everything else passes as it is."""

from pathlib import Path
from typing import Any

import pytest

from dampf.campaigns.event_names import CANONICAL
from dampf.doors import Malformed
from dampf.doors.canonical import SHAPES, canonical_properties


@pytest.mark.parametrize(
    "name, given, expected",
    [
        pytest.param("Product Added", {"price": "18.99"}, {"price": 18.99}, id="a numeric string is a number"),
        pytest.param("Product Added", {"quantity": " 2 "}, {"quantity": 2}, id="a whole number stays whole"),
        pytest.param("Product Added", {"price": "-1e2"}, {"price": -100.0}, id="an exponent"),
        pytest.param("Product Added", {"price": 19}, {"price": 19}, id="an integer stays one"),
        pytest.param("Product Added", {"product_id": 4711}, {"product_id": "4711"}, id="a number as an id"),
        pytest.param("Order Completed", {"order_id": 7, "cart_id": 8}, {"order_id": "7", "cart_id": "8"}, id="ids"),
        pytest.param("Product Added", {"variant": 42}, {"variant": "42"}, id="a size"),
        pytest.param("Product Added", {"price": None, "name": "Drill"}, {"name": "Drill"}, id="null is not told"),
        pytest.param(
            "Cart Viewed",
            {"products": [{"product_id": 1, "brand": None, "colour": "red"}]},
            {"products": [{"product_id": "1", "colour": "red"}]},
            id="products too",
        ),
        pytest.param(
            "Product Added", {"colour": 3, "tags": [1, {"a": None}]}, {"colour": 3, "tags": [1, {"a": None}]}, id="own"
        ),
        pytest.param(
            "Products Searched", {"query": {"text": "drill"}}, {"query": {"text": "drill"}}, id="a query object"
        ),
        pytest.param("Product Reviewed", {"rating": 4.5}, {"rating": 4.5}, id="a rating in halves"),
        pytest.param("Promotion Viewed", {"position": 1}, {"position": "1"}, id="a promotion's position is text"),
        pytest.param("Unsubscribed", {"topic": ""}, {}, id="no topic means all"),
        pytest.param(
            "Machine Serviced", {"price": "?", "order_id": None}, {"price": "?", "order_id": None}, id="other names"
        ),
    ],
)
def test_properties_become_canonical(name: str, given: dict[str, Any], expected: dict[str, Any]):
    properties = canonical_properties(name, given)
    assert properties == expected
    assert [type(value) for value in properties.values()] == [type(expected[key]) for key in properties]


@pytest.mark.parametrize(
    "name, given, message",
    [
        pytest.param("Product Added", {"price": "cheap"}, "price: a number expected", id="words"),
        pytest.param("Product Added", {"price": "1,50"}, "price: a number expected", id="a comma"),
        pytest.param("Product Added", {"price": "1_000"}, "price: a number expected", id="underscores"),
        pytest.param("Product Added", {"price": ""}, "price: a number expected", id="empty"),
        pytest.param("Product Added", {"price": "NaN"}, "price: a number expected", id="NaN in words"),
        pytest.param("Product Added", {"price": float("nan")}, "price: a number expected", id="NaN"),
        pytest.param("Product Added", {"price": 1e300}, "price: a number expected", id="absurd"),
        pytest.param("Product Added", {"price": "1e99"}, "price: a number expected", id="absurd in words"),
        pytest.param("Product Added", {"quantity": True}, "quantity: a number expected", id="a boolean"),
        pytest.param("Product Added", {"quantity": [1]}, "quantity: a number expected", id="a list"),
        pytest.param("Product Added", {"name": 5}, "name: text expected", id="a number as a name"),
        pytest.param(
            "Product Added", {"product_id": 1.5}, "product_id: text or a whole number expected", id="fraction"
        ),
        pytest.param("Product Added", {"product_id": True}, "product_id: text or a whole number expected", id="flag"),
        pytest.param("Order Completed", {"products": "drill"}, "products: a list expected", id="products as text"),
        pytest.param("Order Completed", {"products": {"0": {}}}, "products: a list expected", id="products an object"),
        pytest.param("Order Completed", {"products": ["drill"]}, "products.0: an object expected", id="no object"),
        pytest.param("Order Completed", {"products": [None]}, "products.0: an object expected", id="null product"),
        pytest.param(
            "Order Completed",
            {"products": [{}, {"price": "x"}]},
            "products.1.price: a number expected",
            id="the second",
        ),
        pytest.param("Order Refunded", {"total": {}}, "total: a number expected", id="a refund's total"),
        pytest.param("Consent Granted", {"topic": 1}, "topic: text expected", id="topic"),
        pytest.param("Email Opened", {"email_id": []}, "email_id: text or a whole number expected", id="email_id"),
        pytest.param("Products Searched", {"query": 1}, "query: text or an object expected", id="query"),
    ],
)
def test_a_wrong_type_refuses_the_event_and_names_the_field(name: str, given: dict[str, Any], message: str):
    with pytest.raises(Malformed) as caught:
        canonical_properties(name, given, event_id="e")
    assert str(caught.value) == f"detail.properties.{message}"
    assert caught.value.event_id == "e"


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_no_property_is_required(name: str):
    assert canonical_properties(name, {}) == {}
    assert canonical_properties(name, {"of the shop": [1]}) == {"of the shop": [1]}


def test_the_developers_page_names_every_canonical_event(root: Path):
    page = (root / "docs/shop-developer.md").read_text(encoding="utf-8")
    assert [name for name in sorted(SHAPES) if f"`{name}`" not in page] == []


def test_check_knows_every_canonical_event():
    assert sorted(SHAPES.keys() - CANONICAL) == []
