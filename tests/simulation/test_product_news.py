"""A product's news start campaigns for those who have it on their mind: viewed, in the cart, or on the wish list."""

from typing import Any

from tests.builders import added, bought, consenting, happened, identified, message

PRICE_DROP = """
    title: Price drop
    trigger: { event: Product Price Changed, when: event.properties.price < event.properties.old_price }
    entry: { per: event.properties.product_id, again: always }
    steps: [{ send: drop }]
    """
CONTENT = {
    "price_drop.yaml": PRICE_DROP,
    "messages/drop.mjml": message("{{ event.properties.name }} now {{ product(event.properties.product_id).price }}"),
}
NOON = "2026-03-02T12:00:00Z"


def at(hour: int, minute: int = 0, day: int = 2) -> str:
    return f"2026-03-{day:02}T{hour:02}:{minute:02}:00Z"


def updated(at: str, price: float | None = None, product: str = "p1", /, **told: Any) -> dict[str, Any]:
    told = {"product_id": product, "name": "Drill", "currency": "EUR", **told}
    return happened("Product Updated", at, price=price, **told)


def viewed(who: str | None, at: str, product: str = "p1", /, **more: Any) -> dict[str, Any]:
    return happened("Product Viewed", at, who, product_id=product, **more)


def test_a_lower_price_mails_who_viewed_it_has_it_in_the_cart_or_wished_for_it_and_nobody_else(play: Any):
    played = play(
        CONTENT,
        [
            *consenting("viewer", "carter", "wisher", "stranger", "changed", "buyer", at="2026-03-02T07:00:00Z"),
            updated(at(8), 100),
            viewed("viewer", at(9)),
            added("carter", at(9), "p1"),
            happened("Product Added to Wishlist", at(9), "wisher", product_id="p1"),
            viewed("stranger", at(9), "p2"),
            added("changed", at(9), "p1"),
            happened("Product Removed", at(10), "changed", product_id="p1"),
            added("buyer", at(9), "p1"),
            bought("buyer", at(10), "order-1"),
            updated(at(12), 90),
        ],
    )
    assert sorted(played.sent) == [(who, "drop", NOON) for who in ("carter", "viewer", "wisher")]
    assert played.subjects == ["Drill now 90"] * 3
    assert played.faults == []


def test_each_news_comes_once_to_each_person_and_a_higher_price_is_none(play: Any):
    played = play(
        CONTENT,
        [
            *consenting("anna", at="2026-03-02T07:00:00Z"),
            updated(at(8), 100),
            viewed("anna", at(9)),
            added("anna", at(9, 30), "p1"),
            updated(at(12), 90),
            {**updated(at(12), 90), "time": at(12, 5)},
            updated(at(13), 95),
            updated(at(14), 85),
        ],
    )
    assert played.sent == [("anna", "drop", NOON), ("anna", "drop", at(14))]
    assert played.subjects == ["Drill now 90", "Drill now 85"]


def test_back_in_stock_tells_who_waits_for_it(play: Any):
    content = {
        "back.yaml": """
            title: Back
            trigger: { event: Product Back In Stock }
            steps: [{ send: mail }]
            """
    }
    played = play(
        content,
        [
            *consenting("anna", "ben", at="2026-03-02T07:00:00Z"),
            updated(at(8), 100, available=False),
            viewed("anna", at(9)),
            updated(at(10), 90, available=False),
            updated(at(12), available=True),
        ],
    )
    assert played.sent == [("anna", "mail", NOON)]


def test_a_journey_may_wait_for_news(play: Any):
    content = {
        "waiting.yaml": """
            title: Waiting
            trigger: { event: Product Viewed }
            steps:
              - if: product(event.properties.product_id).available
                then: [exit]
              - wait_for: { event: Product Back In Stock, within: 7 days }
                then: [{ send: mail }]
            """
    }
    played = play(
        content,
        [
            *consenting("anna", at="2026-03-02T07:00:00Z"),
            updated(at(8), 100, available=False),
            viewed("anna", at(9)),
            updated(at(12, day=4), available=True),
        ],
    )
    assert played.sent == [("anna", "mail", at(12, day=4))]


def test_a_mail_held_overnight_shows_the_price_of_the_morning(play: Any):
    content = {
        "reminder.yaml": """
            title: Reminder
            trigger: { event: Product Viewed }
            steps: [{ send: shown }]
            """,
        "messages/shown.mjml": message(
            "{% for each in products(profile.viewed) %}{{ each.id }}={{ each.price }} {% endfor %}"
        ),
    }
    played = play(
        content,
        [
            *consenting("anna", at="2026-03-02T07:00:00Z"),
            updated(at(8), 100),
            updated(at(8), 50, "p2"),
            viewed("anna", at(22), "p2"),
            viewed("anna", at(22, 1)),
            updated(at(23), 80),
            updated(at(23), 50, "p2", available=False),
        ],
        quiet_hours={"from": "21:00", "to": "08:00"},
    )
    assert played.sent == [("anna", "shown", at(7, day=3))]
    assert played.subjects == ["p1=80"]


def test_what_a_browser_sends_changes_no_price_and_is_no_news(play: Any):
    forged = [
        {**updated(at(10), 1), "source": "dampf.browser"},
        {**viewed(None, at(10), price=1, name="Free"), "source": "dampf.browser"},
        {
            **happened("Product Price Changed", at(11), product_id="p1", price=1, old_price=100),
            "source": "dampf.browser",
        },
    ]
    played = play(
        CONTENT,
        [*consenting("anna", at="2026-03-02T07:00:00Z"), updated(at(8), 100), viewed("anna", at(9)), *forged],
    )
    assert played.sent == []
    product = played.simulation.products.load(["p1"])["p1"]
    assert (product.name, product.price) == ("Drill", 100)


def test_two_profiles_that_become_one_person_get_the_news_once(play: Any):
    played = play(
        CONTENT,
        [
            *consenting("anna", at="2026-03-02T07:00:00Z"),
            updated(at(8), 100),
            viewed("anna", at(9)),
            happened("Product Viewed", at(9), anonymous="browser-1", product_id="p1"),
            identified("anna", at(10), anonymous="browser-1"),
            updated(at(12), 90),
        ],
    )
    assert played.sent == [("anna", "drop", NOON)]


def test_an_anonymous_viewer_who_becomes_a_customer_is_told(play: Any):
    played = play(
        CONTENT,
        [
            *consenting("anna", at="2026-03-02T07:00:00Z"),
            updated(at(8), 100),
            happened("Product Viewed", at(9), anonymous="browser-1", product_id="p1"),
            identified("anna", at(10), anonymous="browser-1"),
            updated(at(12), 90),
        ],
    )
    assert played.sent == [("anna", "drop", NOON)]


def test_a_shop_s_own_news_of_a_product_reach_those_whom_they_concern(play: Any):
    played = play(
        CONTENT,
        [
            *consenting("anna", "ben", at="2026-03-02T07:00:00Z"),
            viewed("anna", at(9)),
            happened("Product Price Changed", at(12), product_id="p1", name="Drill", price=90, old_price=100),
        ],
    )
    assert played.sent == [("anna", "drop", NOON)]
    assert played.subjects == ["Drill now 90"]


def test_news_that_are_old_start_nothing(play: Any):
    old = happened("Product Price Changed", at(12), arrived=at(13, day=3), product_id="p1", price=90, old_price=100)
    played = play(CONTENT, [*consenting("anna", at="2026-03-02T07:00:00Z"), viewed("anna", at(9)), old])
    assert played.sent == []


def test_news_are_no_sign_of_life(play: Any):
    played = play(
        CONTENT,
        [
            *consenting("anna", at="2026-03-02T07:00:00Z"),
            updated(at(8), 100),
            viewed("anna", at(9)),
            updated(at(12), 90),
        ],
    )
    assert played.profile("anna")["dates"]["last_seen_at"] == at(9)


# --- the wish list ----------------------------------------------------------------------------------------------------


def wished(at: str, product: str, name: str = "Product Added to Wishlist") -> dict[str, Any]:
    return happened(name, at, "anna", product_id=product)


def test_the_wish_list_is_kept_and_campaigns_see_it(play: Any):
    content = {
        "wished.yaml": """
            title: Wished
            trigger: { event: Product Added to Wishlist, when: profile.wished | length == 2 }
            steps: [{ send: mail }]
            """
    }
    gone = "Product Removed from Wishlist"
    played = play(
        content,
        [
            *consenting("anna"),
            wished(at(9), "p1"),
            wished(at(10), "p1", gone),
            wished(at(11), "p2"),
            wished(NOON, "p3"),
        ],
    )
    assert played.sent == [("anna", "mail", NOON)]
    assert [each["product_id"] for each in played.profile("anna")["wished"]] == ["p3", "p2"]


def test_a_removal_that_comes_before_its_wish_counts(play: Any):
    gone = wished(at(9, 1), "p1", "Product Removed from Wishlist")
    late = {**wished(at(9), "p1"), "time": at(9, 2)}
    played = play(CONTENT, [*consenting("anna"), gone, late])
    assert played.profile("anna")["wished"] == []
