"""Nothing is lost and nothing doubled, however many functions work for the same people at once.

In memory the store holds a lock where DynamoDB has a transaction; against the embedded AWS's tables the writes are
DynamoDB's own. A failing round is repeated by its seed: `DAMPF_RACES_SEED=... pytest tests/races`.
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from dampf.domain.event import Event
from dampf.domain.identifiers import Identifier
from dampf.domain.message import Message
from dampf.domain.state import State
from dampf.stores.memory import InMemory
from dampf.stores.memory_vouchers import MemoryVouchers
from dampf.use_cases.ports.messages import Ledger, Vouchers
from dampf.use_cases.ports.profiles import Identities, Profiles
from tests.races.racing import THREADS, Race, claims, shop, story
from tests.races.volleys import Volleys, broken, capped_shop

SEED = os.environ.get("DAMPF_RACES_SEED", "1")
SHOP = shop()
CAPPED = capped_shop()


class InMemoryTables:
    def __init__(self) -> None:
        self.store = InMemory()
        self.profiles: Profiles = self.store
        self.identities: Identities = self.store
        self.ledger: Ledger = self.store
        self.vouchers: Vouchers = MemoryVouchers(self.store)

    def states(self) -> list[State]:
        return list(self.store.states())

    def messages(self) -> list[Message]:
        return list(self.store.messages.values())

    def histories(self) -> list[Event]:
        return [event for history in self.store._history.values() for event in history]

    def owners(self) -> dict[Identifier, str]:
        return {identifier: claim.profile for identifier, claim in self.store._claims.items()}


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    patience = sys.getswitchinterval()
    sys.setswitchinterval(2e-5)  # threads take turns within a use case, not after it
    with ThreadPoolExecutor(THREADS) as pool:
        yield pool
    sys.setswitchinterval(patience)


def raced(seed: str, pool: ThreadPoolExecutor) -> list[str]:
    told = story(seed)
    alone = Race(SHOP, InMemoryTables(), seed, None)
    alone.run(told)
    race = Race(SHOP, InMemoryTables(), seed, pool)
    race.run(told)
    return list(claims(race, told, alone))


def test_two_hundred_rounds_in_memory(pool: ThreadPoolExecutor) -> None:
    print(f"races with seed {SEED}")
    for number in range(200):
        assert raced(f"{SEED}-{number}", pool) == [], f"DAMPF_RACES_SEED={SEED}, round {number}"


@pytest.mark.slow
@pytest.mark.parametrize("part", range(7))
def test_9_800_rounds_in_memory(pool: ThreadPoolExecutor, part: int) -> None:
    for number in range(1400):
        assert raced(f"{SEED}-{part}-{number}", pool) == [], f"DAMPF_RACES_SEED={SEED}, part {part}, round {number}"


@pytest.mark.parametrize("refusing", [False, True], ids=["all accepted", "some refused"])
def test_fifty_campaigns_at_once_never_exceed_a_cap_in_ten_rounds(pool: ThreadPoolExecutor, refusing: bool) -> None:
    print(f"races with seed {SEED}")
    for number in range(10):
        race = Volleys(CAPPED, InMemoryTables(), f"{SEED}-caps-{number}", pool, refusing=refusing)
        race.fire()
        assert list(broken(race)) == [], f"DAMPF_RACES_SEED={SEED}, round {number}"


@pytest.mark.slow
@pytest.mark.parametrize("refusing", [False, True], ids=["all accepted", "some refused"])
def test_fifty_campaigns_at_once_never_exceed_a_cap_in_150_rounds(pool: ThreadPoolExecutor, refusing: bool) -> None:
    for number in range(150):
        race = Volleys(CAPPED, InMemoryTables(), f"{SEED}-more-caps-{number}", pool, refusing=refusing)
        race.fire()
        assert list(broken(race)) == [], f"DAMPF_RACES_SEED={SEED}, round {number}"
