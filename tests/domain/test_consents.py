"""The ledger's entries, and what was in force at any moment of the past."""

from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dampf.domain.campaign import Shop
from dampf.domain.consents import ConsentEntry, consent_entry, in_force, of_merge
from dampf.domain.effects import after_event, newcomer
from dampf.domain.identity import merged
from dampf.domain.profile import Consent, Profile
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
    happened = event(name, id="e1", arrived_at=NOON + MINUTE, source="shop", **told)
    entry = consent_entry(happened, DOUBLE)
    assert entry == ConsentEntry(topic, act, NOON, NOON + MINUTE, name, "shop#e1")


def test_with_single_opt_in_a_subscription_grants():
    entry = consent_entry(event("Newsletter Subscribed"), SINGLE)
    assert entry is not None
    assert entry.act == "granted"


def test_an_entry_bears_source_and_wording():
    told = event("Consent Granted", properties={"source": "checkout", "wording": "Yes."})
    entry = consent_entry(told, DOUBLE)
    assert entry is not None
    assert (entry.source, entry.wording) == ("checkout", "Yes.")


@pytest.mark.parametrize("name", ["Product Viewed", "Email Marked as Spam", "identify"])
def test_other_events_say_nothing_of_it(name):
    assert consent_entry(event(name), DOUBLE) is None


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
    found = in_force(shuffled, at=NOON + timedelta(hours=hours))
    assert {topic: entry.act for topic, entry in found.items()} == words


NAMES = ["Consent Granted", "Consent Withdrawn", "Unsubscribed", "Newsletter Subscribed", "Subscription Confirmed"]


@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.integers(0, 5), st.sampled_from(["", "marketing", "care_tips"])),
        max_size=8,
    ),
    st.sampled_from([SINGLE, DOUBLE]),
)
@example([("Unsubscribed", 1, ""), ("Consent Granted", 1, ""), ("Consent Granted", 0, "")], SINGLE)
def test_the_ledger_and_the_profile_agree_on_what_is_in_force_now(story, shop):
    """Whatever order events arrive in."""
    profile: Profile | None = None
    entries = []
    for place, (name, hour, topic) in enumerate(story):
        at: datetime = NOON + hour * HOUR
        properties = {"topic": topic} if topic else {}
        happened = event(name, id=str(place), at=at, arrived_at=NOON + (6 + place) * HOUR, properties=properties)
        profile = after_event(profile or newcomer("anna", happened), happened, shop)
        entry = consent_entry(happened, shop)
        assert entry is not None
        entries.append(entry)
    words = in_force(entries, at=NOON + 6 * HOUR)
    for topic in ("marketing", "care_tips"):
        said = words.get(topic)
        assert (said is not None and said.act == "granted") is (profile is not None and profile.consents_to(topic))


# --- merges -----------------------------------------------------------------------------------------------------------


def bearing(who: str, **words: tuple[bool, int]) -> Profile:
    told = {topic: Consent(granted, NOON + hour * HOUR) for topic, (granted, hour) in words.items()}
    return Profile(id=who, created_at=NOON, consent=told)


LOGIN = event("Signed In", id="login", at=NOON + 8 * HOUR, arrived_at=NOON + 9 * HOUR)


def test_a_merge_says_which_word_counts_from_now_on():
    entries = of_merge(bearing("anna", marketing=(True, 5)), bearing("laptop", marketing=(False, 3)), LOGIN)
    at = NOON + 9 * HOUR
    key, said_at = "shop#login#laptop#0", NOON + 3 * HOUR
    assert entries == (ConsentEntry("marketing", "withdrawn", at, at, "Profiles Merged", key, "merge", None, said_at),)


def test_a_merge_leaves_no_more_entries_than_its_transaction_has_room_for():
    one = bearing("anna", **{f"topic{place}": (True, 5) for place in range(99)})
    other = bearing("laptop", **{f"topic{place}": (False, 3) for place in range(99)})
    assert len(of_merge(one, other, LOGIN)) == 40


@pytest.mark.parametrize(
    "survivor, loser",
    [
        pytest.param({"marketing": (True, 5)}, {}, id="one of them said nothing"),
        pytest.param({"marketing": (True, 5)}, {"marketing": (True, 5)}, id="both said the same"),
        pytest.param({"marketing": (True, 5)}, {"care_tips": (False, 3)}, id="of different topics"),
        pytest.param({"*": (False, 5)}, {"*": (False, 3)}, id="both withdrew everything"),
    ],
)
def test_a_merge_that_changes_no_word_leaves_no_entry(survivor, loser):
    assert of_merge(bearing("anna", **survivor), bearing("laptop", **loser), LOGIN) == ()


def test_before_the_merge_the_words_are_what_was_said():
    said = (told("granted", 5), *of_merge(bearing("a", marketing=(True, 5)), bearing("b", marketing=(False, 3)), LOGIN))
    assert in_force(said, at=NOON + 8 * HOUR)["marketing"].act == "granted"
    assert in_force(said, at=NOON + 9 * HOUR)["marketing"].act == "withdrawn"


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*NAMES, "merge"]),
            st.integers(0, 5),
            st.sampled_from(["", "marketing", "care_tips"]),
            st.integers(0, 2),
        ),
        max_size=14,
    ),
    st.sampled_from([SINGLE, DOUBLE]),
)
@example(
    [
        ("Consent Granted", 0, "", 0),
        ("Unsubscribed", 5, "", 1),
        ("Consent Granted", 5, "", 1),
        ("merge", 0, "", 1),
    ],
    SINGLE,
)
def test_the_ledger_and_the_profile_agree_after_merges_too(story, shop):
    """Of three people, whoever is merged into the first one and when, and in whatever order events arrive."""
    first = event("Product Viewed", id="first")
    people = [State(profile=newcomer(who, first)) for who in ("anna", "laptop", "phone")]
    ledgers: list[list[ConsentEntry]] = [[], [], []]
    for place, (name, hour, topic, who) in enumerate(story):
        if name == "merge" and not 0 < who < len(people):
            continue
        properties = {"topic": topic} if topic else {}
        arrived_at = NOON + (6 + place) * HOUR
        happened = event(name, id=str(place), at=NOON + hour * HOUR, arrived_at=arrived_at, properties=properties)
        if name == "merge":
            other, its = people.pop(who), ledgers.pop(who)
            ledgers[0] += [*its, *of_merge(people[0].profile, other.profile, happened)]
            people[0] = merged(people[0], other)
            continue
        who %= len(people)
        entry = consent_entry(happened, shop)
        assert entry is not None
        ledgers[who].append(entry)
        people[who] = State(profile=after_event(people[who].profile, happened, shop))
    for person, entries in zip(people, ledgers, strict=True):
        words = in_force(entries, at=NOON + 99 * HOUR)
        for topic in ("marketing", "care_tips"):
            said = words.get(topic)
            assert (said is not None and said.act == "granted") is person.profile.consents_to(topic)
