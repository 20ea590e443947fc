"""The built-in effects of events, whichever order they arrive in."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dampf.domain.effects import after_event, newcomer
from dampf.domain.event import ANONYMOUS_ID, CUSTOMER_ID, EMAIL, ORDER_ID
from dampf.domain.profile import ProductSeen, Profile, Suppression, Told
from dampf.domain.shop import Shop
from dampf.domain.words import ALL_TOPICS
from tests.builders import DAY, HOUR, MINUTE, NOON, catalogue, event, profile

SHOP = catalogue().shop


def after(*events, start=None, shop: Shop = SHOP) -> Profile:
    known = start or newcomer("anna", events[0])
    for each in events:
        known = after_event(known, each, shop)
    return known


# --- dates --------------------------------------------------------------------------------------------------------


def test_orders_set_the_first_and_the_last_date():
    orders = [event("Order Completed", at=NOON + day * DAY) for day in (2, 0, 5, 3)]
    dates = after(*orders).dates
    assert (dates["first_order_at"], dates["last_order_at"]) == (NOON, NOON + 5 * DAY)


def test_every_event_sets_when_somebody_was_last_seen_and_an_older_one_does_not():
    known = after(event("Product Viewed", at=NOON), event("Anything", at=NOON + HOUR), event("Cart Viewed", at=NOON))
    assert known.dates["last_seen_at"] == NOON + HOUR
    assert known.created_at == NOON


def test_registration_is_a_date():
    assert after(event("Customer Registered")).dates["registered_at"] == NOON


# --- products -----------------------------------------------------------------------------------------------------


def test_what_was_viewed_comes_latest_first_and_each_product_once():
    views = [
        event("Product Viewed", at=NOON + minute * MINUTE, product_id=product, name=product.title())
        for minute, product in enumerate(["saw", "drill", "saw"])
    ]
    assert after(*views).viewed == (
        ProductSeen("saw", "Saw", NOON + 2 * MINUTE),
        ProductSeen("drill", "Drill", NOON + MINUTE),
    )


def test_what_was_bought_is_remembered():
    order = event("Order Completed", products=[{"product_id": "saw", "name": "Saw"}, {"name": "no id"}])
    assert after(order).purchased == (ProductSeen("saw", "Saw", NOON),)


def test_twenty_products_are_enough():
    views = [event("Product Viewed", at=NOON + each * MINUTE, product_id=f"p{each}") for each in range(30)]
    assert [each.product_id for each in after(*views).viewed] == [f"p{each}" for each in range(29, 9, -1)]


# --- traits and identifiers ---------------------------------------------------------------------------------------


def test_an_older_event_never_overwrites_what_a_newer_one_said():
    newer = event("identify", at=NOON + HOUR, traits={"city": "Berlin"})
    older = event("identify", at=NOON, traits={"city": "Bonn", "size": "M"})
    known = after(newer, older)
    assert (known.trait("city"), known.trait("size")) == ("Berlin", "M")


def test_of_one_instant_the_later_arrival_counts():
    known = after(*(event("identify", id=city, traits={"city": city}) for city in ("Bonn", "Berlin")))
    assert known.trait("city") == "Berlin"


def test_a_null_empties_a_trait():
    known = after(event("identify", traits={"city": "Bonn"}), event("identify", at=NOON + HOUR, traits={"city": None}))
    assert known.trait("city") is None


def test_an_identifier_that_is_an_address_is_the_address():
    known = after(event(identifiers={EMAIL: "anna@example.com"}))
    assert known.email == "anna@example.com"
    assert known.identifiers == {EMAIL: ("anna@example.com",)}


def test_an_order_is_no_identifier_of_the_profiles():
    assert after(event(identifiers={CUSTOMER_ID: "anna", ORDER_ID: "o1"})).identifiers == {CUSTOMER_ID: ("anna",)}


def test_an_old_mails_feedback_does_not_bring_an_old_address_back():
    told = event("Email Opened", identifiers={CUSTOMER_ID: "anna", EMAIL: "old@example.com"})
    assert after(told, start=profile()).email == "anna@example.com"


def test_the_mail_world_proves_nobodys_address():
    """A mail may have been forwarded: neither identity nor address follow from where it bounced or was clicked."""
    for name in ("Email Bounced", "Unsubscribed", "Email Link Clicked"):
        told = event(name, source="aws.ses", identifiers={EMAIL: "forwarded@elsewhere.example"}, email_id="anna-1")
        known = after(told, start=profile())
        assert known.email == "anna@example.com"
        assert known.identifiers == profile().identifiers


# --- consent and suppression --------------------------------------------------------------------------------------

WORDS = {
    "grant": event("Consent Granted"),
    "grant news": event("Consent Granted", topic="news"),
    "withdraw": event("Consent Withdrawn", topic="marketing"),
    "leave": event("Unsubscribed"),
}


@settings(max_examples=200)
@given(
    words=st.lists(
        st.tuples(st.sampled_from(sorted(WORDS)), st.integers(0, 50)), unique_by=lambda each: each[1], max_size=6
    ),
    data=st.data(),
)
def test_consent_is_what_was_said_last_in_any_order_of_arrival(words, data):
    def known(order):
        at = [(WORDS[name], NOON + minute * MINUTE) for name, minute in order]
        return after(
            *(event(each.name, at=when, id=f"{when}", **each.properties) for each, when in at),
            start=Profile(id="a", created_at=NOON),
        )

    def oracle(topic, grants):
        said = [name for name, _ in sorted(words, key=lambda each: each[1])]
        of_topic = [
            name for name in said if name in (*grants, "leave", *(["withdraw"] if topic == "marketing" else []))
        ]
        return bool(of_topic) and of_topic[-1] in grants

    found = known(data.draw(st.permutations(words)))
    assert found.consents_to("marketing") is oracle("marketing", ["grant"])
    assert found.consents_to("news") is oracle("news", ["grant news"])


def test_of_a_grant_and_a_withdrawal_at_one_instant_the_withdrawal_counts():
    grant, leave = event("Consent Granted"), event("Unsubscribed")
    assert not after(grant, leave).consents_to("marketing")
    assert not after(leave, grant).consents_to("marketing")


def test_consent_keeps_its_words():
    known = after(event("Consent Granted", wording="Yes, please")).consent["marketing"]
    assert (known.granted, known.at, known.wording) == (True, NOON, "Yes, please")


def test_who_left_altogether_has_no_topic_left():
    known = after(event("Consent Granted", topic="news"), event("Unsubscribed", at=NOON + HOUR))
    assert not known.consents_to("news")
    assert not known.consents_to("never heard of")
    assert known.consent[ALL_TOPICS].granted is False


@pytest.mark.parametrize(
    "told, address, is_suppressed",
    [
        pytest.param(
            {"identifiers": {CUSTOMER_ID: "anna"}}, "anna@example.com", True, id="names no address: the present one"
        ),
        pytest.param({"identifiers": {EMAIL: "anna@example.com"}}, "anna@example.com", True, id="names the address"),
        pytest.param({"identifiers": {EMAIL: "old@example.com"}}, "old@example.com", False, id="names another"),
        pytest.param(
            {"source": "aws.ses", "identifiers": {EMAIL: "forwarded@example.com"}, "email_id": "anna-1"},
            "anna@example.com",
            True,
            id="bounced where it was forwarded to: it is our address that bounces",
        ),
    ],
)
def test_a_bounce_is_of_an_address(told, address, is_suppressed):
    known = after(event("Email Bounced", **told), start=profile())
    assert known.bounced == {address: NOON}
    assert known.is_suppressed is is_suppressed


def test_suppression_keeps_its_first_instant_in_any_order_of_arrival():
    complaints = [event("Email Marked as Spam", at=NOON + each * HOUR) for each in range(2)]
    bounces = [event("Email Bounced", at=NOON + each * HOUR) for each in range(2)]
    for order in (1, -1):
        known = after(*complaints[::order], *bounces[::order], start=profile())
        assert known.suppressed == Suppression("complained", NOON)
        assert known.bounced == {"anna@example.com": NOON}


# --- everything at once -------------------------------------------------------------------------------------------

KINDS = st.sampled_from(
    [
        ("Product Viewed", {"product_id": "drill"}),
        ("Product Viewed", {"product_id": "saw", "name": "Saw"}),
        ("Product Added", {"product_id": "drill", "price": 9.5}),
        ("Product Added", {"product_id": "saw", "cart_id": "c1"}),
        ("Product Removed", {"product_id": "drill"}),
        ("Cart Viewed", {"products": [{"product_id": "nails", "quantity": 3}]}),
        ("Order Completed", {"products": [{"product_id": "drill"}]}),
        ("Consent Granted", {}),
        ("Unsubscribed", {}),
        ("Customer Registered", {}),
        ("Email Marked as Spam", {}),
        ("identify", {"traits": {"city": "Bonn", "size": None}}),
        ("identify", {"traits": {"city": "Berlin"}, "identifiers": {CUSTOMER_ID: "anna", ANONYMOUS_ID: "device"}}),
        ("identify", {"identifiers": {EMAIL: "anna@example.com"}}),
    ]
)


@settings(max_examples=200)
@given(
    kinds=st.lists(st.tuples(KINDS, st.integers(0, 60)), min_size=1, max_size=8, unique_by=lambda each: each[1]),
    data=st.data(),
)
def test_within_the_settling_time_any_order_of_arrival_gives_the_same_profile(kinds, data):
    events = [event(name, at=NOON + timedelta(seconds=second), **more) for (name, more), second in kinds]
    shuffled = after(*data.draw(st.permutations(events)))
    in_order = after(*sorted(events, key=lambda each: each.at))
    for name in Profile.__slots__:
        if name != "cart":
            assert getattr(shuffled, name) == getattr(in_order, name), name
    assert shuffled.cart.cart == in_order.cart.cart


def test_a_told_trait_knows_when():
    assert after(event("identify", traits={"city": "Bonn"})).traits["city"] == Told("Bonn", NOON)
