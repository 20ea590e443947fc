from datetime import timedelta

import pytest

from dampf.domain.affinity import (
    EVERYTHING,
    HALF_LIFE,
    Alike,
    Best,
    Bestsellers,
    Meetings,
    Similar,
    best,
    learnt,
    lesson,
    similar,
)
from dampf.domain.profile import BEGINNING, ProductSeen
from dampf.domain.recommendation import interests, ranked
from tests.builders import DAY, HOUR, NOON

People = list[tuple[list[ProductSeen], list[ProductSeen]]]
NIGHT = NOON + 14 * HOUR


def seen(product: str, ago: timedelta = timedelta(0)) -> ProductSeen:
    return ProductSeen(product, None, NOON - ago)


def meetings(product: str, met: float, **together: float) -> Meetings:
    return Meetings(product_id=product, as_of=NIGHT, met=met, together=together)


def test_products_seen_within_a_day_meet_and_those_bought_within_a_month() -> None:
    people: People = [
        ([seen("drill"), seen("bit", 23 * HOUR), seen("saw", 25 * HOUR)], [seen("glue"), seen("wood", 29 * DAY)])
    ]
    new = lesson(people, since=BEGINNING, until=NIGHT)
    assert new.together == {
        "drill": {"bit": 1},
        "bit": {"drill": 1, "saw": 1},
        "saw": {"bit": 1},
        "glue": {"wood": 1},
        "wood": {"glue": 1},
    }
    assert new.met == {"drill": 1, "bit": 1, "saw": 1, "glue": 1, "wood": 1}
    assert new.sold == {"glue": 1, "wood": 1}


def test_a_night_learns_only_what_happened_since_the_last_one() -> None:
    people: People = [([seen("drill"), seen("bit", 2 * HOUR), seen("saw", 3 * HOUR)], [])]
    new = lesson(people, since=NOON - HOUR, until=NIGHT)
    assert new.met == {"drill": 1}
    assert new.together == {"drill": {"bit": 1, "saw": 1}, "bit": {"drill": 1}, "saw": {"drill": 1}}
    assert lesson(people, since=NOON, until=NIGHT).products() == []
    assert lesson(people, since=BEGINNING, until=NOON - 2.5 * HOUR).products() == ["saw"]


def test_a_lesson_learnt_twice_counts_once() -> None:
    new = lesson([([seen("drill"), seen("bit")], [])], since=BEGINNING, until=NIGHT)
    once = learnt(Meetings(product_id="drill", as_of=BEGINNING), new, until=NIGHT)
    assert once == Meetings(product_id="drill", as_of=NIGHT, met=1, together={"bit": 1})
    assert learnt(once, new, until=NIGHT) == once


def test_what_was_learnt_counts_half_after_ninety_days() -> None:
    later = meetings("drill", 8, bit=4).at(NIGHT + HALF_LIFE)
    assert (later.met, later.together) == (4, {"bit": 2})


def test_the_ever_popular_is_damped() -> None:
    """The bestseller was met with the drill more often than the bit was, but with everything else as well."""
    drill = meetings("drill", 20, bestseller=12, bit=9)
    assert [each.product_id for each in similar(drill, {"bestseller": 500, "bit": 10})] == ["bit", "bestseller"]


def test_a_few_meetings_say_nothing() -> None:
    assert similar(meetings("drill", 10, bit=2), {"bit": 3}) == ()
    assert [each.product_id for each in similar(meetings("drill", 10, bit=3), {"bit": 3})] == ["bit"]


def test_similarity_is_the_cosine_shrunk_where_there_were_few() -> None:
    ((product, score),) = similar(meetings("drill", 16, bit=10), {"bit": 25})
    assert product == "bit"
    assert score == pytest.approx(10 / 20 * 10 / 15)


def test_bestsellers_that_nobody_buys_any_more_give_way() -> None:
    known = Bestsellers("tools", NIGHT, (Best("old", 10), Best("older", 4)))
    after = best(known, [Best("new", 6)], at=NIGHT + HALF_LIFE)
    assert after.products == (Best("new", 6), Best("old", 5), Best("older", 2))


def test_latest_interests_count_most() -> None:
    wanted = interests([seen("drill"), seen("saw", 30 * DAY), seen("glue", 60 * DAY)], now=NOON)
    assert wanted == pytest.approx({"drill": 1, "saw": 0.5, "glue": 0.25})


def test_recommended_is_what_goes_with_what_is_wanted_then_what_sells() -> None:
    alike = {
        "drill": Alike("drill", "tools", (Similar("bit", 0.6), Similar("saw", 0.2))),
        "glue": Alike("glue", None, (Similar("wood", 0.9),)),
    }
    shelves = {
        "tools": Bestsellers("tools", NIGHT, (Best("hammer", 10), Best("saw", 5))),
        EVERYTHING: Bestsellers(EVERYTHING, NIGHT, (Best("tape", 50), Best("hammer", 10))),
    }
    assert ranked({"drill": 1.0, "glue": 0.5}, alike, shelves) == ("bit", "wood", "saw", "hammer", "tape")
    assert ranked({}, {}, shelves) == ("tape", "hammer")
    assert ranked({"unheard of": 1.0}, {}, {}) == ()
