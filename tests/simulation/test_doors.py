"""What other systems tell, all the way to the mail."""

from typing import Any

import pytest

from tests.builders import consenting
from tests.doors.envelopes import shopify, stripe

CART_MAIL = {
    "cart.yaml": """
        title: Cart
        trigger: { event: [Cart Viewed, Checkout Started], when: profile.cart.items }
        entry: { per: profile.cart.id, restart: true }
        exit: [{ event: Order Completed }]
        steps: [{ wait: 1 hour }, { send: mail }]
        """
}
DRILL = {"product_id": 1, "title": "Drill", "price": "129.90", "quantity": 1}


def webhook(topic: str, time: str, **payload: Any) -> dict[str, Any]:
    envelope = shopify(topic, {"updated_at": time, **payload}, **{"X-Shopify-Webhook-Id": f"{topic} {time}"})
    return {**envelope, "id": f"{topic} {time}", "time": time}


def at(minute: int) -> str:
    return f"2026-03-02T10:{minute:02d}:00Z"


def cart(minute: int, *items: dict[str, Any], token: str = "T1") -> dict[str, Any]:
    return webhook("carts/update", at(minute), token=token, line_items=list(items))


def checkout(minute: int, email: str | None, customer: int | None = None, token: str = "T1") -> dict[str, Any]:
    person = {"id": customer, "email": email} if customer else None
    return webhook(
        "checkouts/update", at(minute), token="C1", cart_token=token, email=email, customer=person, line_items=[DRILL]
    )


def test_a_cart_of_nobody_becomes_the_cart_of_whoever_checks_out(play):
    played = play(CART_MAIL, [*consenting("anna"), cart(1, DRILL), checkout(10, "anna@example.com")])
    assert played.sent == [("anna", "mail", "2026-03-02T11:10:00Z")]
    assert played.profile("T1") == played.profile("anna")


def test_once_joined_the_cart_alone_reaches_its_person(play):
    events = [*consenting("anna"), cart(1, DRILL), checkout(10, "anna@example.com"), cart(30, DRILL, DRILL)]
    assert play(CART_MAIL, events).sent == [("anna", "mail", "2026-03-02T11:30:00Z")]


def test_a_cart_of_nobody_mails_nobody(play):
    played = play(CART_MAIL, [cart(1, DRILL)])
    assert played.sent == []
    assert played.profile("T1")["cart"]["items"][0]["name"] == "Drill"


def test_an_emptied_cart_needs_no_reminder(play):
    events = [*consenting("anna"), cart(1, DRILL), checkout(10, "anna@example.com"), cart(30)]
    assert play(CART_MAIL, events).sent == []


def test_what_is_put_into_an_emptied_cart_is_the_same_cart(play):
    events = [cart(1, DRILL), cart(2), cart(3, DRILL)]
    emptied = play(CART_MAIL, events).profile("T1")["cart"]
    assert (emptied["id"], len(emptied["items"])) == ("T1", 1)


def test_an_order_with_the_token_ends_the_cart_of_nobody(play):
    order = webhook(
        "orders/create", at(20), created_at=at(20), id=7, email="anna@example.com", cart_token="T1", line_items=[DRILL]
    )
    played = play(CART_MAIL, [*consenting("anna"), cart(1, DRILL), order])
    assert played.sent == []
    assert played.profile("anna")["cart"]["items"] == []


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (0, 1, 3, 2, 4)])
def test_a_cart_token_never_makes_one_of_two_customers(play, order):
    events = [
        *consenting("anna"),
        *consenting("bert"),
        checkout(5, "anna@example.com", token="T1"),
        checkout(6, "bert@example.com", token="T1"),
        cart(7, DRILL),
    ]
    played = play(CART_MAIL, [events[place] for place in order])
    assert played.profile("anna")["profile"] != played.profile("bert")["profile"]


def test_a_guest_who_mends_the_address_at_the_checkout_is_one_person_and_mailed_at_the_last(play):
    mistyped, mended = checkout(5, "ana@example.com"), checkout(6, "anna@example.com")
    (guest,) = play(CART_MAIL, [mistyped, mended]).profiles
    assert guest["identifiers"]["email"] == ["ana@example.com", "anna@example.com"]
    assert guest["traits"]["email"] == "anna@example.com"


def of_cart(time: str, topic: str, **told: Any) -> dict[str, Any]:
    return webhook(topic, time, line_items=[DRILL], created_at=time, **told)


def test_a_cart_token_of_long_ago_names_nobody_until_an_order_tells_again_whose_it_is(play):
    in_use = [
        *consenting("anna"),
        of_cart("2026-03-03T10:00:00Z", "checkouts/update", token="C1", cart_token="T1", email="anna@example.com"),
    ]
    in_time = of_cart("2026-05-20T10:00:00Z", "carts/update", token="T1")
    assert len(play(CART_MAIL, [*in_use, in_time]).profiles) == 1
    late = of_cart("2026-07-20T10:00:00Z", "carts/update", token="T1")
    assert len(play(CART_MAIL, [*in_use, late]).profiles) == 2
    order = of_cart("2026-07-20T11:00:00Z", "orders/create", id=7, email="anna@example.com", cart_token="T1")
    (anna,) = play(CART_MAIL, [*in_use, late, order]).profiles
    assert anna["identifiers"]["cart_token"] == ["T1"]


def test_whoever_has_a_cart_each_month_bears_the_last_few(play):
    months = [f"{year}-{month:02d}-10T10:00:00Z" for year in (2024, 2025, 2026) for month in range(1, 13)]
    told = [{"cart_token": f"cart-of-{month[:7]}", "email": "anna@example.com"} for month in months]
    checkouts = [
        of_cart(month, "checkouts/update", token=month, **each) for month, each in zip(months, told, strict=True)
    ]
    (anna,) = play({}, checkouts).profiles
    assert anna["identifiers"]["cart_token"] == [f"cart-of-2026-{month:02d}" for month in (8, 9, 10, 11, 12)]


def test_a_stripe_customer_is_the_shops_by_the_address(play):
    invoice = {"id": "in_1", "customer": "cus_1", "customer_email": "anna@example.com", "amount_paid": 990}
    refund = {"id": "ch_1", "customer": "cus_1", "invoice": "in_1", "amount_refunded": 490}
    paid, refunded = stripe("invoice.paid", invoice), stripe("charge.refunded", refund)
    refunded["detail"]["id"] = "evt_2"
    metrics = {
        "metrics.yaml": "revenue: { add: event.properties.total, on: Order Completed, subtract_on: [Order Refunded] }"
    }
    played = play(
        metrics,
        [*consenting("anna"), paid, refunded],
    )
    anna = played.profile("anna")
    assert anna["identifiers"]["stripe_customer_id"] == ["cus_1"]
    assert anna["metrics"]["revenue"] == 5
