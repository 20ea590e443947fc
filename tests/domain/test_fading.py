from datetime import UTC, datetime, timedelta

import pytest

from dampf.domain import words
from dampf.domain.effects import after_event
from dampf.domain.event import CART_TOKEN
from dampf.domain.fading import LASTS, PERIOD, SURELY_GONE, fades_at, has_faded
from dampf.domain.identity import merged, proving, unclaimed, without
from dampf.domain.profile import Profile
from dampf.domain.state import State
from dampf.domain.words import Link, linked
from tests.builders import DAY, NOON, catalogue, event

SHOP = catalogue().shop
TOKEN = (CART_TOKEN, "t1")


def after(*events: tuple[datetime, str | None]) -> Profile:
    """Anna, after visits with a cart or without."""
    anna = Profile(id="anna", created_at=NOON)
    for at, token in events:
        named = {"customer_id": "anna", **({CART_TOKEN: token} if token else {})}
        anna = after_event(anna, event(at=at, identifiers=named), SHOP)
    return anna


def carts(profile: Profile) -> tuple[str, ...]:
    return profile.identifiers.get(CART_TOKEN, ())


@pytest.mark.parametrize(
    "named_at", [datetime(2026, 3, day, hour, tzinfo=UTC) for day in (1, 2, 15, 31) for hour in (0, 23)]
)
def test_a_cart_token_lasts_at_least_90_days_and_at_most_a_period_more(named_at: datetime) -> None:
    until = fades_at(CART_TOKEN, named_at)
    assert until is not None
    assert named_at + LASTS < until <= named_at + LASTS + PERIOD
    assert not has_faded(TOKEN, named_at, now=until - timedelta(seconds=1))
    assert has_faded(TOKEN, named_at, now=until)


@pytest.mark.parametrize("kind", ["customer_id", "email", "phone", "anonymous_id", "loyalty_card", "order_id"])
def test_all_else_lasts_for_ever(kind: str) -> None:
    assert fades_at(kind, NOON) is None


def test_a_customer_with_a_cart_each_week_keeps_those_of_some_months() -> None:
    anna = after(*((NOON + week * 7 * DAY, f"cart-{week}") for week in range(300)))
    most = (LASTS + PERIOD + SURELY_GONE).days // 7 + 1
    assert 13 <= len(carts(anna)) <= most
    assert "cart-299" in carts(anna)
    assert len(anna.links) == len(carts(anna))
    assert set(anna.proved[CART_TOKEN]) == set(anna.fading[CART_TOKEN]) == set(carts(anna))


def test_what_a_profile_forgets_follows_from_when_things_happened() -> None:
    long_after = NOON + LASTS + PERIOD + SURELY_GONE
    assert carts(after((NOON, "t1"), (long_after - PERIOD - DAY, None))) == ("t1",)
    assert carts(after((NOON, "t1"), (long_after, None))) == carts(after((long_after, None), (NOON, "t1"))) == ()
    in_use = (NOON, "t1"), (NOON + 60 * DAY, "t1"), (long_after, None)
    assert carts(after(*in_use)) == carts(after(*reversed(in_use))) == ("t1",)


def test_a_merge_forgets_too() -> None:
    long_after = NOON + LASTS + PERIOD + SURELY_GONE
    old, new = State(profile=after((NOON, "t1"))), State(profile=after((long_after, "t2")))
    assert carts(merged(old, new).profile) == carts(merged(new, old).profile) == ("t2",)
    later = State(profile=after((NOON + 60 * DAY, "t1")))
    assert merged(old, later).profile.fading == later.profile.fading


def test_a_token_in_use_is_claimed_anew_once_a_period() -> None:
    anna = after((NOON, "t1"))
    claims = [unclaimed(anna, dict([TOKEN]), named_at=NOON + day * DAY) for day in range(31)]
    assert claims[0] == ()
    assert claims[30] == (TOKEN,)
    assert unclaimed(anna, {"customer_id": "anna"}, named_at=NOON + 400 * DAY) == ()


def test_who_takes_a_token_knows_when_it_fades_and_who_loses_it_does_not() -> None:
    loser, later = State(profile=after((NOON, "t1"))), event(at=NOON + 40 * DAY)
    assert without(loser, TOKEN).profile.fading == {}
    taker = proving(State(profile=Profile(id="ben", created_at=NOON)), TOKEN, later)
    assert taker.profile.fading == {CART_TOKEN: {"t1": fades_at(CART_TOKEN, later.at)}}


def test_who_a_cart_connected_stay_connected_as_early_as_they_were() -> None:
    noon, one, two = NOON, NOON + DAY, NOON + 2 * DAY
    links = linked((), ("cart", "anna"), noon)
    links = linked(linked(links, ("cart", "phone"), one), ("cart", "tablet"), two)
    assert set(words.without(links, {"cart"})) == {Link("anna", "phone", one), Link("anna", "tablet", two)}
    assert words.without(links, {"somebody else"}) == links


def test_a_cart_that_said_something_keeps_its_voice() -> None:
    long_after = NOON + LASTS + PERIOD + SURELY_GONE
    withdrawn = event("Consent Withdrawn", at=NOON, identifiers=dict([TOKEN]), topic="marketing")
    anna = after_event(Profile(id="anna", created_at=NOON), withdrawn, SHOP)
    for at, token in ((NOON + DAY, "t1"), (long_after, None)):
        named = {"customer_id": "anna", **({CART_TOKEN: token} if token else {})}
        anna = after_event(anna, event(at=at, identifiers=named), SHOP)
    assert carts(anna) == ()
    granted = event("Consent Granted", at=long_after + DAY, identifiers={"customer_id": "anna"}, topic="marketing")
    assert after_event(anna, granted, SHOP).consents_to("marketing")
