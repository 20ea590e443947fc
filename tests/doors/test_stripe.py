"""Stripe's events."""

from typing import Any

import pytest

from dampf.domain.event import Event
from dampf.doors import Malformed, translate
from tests.doors.envelopes import sample, stripe

PAYER = {"customer_id": "4242", "email": "dora.example@shop.example", "stripe_customer_id": "cus_example1"}


def only(kind: str, payload: dict[str, Any], **data: Any) -> Event:
    (event,) = translate(stripe(kind, payload, **data)).events
    return event


def test_a_paid_checkout_is_an_order_and_its_ticked_box_subscribes():
    subscribed, order = translate(sample("stripe_checkout_completed")).events
    assert (subscribed.name, subscribed.identifiers) == ("Newsletter Subscribed", PAYER)
    assert order.name == "Order Completed"
    assert order.at.isoformat() == "2026-03-02T10:00:00+00:00"
    assert order.identifiers == {**PAYER, "order_id": "pi_example1"}
    assert order.traits == {"email": "dora.example@shop.example", "name": "Dora Example", "language": "de"}
    assert order.properties == {
        "order_id": "pi_example1",
        "checkout_id": "cs_live_example",
        "total": 173.8,
        "subtotal": 168.9,
        "shipping": 4.9,
        "tax": 27.75,
        "discount": 0.0,
        "currency": "EUR",
    }


def test_a_checkout_that_is_paid_later_is_an_order_once_it_is():
    session = {"id": "cs_1", "mode": "payment", "customer": "cus_1", "payment_intent": "pi_1"}
    unpaid = only("checkout.session.completed", {**session, "payment_status": "unpaid"})
    paid = only("checkout.session.async_payment_succeeded", {**session, "payment_status": "paid"})
    assert (unpaid.name, paid.name, paid.id) == ("identify", "Order Completed", "order-pi_1")


def test_a_checkout_that_leads_to_an_invoice_counts_once():
    session = {"id": "cs_1", "mode": "subscription", "customer": "cus_1", "invoice": "in_1", "payment_status": "paid"}
    assert only("checkout.session.completed", session).name == "identify"
    invoice = {"id": "in_1", "customer": "cus_1", "amount_paid": 990, "currency": "eur"}
    assert only("invoice.paid", invoice).name == "Order Completed"


def test_a_paid_bill_is_an_order_with_its_lines():
    invoice = {
        "id": "in_1",
        "number": "A-7",
        "customer": "cus_1",
        "customer_email": "anna@shop.example",
        "customer_name": "Dora Example",
        "payment_intent": "pi_1",
        "amount_paid": 1980,
        "subtotal": 1980,
        "currency": "eur",
        "billing_reason": "subscription_cycle",
        "hosted_invoice_url": "https://invoice.example/in_1",
        "lines": {
            "data": [
                {"description": "Coffee box", "quantity": 2, "amount": 1980, "price": {"product": "prod_1"}},
                {"description": "Gift", "amount": 0, "pricing": {"price_details": {"product": "prod_2"}}},
            ]
        },
    }
    event = only("invoice.paid", invoice)
    assert event.identifiers == {
        "email": "anna@shop.example",
        "stripe_customer_id": "cus_1",
        "order_id": "pi_1",
    }
    assert event.properties == {
        "order_id": "pi_1",
        "order_number": "A-7",
        "invoice_id": "in_1",
        "total": 19.8,
        "subtotal": 19.8,
        "currency": "EUR",
        "billing_reason": "subscription_cycle",
        "order_status_url": "https://invoice.example/in_1",
        "products": [
            {"product_id": "prod_1", "name": "Coffee box", "price": 9.9, "quantity": 2},
            {"product_id": "prod_2", "name": "Gift", "price": 0.0},
        ],
    }


def test_the_bill_of_a_free_trial_is_no_order():
    translation = translate(stripe("invoice.paid", {"id": "in_1", "customer": "cus_1", "amount_paid": 0}))
    assert translation.events == ()
    assert translation.remarks == ("stripe: a bill of nothing is no order",)


def test_a_bill_that_cannot_be_collected_brings_the_way_to_pay_it():
    invoice = {
        "id": "in_1",
        "customer": "cus_1",
        "amount_due": 990,
        "currency": "eur",
        "hosted_invoice_url": "https://i",
    }
    event = only("invoice.payment_failed", invoice)
    assert event.name == "Payment Failed"
    assert event.properties == {"invoice_id": "in_1", "value": 9.9, "currency": "EUR", "payment_url": "https://i"}


def test_a_refund_takes_back_what_this_event_adds_and_finds_the_order():
    first = translate(sample("stripe_charge_refunded")).events[0]
    assert (first.name, first.properties["total"], first.identifiers["order_id"]) == (
        "Order Refunded",
        19.5,
        "pi_example1",
    )
    charge = {"id": "ch_1", "payment_intent": "pi_1", "amount_refunded": 3000, "currency": "eur"}
    second = only("charge.refunded", charge, previous_attributes={"amount_refunded": 1950})
    assert second.properties == {"order_id": "pi_1", "total": 10.5, "currency": "EUR"}


@pytest.mark.parametrize(
    "currency, smallest, total", [("eur", 1050, 10.5), ("jpy", 1050, 1050.0), ("kwd", 1050, 1.05), ("isk", 1050, 10.5)]
)
def test_currencies_without_and_with_three_digits_are_told_in_their_main_unit(
    currency: str, smallest: int, total: float
):
    invoice = {"id": "in_1", "customer": "cus_1", "amount_paid": smallest, "currency": currency}
    assert only("invoice.paid", invoice).properties["total"] == total


def test_a_customer_is_the_shops_by_the_number_in_the_metadata():
    event = translate(sample("stripe_customer_created")).events[0]
    assert (event.name, event.identifiers) == ("Customer Registered", PAYER)
    assert event.traits == {
        "email": "dora.example@shop.example",
        "name": "Dora Example",
        "language": "de",
        "city": "Berlin",
        "postal_code": "10115",
        "country": "DE",
    }


def test_a_changed_customer_is_identified_and_a_deleted_one_gets_no_more_mail():
    assert only("customer.updated", {"id": "cus_1", "name": "Ann"}).name == "identify"
    gone = only("customer.deleted", {"id": "cus_1"})
    assert (gone.name, gone.identifiers) == ("Consent Withdrawn", {"stripe_customer_id": "cus_1"})


@pytest.mark.parametrize(
    "kind, name",
    [
        ("customer.subscription.created", "Plan Started"),
        ("customer.subscription.updated", "Plan Changed"),
        ("customer.subscription.deleted", "Plan Ended"),
        ("customer.subscription.trial_will_end", "Trial Ending"),
    ],
)
def test_a_plan_is_no_newsletter(kind: str, name: str):
    event = only(kind, {"id": "sub_1", "customer": {"id": "cus_1"}, "status": "active", "cancel_at_period_end": True})
    assert (event.name, event.identifiers) == (name, {"stripe_customer_id": "cus_1"})
    assert event.properties == {"plan_id": "sub_1", "status": "active", "ends_with_period": True}


def test_what_happens_in_stripes_test_mode_says_so():
    envelope = stripe("invoice.paid", {"id": "in_1", "customer": "cus_1", "amount_paid": 990, "currency": "eur"})
    envelope["detail"]["livemode"] = False
    assert translate(envelope).events[0].properties["test"] is True


def test_an_event_of_another_type_is_not_read():
    translation = translate(stripe("payment_intent.created", {"id": "pi_1"}))
    assert (translation.events, translation.remarks) == ((), ("stripe: an event of this type is not read",))


@pytest.mark.parametrize(
    "detail, field",
    [
        ({"type": "customer.created"}, "detail.data.object"),
        ({"type": "customer.created", "data": {"object": "text"}}, "detail.data.object"),
        ({"type": "invoice.paid", "data": {"object": {"amount_paid": "x"}}}, "detail.data.object.amount_paid"),
        ({"type": "invoice.paid", "data": []}, "detail.data"),
        ({"type": "customer.created", "created": "noon", "data": {"object": {}}}, "detail.created"),
    ],
)
def test_a_malformed_event_names_the_field(detail: dict[str, Any], field: str):
    envelope = {**stripe("any", {}), "detail": detail}
    with pytest.raises(Malformed) as refused:
        translate(envelope)
    assert refused.value.field == field
