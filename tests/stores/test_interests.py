"""Who has a product on their mind, on DynamoDB and in memory alike."""

import pytest

from dampf.domain.commit import Commit
from tests import builders
from tests.stores.conftest import Stores


def commit(who: str, version: int = 0, **interests: bool) -> Commit:
    return Commit(profile=who, state=builders.state(who), read_version=version, interests=interests)


def interested(stores: Stores, product: str) -> list[str]:
    found: list[str] = []
    for shard in stores.interests.interest_shards():
        after: str | None = None
        while True:
            page, after = stores.interests.interested(product, shard, after)
            found += page
            if after is None:
                break
    return sorted(found)


def test_those_are_found_who_have_it_on_their_mind_and_nobody_else(stores: Stores):
    assert stores.commit(commit("anna", p1=True, p2=True), commit("ben", p2=True), commit("cleo")) == {}
    assert interested(stores, "p1") == ["anna"]
    assert interested(stores, "p2") == ["anna", "ben"]
    assert interested(stores, "p3") == []


def test_who_forgets_it_is_not_found_any_more_and_being_told_twice_changes_nothing(stores: Stores):
    stores.commit(commit("anna", p1=True))
    stores.commit(commit("anna", version=1, p1=True))
    assert interested(stores, "p1") == ["anna"]
    stores.commit(commit("anna", version=2, p1=False, p9=False))
    assert interested(stores, "p1") == []


def test_a_commit_that_is_not_written_puts_nothing_on_anybody_s_mind(stores: Stores):
    stores.commit(commit("anna"))
    assert stores.commit(commit("anna", version=7, p1=True))["anna"].stale
    assert interested(stores, "p1") == []


def test_more_people_than_a_page_holds_are_found_page_by_page(stores: Stores):
    everybody = sorted(f"p{number}" for number in range(520))
    for start in range(0, 520, 20):
        stores.commit(*(commit(f"p{number}", drill=True) for number in range(start, start + 20)))
    assert interested(stores, "drill") == everybody


@pytest.mark.parametrize("product", ["03-02", "a#b", "%23", "ä" * 900])
def test_any_product_may_be_on_somebody_s_mind_and_none_is_taken_for_a_date(stores: Stores, product: str):
    dated = builders.state("ben")
    stores.commit(
        Commit(profile="anna", state=builders.state("anna"), read_version=0, interests={product: True}),
        Commit(profile="ben", state=dated, read_version=0, dates={"product": builders.NOON.date()}),
    )
    assert interested(stores, product) == ["anna"]
    assert list(stores.calendar.with_date("product", "03-02")) == ["ben"]
