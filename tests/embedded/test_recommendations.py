"""Recommendations on the embedded AWS: its nights learn what the simulation's learn."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from dampf.campaigns.catalogue import catalogue_of
from tests import builders
from tests.builders import BODY, consenting, happened
from tests.embedded.conftest import deployed, used_once
from tests.embedded.engines import DeployedShop, simulate

pytestmark = pytest.mark.emulator

ADVICE = """
title: Advice
trigger: { event: Advice Asked, when: recommendations(1) }
entry: { per: event.at, again: always }
steps: [{ send: advice }]
"""
CONTENT = builders.content(ADVICE, quiet_hours={"from": "21:00", "to": "08:00"})
CONTENT.messages["advice"] = {
    "": {
        "front": {"subject": "{{ recommendations(3) | map(attribute='id') | join(' ') }}"},
        "body": BODY.format("{% for each in similar('drill', 2) %}[{{ each.name }}]{% endfor %}"),
    }
}
MORNING = datetime(2026, 3, 2, 7, tzinfo=UTC)


@pytest.fixture
def advising_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedShop]:
    with deployed(CONTENT, tmp_path_factory.mktemp("advising-shop")) as shop:
        yield from used_once(shop)


def at(hour: int, day: int = 2) -> str:
    return f"2026-03-{day:02}T{hour:02}:00:00Z"


def told(name: str, on: str, who: str | None = None, /, **properties: Any) -> dict[str, Any]:
    envelope = happened(name, on, who, **properties)
    return {**envelope, "id": "/".join((name, on, str(who), *map(str, properties.values())))}


def test_nights_learn_and_mails_show_what_can_be_bought_when_they_are_sent(advising_shop: DeployedShop) -> None:
    people = ("bert", "carl", "dora")
    events = [
        *({**each, "id": f"known {number}"} for number, each in enumerate(consenting("anna", *people, at=at(7)))),
        *(told("Product Updated", at(7), product_id=each, name=each, price=10) for each in ("drill", "bit", "saw")),
        *(told("Product Viewed", at(9), who, product_id=each) for who in people for each in ("drill", "bit", "saw")),
        told("Product Viewed", at(9), "anna", product_id="drill"),
        told("Advice Asked", at(12), "anna"),
        told("Advice Asked", at(6, day=3), "anna"),  # 07:00 in Berlin: held until eight
        told("Product Updated", "2026-03-03T06:30:00Z", product_id="bit", name="bit", price=10, available=False),
        *(told("Product Viewed", at(10, day=3), who, product_id=each) for who in people for each in ("drill", "tape")),
        told("Product Updated", at(10, day=3), product_id="tape", name="tape", price=5),
        told("Advice Asked", at(9, day=4), "anna"),
    ]
    played, simulated = advising_shop.play(events), simulate(catalogue_of(CONTENT), events)
    assert played.outcomes == simulated.outcomes
    assert played.profiles == simulated.profiles
    assert [(each["at"], each["subject"]) for each in played.messages] == [
        ("2026-03-03T07:00:00Z", "saw"),
        (at(9, day=4), "tape saw"),
    ]
    assert [mail.text.count("[saw]") for mail in played.mails] == [1, 1]
    assert not any("[bit]" in mail.text for mail in played.mails)
