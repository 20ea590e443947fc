"""Keeping products: what it costs, what goes onto the bus, and that dying and racing lose and double nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from dampf.domain.assortment import news
from dampf.domain.product import Product
from dampf.stores.memory_products import MemoryProducts
from dampf.stores.memory_queues import MemoryBus
from dampf.use_cases.keep_products import KeepProducts, Overtaken
from dampf.use_cases.ports.products import ProductChange
from tests.builders import HOUR, MINUTE, NOON, catalogue, happened, product
from tests.use_cases.worlds import World

CONTENT = catalogue()
AT = "2026-03-02T12:00:00Z"


class Counted(MemoryProducts):
    """Notes how many products each request is about, and may do something before a write."""

    def __init__(self, *products: Product) -> None:
        super().__init__(products)
        self.requests: list[tuple[str, int]] = []
        self.before_put: list[Any] = []

    def load(self, ids: Iterable[str]) -> dict[str, Product]:
        wanted = list(ids)
        self.requests.append(("load", len(wanted)))
        return super().load(wanted)

    def put(self, changes: Sequence[ProductChange]) -> frozenset[str]:
        self.requests.append(("put", len(changes)))
        for act in self.before_put[:1]:
            self.before_put.remove(act)
            act()
        return super().put(changes)


class Shop:
    """`world.ingest` over products that are counted."""

    def __init__(self, *products: Product) -> None:
        self.products, self.world = Counted(*products), World(CONTENT)
        self.keep = KeepProducts(products=self.products, bus=lambda: self.world.bus)
        self.world._ingest = replace(self.world._ingest, products=self.keep)

    def ingest(self, *envelopes: dict[str, Any], now: datetime = NOON) -> list[tuple[str, int]]:
        self.products.requests.clear()
        done = self.world.ingest(*envelopes, now=now)
        assert (done.refused, done.retry, done.troubles) == ((), {}, ())
        return list(self.products.requests)

    def announced(self) -> list[tuple[str, Any, Any, Any]]:
        told = [(each.name, each.properties) for each in self.world.bus.events]
        return [(name, of["product_id"], of.get("old_price"), of["price"]) for name, of in told]


def viewed(number: int, /, who: str | None = "anna", name: str = "Product Viewed", **told: Any) -> dict[str, Any]:
    return happened(name, AT, who, id=f"{name}{number}{told}", product_id=f"p{number}", **told)


# --- what it costs ----------------------------------------------------------------------------------------------------


def test_events_that_name_no_product_cost_nothing():
    others = [happened("Signed In", AT, "anna", id=str(number)) for number in range(10)]
    assert Shop().ingest(*others, happened("Order Completed", AT, "anna", id="o", order_id="1")) == []


def test_ten_events_of_new_products_are_one_read_and_one_write():
    assert Shop().ingest(*(viewed(number) for number in range(10))) == [("load", 10), ("put", 10)]


def test_a_product_that_says_nothing_new_costs_no_write_and_soon_after_no_read():
    shop = Shop(*(product(f"p{number}", seen_only=True, updated_at=NOON - HOUR) for number in range(10)))
    told = [viewed(number, price=10, currency="EUR") for number in range(10)]
    assert shop.ingest(*told) == [("load", 10)]
    assert shop.ingest(*told, now=NOON + 14 * MINUTE) == []
    assert shop.ingest(*told, now=NOON + 15 * MINUTE) == [("load", 10)]


def test_nameless_events_feed_the_catalogue():
    shop = Shop()
    assert shop.ingest(viewed(1, None, name="Product Viewed", price=12)) == [("load", 1), ("put", 1)]
    assert shop.products.load(["p1"])["p1"].price == Decimal(12)


def test_the_same_news_again_cost_no_write():
    shop = Shop(product("p1"))
    updated = viewed(1, None, name="Product Updated", price=12)
    assert shop.ingest(updated) == [("load", 1), ("put", 1), ("put", 1)]
    assert shop.ingest(updated) == [("load", 1)]
    assert shop.announced() == [("Product Price Changed", "p1", 10, 12)]


# --- what goes onto the bus -------------------------------------------------------------------------------------------


def test_of_several_news_of_a_product_in_one_batch_each_is_told():
    shop = Shop(product("p1"))
    shop.ingest(*(viewed(1, None, name="Product Updated", price=price) for price in (12, 9)))
    assert shop.announced() == [("Product Price Changed", "p1", 10, 12), ("Product Price Changed", "p1", 12, 9)]
    assert shop.products.load(["p1"])["p1"] == product("p1", price="9", updated_at=NOON)


def test_what_died_before_the_bus_took_it_is_told_by_whoever_tells_of_the_product_next():
    shop = Shop(product("p1"))

    class Dead(Exception):
        pass

    class DeadBus(MemoryBus):
        def put(self, events: Any) -> None:
            raise Dead

    dying = KeepProducts(products=shop.products, bus=DeadBus)
    cheaper = news("p1", {"price": Decimal(9)}, at=NOON, is_dated=True)
    with pytest.raises(Dead):
        dying([cheaper], now=NOON)
    assert shop.announced() == []
    shop.keep([cheaper], now=NOON + MINUTE)
    shop.keep([cheaper], now=NOON + HOUR)
    assert shop.announced() == [("Product Price Changed", "p1", 10, 9)]
    assert shop.products.load(["p1"])["p1"].untold == ()


def test_what_died_after_the_bus_took_it_is_told_again_under_the_same_id():
    shop = Shop(product("p1"))
    cheaper = news("p1", {"price": Decimal(9)}, at=NOON, is_dated=True)

    def die() -> None:
        shop.products.before_put.append(fail)

    def fail() -> None:
        raise ConnectionError

    shop.products.before_put.append(die)
    with pytest.raises(ConnectionError):
        shop.keep([cheaper], now=NOON)
    shop.keep([cheaper], now=NOON + MINUTE)
    once, again = shop.world.bus.events
    assert (once.key, once.at) == (again.key, again.at)


# --- together with others ---------------------------------------------------------------------------------------------


def test_whoever_is_overtaken_looks_again():
    shop = Shop(product("p1"))
    other = KeepProducts(products=shop.products, bus=lambda: shop.world.bus)
    later = news("p1", {"price": Decimal(8)}, at=NOON + HOUR, is_dated=True)
    shop.products.before_put.append(lambda: other([later], now=NOON + HOUR))
    shop.keep([news("p1", {"price": Decimal(9)}, at=NOON, is_dated=True)], now=NOON)
    assert shop.products.load(["p1"])["p1"].price == Decimal(8)
    assert shop.announced() == [("Product Price Changed", "p1", 10, 8)]


def test_whoever_is_overtaken_again_and_again_gives_up_and_says_so():
    shop = Shop(product("p1"))
    other = KeepProducts(products=shop.products, bus=MemoryBus)
    prices = iter(range(20, 40))

    def overtake() -> None:
        told = news("p1", {"price": Decimal(next(prices))}, at=NOON, is_dated=True)
        other([told], now=NOON)
        shop.products.before_put.append(overtake)

    shop.products.before_put.append(overtake)
    with pytest.raises(Overtaken):
        shop.keep([news("p1", {"price": Decimal(9)}, at=NOON, is_dated=True)], now=NOON)


def test_a_catalogue_that_fails_holds_up_nobody_and_brings_only_news_again():
    world = World(CONTENT)

    class Failing(MemoryProducts):
        def load(self, ids: Iterable[str]) -> dict[str, Product]:
            raise ConnectionError

    world._ingest = replace(world._ingest, products=KeepProducts(products=Failing(), bus=lambda: world.bus))
    done = world.ingest(viewed(1), viewed(1, None, name="Product Updated"), now=NOON)
    assert (done.retry, [each.kind for each in done.troubles]) == ({"1": 2}, ["ConnectionError"])
    assert len(world.mailbox.stimuli) == 1
