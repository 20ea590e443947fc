"""Every claim about the stores is made of both: the tables on (emulated) AWS and their twin in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from dampf.domain.commit import Commit, Conflict, Stored
from dampf.stores import dynamodb
from dampf.stores.calendar import DynamoCalendar
from dampf.stores.consents import DynamoConsents
from dampf.stores.contents import DynamoContents
from dampf.stores.dynamodb import Tables
from dampf.stores.identities import DynamoIdentities
from dampf.stores.interests import DynamoInterests
from dampf.stores.ledger import DynamoLedger
from dampf.stores.memory import InMemory
from dampf.stores.memory_products import MemoryProducts
from dampf.stores.memory_queues import MemoryContents
from dampf.stores.memory_vouchers import MemoryVouchers
from dampf.stores.people import DynamoPeople
from dampf.stores.products import DynamoProducts
from dampf.stores.profiles import DynamoProfiles
from dampf.stores.vouchers import DynamoVouchers
from dampf.stores.wakeups import DynamoWakeups
from dampf.use_cases.ports.contents import Contents
from dampf.use_cases.ports.messages import Ledger, Vouchers
from dampf.use_cases.ports.occasions import Calendar, Due, Interests, People, Wakeups
from dampf.use_cases.ports.products import Products
from dampf.use_cases.ports.profiles import ConsentLedger, Identities, Profiles
from tests.stores.tables import create_tables, delete_tables
from tests.stores.values import NOON


@dataclass(frozen=True, kw_only=True)
class Stores:
    profiles: Profiles
    identities: Identities
    ledger: Ledger
    wakeups: Wakeups
    contents: Contents
    calendar: Calendar
    people: People
    products: Products
    interests: Interests
    vouchers: Vouchers
    consents: ConsentLedger

    def commit(self, *commits: Commit) -> dict[str, Conflict]:
        """The conflicts; everybody else was written."""
        answer = self.profiles.commit(commits, now=NOON)
        assert answer.written == {each.profile for each in commits} - set(answer.conflicts)
        return answer.conflicts

    def stored(self, profile: str) -> Stored:
        return self.profiles.load([profile])[profile]

    def due(self, until: Any) -> list[Due]:
        return sorted(self.wakeups.due(until=until), key=lambda due: (due.due_at, due))


@pytest.fixture(scope="session")
def dynamodb_client() -> Iterator[Any]:
    with mock_aws():
        checking = dynamodb.CLIENT_CONFIG.merge(Config(parameter_validation=True))
        yield boto3.client("dynamodb", region_name="eu-central-1", config=checking)


_prefixes = count()


@pytest.fixture
def tables(dynamodb_client: Any) -> Iterator[Tables]:
    tables = create_tables(dynamodb_client, f"test{next(_prefixes)}")
    yield tables
    delete_tables(tables)


@pytest.fixture(params=["dynamodb", "memory"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        memory = InMemory()
        return Stores(
            profiles=memory,
            identities=memory,
            ledger=memory,
            wakeups=memory,
            contents=MemoryContents(),
            calendar=memory,
            people=memory,
            products=MemoryProducts(),
            interests=memory,
            vouchers=MemoryVouchers(memory),
            consents=memory,
        )
    tables: Tables = request.getfixturevalue("tables")
    return Stores(
        profiles=DynamoProfiles(tables=tables),
        identities=DynamoIdentities(tables=tables),
        ledger=DynamoLedger(tables=tables),
        wakeups=DynamoWakeups(tables=tables),
        contents=DynamoContents(tables=tables),
        calendar=DynamoCalendar(tables=tables),
        people=DynamoPeople(tables=tables),
        products=DynamoProducts(tables=tables),
        interests=DynamoInterests(tables=tables),
        vouchers=DynamoVouchers(tables=tables),
        consents=DynamoConsents(tables=tables),
    )
