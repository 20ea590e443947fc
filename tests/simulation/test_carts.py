"""Carts: what events make of them, and the journeys that they start."""

from decimal import Decimal
from itertools import permutations

import pytest

from tests.builders import added, bought, consenting, happened

REMINDER = {
    "cart.yaml": """
        title: Cart
        trigger: { event: [Product Added, Product Removed, Cart Viewed], when: profile.cart.items }
        entry: { per: profile.cart.id, restart: true }
        exit: [{ event: Order Completed }]
        steps: [{ wait: 1 hour }, { send: mail }]
        """
}


def removed(at, product, **more):
    return happened("Product Removed", at, "anna", product_id=product, **more)


def cart_of(played):
    cart = played.profile("anna")["cart"]
    return cart["id"], [(item["product_id"], item["quantity"]) for item in cart["items"]]


def at(minute):
    return f"2026-03-02T10:{minute:02d}:00Z"


@pytest.mark.parametrize(
    "events, expected",
    [
        pytest.param([added("anna", at(0), "drill", cart_id="c")], [("drill", 1)], id="one"),
        pytest.param(
            [added("anna", at(0), "drill", cart_id="c"), added("anna", at(1), "saw", cart_id="c")],
            [("drill", 1), ("saw", 1)],
            id="oldest first",
        ),
        pytest.param(
            [
                added("anna", at(0), "drill", cart_id="c", quantity=2),
                added("anna", at(1), "drill", cart_id="c", quantity="3"),
            ],
            [("drill", 5)],
            id="quantities of one product sum",
        ),
        pytest.param(
            [added("anna", at(0), "drill", cart_id="c", quantity=3), removed(at(1), "drill", quantity=1, cart_id="c")],
            [("drill", 2)],
            id="removed lowers by its quantity",
        ),
        pytest.param(
            [added("anna", at(0), "drill", cart_id="c", quantity=3), removed(at(1), "drill", cart_id="c")],
            [],
            id="without one the product goes",
        ),
        pytest.param(
            [added("anna", at(0), "drill", cart_id="c"), removed(at(1), "drill", quantity=5, cart_id="c")],
            [],
            id="more than there is",
        ),
        pytest.param(
            [
                added("anna", at(0), "drill", cart_id="c"),
                happened("Cart Viewed", at(1), "anna", cart_id="c", products=[{"product_id": "saw", "quantity": 2}]),
            ],
            [("saw", 2)],
            id="a cart that is viewed with products has those",
        ),
        pytest.param(
            [added("anna", at(0), "drill", cart_id="c"), happened("Cart Viewed", at(1), "anna", cart_id="c")],
            [("drill", 1)],
            id="without products it stays",
        ),
        pytest.param(
            [
                added("anna", at(0), "drill", cart_id="c"),
                happened("Checkout Started", at(1), "anna", cart_id="c", products=[{"product_id": "saw"}]),
            ],
            [("saw", 1)],
            id="so has one that is checked out",
        ),
    ],
)
def test_events_keep_the_cart(play, events, expected):
    assert cart_of(play(REMINDER, [*consenting("anna"), *events])) == ("c", expected)


def test_an_order_empties_the_cart_whichever_it_names(play):
    played = play(
        REMINDER,
        [*consenting("anna"), added("anna", at(0), "drill", cart_id="c"), bought("anna", at(1), "o", cart_id="z")],
    )
    assert cart_of(played) == (None, [])
    assert played.sent == []


def test_another_cart_id_is_another_cart_and_empty_before(play):
    played = play(
        REMINDER,
        [*consenting("anna"), added("anna", at(0), "drill", cart_id="c1"), added("anna", at(5), "saw", cart_id="c2")],
    )
    assert cart_of(played) == ("c2", [("saw", 1)])
    assert [line[2] for line in played.sent] == ["2026-03-02T11:00:00Z", "2026-03-02T11:05:00Z"]


def test_an_id_is_made_at_the_first_item_and_ends_with_the_order(play):
    events = [added("anna", at(0), "drill"), added("anna", at(5), "saw")]
    first, items = cart_of(play(REMINDER, [*consenting("anna"), *events]))
    assert first.startswith("cart-")
    assert items == [("drill", 1), ("saw", 1)]
    played = play(REMINDER, [*consenting("anna"), *events, bought("anna", at(10), "o"), added("anna", at(20), "nails")])
    second, _ = cart_of(played)
    assert second.startswith("cart-")
    assert second != first
    assert [line[2] for line in played.sent] == ["2026-03-02T11:20:00Z"]


def test_a_made_id_gives_way_to_the_first_that_the_shop_names_and_the_items_stay(play):
    played = play(
        REMINDER, [*consenting("anna"), added("anna", at(0), "drill"), added("anna", at(5), "saw", cart_id="c")]
    )
    assert cart_of(played) == ("c", [("drill", 1), ("saw", 1)])


def test_an_emptied_cart_is_not_reminded_of(play):
    played = play(
        REMINDER,
        [*consenting("anna"), added("anna", at(0), "drill", cart_id="c"), removed(at(5), "drill", cart_id="c")],
    )
    assert played.sent == []
    assert played.dropped == [("anna", "mail", "condition_false")]


def test_value_and_items_are_what_messages_see(play):
    events = [
        added(
            "anna", at(0), "drill", cart_id="c", price=99.9, quantity=2, image_url="https://shop.example/d.png", sku="D"
        ),
        added("anna", at(1), "saw", cart_id="c", price=0.3),
    ]
    cart = play(REMINDER, [*consenting("anna"), *events]).profile("anna")["cart"]
    assert Decimal(str(cart["value"])) == Decimal("200.1")
    assert cart["items"][0] == {
        "product_id": "drill",
        "name": "Drill",
        "price": 99.9,
        "quantity": 2,
        "image_url": "https://shop.example/d.png",
    }
    assert cart["updated_at"] == "2026-03-02T10:01:00Z"


def test_late_events_take_their_place_in_the_carts_history(play):
    events = [
        added("anna", at(10), "drill", cart_id="c"),
        {**removed(at(5), "drill", cart_id="c"), "time": at(11)},
        {**added("anna", at(4), "saw", cart_id="c"), "time": at(12)},
    ]
    assert cart_of(play(REMINDER, [*consenting("anna"), *events])) == ("c", [("saw", 1), ("drill", 1)])


def test_a_late_item_does_not_come_back_after_the_order(play):
    late = {**added("anna", at(5), "saw", cart_id="c"), "time": at(15)}
    played = play(
        REMINDER, [*consenting("anna"), added("anna", at(0), "drill", cart_id="c"), bought("anna", at(10), "o"), late]
    )
    assert cart_of(played) == (None, [])
    assert played.sent == []


def test_arrival_shuffled_within_a_minute_gives_the_same_profile(play):
    """Without ids of the shop's own, an item, a look at the cart and another item: whoever comes first makes the id."""
    happened_at = [f"2026-03-02T10:00:0{second}Z" for second in range(3)]
    events = [
        added("anna", happened_at[0], "drill", id="e0"),
        happened("Cart Viewed", happened_at[1], "anna", id="e1", products=[{"product_id": "saw", "quantity": 2}]),
        added("anna", happened_at[2], "nails", id="e2"),
    ]
    profiles = []
    for order in permutations(events):
        arriving = [{**each, "time": f"2026-03-02T10:00:1{place}Z"} for place, each in enumerate(order)]
        profiles.append(play(REMINDER, [*consenting("anna"), *arriving]).profile("anna"))
    assert all(each == profiles[0] for each in profiles)
    assert [item["product_id"] for item in profiles[0]["cart"]["items"]] == ["saw", "nails"]
