"""The catalogue of products, on DynamoDB and in memory alike."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dampf.domain.product import Product
from dampf.stores import keys
from dampf.stores.dynamodb import Tables
from dampf.stores.products import DynamoProducts
from dampf.use_cases.ports.products import ProductChange
from tests import builders
from tests.builders import HOUR, NOON
from tests.stores.conftest import Stores

DRILL = Product(
    id="p1",
    updated_at=NOON,
    name="Cordless drill",
    url="https://shop.example/drill",
    image_url="https://cdn.shop.example/drill.jpg",
    price=Decimal("129.90"),
    currency="EUR",
    category="Tools > Drills",
    brand="Bohrwerk",
)


def new(*products: Product) -> list[ProductChange]:
    return [ProductChange(product, None) for product in products]


def numbered(count: int) -> list[Product]:
    return [Product(id=f"p{number}", updated_at=NOON, name=f"Product {number}") for number in range(count)]


def test_a_product_is_read_as_it_was_written(stores: Stores):
    told = replace(DRILL, untold=(builders.event("Product Price Changed", old_price=149.9),), available=False)
    assert stores.products.put(new(told)) == frozenset()
    assert stores.products.load(["p1"]) == {"p1": told}


def test_unknown_products_are_left_out(stores: Stores):
    stores.products.put(new(DRILL))
    assert stores.products.load(["p1", "p2", "p1"]) == {"p1": DRILL}
    assert stores.products.load([]) == {}


def test_two_hundred_and_fifty_products_are_written_and_read(stores: Stores):
    products = numbered(250)
    assert stores.products.put(new(*products)) == frozenset()
    assert stores.products.load([product.id for product in products]) == {product.id: product for product in products}
    assert sorted(product.id for product in stores.products.each()) == sorted(product.id for product in products)


def test_a_product_that_changed_meanwhile_is_named_and_stays_as_it_is(stores: Stores):
    stores.products.put(new(DRILL))
    cheaper, dearer = replace(DRILL, price=Decimal(99)), replace(DRILL, price=Decimal(139))
    assert stores.products.put([ProductChange(cheaper, DRILL)]) == frozenset()
    assert stores.products.put([ProductChange(dearer, DRILL)]) == {"p1"}
    assert stores.products.put(new(dearer)) == {"p1"}
    assert stores.products.load(["p1"]) == {"p1": cheaper}


def test_of_several_changes_only_those_at_fault_are_not_written(stores: Stores):
    known, *unknown = numbered(5)
    stores.products.put(new(known))
    assert stores.products.put(new(known, *unknown)) == {"p0"}
    assert stores.products.put([ProductChange(DRILL, replace(DRILL, name="Drill")), *new(*numbered(7)[5:])]) == {"p1"}
    assert set(stores.products.load(f"p{number}" for number in range(7))) == {f"p{number}" for number in range(7)}


@pytest.mark.parametrize("product_id", ["%", "a#b", "#", "ä" * 600, "x" * 3000, "%!"])
def test_any_text_names_a_product(stores: Stores, product_id: str):
    product = replace(DRILL, id=product_id)
    stores.products.put(new(product, DRILL))
    assert stores.products.load([product_id]) == {product_id: product}


def test_a_change_by_change_of_one_product_is_always_taken(stores: Stores):
    """What is compared is what was read, however often it went there and back."""
    stores.products.put(new(DRILL))
    for hour in range(1, 4):
        (was,) = stores.products.load(["p1"]).values()
        now = replace(was, updated_at=NOON + hour * HOUR, untold=(*was.untold, builders.event(old_price=1.10)))
        assert stores.products.put([ProductChange(now, was)]) == frozenset()


def test_products_lie_in_all_partitions(dynamodb_client: Any, tables: Tables):
    DynamoProducts(tables=tables).put(new(*numbered(100)))
    items = dynamodb_client.scan(TableName=tables.catalogue)["Items"]
    assert {item["kind"]["S"] for item in items} == {keys.product_kind(shard) for shard in keys.PRODUCT_SHARDS}


def test_a_hundred_products_are_one_request_and_one_change_is_no_transaction(dynamodb_client: Any, tables: Tables):
    products = DynamoProducts(tables=tables)
    called: list[str] = []

    def note(model: Any, **_: Any) -> None:
        called.append(model.name)

    dynamodb_client.meta.events.register("before-call.dynamodb", note)
    products.put(new(*numbered(100)))
    products.load([f"p{number}" for number in range(100)])
    products.put(new(replace(DRILL, id="drill")))
    dynamodb_client.meta.events.unregister("before-call.dynamodb", note)
    assert called == ["TransactWriteItems", "BatchGetItem", "PutItem"]
