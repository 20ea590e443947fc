"""A product's news on the embedded AWS: whom they concern gets one mail, with the product as it is when it is sent."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dampf.campaigns.catalogue import catalogue_of
from dampf.domain.instants import format_instant
from dampf.stores.calendar import DynamoCalendar
from tests import builders
from tests.builders import BODY, added, consenting, happened
from tests.embedded.conftest import deployed, used_once
from tests.embedded.engines import DeployedShop, simulate

pytestmark = pytest.mark.emulator

PRICE_DROP = """
title: price_drop
trigger: { event: Product Price Changed, when: event.properties.price < event.properties.old_price }
entry: { per: event.properties.product_id, again: always }
steps: [{ wait: 1 minute }, { send: drop }]
"""
BACK = """
title: back
trigger: { event: Product Back In Stock, when: product(event.properties.product_id).price < 100 }
steps: [{ send: drop }]
"""
CONTENT = builders.content(PRICE_DROP, BACK, quiet_hours={"from": "21:00", "to": "08:00"})
CONTENT.messages["drop"] = {
    "": {
        "front": {"subject": "{{ event.properties.product_id }} {{ product(event.properties.product_id).price }}"},
        "body": BODY.format("{% for each in products(profile.viewed) %}[{{ each.id }}]{% endfor %}"),
    }
}
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def catalogue_shop_of_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedShop]:
    with deployed(CONTENT, tmp_path_factory.mktemp("catalogue-shop")) as shop:
        yield shop


@pytest.fixture
def catalogue_shop(catalogue_shop_of_worker: DeployedShop) -> Iterator[DeployedShop]:
    yield from used_once(catalogue_shop_of_worker)


def at(minutes: float) -> str:
    return format_instant(START + timedelta(minutes=minutes))


def updated(minutes: float, product: str, **told: Any) -> dict[str, Any]:
    return numbered(happened("Product Updated", at(minutes), product_id=product, currency="EUR", **told))


def viewed(minutes: float, who: str, product: str) -> dict[str, Any]:
    return numbered(happened("Product Viewed", at(minutes), who, product_id=product))


def numbered(envelope: dict[str, Any]) -> dict[str, Any]:
    detail = envelope["detail"]
    told = [str(each) for each in detail.get("properties", {}).values()]
    return {**envelope, "id": "/".join((envelope["detail-type"], envelope["time"], str(detail.get("userId")), *told))}


def test_a_price_drop_mails_viewers_and_cart_owners_once_and_nobody_else(catalogue_shop: DeployedShop) -> None:
    people = ("anna", "ben", "cleo", "dora")
    known = [numbered(each) for each in consenting(*people, at=at(0))]
    told = [
        *known,
        updated(1, "a1", name="Drill", price=120),
        updated(1, "a2", name="Saw", price=80, available=False),
        viewed(2, "anna", "a1"),
        numbered(added("ben", at(2), "a1")),
        viewed(2, "cleo", "a2"),
        viewed(3, "dora", "a1"),
        viewed(3, "dora", "a2"),
        updated(10, "a1", price=100),
        updated(10, "a1", price=100),
        updated(20, "a2", available=True),
        # Held over night: what was 100 is 90 in the morning, and the saw is sold out again.
        updated(12 * 60, "a1", price=95),
        updated(14 * 60, "a1", price=90),
        updated(15 * 60, "a2", available=False),
    ]
    played, simulated = catalogue_shop.play(told), simulate(catalogue_of(CONTENT), told)
    assert played.outcomes == simulated.outcomes
    assert played.profiles == simulated.profiles
    sent = Counter((each["customer_id"], each["subject"], each["at"]) for each in played.messages)
    tonight, morning = at(11), "2026-03-03T07:00:00Z"
    assert sent == Counter(
        {
            **{(who, "a1 100", tonight): 1 for who in ("anna", "ben", "dora")},
            ("cleo", "a2 80", at(20)): 1,
            ("dora", "a2 80", at(20)): 1,
            # The journey of 95 is still open when 90 comes: of one product there is one at a time.
            **{(who, "a1 90", morning): 1 for who in ("anna", "ben", "dora")},
        }
    )
    texts = {(mail.recipients[0].partition("@")[0], mail.subject): mail.text for mail in played.mails}
    assert "[a1]" in texts["dora", "a1 90"]
    assert "[a2]" not in texts["dora", "a1 90"]
    letters = [letter for queue in ("IngestDeadLetters", "ParkingQueue") for letter in catalogue_shop.letters(queue)]
    assert letters == []


def test_who_was_known_before_the_campaign_is_told_too(catalogue_shop: DeployedShop) -> None:
    """The calendar finds that the campaign is new, and everybody's products come into the index."""
    known = [numbered(each) for each in consenting("early", at=at(0))]
    catalogue_shop.play(
        [*known, viewed(1, "early", "b1"), updated(1, "b1", price=50)], until=START + timedelta(hours=1)
    )
    before = catalogue_shop.rows("Profiles", begins="interest#")
    dynamodb = catalogue_shop.local.aws.client("dynamodb")
    for row in before:  # as if nobody had listened when it was viewed
        dynamodb.delete_item(
            TableName=catalogue_shop.local.tables.profiles,
            Key={"profile": {"S": row["profile"]}, "row": {"S": row["row"]}},
        )
    calendar = catalogue_shop.local.stack.physical_id("CalendarFunction")
    marks = DynamoCalendar(tables=catalogue_shop.local.tables)
    for campaign in marks.marks():
        marks.forget(campaign)
    answer = catalogue_shop.local.aws.client("lambda").invoke(FunctionName=calendar, Payload=b"{}")
    assert "FunctionError" not in answer
    catalogue_shop.local.wait_until_quiet()
    assert catalogue_shop.rows("Profiles", begins="interest#") == before != []
    played = catalogue_shop.play([updated(120, "b1", price=40)])
    assert [(each["customer_id"], each["subject"]) for each in played.messages] == [("early", "b1 40")]
