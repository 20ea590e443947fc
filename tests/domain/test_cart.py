"""The cart as it follows from its changes, whatever the order in which they arrive."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from dampf.domain.cart import Cart, CartChange, CartLog, merged
from tests.builders import MINUTE, NOON, amount

PRODUCTS = ("drill", "saw", "nails")


def item(product, quantity=1, **more):
    return {"product_id": product, "quantity": quantity, **more}


def change(second, kind="add", product="drill", quantity=1, cart=None):
    items = () if kind == "empty" else ({"product_id": product} if quantity is None else item(product, quantity),)
    return CartChange(NOON + timedelta(seconds=second), kind, cart, items, f"cart-{second}")


def log_of(changes):
    log = CartLog()
    for each in changes:
        log = log.with_change(each)
    return log


changes_in_ten_minutes = st.lists(
    st.builds(
        change,
        st.integers(0, 600),
        st.sampled_from(["add", "add", "add", "remove", "replace", "empty"]),
        st.sampled_from(PRODUCTS),
        st.integers(1, 3),
        st.sampled_from([None, None, "c1", "c2"]),
    ),
    max_size=8,
    unique_by=lambda each: each.at,
)


@settings(max_examples=300)
@given(changes=changes_in_ten_minutes, data=st.data())
def test_within_the_settling_time_any_order_of_arrival_gives_the_same_cart(changes, data):
    shuffled = data.draw(st.permutations(changes))
    in_order = sorted(changes, key=lambda each: each.at)
    assert log_of(shuffled).cart == log_of(in_order).cart


@settings(max_examples=200)
@given(changes=changes_in_ten_minutes, data=st.data())
def test_two_logs_merged_are_the_log_of_all_their_changes(changes, data):
    owners = data.draw(st.lists(st.booleans(), min_size=len(changes), max_size=len(changes)))
    one = log_of(each for each, mine in zip(changes, owners, strict=True) if mine)
    other = log_of(each for each, mine in zip(changes, owners, strict=True) if not mine)
    together = log_of(sorted(changes, key=lambda each: each.at))
    assert merged(one, other).cart == together.cart
    assert merged(other, one).cart == together.cart


def test_what_is_settled_no_longer_grows_the_log():
    log = log_of(change(600 * step, product=f"p{step}") for step in range(20))
    assert len(log.recent) == 2
    assert len(log.cart.items) == 20


def test_a_cart_that_is_looked_at_often_keeps_its_items_once():
    log = log_of(
        CartChange(
            NOON + timedelta(seconds=each), "replace", "c", tuple(item(f"p{number}") for number in range(20)), "m"
        )
        for each in range(60)
    )
    assert sum(len(each.items) for each in log.recent) <= 20 + 59
    assert len(log.cart.items) == 20


def test_the_oldest_of_very_many_products_go_first():
    log = log_of(change(each, product=f"p{each}") for each in range(40))
    assert [each["product_id"] for each in log.cart.items] == [f"p{each}" for each in range(10, 40)]


def test_an_event_older_than_the_order_comes_to_nothing_even_days_later():
    log = log_of([change(0), change(60, "empty"), change(86_400 * 3, product="saw"), change(30)])
    assert [each["product_id"] for each in log.cart.items] == ["saw"]


def test_newer_words_on_a_product_overwrite_older_ones():
    log = CartLog()
    for second, price in ((0, 10.0), (60, 9.0)):
        log = log.with_change(
            CartChange(NOON + timedelta(seconds=second), "add", "c", (item("drill", price=price),), "m")
        )
    assert log.cart.items == ({"product_id": "drill", "quantity": 2, "price": 9.0},)


def test_the_value_is_exact():
    cart = Cart(items=(item("a", 3, price=0.1), item("b", 1, price="0.2"), item("c")))
    assert cart.value == amount("0.5")


def test_of_two_settled_carts_the_later_one_stays():
    old = log_of([change(0, product="drill", cart="c1"), change(86_400, product="nails", cart="c1")])
    new = log_of([change(3 * 86_400, product="saw", cart="c2"), change(4 * 86_400, product="saw", cart="c2")])
    for cart in (merged(old, new).cart, merged(new, old).cart):
        assert (cart.id, cart.items) == ("c2", (item("saw", 2),))


def test_an_order_in_one_log_empties_what_the_other_held_before():
    browsing = log_of([change(0)])
    ordered = CartLog().with_change(change(60, "empty"))
    assert merged(browsing, ordered).cart.items == ()
    assert merged(ordered, browsing).cart.items == ()


def test_removing_from_nothing_makes_no_cart():
    log = log_of([change(0, "remove")])
    assert (log.cart.id, log.cart.items) == (None, ())


def test_a_change_after_the_order_begins_another_cart():
    log = log_of([change(0, cart="c1"), change(60, "empty"), change(120, product="saw")])
    assert (log.cart.id, log.cart.updated_at) == ("cart-120", NOON + 2 * MINUTE)


def test_a_bot_cannot_make_the_row_grow() -> None:
    log = CartLog()
    for second in range(100):
        at = NOON + timedelta(seconds=second)
        log = log.with_change(CartChange(at, "add", "c1", ({"product_id": "p1", "quantity": 1},), ""))
    assert log.cart.items == ({"product_id": "p1", "quantity": 100},)
    assert len(log.recent) == 20
