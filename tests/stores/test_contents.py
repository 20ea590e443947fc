from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from dampf.use_cases.ports.contents import InForce, Release
from tests.stores.conftest import Stores
from tests.stores.values import NOON

CAMPAIGN = ("campaign", "welcome", "v1", {"title": "Grüße", "steps": [1, 2.5, None]})


def release(number: int, manifest: str = "") -> Release:
    at = NOON + timedelta(seconds=number)
    return Release(number=number, manifest=manifest or f"m{number}", at=at, by="publish", before=number - 1)


def test_nothing_is_in_force_before_anything_is_published(stores: Stores) -> None:
    assert stores.contents.in_force() == InForce()
    assert not stores.contents.releases()
    with pytest.raises(LookupError):
        stores.contents.load("campaign", "welcome", "v1")


def test_what_is_put_is_found_and_in_force_once_it_is_released(stores: Stores) -> None:
    stores.contents.put([CAMPAIGN])
    assert stores.contents.load("campaign", "welcome", "v1") == CAMPAIGN[3]
    assert stores.contents.in_force().manifest is None
    assert stores.contents.release(release(1))
    assert stores.contents.in_force() == InForce(1, "m1")


def test_a_document_never_changes(stores: Stores) -> None:
    stores.contents.put([CAMPAIGN])
    stores.contents.put([("campaign", "welcome", "v1", {})])
    assert stores.contents.load("campaign", "welcome", "v1") == CAMPAIGN[3]


def test_of_two_who_release_at_once_the_second_is_told(stores: Stores) -> None:
    assert stores.contents.release(release(1))
    assert stores.contents.release(release(2))
    assert not stores.contents.release(release(2, "m3"))
    assert not stores.contents.release(release(1, "m3"))
    assert stores.contents.in_force() == InForce(2, "m2")
    assert stores.contents.releases() == (release(2), release(1))


def test_releases_are_remembered_the_newest_first(stores: Stores) -> None:
    for number in range(1, 12):
        assert stores.contents.release(release(number))
    assert stores.contents.releases() == tuple(release(number) for number in range(11, 0, -1))


def test_switches_stay_as_they_are_whatever_is_released(stores: Stores) -> None:
    stores.contents.switch("welcome", paused=True)
    stores.contents.switch(None, paused=True)
    assert stores.contents.release(release(1))
    assert stores.contents.in_force() == InForce(1, "m1", frozenset({"welcome"}), shop_is_paused=True)
    stores.contents.switch(None, paused=False)
    assert stores.contents.in_force() == InForce(1, "m1", frozenset({"welcome"}))
    stores.contents.switch("welcome", paused=False)
    assert stores.contents.in_force() == InForce(1, "m1")


@pytest.mark.parametrize("paused", [True, False])
def test_switching_twice_is_switching_once(stores: Stores, paused: bool) -> None:
    for _ in range(2):
        stores.contents.switch("welcome", paused=paused)
        assert stores.contents.in_force().paused == ({"welcome"} if paused else frozenset())


def test_campaigns_switched_off_at_the_same_time_are_all_off(stores: Stores) -> None:
    names = {f"campaign{number}" for number in range(8)}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: stores.contents.switch(name, paused=True), names))
    assert stores.contents.in_force().paused == names
