from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dampf.domain.decision import EnteredKey
from dampf.stores import keys
from dampf.use_cases.ports.occasions import Due
from tests.stores.values import NOON

TRICKY = st.text(alphabet="#%!ab23", max_size=8)
INSTANTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))


@given(TRICKY, TRICKY, TRICKY, TRICKY)
def test_two_different_keys_are_never_one_row(campaign: str, key: str, other_campaign: str, other_key: str) -> None:
    one, other = EnteredKey(campaign, key), EnteredKey(other_campaign, other_key)
    assert (keys.memory_row(one) == keys.memory_row(other)) == (one == other)


@given(TRICKY, TRICKY, TRICKY)
def test_no_identifier_is_taken_for_an_event_that_was_seen(kind: str, value: str, event: str) -> None:
    assert keys.identifier_key((kind, value)) != keys.seen_key(event)
    assert keys.identifier_key(("event", value)) != keys.seen_key(event)


@given(INSTANTS, INSTANTS)
def test_instants_sort_as_they_happened(one: datetime, other: datetime) -> None:
    assert (keys.instant(one) < keys.instant(other)) == (one < other)
    assert keys.parse_instant(keys.instant(one)) == one


@pytest.mark.parametrize(
    "text", ["x" * 5000, "ü" * 3000, "%!" + "0" * 64, "🛒" * 1000], ids=["long", "umlauts", "hash", "carts"]
)
def test_keys_stay_within_dynamodbs_limits(text: str) -> None:
    longest = [
        keys.memory_row(EnteredKey(text, text)),
        keys.identifier_key((text, text)),
        keys.seen_key(text),
        keys.history_row(NOON, text),
        keys.content_row(text, text),
    ]
    assert max(len(key.encode()) for key in longest) <= 1024
    assert keys.seen_key(text) != keys.seen_key(text + "x")


def test_a_text_that_looks_like_the_hash_of_another_is_not_taken_for_it() -> None:
    long = "x" * 5000
    hashed = keys.seen_key(long).removeprefix("event#")
    assert keys.seen_key(hashed) != keys.seen_key(long)


@pytest.mark.parametrize(
    "row, due",
    [
        (keys.STATE, Due("anna", "state", NOON)),
        (keys.message_row("anna-m1"), Due("anna", "message", NOON, "anna-m1")),
        (keys.emit_row("dampf#x1"), Due("anna", "emit", NOON, "dampf#x1")),
    ],
    ids=["state", "message", "emitted"],
)
def test_a_row_of_the_index_is_read_for_what_it_stands_for(row: str, due: Due) -> None:
    assert keys.parse_due("anna", row, keys.instant(NOON)) == due


@pytest.mark.parametrize("topic", [None, "marketing", "all", "topic#x", ""])
def test_a_topic_is_found_in_the_attribute_that_it_was_put_into(topic: str | None) -> None:
    assert keys.parse_topic(keys.topic_attribute(topic)) == topic


def test_profiles_spread_over_all_shards() -> None:
    shards = [keys.shard_of(f"profile-{number}") for number in range(8000)]
    assert all(800 < shards.count(shard) < 1200 for shard in keys.DUE_SHARDS)
