"""What a day of the calendar costs: it follows the matches, not the profiles."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws

from dampf.stores import rows
from dampf.stores.calendar import DynamoCalendar
from dampf.stores.memory_calendar import MemoryAudienceTasks
from dampf.stores.memory_queues import MemoryMailbox
from dampf.stores.people import DynamoPeople
from dampf.use_cases.calendar import KeepCalendar
from tests.builders import DAY, catalogue
from tests.stores.tables import create_tables

CONTENT = catalogue("title: birthday\ntrigger: { date: profile.dates.birthday }\nsteps: [{ send: mail }]\n")
BEGINS = datetime(2026, 3, 2, 10, tzinfo=UTC)
"""When the third of March begins anywhere on earth."""


@contextmanager
def noted(client: Any):
    """The operations called meanwhile, and the rows that they gave."""
    called: list[str] = []
    read = [0]

    def note(model: Any, parsed: Any, **_: Any) -> None:
        called.append(model.name)
        read[0] += len(parsed.get("Items", ()))

    client.meta.events.register("after-call.dynamodb", note)
    yield called, read
    client.meta.events.unregister("after-call.dynamodb", note)


def test_requests_and_rows_read_follow_the_matches_and_not_the_profiles():
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        costs = [cost_of_a_day(client, people) for people in (1_000, 20_000)]
    assert costs[0] == costs[1]
    assert costs[0] == (["Query"] * 3 + ["PutItem"], 1 + 50, 50)


def cost_of_a_day(client: Any, people: int) -> tuple[list[str], int, int]:
    """Fifty of them have their birthday on the day that begins."""
    tables = create_tables(client, f"people{people}")
    calendar, mailbox = DynamoCalendar(tables=tables), MemoryMailbox()
    keep = KeepCalendar(
        calendar=calendar,
        people=DynamoPeople(tables=tables),
        mailbox=mailbox,
        tasks=MemoryAudienceTasks(),
        catalogue=lambda: CONTENT,
    )
    keep(now=BEGINS - DAY)
    for start in range(0, people, 25):
        some = [
            rows.date_item(f"p{number}", "birthday", birthday(number, people)) for number in range(start, start + 25)
        ]
        client.batch_write_item(RequestItems={tables.profiles: [{"PutRequest": {"Item": item}} for item in some]})
    with noted(client) as (called, read):
        keep(now=BEGINS)
    return called, read[0], len(mailbox.stimuli)


def birthday(number: int, people: int) -> date:
    if number % (people // 50) == 0:
        return date(1950 + number % 50, 3, 3)
    return date(1990, 4, 1) + timedelta(days=number % 200)
