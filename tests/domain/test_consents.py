"""The ledger's entries, and what was in force at any moment of the past."""

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dampf.domain.consents import ConsentEntry, consent_entry, in_force
from dampf.domain.effects import after_event, newcomer
from dampf.domain.event import Event
from dampf.domain.identity import merged, profile_id
from dampf.domain.shop import Shop
from dampf.domain.state import State
from tests.builders import HOUR, MINUTE, NOON, catalogue, event

DOUBLE: Shop = catalogue(opt_in="double").shop
SINGLE: Shop = catalogue(opt_in="single").shop


@pytest.mark.parametrize(
    "name, told, topic, act",
    [
        ("Consent Granted", {}, "marketing", "granted"),
        ("Consent Granted", {"topic": "care_tips"}, "care_tips", "granted"),
        ("Consent Withdrawn", {"topic": "care_tips"}, "care_tips", "withdrawn"),
        ("Consent Withdrawn", {}, "*", "withdrawn"),
        ("Unsubscribed", {}, "*", "withdrawn"),
        ("Newsletter Subscribed", {}, "marketing", "requested"),
        ("Subscription Confirmed", {"topic": "care_tips"}, "care_tips", "granted"),
    ],
)
def test_what_an_event_says_of_consent(name, told, topic, act):
    happened = event(name, id="e1", arrived_at=NOON + MINUTE, source="shop", identifiers={}, **told)
    entry = consent_entry(happened, DOUBLE, "3f2a9c01b7d84e6f5a10")
    assert entry == ConsentEntry(topic, act, NOON, NOON + MINUTE, name, "shop#e1", "3f2a9c01")


def test_with_single_opt_in_a_subscription_grants():
    entry = consent_entry(event("Newsletter Subscribed"), SINGLE, "anna")
    assert entry is not None
    assert entry.act == "granted"


def test_an_entry_bears_source_and_wording():
    told = event("Consent Granted", properties={"source": "checkout", "wording": "Yes."})
    entry = consent_entry(told, DOUBLE, "anna")
    assert entry is not None
    assert (entry.source, entry.wording) == ("checkout", "Yes.")


@pytest.mark.parametrize("name", ["Product Viewed", "Email Marked as Spam", "identify"])
def test_other_events_say_nothing_of_it(name):
    assert consent_entry(event(name), DOUBLE, "anna") is None


def told(act: str, hour: int, topic: str = "marketing") -> ConsentEntry:
    at = NOON + hour * HOUR
    return ConsentEntry(topic, act, at, at, act, f"shop#{hour}")  # type: ignore[arg-type]


STORY = (
    told("requested", 0),
    told("granted", 1),
    told("granted", 2, "care_tips"),
    told("withdrawn", 3, "*"),
    told("granted", 4),
)


@pytest.mark.parametrize(
    "hours, words",
    [
        pytest.param(-1, {}, id="before anything"),
        pytest.param(0, {}, id="a request grants nothing"),
        pytest.param(1, {"marketing": "granted"}, id="that very instant"),
        pytest.param(2.5, {"marketing": "granted", "care_tips": "granted"}, id="two topics"),
        pytest.param(3, {"marketing": "withdrawn", "care_tips": "withdrawn", "*": "withdrawn"}, id="all withdrawn"),
        pytest.param(9, {"marketing": "granted", "care_tips": "withdrawn", "*": "withdrawn"}, id="one granted anew"),
    ],
)
def test_what_was_in_force(hours, words):
    shuffled = (STORY[3], STORY[0], STORY[4], STORY[2], STORY[1])
    found = in_force(shuffled, (), at=NOON + timedelta(hours=hours))
    assert {topic: entry.act for topic, entry in found.items()} == words


NAMES = ["Consent Granted", "Consent Withdrawn", "Unsubscribed", "Newsletter Subscribed", "Subscription Confirmed"]
WHO = {"customer_id": "anna", "email": "anna@example.com", "anonymous_id": "laptop"}


class Speaker:
    """Somebody's profile and ledger, as events and merges make them."""

    def __init__(self, kind: str) -> None:
        first = event("Product Viewed", id="first", identifiers={kind: WHO[kind]})
        self.state = State(profile=newcomer(profile_id(kind, WHO[kind]), first))
        self.entries: list[ConsentEntry] = []

    def hear(self, happened: Event, shop: Shop) -> None:
        self.state = State(profile=after_event(self.state.profile, happened, shop))
        entry = consent_entry(happened, shop, self.state.profile.id)
        self.entries += [entry] if entry is not None else []

    def take_in(self, other: "Speaker") -> None:
        self.state = merged(self.state, other.state)
        self.entries += other.entries

    def disagreements(self) -> list[str]:
        profile = self.state.profile
        words = in_force(self.entries, profile.links, at=NOON + 99 * HOUR)
        told = {topic: entry.word for topic, entry in words.items()}
        return [f"{told} and {profile.consent}"] if told != profile.consent else []


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*NAMES, "identify"]),
            st.integers(0, 5),
            st.sampled_from(["", "marketing", "care_tips"]),
            st.sets(st.sampled_from(list(WHO)), min_size=1),
        ),
        max_size=12,
    ),
    st.sampled_from([SINGLE, DOUBLE]),
)
@example(
    [
        ("Consent Granted", 1, "", {"email"}),
        ("Consent Granted", 1, "", {"customer_id"}),
        ("Consent Granted", 0, "", {"customer_id", "email"}),
    ],
    SINGLE,
)
def test_the_ledger_and_the_profile_agree_on_what_is_in_force_now(story, shop):
    """Whatever order events arrive in, and whoever turns out to be one person."""
    people = {kind: Speaker(kind) for kind in WHO}
    for place, (name, hour, topic, kinds) in enumerate(story):
        identifiers = {kind: WHO[kind] for kind in WHO if kind in kinds}
        happened = event(
            name,
            id=str(place),
            at=NOON + hour * HOUR,
            arrived_at=NOON + (6 + place) * HOUR,
            identifiers=identifiers,
            properties={"topic": topic} if topic else {},
        )
        survivor, *losers = dict.fromkeys(people[kind] for kind in identifiers)
        for loser in losers:
            survivor.take_in(loser)
            people = {kind: survivor if who is loser else who for kind, who in people.items()}
        survivor.hear(happened, shop)
    assert [each for who in people.values() for each in who.disagreements()] == []
