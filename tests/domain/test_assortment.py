"""What tells the catalogue what: news win, the shelf counts where there is no news, lines fill what is unknown."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dampf.domain.assortment import changed, news, tellings
from dampf.domain.event import Event
from dampf.domain.product import Product
from tests.builders import DAY, HOUR, MINUTE, NOON, event

LISTED = Product(id="p1", updated_at=NOON, name="Drill", price=Decimal("129.90"), currency="EUR")
SEEN = replace(LISTED, seen_only=True)


def after(kept: Product | None, *events: Event, now: Any = None) -> Product:
    for each in events:
        for telling in tellings(each, now=now or each.arrived_at):
            kept = changed(kept, telling, now=now or each.arrived_at) or kept
    assert kept is not None
    return kept


def told(kind: str = "Product Updated", /, **properties: Any) -> Event:
    return event(kind, **{"product_id": "p1", **properties})


def announced(product: Product) -> list[tuple[str, Any, Any]]:
    return [(each.name, each.properties.get("old_price"), each.properties.get("price")) for each in product.untold]


# --- where nobody tells news ------------------------------------------------------------------------------------------


def test_a_product_becomes_known_when_somebody_looks_at_it():
    viewed = told(
        "Product Viewed",
        name=" Drill ",
        price=129.9,
        currency="eur",
        url="https://shop.example/drill",
        image_url="https://cdn.shop.example/drill.jpg",
        category="Drills",
        brand="Bohrwerk",
    )
    assert after(None, viewed) == Product(
        id="p1",
        updated_at=NOON,
        name="Drill",
        url="https://shop.example/drill",
        image_url="https://cdn.shop.example/drill.jpg",
        price=Decimal("129.9"),
        currency="EUR",
        category="Drills",
        brand="Bohrwerk",
        seen_only=True,
    )


@pytest.mark.parametrize(
    "name", ["Product List Viewed", "Cart Viewed", "Checkout Started", "Order Completed"], ids=lambda name: name
)
def test_lists_carts_and_orders_tell_of_all_their_products(name: str):
    products = [{"product_id": "p1", "name": "Drill", "price": 5}, {"name": "nameless"}, {"product_id": "p2"}]
    listed = event(name, currency="EUR", products=products)
    found = [(each.product, changed(None, each, now=NOON)) for each in tellings(listed, now=NOON)]
    assert [product for product, _ in found] == ["p1", "p2"]
    first = found[0][1]
    assert first is not None
    assert (first.name, first.price, first.currency) == ("Drill", Decimal(5), "EUR")


def test_without_news_the_shelf_s_later_word_counts():
    later = told("Product Viewed", price=99, at=NOON + HOUR)
    assert after(SEEN, later) == replace(SEEN, price=Decimal(99), updated_at=NOON + HOUR)
    assert after(SEEN, told("Product Viewed", price=99, at=NOON - MINUTE)) == SEEN


@pytest.mark.parametrize("name", ["Product Added", "Product Removed"])
def test_a_cart_s_price_may_bear_a_discount_and_only_fills_what_is_unknown(name: str):
    assert after(SEEN, told(name, price=99, at=NOON + HOUR)) == SEEN
    unknown = replace(SEEN, price=None, name=None)
    filled = after(unknown, told(name, price=99, name="Drill", at=NOON + HOUR))
    assert (filled.price, filled.name) == (Decimal(99), "Drill")


def test_nothing_new_is_no_change():
    for each in tellings(told("Product Viewed", name="Drill", price="129.90", at=NOON + HOUR), now=NOON + HOUR):
        assert changed(SEEN, each, now=NOON + HOUR) is None


@pytest.mark.parametrize(
    "telling",
    [
        told("Product Viewed", price=9, source="dampf.browser"),
        told("Product Updated", price=9, available=False, source="dampf.browser"),
        told("Product Price Changed", price=9, source="dampf.browser"),
        told("Product Updated", price=9, source="dampf"),
        told("Product Viewed", price=9, historical=True),
        told("Order Completed", at=NOON - 8 * DAY, arrived_at=NOON),
        told("Banner Clicked", price=9),
        told("Product Viewed", product_id="x" * 300),
    ],
    ids=["browser", "news of a browser", "price of a browser", "our own", "historical", "old", "other", "endless id"],
)
def test_what_can_be_forged_is_old_or_names_no_product_says_nothing(telling: Event):
    assert list(tellings(telling, now=NOON)) == []


def test_values_that_cannot_be_shown_are_left_out():
    viewed = told(
        "Product Viewed",
        name="",
        url="javascript:alert(1)",
        image_url="http://cdn.shop.example/drill.jpg",
        price=-1,
        currency="Euro",
    )
    assert after(None, viewed) == Product(id="p1", updated_at=NOON, seen_only=True)


# --- news -------------------------------------------------------------------------------------------------------------


def test_news_win_over_all_that_was_seen_whenever_it_was():
    updated = told(price=149, name="Drill 18 V", at=NOON - DAY)
    expected = replace(LISTED, price=Decimal(149), name="Drill 18 V", updated_at=NOON - DAY)
    assert after(SEEN, updated) == expected
    assert after(expected, told("Product Viewed", price=9, name="Cheap", at=NOON)) == expected


def test_the_shelf_fills_what_no_news_told():
    filled = after(LISTED, told("Product Viewed", price=9, brand="Bohrwerk", at=NOON + HOUR))
    assert filled == replace(LISTED, brand="Bohrwerk")


def test_older_news_change_nothing_in_whatever_order_they_come():
    first, second, third = (told(price=price, at=NOON + hour * HOUR) for hour, price in ((1, 99), (2, 109), (3, 99)))
    assert after(LISTED, third, second, first) == replace(
        LISTED,
        price=Decimal(99),
        updated_at=NOON + 3 * HOUR,
        untold=after(LISTED, third).untold,
    )
    in_order = after(LISTED, first, third, second)
    assert in_order.price == Decimal(99)


def test_news_that_tell_nothing_of_a_field_leave_it():
    assert after(LISTED, told(name="Drill 18 V")) == replace(LISTED, name="Drill 18 V")


def test_a_new_price_is_announced_with_the_old_one():
    product = after(LISTED, told(price=99.5, at=NOON + HOUR), now=NOON + DAY)
    (announcement,) = product.untold
    assert (announcement.source, announcement.name, announcement.at) == ("dampf", "Product Price Changed", NOON + DAY)
    assert announcement.identifiers == {}
    assert announcement.properties == {
        "product_id": "p1",
        "name": "Drill",
        "price": 99.5,
        "currency": "EUR",
        "available": True,
        "old_price": 129.9,
    }


def test_back_in_stock_is_announced_and_sold_out_is_not():
    sold_out = after(LISTED, told(available=False, at=NOON + HOUR))
    assert (sold_out.available, announced(sold_out)) == (False, [])
    back = after(sold_out, told(available=True, at=NOON + 2 * HOUR))
    assert announced(back) == [("Product Back In Stock", None, 129.9)]


@pytest.mark.parametrize(
    "kept, telling",
    [
        (None, told(price=99)),
        (SEEN, told(price=99)),
        (replace(LISTED, price=None), told(price=99)),
        (LISTED, told(price=99, currency="USD")),
        (LISTED, told(price="129.9")),
        (LISTED, told("Product Price Changed", price=99)),
        (replace(LISTED, available=False), told("Product Back In Stock")),
    ],
    ids=["new", "only seen", "no price yet", "other currency", "the same", "told by the shop", "told by the shop too"],
)
def test_what_is_no_news_or_was_told_by_the_shop_itself_is_not_announced(kept: Product | None, telling: Event):
    assert announced(after(kept, telling)) == []


def test_a_shop_s_own_news_change_the_catalogue():
    cheaper = after(LISTED, told("Product Price Changed", price=99, old_price=129.9))
    back = after(replace(LISTED, available=False), told("Product Back In Stock"))
    assert cheaper.price == Decimal(99)
    assert back.available


def test_the_same_news_have_the_same_id_and_the_next_change_another():
    once, again = (after(LISTED, told(price=99, at=NOON + HOUR), now=NOON + hours * HOUR) for hours in (1, 5))
    later = after(LISTED, told(price=99, at=NOON + 2 * HOUR))
    assert once.untold[0].id == again.untold[0].id != later.untold[0].id


def test_a_feed_s_row_that_says_nothing_new_is_no_change_and_an_undated_one_moves_no_date():
    same = news("p1", {"name": "Drill", "price": Decimal("129.90")}, at=NOON + DAY, is_dated=False)
    assert changed(LISTED, same, now=NOON + DAY) is None
    dated = changed(LISTED, same._replace(is_dated=True), now=NOON + DAY)
    assert dated == replace(LISTED, updated_at=NOON + DAY)
