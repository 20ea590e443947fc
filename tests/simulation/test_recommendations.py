"""Recommendations in mails and conditions: learnt overnight, asked for at the moment of sending."""

from typing import Any

from tests.builders import consenting, happened, message

MORNING = "2026-03-02T07:00:00Z"
CONTENT = {
    "advice.yaml": """
        title: Advice
        trigger: { event: Advice Asked, when: recommendations(1) }
        entry: { per: event.at, again: always }
        steps: [{ send: advice }]
        """,
    "messages/advice.mjml": message(
        "{{ recommendations(3) | map(attribute='id') | join(' ') }}"
        "/{{ similar('drill', 2) | map(attribute='name') | join(' ') }}"
    ),
}


def at(hour: int, minute: int = 0, day: int = 2) -> str:
    return f"2026-03-{day:02}T{hour:02}:{minute:02}:00Z"


def for_sale(*products: str, on: str = at(7), **told: Any) -> list[dict[str, Any]]:
    return [
        happened("Product Updated", on, product_id=product, name=product.title(), price=10, category="tools", **told)
        for product in products
    ]


def seen(who: str, *products: str, on: str = at(9)) -> list[dict[str, Any]]:
    return [happened("Product Viewed", on, who, product_id=product) for product in products]


def order(who: str, on: str, product: str) -> dict[str, Any]:
    told: dict[str, Any] = {"order_id": f"{who} {product}", "total": 10, "products": [{"product_id": product}]}
    return happened("Order Completed", on, who, **told)


def asked(who: str, on: str) -> dict[str, Any]:
    return happened("Advice Asked", on, who)


A_DAY = [
    *consenting("anna", "bert", "carl", "dora", at=MORNING),
    *for_sale("drill", "bit", "saw", "tape"),
    *(each for who in ("bert", "carl", "dora") for each in seen(who, "drill", "bit")),
    *seen("anna", "drill"),
]


def test_what_others_looked_at_together_is_recommended_from_the_next_night_on(play: Any):
    played = play(CONTENT, [*A_DAY, asked("anna", at(20)), asked("anna", at(9, day=3))])
    assert played.sent == [("anna", "advice", at(9, day=3))]
    assert played.subjects == ["bit/Bit"]
    assert played.faults == []


def test_what_was_bought_a_minute_ago_is_not_recommended_any_more(play: Any):
    bit = order("anna", at(8, 59, day=3), "bit")
    played = play(CONTENT, [*A_DAY, asked("anna", at(8, day=3)), bit, asked("anna", at(9, day=3))])
    assert played.subjects == ["bit/Bit", "drill/"]


def test_what_is_sold_out_at_the_moment_of_sending_is_not_shown(play: Any):
    sold_out = for_sale("bit", on=at(8, day=3), available=False)
    played = play(CONTENT, [*A_DAY, *sold_out, asked("anna", at(9, day=3))])
    assert (played.sent, played.faults) == ([], [])


def test_who_is_not_known_yet_is_shown_what_sells(play: Any):
    tape = order("bert", at(10), "tape")
    stranger = consenting("emil", at=at(8, day=3))
    played = play(CONTENT, [*A_DAY, tape, *stranger, asked("emil", at(9, day=3))])
    assert played.subjects == ["tape/Bit Tape"]


def test_two_people_say_nothing_about_two_products(play: Any):
    only_two = [each for each in A_DAY if each["detail"].get("userId") != "dora"]
    played = play(CONTENT, [*only_two, asked("anna", at(9, day=3))])
    assert played.sent == []


def test_learning_goes_on_with_each_day(play: Any):
    second_day = [each for who in ("bert", "carl", "dora") for each in seen(who, "drill", "saw", on=at(10, day=3))]
    again = seen("anna", "drill", on=at(11, day=3))
    played = play(CONTENT, [*A_DAY, *second_day, *again, asked("anna", at(12, day=3)), asked("anna", at(9, day=4))])
    assert played.subjects == ["bit/Bit", "saw bit/Saw Bit"]
