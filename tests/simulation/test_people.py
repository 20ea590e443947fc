"""Who is who: browsing without a name, logging in, and what two profiles become that were one person."""

from itertools import permutations

import pytest

from tests.builders import added, bought, consenting, happened, identified

CART = {
    "cart.yaml": """
        title: Cart
        trigger: { event: Product Added, when: profile.cart.items }
        entry: { per: profile.cart.id, restart: true }
        exit: [{ event: Order Completed }]
        steps: [{ wait: 1 hour }, { send: mail }]
        """,
    "metrics.yaml": "orders: { add: 1, on: Order Completed }\nviews: { add: 1, on: Product Viewed }\n",
}


def at(minute):
    return f"2026-03-02T10:{minute:02d}:00Z"


def login(minute=30, who="anna", device="device"):
    return identified(who, at(minute), anonymous=device)


def test_browsing_before_the_login_is_the_customers_own(play):
    played = play(
        CART,
        [
            *consenting("anna"),
            happened("Product Viewed", at(0), anonymous="device", product_id="saw", name="Saw"),
            login(),
            happened("Product Viewed", at(40), anonymous="device", product_id="drill", name="Drill"),
        ],
    )
    known = played.profile("anna")
    assert len(played.profiles) == 1
    assert known["identifiers"] == {"customer_id": ["anna"], "email": ["anna@example.com"], "anonymous_id": ["device"]}
    assert [each["product_id"] for each in known["viewed"]] == ["drill", "saw"]
    assert known["metrics"]["views"] == 2


def test_a_cart_filled_before_the_login_is_reminded_of_once(play):
    events = [*consenting("anna"), added(None, at(0), "drill", anonymous="device", cart_id="c"), login()]
    assert play(CART, events).sent == [("anna", "mail", "2026-03-02T11:00:00Z")]


def test_the_order_after_the_login_ends_the_journey_that_began_before(play):
    events = [
        *consenting("anna"),
        added(None, at(0), "drill", anonymous="device", cart_id="c"),
        login(),
        bought("anna", at(40), "o1"),
    ]
    played = play(CART, events)
    assert played.sent == []
    assert played.profile("anna")["cart"]["items"] == []


def test_of_two_journeys_with_one_key_the_earlier_stays(play):
    events = [
        *consenting("anna"),
        added(None, at(0), "drill", anonymous="device", cart_id="c"),
        added("anna", at(10), "saw", cart_id="c"),
        login(),
    ]
    assert play(CART, events).sent == [("anna", "mail", "2026-03-02T11:00:00Z")]


def test_a_campaign_entered_before_the_login_is_not_entered_again_after_it(play):
    content = {
        "view.yaml": "title: V\ntrigger: { event: Product Viewed }\nsteps: [{ wait: 1 minute }, { send: receipt }]\n"
    }
    view = happened("Product Viewed", at(0), anonymous="device", traits={"email": "anna@example.com"})
    after = happened("Product Viewed", at(40), "anna")
    played = play(content, [view, login(), after])
    assert [line[2] for line in played.sent] == [at(1)]


def test_a_threshold_that_merging_crosses_fires_nothing(play):
    content = {**CART, "two.yaml": "title: T\ntrigger: { metric: views, reaches: 2 }\nsteps: [{ send: other }]\n"}
    views = [
        happened("Product Viewed", at(0), "anna", product_id="p"),
        happened("Product Viewed", at(1), anonymous="device", product_id="p"),
    ]
    third = happened("Product Viewed", at(40), "anna", product_id="p")
    played = play(content, [*consenting("anna"), *views, login(), third])
    assert played.sent == []
    assert played.profile("anna")["metrics"]["views"] == 3


def test_history_reaches_back_before_the_login(play):
    content = {
        "view.yaml": """
            title: V
            trigger: { event: Cart Viewed, when: history('Product Viewed') | length == 2 }
            steps: [{ wait: 1 minute }, { send: mail }]
            """
    }
    views = [happened("Product Viewed", at(0), anonymous="device"), happened("Product Viewed", at(1), "anna")]
    played = play(content, [*consenting("anna"), *views, login(), happened("Cart Viewed", at(40), "anna")])
    assert [line[2] for line in played.sent] == [at(41)]


def test_the_stricter_consent_stays(play):
    withdrawn = happened("Unsubscribed", at(0), anonymous="device")
    granted = happened("Consent Granted", at(10), "anna")
    played = play(CART, [*consenting("anna"), withdrawn, granted, login(), added("anna", at(40), "drill")])
    assert played.dropped == [("anna", "mail", "no_consent")]


def test_an_address_known_from_a_newsletter_is_the_customer_who_registers_with_it(play):
    subscribed = happened("Newsletter Subscribed", at(0), email="anna@example.com")
    played = play(CART, [subscribed, identified("anna", at(10)), added("anna", at(20), "drill")])
    assert len(played.profiles) == 1
    assert played.sent == [("anna", "mail", "2026-03-02T11:20:00Z")]


def test_two_customers_never_merge_though_they_share_a_device(play):
    events = [*consenting("anna", "ben"), login(10, "anna"), login(20, "ben"), added("ben", at(30), "drill")]
    played = play(CART, events)
    assert len(played.profiles) == 2
    assert played.sent == [("ben", "mail", "2026-03-02T11:30:00Z")]


def test_three_profiles_that_one_event_joins_are_one_person(play):
    events = [
        happened("Product Viewed", at(0), anonymous="device", product_id="a"),
        happened("Newsletter Subscribed", at(1), email="anna@example.com"),
        happened("Product Viewed", at(2), "anna", product_id="b"),
        identified("anna", at(3), anonymous="device"),
    ]
    played = play(CART, events)
    assert len(played.profiles) == 1
    assert played.profile("anna")["consent"]["marketing"]["granted"]
    assert played.profile("device")["metrics"]["views"] == 2


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=lambda order: "".join(map(str, order)))
def test_the_profile_does_not_depend_on_the_order_of_arrival(play, order):
    events = [
        added(None, "2026-03-02T10:00:00Z", "drill", anonymous="device", id="e0"),
        happened("Newsletter Subscribed", "2026-03-02T10:00:10Z", email="anna@example.com", id="e1"),
        identified("anna", "2026-03-02T10:00:20Z", anonymous="device", first_name="Anna") | {"id": "e2"},
        bought("anna", "2026-03-02T10:00:30Z", "o1", id="e3"),
    ]
    shuffled = [{**events[each], "time": f"2026-03-02T10:01:0{place}Z"} for place, each in enumerate(order)]
    assert play(CART, shuffled).profiles == play(CART, events).profiles
