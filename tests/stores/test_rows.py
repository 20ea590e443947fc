from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from dampf.domain.commit import Stored
from dampf.domain.profile import ProductSeen
from dampf.domain.state import State
from dampf.stores import codec, rows
from dampf.stores.dynamodb import text
from tests.stores.values import MINUTE, NOON, profile

WRITE_UNIT = 1024


def who_viewed(count: int, **told: Any) -> State:
    viewed = (ProductSeen(f"{100_000 + place}", f"Näher {place}", NOON - place * MINUTE) for place in range(count))
    return State(profile=profile(id="24c598b6ff27dd7bbdb3", viewed=tuple(viewed)), **told)


def size(item: dict[str, dict[str, Any]]) -> int:
    """As DynamoDB counts it: names and values of all attributes."""
    written = [value.encode() if isinstance(value, str) else value for each in item.values() for value in each.values()]
    return sum(map(len, written)) + sum(map(len, item))


def test_what_a_person_viewed_makes_the_state_row_cost_no_second_write_unit() -> None:
    state = who_viewed(20, met_products_on=date(2026, 3, 2), segments_due_at=NOON + timedelta(microseconds=1))
    item = rows.state_item(state, version=12_345)
    assert len(codec.STATE.write(state)) > WRITE_UNIT > size(item)
    assert rows.stored_of(item) == Stored(content=state, version=12_345)


def test_a_short_state_is_text_that_people_can_read() -> None:
    state = who_viewed(1)
    assert rows.state_item(state, version=1)["body"] == text(codec.STATE.write(state))


@pytest.mark.parametrize("name", ["a", "ä"], ids=["of one byte", "of two bytes"])
def test_a_state_is_packed_before_its_row_is_larger_than_a_write_unit(name: str) -> None:
    short = who_viewed(0, met_products_on=date(2026, 3, 2), segments_due_at=NOON + timedelta(microseconds=1))
    for length in range(900):
        state = replace(short, profile=replace(short.profile, viewed=(ProductSeen("1", name * length, NOON),)))
        assert size(rows.state_item(state, version=1_000_000)) <= WRITE_UNIT


def test_a_long_state_that_was_written_as_text_is_still_read() -> None:
    state = who_viewed(20)
    item = rows.state_item(state, version=1) | {"body": text(codec.STATE.write(state))}
    assert rows.stored_of(item) == Stored(content=state, version=1)
