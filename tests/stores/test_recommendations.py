from dataclasses import replace
from datetime import date, timedelta

import pytest

from dampf.domain.affinity import EVERYTHING, Alike, Best, Bestsellers, Meetings, Similar
from dampf.stores.memory_recommendations import MemoryRecommendations
from dampf.stores.recommendations import DynamoRecommendations
from dampf.use_cases.ports.products import Night
from tests.stores.conftest import Stores
from tests.stores.values import NOON, commit, state

Store = DynamoRecommendations | MemoryRecommendations


@pytest.fixture(params=["dynamodb", "memory"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryRecommendations()
    return DynamoRecommendations(tables=request.getfixturevalue("tables"))


def test_what_is_said_of_products_and_categories_is_found_again(store: Store) -> None:
    drill = Alike("drill", "tools", (Similar("bit", 0.1 + 0.2), Similar("saw", 1 / 3)))
    glue = Alike("glue#1 %", None, ())
    tools = Bestsellers("tools", NOON, (Best("drill", 2.5),))
    everything = Bestsellers(EVERYTHING, NOON, (Best("drill", 2.5), Best("glue#1 %", 1.0)))
    store.say([drill, glue], [tools, everything])
    assert store.alike(["drill", "glue#1 %", "unheard of"]) == {"drill": drill, "glue#1 %": glue}
    assert store.best(["tools", EVERYTHING, "toys"]) == {"tools": tools, EVERYTHING: everything}


def test_what_is_said_anew_replaces_what_was_said(store: Store) -> None:
    store.say([Alike("drill", "tools", (Similar("bit", 0.5),))], [])
    store.say([Alike("drill", "tools", ())], [])
    assert store.alike(["drill"]) == {"drill": Alike("drill", "tools", ())}


def test_more_products_than_one_request_takes_are_remembered(store: Store) -> None:
    rows = [
        Meetings(product_id=f"p{number}", as_of=NOON, met=number / 7, sold=1.0, together={"q": 3.5})
        for number in range(130)
    ]
    store.remember(rows)
    assert store.meetings(row.product_id for row in rows) == {row.product_id: row for row in rows}


def test_the_last_night_is_known(store: Store) -> None:
    assert store.night() is None
    night = Night(NOON, NOON + timedelta(days=1), False)
    store.write_down(night)
    assert store.night() == night
    store.write_down(night._replace(is_over=True))
    assert store.night() == (NOON, NOON + timedelta(days=1), True)


def test_who_met_products_on_a_day_is_found_on_the_last_such_day_alone(stores: Stores) -> None:
    def met(profile: str, day: int, version: int = 0) -> None:
        on = date(2026, 3, day)
        stores.commit(commit(profile, version=version, state=replace(state(profile), met_products_on=on)))

    met("anna", 2)
    met("bert", 2)
    stores.commit(commit("carl"))
    assert sorted(each.profile.id for each in stores.people.who_met_products_on(date(2026, 3, 2))) == ["anna", "bert"]
    met("anna", 3, version=1)
    assert [each.profile.id for each in stores.people.who_met_products_on(date(2026, 3, 2))] == ["bert"]
    assert [each.profile.id for each in stores.people.who_met_products_on(date(2026, 3, 3))] == ["anna"]
