"""The systems' own published payloads, and the project's samples, travel through the embedded AWS and take effect."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dampf_cli import main as program
from dampf_cli.embedded.emulator import ACCESS_KEY, REGION, SECRET_KEY
from dampf_cli.stored import messages_of, states_of
from tests.doors import envelopes
from tests.embedded.engines import DeployedShop, Envelope, Happened, simulate
from tests.embedded.streams import event, known, told

pytestmark = pytest.mark.emulator

START = datetime(2026, 6, 1, 9, tzinfo=UTC)
SOON = START + timedelta(days=1)

SHOPIFY = {
    "customers_create": "customers/create",
    "customers_update": "customers/update",
    "customers_email_marketing_consent_update": "customers_email_marketing_consent/update",
    "checkouts_create": "checkouts/create",
    "checkouts_update": "checkouts/update",
    "carts_update": "carts/update",
    "orders_create": "orders/create",
    "refunds_create": "refunds/create",
    "orders_cancelled": "orders/cancelled",
    "products_update": "products/update",
}


def one_after_the_other(all_of_them: Iterable[Envelope]) -> list[Envelope]:
    return [
        {**each, "id": f"envelope-{place}", "time": told(START + timedelta(minutes=place))}
        for place, each in enumerate(all_of_them)
    ]


def played_as_simulated(shop: DeployedShop, all_of_them: list[Envelope]) -> Happened:
    played, simulated = shop.play(all_of_them, until=SOON), simulate(shop.catalogue, all_of_them, until=SOON)
    assert played.outcomes == simulated.outcomes
    assert played.profiles == simulated.profiles
    assert shop.letters("IngestDeadLetters") == shop.letters("ParkingQueue") == []
    return played


def test_shopifys_payloads_take_effect(shop: DeployedShop, acceptance: Path) -> None:
    webhooks = [
        envelopes.shopify(
            topic,
            json.loads((acceptance / "payloads" / "shopify" / f"{name}.json").read_text()),
            **{"X-Shopify-Webhook-Id": name, "X-Shopify-Triggered-At": told(START)},
        )
        for name, topic in SHOPIFY.items()
    ]
    played = played_as_simulated(shop, one_after_the_other(webhooks))
    registered = played.profile("email", "bob@biller.com")
    assert registered["identifiers"]["customer_id"] == ["706405506930370000"]
    assert (registered["traits"]["first_name"], registered["traits"]["last_name"]) == ("Bob", "Biller")
    (withdrawn,) = [
        state.profile for state in states_of(shop.local.tables) if state.profile.id == registered["profile"]
    ]
    assert [told_of.granted for told_of in withdrawn.consent.values()] == [False]
    buyer = played.profile("customer_id", "115310627314723950")
    assert buyer["traits"]["first_name"] == "John"
    assert "788032119674292900" in {product["product_id"] for product in buyer["purchased"]}
    # 404.95 came, 85 were refunded, and the cancellation takes back the rest.
    assert buyer["metrics"]["orders"] == 0
    assert buyer["metrics"]["revenue"] == 0
    undecided = played.profile("customer_id", "603851970716743400")
    assert undecided["cart"]["id"] == "eeafa272cebfd4b22385bc4b645e762c"
    assert [item["name"] for item in undecided["cart"]["items"]] == ["IPod Nano - 8GB"]
    by_cart = played.profile("cart_token", "exampleCartId")
    assert [(item["name"], item["quantity"]) for item in by_cart["cart"]["items"]] == [("Example T-Shirt - Small", 3)]


def test_segments_payloads_take_effect(shop: DeployedShop, acceptance: Path) -> None:
    """Samples that name nobody are given a person, and all of them an id."""
    order = [
        "spec_identify_full",
        "product_viewed",
        "products_searched",
        "product_added",
        "product_removed",
        "cart_viewed",
        "checkout_started",
        "order_completed",
        "order_refunded",
        "order_cancelled",
        "spec_common_track_full",
        "spec_email_opened",
        "spec_email_link_clicked",
        "spec_unsubscribed",
    ]
    messages = []
    for name in order:
        message = json.loads((acceptance / "payloads" / "segment" / f"{name}.json").read_text())
        nobody = not ({"userId", "user_id", "anonymousId"} & message.keys())
        message |= {"userId": "segment-1"} if nobody else {}
        messages.append({"messageId": name} | message | {"timestamp": told(START)})
    # The documentation uses one id for two messages; to us that is one message.
    messages[0]["messageId"] = "identify"
    wrapped = [envelopes.segment(message, kind=message.get("type", "track")) for message in messages]
    played = played_as_simulated(shop, one_after_the_other(wrapped))
    customer = played.profile("customer_id", "segment-1")
    assert customer["viewed"][0]["product_id"] == "507f1f77bcf86cd799439011"
    assert {product["name"] for product in customer["purchased"]} == {"Monopoly: 3rd Edition", "Uno Card Game"}
    assert customer["cart"]["items"] == []
    assert customer["metrics"] == {"orders": 0, "revenue": 0, "lead_score": 1}
    identified = played.profile("email", "peter@example.com")
    assert identified["identifiers"]["customer_id"] == ["97980cfea0067"]
    assert identified["identifiers"]["anonymous_id"] == ["507f191e810c19729de860ea"]
    assert identified["traits"]["plan"] == "premium"
    reader = played.profile("email", "pgibbons@example.com")
    assert reader["identifiers"]["customer_id"] == ["019mr8mf4r"]
    assert reader["metrics"]["lead_score"] == 5
    names = {json.loads(row["body"])["name"] for row in shop.rows("History")}
    assert {"Products Searched", "Report Submitted", "Unsubscribed", "Checkout Started"} <= names


def test_commercetools_and_stripes_payloads_take_effect(shop: DeployedShop, acceptance: Path) -> None:
    def real(system: str, name: str) -> Any:
        return json.loads((acceptance / "payloads" / system / f"{name}.json").read_text())

    order = real("commercetools", "official_order_resource")
    order |= {"createdAt": told(START), "customerEmail": "ct@example.com"}
    progress = real("commercetools", "eventbridge_order_state_changed")
    progress["source"] = "aws.partner/commercetools.com/example/dampf"
    progress["detail"] |= {"resource": {"typeId": "order", "id": order["id"]}, "orderState": "Cancelled"}
    progress["detail"]["createdAt"] = told(START + timedelta(minutes=2))
    named = real("commercetools", "official_message_customer_last_name_set")
    named |= {"resource": {"typeId": "customer", "id": order["customerId"]}, "createdAt": told(START)}
    sent = [
        envelopes.commercetools({"id": "created", "type": "OrderCreated", "order": order}),
        envelopes.commercetools(named),
        progress,
        real("stripe", "eventbridge_customer_created"),
    ]
    played = played_as_simulated(shop, one_after_the_other(sent))
    buyer = played.profile("customer_id", "7297c742-d8b0-484b-aadc-1d0ba6769dc9")
    assert buyer["traits"]["last_name"] == "Doe"
    assert buyer["identifiers"]["email"] == ["ct@example.com"]
    assert [product["name"] for product in buyer["purchased"]] == ["MyProduct"]
    assert (buyer["metrics"]["orders"], buyer["metrics"]["revenue"]) == (0, 0)  # it was cancelled
    assert played.profile("stripe_customer_id", "cus_123")["dates"]["registered_at"] == "2024-03-07T18:27:56Z"


INSTANT = re.compile(r'"\d{4}-\d\d-\d\dT[\d:.]+Z"')
SES = {
    "send": "Email Sent",
    "delivery": "Email Delivered",
    "open": "Email Opened",
    "click": "Email Clicked",
    "bounce": "Email Bounced",
    "complaint": "Email Complaint Received",
    "reject": "Email Rejected",
    "rendering_failure": "Email Rendering Failed",
    "deliverydelay": "Email Delivery Delayed",
    "subscription": "Email Subscribed",
}


def test_what_ses_says_of_a_mail_takes_effect(shop: DeployedShop, acceptance: Path) -> None:
    """Each kind of feedback on a mail of its own: AWS's samples, with that mail's address and time."""
    people = {kind: f"ses-{kind.replace('_', '-')}" for kind in SES}
    orders = []
    for who in people.values():
        orders += known(who, START)
        orders.append(event("Order Completed", START, own_id=f"{who}-order", who=who, order_id=who, total=10))
    mails = {mail.recipients[0]: mail for mail in shop.play(orders, until=START).mails}
    feedback = []
    for kind, detail_type in SES.items():
        mail = mails[f"{people[kind]}@example.com"]
        sample = (acceptance / "payloads" / "ses" / f"{kind}.json").read_text()
        about_this_mail = re.sub(
            INSTANT, f'"{told(START)}"', sample.replace("recipient@example.com", mail.recipients[0])
        )
        detail = json.loads(about_this_mail)
        detail["mail"]["tags"]["message"] = [mail.tags["message"]]
        feedback.append(envelopes.ses(detail_type, detail))
    shop.play(one_after_the_other(feedback), until=SOON)
    assert shop.letters("IngestDeadLetters") == shop.letters("ParkingQueue") == []
    status = {message.customer_id: message.status for message in messages_of(shop.local.tables)}
    assert {kind: status[who] for kind, who in people.items()} == {
        **dict.fromkeys(SES, "delivered"),
        "bounce": "bounced",
        "complaint": "complained",
        # the emulator had delivered them before they were rejected: what was delivered was sent
    }
    profiles = {state.profile.identifiers["customer_id"][0]: state.profile for state in states_of(shop.local.tables)}
    suppressed = {kind for kind, who in people.items() if profiles[who].is_suppressed}
    assert suppressed == {"bounce", "complaint"}
    consenting = {kind for kind, who in people.items() if profiles[who].consents_to("marketing")}
    assert consenting == set(SES) - {"subscription"}
    scores = {
        kind: profiles[who].metrics["lead_score"].value
        for kind, who in people.items()
        if profiles[who].metrics.get("lead_score")
    }
    assert scores.pop("click") == 5
    assert not any(scores.values())


def test_the_projects_own_samples_take_effect(shop: DeployedShop, root: Path) -> None:
    """All at one instant, as they stand there. Two customers bear one address, and never become one."""
    samples: list[dict[str, Any]] = [json.loads(file.read_text()) for file in sorted((root / "events").glob("*.json"))]
    played = shop.play(samples, until=datetime(2026, 3, 3, tzinfo=UTC))
    assert shop.letters("IngestDeadLetters") == shop.letters("ParkingQueue") == []
    anna = played.profile("customer_id", "4711")
    assert anna["identifiers"]["anonymous_id"] == ["browser-9f2c"]
    assert anna["traits"]["birthday"] == "1992-02-29"
    assert anna["consent"]["marketing"]["granted"] is True
    assert anna["viewed"][0]["product_id"] == "drill-18v"
    assert (anna["metrics"]["orders"], anna["metrics"]["revenue"]) == (1, 173.8)
    buyer = played.profile("customer_id", "7310045501234567891")
    assert buyer["traits"]["first_name"] == "Anna"
    assert buyer["purchased"]
    assert (buyer["metrics"]["orders"], buyer["metrics"]["revenue"]) == (0, 0)
    history = {json.loads(row["body"])["name"] for row in shop.rows("History")}
    assert {"Print Mail Requested", "Product Viewed", "Customer Registered", "Order Cancelled"} <= history


@pytest.mark.parametrize("turned_away, confirmed", [((0, 1, 2), 3), ((0, 1, 3), 5)], ids=["given up", "forgiven"])
def test_soft_bounces_are_counted_alike_in_both_engines(
    shop: DeployedShop, turned_away: tuple[int, ...], confirmed: int
) -> None:
    days = [START + timedelta(days=day) for day in range(5)]
    orders = [event("Order Completed", day, own_id=f"o{day}", who="emma", order_id=str(day), total=1) for day in days]
    sent = [*known("emma", START), *orders]
    until = START + timedelta(days=6)
    mails = [each["id"] for each in outcomes_of(simulate(shop.catalogue, sent, until=until))]
    for place in turned_away:
        at = told(days[place] + timedelta(hours=1))
        mail = {"messageId": f"ses-{place}", "destination": ["emma@example.com"], "tags": {"message": [mails[place]]}}
        bounce = envelopes.ses("Email Bounced", {"mail": mail, "bounce": {"bounceType": "Transient", "timestamp": at}})
        sent.append({**bounce, "id": f"bounce-{place}", "time": at})
    played, simulated = shop.play(sent, until=until), simulate(shop.catalogue, sent, until=until)
    assert played.outcomes == simulated.outcomes
    assert played.profiles == simulated.profiles
    confirmations = [each for each in outcomes_of(played) if each["message"] == "order_confirmation"]
    assert sum(each["outcome"] == "sent" for each in confirmations) == confirmed
    assert {each["reason"] for each in confirmations if each["outcome"] != "sent"} <= {"suppressed"}


def outcomes_of(happened: Happened) -> list[dict[str, Any]]:
    return [json.loads(line) for line in happened.outcomes.splitlines()]


def test_what_dampf_put_sends_makes_the_profiles_that_simulate_foretells(
    shop: DeployedShop, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice, since an event that is sent twice counts once."""
    for name, value in (("ACCESS_KEY_ID", ACCESS_KEY), ("SECRET_ACCESS_KEY", SECRET_KEY), ("DEFAULT_REGION", REGION)):
        monkeypatch.setenv(f"AWS_{name}", value)
    assert shop.local.clock is not None
    events = [*known("paula", START), event("Order Completed", START, own_id="p1", who="paula", order_id="p1", total=7)]
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in events))
    shop.local.clock.set(START)
    bus, url = shop.local.stack.outputs["BusName"], shop.local.aws.endpoint_url
    for _ in range(2):
        assert program.main(["put", str(file), "--bus", bus, "--endpoint-url", url]) == 0
    assert capsys.readouterr().out == f"sent {len(events)} events to {bus}\n" * 2
    shop.local.wait_until_quiet()
    put = shop.play([], until=START)
    simulated = simulate(shop.catalogue, events, until=START)
    assert put.profile("customer_id", "paula") == simulated.profile("customer_id", "paula")
    assert put.profile("customer_id", "paula")["metrics"]["orders"] == 1
