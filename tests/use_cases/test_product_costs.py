"""What products cost on DynamoDB: news follow those whom they concern, and events pay only for what they tell anew."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dampf.domain.event import Event
from dampf.stores import rows
from dampf.stores.dynamodb import Tables
from dampf.stores.identities import DynamoIdentities
from dampf.stores.interests import DynamoInterests
from dampf.stores.ledger import DynamoLedger
from dampf.stores.memory_calendar import MemoryAudienceTasks
from dampf.stores.memory_queues import MemoryBus, MemoryDeadLetters, MemoryMailbox
from dampf.stores.people import DynamoPeople
from dampf.stores.products import DynamoProducts
from dampf.stores.profiles import DynamoProfiles
from dampf.use_cases.audience import ReachAudience, TaskCame
from dampf.use_cases.ingest import Ingest, Record
from dampf.use_cases.keep_products import KeepProducts
from dampf.use_cases.ports.queues import NewsTask
from tests.builders import NOON, catalogue, happened
from tests.stores.tables import create_tables
from tests.use_cases.test_calendar_costs import noted
from tests.use_cases.worlds import World

CONTENT = catalogue("title: drop\ntrigger: { event: Product Price Changed }\nsteps: [{ send: mail }]\n")
AT = "2026-03-02T12:00:00Z"


def test_news_cost_what_those_cost_whom_they_concern_however_many_people_there_are():
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        costs = [cost_of_news(client, people) for people in (500, 5_000)]
    assert costs[0] == costs[1] == (["Query"] * 4, 50, 50)


def cost_of_news(client: Any, people: int) -> tuple[list[str], int, int]:
    """Requests, rows read and people told; fifty have the product on their mind, the others another one."""
    tables = create_tables(client, f"news{people}")
    for start in range(0, people, 25):
        some = [
            rows.interest_item(f"p{number}", "drill" if number % (people // 50) == 0 else f"p{number}")
            for number in range(start, start + 25)
        ]
        client.batch_write_item(RequestItems={tables.profiles: [{"PutRequest": {"Item": item}} for item in some]})
    mailbox = MemoryMailbox()
    audience = ReachAudience(
        people=DynamoPeople(tables=tables),
        interests=DynamoInterests(tables=tables),
        profiles=DynamoProfiles(tables=tables),
        products=DynamoProducts(tables=tables),
        recommendations=World(CONTENT).recommendations,
        mailbox=mailbox,
        tasks=MemoryAudienceTasks(),
        catalogue=lambda: CONTENT,
    )
    news = Event(
        source="dampf",
        id="1",
        name="Product Price Changed",
        at=NOON,
        arrived_at=NOON,
        properties={"product_id": "drill"},
    )
    with noted(client) as (called, read):
        audience([TaskCame("1", NewsTask(news))], now=NOON)
    assert all(stimulus.event == news for stimulus in mailbox.stimuli)  # type: ignore[union-attr]
    return called, read[0], len(mailbox.stimuli)


@pytest.fixture
def ingesting() -> Any:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        tables = create_tables(client, "ingesting")
        ingest = Ingest(
            identities=DynamoIdentities(tables=tables),
            mailbox=MemoryMailbox(),
            ledger=DynamoLedger(tables=tables),
            dead_letters=MemoryDeadLetters(),
            products=KeepProducts(products=DynamoProducts(tables=tables), bus=MemoryBus),
            audience=MemoryAudienceTasks(),
            catalogue=lambda: CONTENT,
        )

        def ingested(*envelopes: dict[str, Any]) -> list[str]:
            with noted(client) as (called, _):
                done = ingest([Record(str(place), each) for place, each in enumerate(envelopes)], now=NOON)
            assert done.troubles == ()
            return called

        yield ingested, tables


def ten(name: str, number: int = 0, /, **told: Any) -> list[dict[str, Any]]:
    return [
        happened(name, AT, "anna", id=f"{name}{each}/{number}", **{**told, "product_id": f"p{each}"} if told else {})
        for each in range(10)
    ]


def test_ten_events_pay_for_products_only_where_they_say_something_new(
    ingesting: tuple[Callable[..., list[str]], Tables],
):
    ingested, _ = ingesting
    whose = ["BatchGetItem"]
    assert ingested(*ten("Signed In")) == whose
    assert ingested(*ten("Product Viewed", price=10)) == ["BatchGetItem", "TransactWriteItems", *whose]
    assert ingested(*ten("Product Viewed", 1, price=10)) == whose
    assert ingested(*ten("Product Viewed", 2, price=10, name="Drill")) == ["BatchGetItem", "TransactWriteItems", *whose]
    assert ingested(*ten("Product Added", 3, price=9)) == ["BatchGetItem", *whose]
    assert ingested(*ten("Product Added", 4, price=9)) == whose
