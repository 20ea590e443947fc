"""A schedule's audience on the embedded AWS: everybody once, though the function that goes through them is killed."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dampf.domain.instants import parse_instant
from dampf.domain.stimulus import ScheduleCame
from dampf.stores import codec, dynamodb, keys, rows
from dampf.use_cases.ports.queues import AudienceTask
from dampf_cli.embedded import wait_until_quiet
from dampf_cli.stored import messages_of
from tests import builders
from tests.embedded.conftest import deployed
from tests.embedded.engines import DeployedShop

pytestmark = [pytest.mark.emulator, pytest.mark.slow]

NEWSLETTER = """
title: newsletter
trigger: { schedule: "at(2026-03-03T09:00)", audience: profile.traits.email }
steps: [{ send: mail }]
"""
NINE = parse_instant("2026-03-03T08:00:00Z")
"""In Berlin."""
PEOPLE = [f"p{number}" for number in range(2000)]
KILLS = 4


@pytest.fixture(scope="module")
def newsletter_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedShop]:
    with deployed(builders.content(NEWSLETTER), tmp_path_factory.mktemp("newsletter-shop")) as shop:
        yield shop


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the function's processes in /proc")
def test_an_audience_of_2000_gets_one_mail_each_though_its_function_is_killed_again_and_again(
    newsletter_shop: DeployedShop,
) -> None:
    shop, audience = newsletter_shop, newsletter_shop.local.stack.physical_id("AudienceFunction")
    seed(shop)
    run_calendar(shop, NINE - timedelta(hours=1))
    assert mailed(shop) == Counter()
    bring_lost_pages_back_soon(shop)

    run_calendar(shop, NINE)
    for _ in range(KILLS):
        kill_workers(shop, audience)
    come_to_rest(shop)
    lost = [line for line in shop.log.read_text().splitlines() if f"ESM: Lambda {audience} failed" in line]
    print(f"{len(lost)} pages were lost")
    assert lost, "nobody was killed at work"
    assert mailed(shop) == Counter(PEOPLE)

    # Whatever died after its last line: every page once more, and what mailboxes hold after they forgot what they had.
    pages = [AudienceTask("newsletter", 0, NINE, False, shard) for shard in keys.PEOPLE_SHARDS]
    put(shop, "AudienceQueue", [codec.write_audience_task(page) for page in pages])
    told = [ScheduleCame(profile=who, campaign="newsletter", trigger=0, at=NINE) for who in PEOPLE[:10]]
    shop.put_into_mailboxes(*((each.profile, codec.STIMULUS.write(each)) for each in told), until=lambda: True)
    come_to_rest(shop)
    assert mailed(shop) == Counter(PEOPLE)
    assert Counter(message.profile for message in messages_of(shop.local.tables)) == Counter(PEOPLE)
    assert shop.letters("AudienceDeadLetters") == shop.letters("MailboxDeadLetters") == []


def seed(shop: DeployedShop) -> None:
    """Straight into the table: nobody has done anything yet."""
    tables = shop.local.tables
    puts = [{"PutRequest": {"Item": rows.state_item(builders.state(who), version=1)}} for who in PEOPLE]
    for some in dynamodb.chunks(puts, dynamodb.MOST_WRITES_IN_A_BATCH):
        assert not tables.client.batch_write_item(RequestItems={tables.profiles: some})["UnprocessedItems"]


def run_calendar(shop: DeployedShop, now: datetime) -> None:
    """Returns while audiences are still gone through."""
    shop.set_clock(now)
    function = shop.local.stack.physical_id("CalendarFunction")
    answer = shop.local.aws.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()


def bring_lost_pages_back_soon(shop: DeployedShop) -> None:
    """What a dead function had is seen again after this long: three minutes in the template."""
    shop.local.aws.client("sqs").set_queue_attributes(
        QueueUrl=shop.local.stack.physical_id("AudienceQueue"), Attributes={"VisibilityTimeout": "3"}
    )


def kill_workers(shop: DeployedShop, function: str) -> None:
    """All processes of a function, shortly after there are some."""
    deadline = time.monotonic() + 30
    while not (found := workers(shop.local.aws.process_id, function)):
        assert time.monotonic() < deadline, "the function does not run"
        time.sleep(0.02)
    time.sleep(0.5)
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def workers(emulator: int, function: str) -> list[int]:
    """The emulator's own processes that run this function."""
    named = f"AWS_LAMBDA_FUNCTION_NAME={function}".encode()
    found = []
    for task in Path(f"/proc/{emulator}/task").iterdir():
        with suppress(OSError):  # it has ended meanwhile
            for child in (task / "children").read_text().split():
                with suppress(OSError):
                    if named in Path(f"/proc/{child}/environ").read_bytes().split(b"\0"):
                        found.append(int(child))
    return found


def put(shop: DeployedShop, queue: str, bodies: list[str]) -> None:
    sqs, url = shop.local.aws.client("sqs"), shop.local.stack.physical_id(queue)
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)


def come_to_rest(shop: DeployedShop) -> None:
    wait_until_quiet(shop.local.aws, shop.local.mailbox, timeout=240)


def mailed(shop: DeployedShop) -> Counter[str]:
    return Counter(mail.recipients[0].partition("@")[0] for mail in shop.local.mailbox.mails())
