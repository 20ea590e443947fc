from datetime import date

import pytest

from dampf.domain.commit import Merge
from dampf.stores import keys
from dampf.stores.dynamodb import Tables
from dampf.stores.profiles import DynamoProfiles
from tests.stores.conftest import Stores
from tests.stores.values import NOON, commit, state

LEAP_DAY = date(1992, 2, 29)


def with_date(stores: Stores, base: str, name: str = "birthday") -> list[str]:
    return sorted(stores.calendar.with_date(name, base))


def test_a_date_is_found_by_its_day_of_any_year_or_of_one(stores: Stores) -> None:
    stores.commit(
        commit("anna", dates={"birthday": LEAP_DAY}),
        commit("bert", dates={"birthday": date(1990, 2, 28)}),
        commit("carl", dates={"birthday": date(2000, 2, 29), "registered_at": LEAP_DAY}),
    )
    assert with_date(stores, "02-29") == ["anna", "carl"]
    assert with_date(stores, "1992-02-29") == ["anna"]
    assert with_date(stores, "02-28") == ["bert"]
    assert with_date(stores, "02-29", "registered_at") == ["carl"]
    assert with_date(stores, "03-01") == []


def test_a_date_that_changed_is_found_on_its_new_day_alone(stores: Stores) -> None:
    stores.commit(commit(dates={"birthday": LEAP_DAY}))
    stores.commit(commit(version=1, dates={"birthday": date(1992, 3, 1)}))
    assert (with_date(stores, "02-29"), with_date(stores, "03-01")) == ([], ["anna"])
    stores.commit(commit(version=2, dates={"birthday": None}))
    assert with_date(stores, "03-01") == []


def test_a_date_told_again_or_taken_back_twice_is_fine(stores: Stores) -> None:
    stores.commit(commit(dates={"birthday": LEAP_DAY, "name#day": None}))
    stores.commit(commit(version=1, dates={"birthday": LEAP_DAY, "name#day": None}))
    assert with_date(stores, "02-29") == ["anna"]


def test_a_commit_that_does_not_hold_moves_no_date(stores: Stores) -> None:
    stores.commit(commit(dates={"birthday": LEAP_DAY}))
    stores.commit(commit(version=5, dates={"birthday": date(1992, 3, 1)}))
    assert with_date(stores, "02-29") == ["anna"]


def test_one_name_is_never_taken_for_another(stores: Stores) -> None:
    stores.commit(commit(dates={"name#02-29": LEAP_DAY, "name": date(1992, 3, 1)}))
    assert with_date(stores, "02-29", "name") == []
    assert with_date(stores, "02-29", "name#02-29") == ["anna"]


def test_after_a_merge_dates_are_the_survivors_alone(stores: Stores) -> None:
    stores.commit(
        commit("anna", dates={"birthday": LEAP_DAY}), commit("old", dates={"birthday": LEAP_DAY, "wedding": LEAP_DAY})
    )
    dates: dict[str, date | None] = {"birthday": LEAP_DAY, "wedding": LEAP_DAY}
    survivor = state("anna", also=("old",))
    assert stores.profiles.merge(
        Merge(survivor=survivor, survivor_version=1, loser="old", loser_version=1, identifiers={}, dates=dates)
    )
    assert with_date(stores, "02-29") == ["anna"]
    assert with_date(stores, "02-29", "wedding") == ["anna"]


def test_a_mark_is_kept_by_campaign_until_it_is_forgotten(stores: Stores) -> None:
    assert stores.calendar.marks() == {}
    stores.calendar.mark("birthday", "2026-11-20 -")
    stores.calendar.mark("x" * 2000, "far")
    stores.calendar.mark("birthday", "2026-11-21 -")
    assert stores.calendar.marks() == {"birthday": "2026-11-21 -", "x" * 2000: "far"}
    stores.calendar.forget("birthday")
    stores.calendar.forget("birthday")
    assert stores.calendar.marks() == {"x" * 2000: "far"}


def everybody(stores: Stores) -> list[str]:
    found: list[str] = []
    for shard in stores.people.shards():
        after = None
        while True:
            page, after = stores.people.page(shard, after)
            assert len(page) <= 100
            found += [each.profile.id for each in page]
            if after is None:
                break
    return found


def test_everybody_is_on_one_page_and_nobody_on_two(stores: Stores) -> None:
    names = [f"p{place}" for place in range(250)]
    for start in range(0, 250, 50):
        stores.commit(*(commit(name) for name in names[start : start + 50]))
    stores.commit(commit("p7", version=1, state=state("p7", due_at=NOON)))
    assert sorted(everybody(stores)) == sorted(names)


def test_who_was_merged_into_another_is_nobody_any_more(stores: Stores) -> None:
    stores.commit(commit("anna"), commit("old"))
    stores.profiles.merge(
        Merge(survivor=state("anna", also=("old",)), survivor_version=1, loser="old", loser_version=1, identifiers={})
    )
    assert everybody(stores) == ["anna"]


def test_a_page_holds_the_states_and_goes_on_after_somebody_who_is_gone(stores: Stores) -> None:
    stores.commit(commit("anna", state=state("anna", due_at=NOON)), commit("zoe"))
    people = [person for shard in stores.people.shards() for person in stores.people.page(shard, None)[0]]
    assert sorted(people, key=lambda person: person.profile.id) == [state("anna", due_at=NOON), state("zoe")]
    for each in stores.people.shards():
        page, more = stores.people.page(each, "bert")
        assert more is None
        assert [person.profile.id for person in page] in ([], ["zoe"])


# --- on DynamoDB alone ------------------------------------------------------------------------------------------------


def test_a_state_row_keeps_its_place_among_the_people(tables: Tables) -> None:
    """DynamoDB writes an index only where an attribute of it changes."""
    profiles = DynamoProfiles(tables=tables)
    shards = set()
    for version in range(3):
        profiles.commit([commit(version=version)], now=NOON)
        [item] = tables.client.scan(TableName=tables.profiles, IndexName=keys.PEOPLE_INDEX)["Items"]
        shards.add(item["people_shard"]["S"])
    assert len(shards) == 1


def test_a_merge_with_many_dates_and_identifiers_fits_into_one_transaction(tables: Tables) -> None:
    profiles = DynamoProfiles(tables=tables)
    identifiers = tuple(("anonymous_id", f"a{place}") for place in range(120))
    for version in range(3):
        some = identifiers[40 * version : 40 * version + 40]
        profiles.commit([commit("old", version=version, claims=some)], now=NOON)
    dates: dict[str, date | None] = {f"date{place}": LEAP_DAY for place in range(20)}
    assert profiles.merge(
        Merge(
            survivor=state("anna", also=("old",)),
            survivor_version=0,
            loser="old",
            loser_version=3,
            identifiers=dict.fromkeys(identifiers, "old"),
            dates=dates,
        )
    )


@pytest.mark.parametrize("name", ["birthday", "name#day", "100%", "%23"])
def test_a_date_is_read_off_its_place_in_the_index(name: str) -> None:
    key, sort = keys.date_key_of(name, LEAP_DAY, "anna"), keys.date_sort(LEAP_DAY, "anna")
    assert keys.parse_date(key, sort) == ((name, "02-29"), (name, "1992-02-29"))
