"""The index of interests follows what people have on their mind, while a campaign hears of products' news."""

import pytest

from dampf.domain.cart import Cart, CartLog
from dampf.domain.interests import interests_to_index
from dampf.domain.profile import ProductSeen, Profile, Wish, latest_wishes
from tests.builders import HOUR, NOON, catalogue, profile

STARTS = "title: drop\ntrigger: { event: Product Price Changed }\nsteps: [{ send: mail }]\n"
WAITS = """
title: waits
trigger: { event: Product Viewed }
steps:
  - wait_for: { event: Product Back In Stock, within: 7 days }
    then: [{ send: mail }]
"""
DEAF = "title: deaf\ntrigger: { event: Product Viewed }\nsteps: [{ send: mail }]\n"


def minding(*viewed: str, cart: str | None = None, wished: str | None = None, gone: str | None = None) -> Profile:
    items = ({"product_id": cart, "quantity": 1},) if cart else ()
    wishes = [Wish(wished, None, NOON)] if wished else []
    wishes += [Wish(gone, None, NOON, gone=True)] if gone else []
    return profile(
        viewed=tuple(ProductSeen(each, None, NOON) for each in viewed),
        cart=CartLog(settled=Cart(items=items)),
        wishes=tuple(wishes),
    )


@pytest.mark.parametrize("campaign", [STARTS, WAITS], ids=["a trigger", "a wait"])
def test_what_came_onto_somebody_s_mind_is_put_there_and_what_left_it_is_taken_away(campaign: str):
    before, after = minding("p1", "p2", cart="p3"), minding("p2", cart="p4", wished="p5", gone="p6")
    assert interests_to_index(before, after, catalogue(campaign)) == {"p1": False, "p3": False, "p4": True, "p5": True}
    assert interests_to_index(after, after, catalogue(campaign)) == {}


def test_what_moved_from_list_to_list_stays():
    before, after = minding("p1", cart="p2"), minding("p2", cart="p1")
    assert interests_to_index(before, after, catalogue(STARTS)) == {}


def test_whoever_is_told_of_it_for_the_first_time_gets_all():
    assert interests_to_index(None, minding("p1", cart="p2"), catalogue(STARTS)) == {"p1": True, "p2": True}


def test_while_no_campaign_hears_of_news_nothing_is_written():
    assert interests_to_index(None, minding("p1", cart="p2"), catalogue(DEAF)) == {}


def test_the_wish_list_is_bounded_and_forgets_removals_once_they_have_settled():
    many = tuple(Wish(f"p{number}", None, NOON + number * HOUR / 60) for number in range(30))
    assert [wish.product_id for wish in latest_wishes((), many)] == [f"p{number}" for number in range(29, 9, -1)]
    removed = latest_wishes((), (Wish("p1", None, NOON, gone=True),))
    assert latest_wishes(removed, (Wish("p2", None, NOON + HOUR),)) == (Wish("p2", None, NOON + HOUR),)
