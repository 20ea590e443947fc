"""A person's whole story on the embedded AWS, their erasure, and a search of every table, queue, log and parameter."""

import json
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from dampf.domain.identity import profile_id
from tests.builders import added, bought, consenting, happened, identified
from tests.embedded.conftest import START
from tests.embedded.engines import DeployedShop, simulate

pytestmark = pytest.mark.emulator

WHO, ADDRESS, BROWSER = "erika-4711", "erika.mustermann@example.com", "browser-of-erika-0815"
NAMES = (WHO, ADDRESS, "mustermann", BROWSER)
REFUND = {"source": "shop", "detail-type": "Order Refunded", "time": "2026-03-02T12:20:00Z"}


def numbered(*envelopes: dict[str, Any]) -> list[dict[str, Any]]:
    """Each with an id of its own, as the bus would give it."""
    return [{"id": f"{each['detail-type']} at {each['time']}", **each} for each in envelopes]


def story() -> list[dict[str, Any]]:
    """A browser that proves to be a customer; mails sent, planned and answered; orders; a withdrawal; Bert besides."""
    return numbered(
        happened("Product Viewed", "2026-03-02T09:30:00Z", anonymous=BROWSER, product_id="p1"),
        added(None, "2026-03-02T09:31:00Z", "drill", anonymous=BROWSER, cart_id="c0"),
        identified(WHO, "2026-03-02T09:40:00Z", anonymous=BROWSER, email=ADDRESS, last_name="Mustermann"),
        happened("Consent Granted", "2026-03-02T09:41:00Z", WHO, topic="marketing", source="footer"),
        happened("Customer Registered", "2026-03-02T09:42:00Z", WHO),
        bought(WHO, "2026-03-02T09:50:00Z", order="order-of-erika"),
        added(WHO, "2026-03-02T10:00:00Z", "saw", cart_id="c1", note=f"for {ADDRESS}"),
        happened("Unsubscribed", "2026-03-02T11:30:00Z", WHO, topic="news"),
        added(WHO, "2026-03-02T11:40:00Z", "glue", cart_id="c2"),
        *consenting("bert", at="2026-03-02T09:00:00Z"),
    )


def erasure(at: str = "2026-03-02T12:00:00Z") -> dict[str, Any]:
    return happened("Erasure Requested", at, email=ADDRESS, id="the-request")


def found_in(shop: DeployedShop) -> dict[str, list[str]]:
    """Where any of the person's names stands: tables, queues with what is in flight, logs, SSM."""
    places: dict[str, str] = dict(everything(shop))
    return {
        place: [name for name in NAMES if name in text.lower()]
        for place, text in places.items()
        if any(name in text.lower() for name in NAMES)
    }


def unpacked(packed: bytes) -> str:
    """What mails showed."""
    return zlib.decompress(packed).decode()


def everything(shop: DeployedShop) -> Iterator[tuple[str, str]]:
    aws = shop.local.aws
    dynamodb, sqs, logs, ssm = (aws.client(service) for service in ("dynamodb", "sqs", "logs", "ssm"))
    for table in dynamodb.list_tables()["TableNames"]:
        pages = dynamodb.get_paginator("scan").paginate(TableName=table)
        yield f"table {table}", json.dumps([item for page in pages for item in page["Items"]], default=unpacked)
    for url in sqs.list_queues().get("QueueUrls", ()):
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert counts["ApproximateNumberOfMessagesNotVisible"] == "0"
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        yield f"queue {url}", json.dumps(received.get("Messages", []))
    for group in logs.describe_log_groups()["logGroups"]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        yield f"log {group['logGroupName']}", "\n".join(event["message"] for page in pages for event in page["events"])
    yield "parameters", json.dumps(ssm.get_parameters_by_path(Path="/", Recursive=True)["Parameters"], default=str)


def test_after_an_erasure_nothing_anywhere_names_the_person(shop: DeployedShop) -> None:
    before = shop.play(story(), until=START + timedelta(hours=2, minutes=50))
    ours = [mail for mail in before.mails if ADDRESS in json.dumps(mail.request)]
    assert len(ours) >= 2
    assert len([place for place in found_in(shop) if place.startswith("table")]) == 3
    assert any(place.startswith("log") and "EvaluateFunction" in place and text for place, text in everything(shop))
    (bert,) = [row for row in shop.rows("Profiles", "state") if "bert" in row.get("body", "")]

    shop.play([erasure()], until=START + timedelta(hours=3, minutes=5))
    assert found_in(shop) == {}
    assert shop.rows("Profiles", "state") == [bert]
    persons = {profile_id("customer_id", WHO), profile_id("anonymous_id", BROWSER), profile_id("email", ADDRESS)}
    assert [row for row in (*shop.rows("Profiles"), *shop.rows("History")) if row["profile"] in persons] == []

    late = shop.play(
        numbered(
            added(WHO, "2026-03-02T11:59:00Z", "saw", arrived="2026-03-02T12:10:00Z", cart_id="c1"),
            happened("Product Viewed", "2026-03-02T12:11:00Z", anonymous=BROWSER, product_id="p1"),
            happened("Unsubscribed", "2026-03-02T12:12:00Z", email=ADDRESS),
            happened(
                "Email Opened", "2026-03-02T12:13:00Z", email=ADDRESS, email_id=json.loads(lines(before)[0])["id"]
            ),
            {**REFUND, "detail": {"userId": WHO, "properties": {"order_id": "order-of-erika", "total": 1}}},
        ),
        until=START + timedelta(days=2),
    )
    assert late.mails == []
    assert found_in(shop) == {}
    assert [row["row"] for row in shop.rows("Profiles") if row["profile"] in persons] == []

    back = shop.play(
        numbered(
            happened("Customer Registered", "2026-03-05T10:00:00Z", WHO),
            identified(WHO, "2026-03-05T10:01:00Z", email=ADDRESS),
            happened("Consent Granted", "2026-03-05T10:02:00Z", WHO, topic="marketing"),
            bought(WHO, "2026-03-05T10:10:00Z", order="order-after"),
        )
    )
    assert back.profile("customer_id", WHO)["metrics"]["orders"] == 1
    assert [message["message"] for message in back.messages if message["email"] == ADDRESS] == ["order_confirmation"]


def lines(happened: Any) -> list[str]:
    return [line for line in happened.outcomes.splitlines() if ADDRESS in line]


def test_both_engines_agree_on_a_story_with_an_erasure_and_a_return(shop: DeployedShop) -> None:
    events = [
        *story(),
        *numbered(
            erasure(),
            bought(WHO, "2026-03-02T12:30:00Z", order="late"),
            happened("Customer Registered", "2026-03-05T10:00:00Z", WHO),
            bought(WHO, "2026-03-05T10:10:00Z", order="order-after"),
        ),
    ]
    events = json.loads(json.dumps(events).replace("erika", "erna"))  # queues remember what they have seen of Erika
    played, simulated = shop.play(events), simulate(shop.catalogue, events)
    assert played.outcomes == simulated.outcomes
    assert played.profiles == simulated.profiles
