"""The same races against DynamoDB's own semantics: the embedded AWS takes requests of many threads and orders them.

Only its tables take part. Its queues run one batch of a FIFO queue at a time, which is no race.
"""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config

from dampf.domain.event import Event
from dampf.domain.identifiers import Identifier
from dampf.domain.message import Message
from dampf.domain.state import State
from dampf.stores import dynamodb, keys, rows
from dampf.stores.dynamodb import Tables
from dampf.stores.identities import DynamoIdentities
from dampf.stores.ledger import DynamoLedger
from dampf.stores.profiles import DynamoProfiles
from dampf.stores.vouchers import DynamoVouchers
from dampf_cli.embedded import EmbeddedAws
from tests.races.racing import THREADS, Race, claims, shop, story
from tests.races.test_races import InMemoryTables
from tests.races.volleys import Volleys, broken, capped_shop
from tests.stores.tables import create_tables

pytestmark = pytest.mark.emulator

SEED = os.environ.get("DAMPF_RACES_SEED", "1")
SHOP = shop()


class DynamoTables:
    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.profiles = DynamoProfiles(tables=tables)
        self.identities = DynamoIdentities(tables=tables)
        self.ledger = DynamoLedger(tables=tables)
        self.vouchers = DynamoVouchers(tables=tables)

    def states(self) -> list[State]:
        stored = (rows.stored_of(item) for item in self._rows(self.tables.profiles, keys.STATE))
        return [each.content for each in stored if isinstance(each.content, State)]

    def messages(self) -> list[Message]:
        return [rows.message_of(item) for item in self._rows(self.tables.profiles, keys.message_row(""))]

    def histories(self) -> list[Event]:
        return [rows.event_of(item) for item in self._rows(self.tables.history, "")]

    def owners(self) -> dict[Identifier, str]:
        items = [item for item in self._scan(self.tables.identities) if "expires_at" not in item]
        parts = [(item["identifier"]["S"].partition("#"), item["profile"]["S"]) for item in items]
        return {(kind, value): profile for (kind, _, value), profile in parts}

    def forget(self) -> None:
        for table, names in (
            (self.tables.profiles, ("profile", "row")),
            (self.tables.history, ("profile", "row")),
            (self.tables.identities, ("identifier",)),
        ):
            gone = [{"DeleteRequest": {"Key": {name: item[name] for name in names}}} for item in self._scan(table)]
            for some in dynamodb.chunks(gone, dynamodb.MOST_WRITES_IN_A_BATCH):
                self.tables.client.batch_write_item(RequestItems={table: some})

    def _rows(self, table: str, begins: str) -> list[Any]:
        return [item for item in self._scan(table) if item["row"]["S"].startswith(begins)]

    def _scan(self, table: str) -> list[Any]:
        pages = self.tables.client.get_paginator("scan").paginate(TableName=table)
        return [item for page in pages for item in page["Items"]]


@pytest.fixture(scope="module")
def tables() -> Iterator[DynamoTables]:
    with EmbeddedAws() as aws:
        patient = dynamodb.CLIENT_CONFIG.merge(Config(max_pool_connections=THREADS, read_timeout=60))
        client = boto3.client("dynamodb", endpoint_url=aws.endpoint_url, region_name=aws.region, config=patient)
        yield DynamoTables(create_tables(client, "races"))


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    patience = sys.getswitchinterval()
    sys.setswitchinterval(5e-4)
    with ThreadPoolExecutor(THREADS) as pool:
        yield pool
    sys.setswitchinterval(patience)


@pytest.fixture
def raced(tables: DynamoTables, pool: ThreadPoolExecutor) -> Callable[[str], list[str]]:
    def run(seed: str) -> list[str]:
        told = story(seed)
        alone = Race(SHOP, InMemoryTables(), seed, None)
        alone.run(told)
        race = Race(SHOP, tables, seed, pool)
        race.run(told)
        found = list(claims(race, told, alone))
        tables.forget()
        return found

    return run


def test_ten_rounds_on_dynamodb(raced: Callable[[str], list[str]]) -> None:
    print(f"races with seed {SEED}")
    for number in range(10):
        assert raced(f"{SEED}-{number}") == [], f"DAMPF_RACES_SEED={SEED}, round {number}"


@pytest.mark.slow
def test_200_rounds_on_dynamodb(raced: Callable[[str], list[str]]) -> None:
    for number in range(200):
        assert raced(f"{SEED}-more-{number}") == [], f"DAMPF_RACES_SEED={SEED}, round {number}"


@pytest.mark.slow
@pytest.mark.parametrize("refusing", [False, True], ids=["all accepted", "some refused"])
def test_fifty_campaigns_at_once_never_exceed_a_cap_on_dynamodb(
    tables: DynamoTables, pool: ThreadPoolExecutor, refusing: bool
) -> None:
    catalogue = capped_shop()
    for number in range(5):
        race = Volleys(catalogue, tables, f"{SEED}-caps-{number}", pool, refusing=refusing)
        race.fire()
        found = list(broken(race))
        tables.forget()
        assert found == [], f"DAMPF_RACES_SEED={SEED}, round {number}"
