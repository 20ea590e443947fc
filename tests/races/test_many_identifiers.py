"""People with hundreds of identifiers: more than one transaction holds, and more than one condition names."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dampf.domain.identity import profile_id
from dampf.domain.profile import Profile
from tests.builders import HOUR, NOON, catalogue, happened
from tests.races.test_races import InMemoryTables
from tests.races.test_races_on_dynamodb import DynamoTables, tables
from tests.use_cases.worlds import World

__all__ = ["tables"]

SHOP = catalogue(metrics="views: { add: 1, on: Product Viewed }\n")
FIRST, SECOND, AT, LATER = (f"2026-03-02T12:0{minute}:00Z" for minute in range(4))
MANY = 150


@pytest.fixture(params=["memory", pytest.param("dynamodb", marks=[pytest.mark.emulator, pytest.mark.slow])])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        yield World(SHOP, tables=InMemoryTables())
    else:
        on_dynamodb: DynamoTables = request.getfixturevalue("tables")
        yield World(SHOP, tables=on_dynamodb)
        on_dynamodb.forget()


@pytest.fixture
def happens(world: World) -> Callable[..., None]:
    """One event, and all that follows from it; nothing of it is given back or parked."""

    def tell(name: str, who: str | None = None, at: str = AT, **more: Any) -> None:
        world.ingest(happened(name, at, who, **more), now=NOON + HOUR)
        while world.mailbox.stimuli:
            evaluated = world.evaluate(now=NOON + HOUR)
            assert (evaluated.retry, evaluated.parked) == ({}, ())

    return tell


def card(number: str) -> dict[str, Any]:
    return {"context": {"externalIds": [{"type": "loyalty_card", "id": number}]}}


def views(profile: Profile) -> int:
    return int(profile.metrics["views"].value)


def test_people_with_150_devices_each_become_one_lose_a_device_and_are_erased(
    world: World, happens: Callable[..., None]
) -> None:
    first, second, third = ([f"{side}-{number}" for number in range(MANY)] for side in ("first", "second", "third"))
    happens("Signed In", None, FIRST, id="eldest", **card("two"))
    survivor_of_first = max(first, key=lambda device: profile_id("anonymous_id", device))  # of all that merge the last
    for device in first:  # somebody of their own each, until the card tells
        at = SECOND if device == survivor_of_first else AT
        happens("Product Viewed", None, at, anonymous=device, id=f"alone-{device}", product_id="p")
    for devices, named in ((first, card("one")), (second, card("two"))):
        for device in devices:
            happens("Product Viewed", anonymous=device, id=f"card-{device}", product_id="p", **named)
    for device in third:
        happens("Product Viewed", "anna", anonymous=device, id=f"anna-{device}", product_id="p")
    assert len(world.profiles) == 3
    happens("Product Viewed", anonymous="first-0", id="one person", product_id="p", **card("two"))
    happens("Signed In", "anna", anonymous="second-0", id="login")
    (anna,) = world.profiles
    assert len(anna.identifiers["anonymous_id"]) == 3 * MANY
    assert views(anna) == 4 * MANY + 1

    for device in (*first, *second, *third):
        happens("Product Viewed", anonymous=device, id=f"again-{device}", product_id="p")
    (anna,) = world.profiles
    assert views(anna) == 7 * MANY + 1

    taken = ("first-97", "first-98", "first-99", "second-97", "second-98", "second-99", "third-99")
    for device in taken:
        happens("Signed In", "ben", LATER, anonymous=device, id=f"ben-{device}")
    ben = next(each for each in world.profiles if each.identifiers["customer_id"] == ("ben",))
    assert ben.identifiers["anonymous_id"] == taken

    assert world.tables is not None
    happens("Erasure Requested", "anna", id="erasure")
    assert [each.id for each in world.profiles] == [ben.id]
    borne = [(kind, value) for kind, values in anna.identifiers.items() for value in values]
    assert set(world.tables.identities.owners(borne, now=NOON + HOUR).values()) == {ben.id}
