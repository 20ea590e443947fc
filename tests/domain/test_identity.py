"""Which profile an identifier stands for, and one person out of two."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dampf.domain.effects import after_event, newcomer
from dampf.domain.event import ANONYMOUS_ID, CUSTOMER_ID, EMAIL
from dampf.domain.identity import mailbox_of, may_merge, merged, profile_id, rank, unclaimed
from dampf.domain.journey import Journey
from dampf.domain.metrics import NOTHING
from dampf.domain.profile import MetricValue, Profile, Suppression, Told
from dampf.domain.state import Entered, State
from dampf.domain.words import ALL_TOPICS, Consent
from tests.builders import DAY, HOUR, NOON, amount, catalogue, event

SHOP = catalogue().shop


def person(name="a", **changes):
    return Profile(**{"id": name, "created_at": NOON, **changes})


def together(one, other):
    return merged(State(profile=one), State(profile=other)).profile


def test_an_unknown_identifier_has_a_profile_of_its_own_that_derives_from_it():
    assert profile_id(CUSTOMER_ID, "anna") == profile_id(CUSTOMER_ID, "anna")
    assert profile_id(CUSTOMER_ID, "anna") != profile_id(EMAIL, "anna")
    assert profile_id("a", "bc") != profile_id("ab", "c")
    assert "-" not in profile_id(CUSTOMER_ID, "anna")


def test_an_event_goes_to_the_mailbox_of_its_strongest_identifier():
    identifiers = {ANONYMOUS_ID: "device", EMAIL: "anna@example.com", CUSTOMER_ID: "anna"}
    owners = {(ANONYMOUS_ID, "device"): "p1", (CUSTOMER_ID, "anna"): "p2"}
    assert mailbox_of(identifiers, owners) == "p2"
    assert mailbox_of({ANONYMOUS_ID: "device"}, owners) == "p1"
    assert mailbox_of({CUSTOMER_ID: "ben"}, owners) == profile_id(CUSTOMER_ID, "ben")


def test_only_what_a_profile_does_not_bear_yet_is_claimed():
    known = person(identifiers={CUSTOMER_ID: ("anna",)})
    assert unclaimed(known, {CUSTOMER_ID: "anna", EMAIL: "a@example.com"}, named_at=NOON) == ((EMAIL, "a@example.com"),)
    assert unclaimed(None, {CUSTOMER_ID: "anna"}, named_at=NOON) == ((CUSTOMER_ID, "anna"),)


@pytest.mark.parametrize(
    "one, other, may",
    [
        ({CUSTOMER_ID: "a"}, {CUSTOMER_ID: "b"}, False),
        ({CUSTOMER_ID: "a"}, {EMAIL: "b"}, True),
        ({ANONYMOUS_ID: "a"}, {ANONYMOUS_ID: "b"}, True),
    ],
)
def test_two_customers_never_merge(one, other, may):
    assert may_merge(one, other) is may


def test_the_customer_survives_then_who_has_an_address_then_the_older_then_the_smaller_id():
    ranked = [
        person("z", identifiers={CUSTOMER_ID: ("anna",)}, created_at=NOON + DAY),
        person("y", identifiers={EMAIL: ("anna@example.com",)}, created_at=NOON + DAY),
        person("x", identifiers={ANONYMOUS_ID: ("device",)}, created_at=NOON),
        person("v", created_at=NOON + HOUR),
        person("w", created_at=NOON + HOUR),
    ]
    for order in list(permutations(ranked))[::7]:
        assert sorted(order, key=lambda each: rank(each, {})) == ranked


def test_what_an_event_is_about_to_tell_counts_for_the_rank():
    assert rank(person("z"), {CUSTOMER_ID: "anna"}) < rank(person("a", identifiers={EMAIL: ("a@example.com",)}), {})


class TestMerged:
    def test_identifiers_unite_and_the_other_is_remembered(self):
        one = person("a", identifiers={CUSTOMER_ID: ("anna",)}, also=("c",))
        other = person("b", identifiers={ANONYMOUS_ID: ("d2", "d1")}, also=("d",), created_at=NOON - DAY)
        known = together(one, other)
        assert known.identifiers == {CUSTOMER_ID: ("anna",), ANONYMOUS_ID: ("d1", "d2")}
        assert (known.id, known.also, known.created_at) == ("a", ("b", "c", "d"), NOON - DAY)

    def test_of_each_trait_the_newer_word_stays(self):
        one = person("a", traits={"city": Told("Bonn", NOON), "size": Told("M", NOON + DAY)})
        other = person("b", traits={"city": Told("Berlin", NOON + HOUR), "size": Told("L", NOON)})
        known = together(one, other)
        assert (known.trait("city"), known.trait("size")) == ("Berlin", "M")

    @pytest.mark.parametrize(
        "one, other, consents",
        [
            pytest.param({"marketing": (True, 1)}, {}, True, id="one granted"),
            pytest.param({"marketing": (True, 1)}, {"marketing": (False, 0)}, False, id="the stricter though older"),
            pytest.param({"marketing": (True, 1)}, {ALL_TOPICS: (False, 0)}, False, id="all withdrawn is stricter too"),
            pytest.param(
                {"marketing": (True, 2)},
                {ALL_TOPICS: (False, 0), "marketing": (True, 1)},
                True,
                id="withdrawn and granted anew",
            ),
            pytest.param({"marketing": (True, 1)}, {"news": (False, 2)}, True, id="another topic"),
        ],
    )
    def test_the_stricter_consent_stays(self, one, other, consents):
        def saying(who, words):
            said = [Consent(topic, granted, NOON + hours * HOUR, who) for topic, (granted, hours) in words.items()]
            return person(who, words=tuple(said))

        for first, second in ((one, other), (other, one)):
            assert together(saying("a", first), saying("b", second)).consents_to("marketing") is consents

    def test_metrics_add_and_the_highest_ever_is_remembered(self):
        one = person("a", metrics={"orders": MetricValue(value=amount(3), peak=amount(4))})
        other = person("b", metrics={"orders": MetricValue(value=amount(2), peak=amount(2)), "views": NOTHING})
        assert together(one, other).metrics["orders"] == MetricValue(value=amount(5), peak=amount(5))

    def test_the_first_order_is_the_earliest_and_other_dates_the_latest(self):
        one = person("a", dates={"first_order_at": NOON, "last_order_at": NOON, "last_seen_at": NOON + DAY})
        other = person("b", dates={"first_order_at": NOON - DAY, "last_order_at": NOON - DAY})
        assert together(one, other).dates == {
            "first_order_at": NOON - DAY,
            "last_order_at": NOON,
            "last_seen_at": NOON + DAY,
        }

    def test_suppression_of_either_is_suppression_of_both(self):
        one = person("a", bounced={"a@example.com": NOON})
        other = person("b", suppressed=Suppression("complained", NOON), bounced={"b@example.com": NOON})
        known = together(one, other)
        assert known.suppressed == Suppression("complained", NOON)
        assert set(known.bounced) == {"a@example.com", "b@example.com"}

    def test_of_each_campaign_and_key_the_earlier_journey_stays(self):
        def journey(name, key, hour):
            return Journey(
                id=name, campaign="cart", version="v", key=key, ordinal=1, entered_at=NOON + hour * HOUR, step="s"
            )

        one = State(profile=person("a"), journeys=(journey("late", "c1", 2), journey("mine", "c2", 1)))
        other = State(profile=person("b"), journeys=(journey("early", "c1", 0), journey("theirs", "c3", 3)))
        assert [each.id for each in merged(one, other).journeys] == ["early", "mine", "theirs"]

    def test_entries_of_both_are_remembered_the_later_one_where_both_entered(self):
        one = State(profile=person("a"), entered=(("cart", "k", Entered(1, NOON)), ("other", "", Entered(1, NOON))))
        other = State(profile=person("b"), entered=(("cart", "k", Entered(2, NOON + HOUR)),))
        for known in (merged(one, other), merged(other, one)):
            assert {(campaign, key): entered for campaign, key, entered in known.entered} == {
                ("cart", "k"): Entered(2, NOON + HOUR),
                ("other", ""): Entered(1, NOON),
            }


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                ("Product Viewed", {"product_id": "drill"}),
                ("Product Added", {"product_id": "saw", "price": 3}),
                ("Order Completed", {"products": [{"product_id": "saw"}]}),
                ("identify", {"traits": {"city": "Bonn"}}),
                ("identify", {"traits": {"city": "Berlin"}}),
                ("Consent Granted", {}),
                ("Email Marked as Spam", {}),
            ]
        ),
        st.integers(0, 60),
        st.booleans(),
    ),
    min_size=2,
    max_size=8,
    unique_by=lambda each: each[1],
)


@settings(max_examples=200)
@given(told=EVENTS)
def test_two_profiles_merged_are_what_one_would_have_been(told):
    def known(events, name):
        profile = newcomer(name, event("Any"))
        for each in sorted(events, key=lambda each: each.at):
            profile = after_event(profile, each, SHOP)
        return profile

    happened = [
        (event(name, at=NOON + timedelta(seconds=second), id=str(second), **more), mine)
        for (name, more), second, mine in told
    ]
    one = known([each for each, mine in happened if mine], "a")
    other = known([each for each, mine in happened if not mine], "b")
    expected = known([each for each, _ in happened], "a")
    for found in (together(one, other), together(other, one)):
        for name in ("created_at", "identifiers", "traits", "consent", "dates", "viewed", "purchased", "suppressed"):
            assert getattr(found, name) == getattr(expected, name), name
        assert found.cart.cart == expected.cart.cart
