"""Dates, schedules and segments that a clock moves: both engines say the same of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from dampf.campaigns.content import Content
from dampf.campaigns.yaml_text import read_yaml
from dampf.domain.instants import parse_instant
from tests.builders import BODY, SHOP, bought, consenting, identified
from tests.embedded.conftest import deployed
from tests.embedded.engines import DeployedShop, simulate

pytestmark = pytest.mark.emulator

CAMPAIGNS = {
    "birthday": "{ trigger: { date: profile.dates.birthday }, steps: [{ send: birthday }] }",
    "week_before": "{ trigger: { date: profile.dates.birthday, offset: -7 days }, steps: [{ send: week_before }] }",
    "monthly": "{ trigger: { date: profile.dates.joined, every: month, at: '10:30' }, steps: [{ send: monthly }] }",
    "weekly": "{ trigger: { schedule: 'cron(0 9 ? * WED *)', audience: readers }, steps: [{ send: weekly }] }",
    "local": "{ trigger: { schedule: 'at(2026-03-07T09:00)', local: true, audience: all }, steps: [{ send: local }] }",
    "lapsed": "{ trigger: { segment: lapsed, on: enter }, steps: [{ send: lapsed }] }",
}
SEGMENTS = {
    "all": "profile.traits.email",
    "readers": "profile.traits.reads",
    "lapsed": "now - profile.dates.last_order_at > days(5)",
}
ZONES = ("Pacific/Kiritimati", "Europe/Berlin", "America/New_York", "Etc/GMT+12")
UNTIL = parse_instant("2026-03-16T00:00:00Z")


@pytest.fixture(scope="module")
def calendar_content() -> Content:
    return Content(
        shop={**SHOP},
        metrics={},
        segments=SEGMENTS,
        campaigns={name: {"title": name, **read_yaml(text).value} for name, text in CAMPAIGNS.items()},
        messages={name: {"": {"front": {"subject": name}, "body": BODY.format(name)}} for name in CAMPAIGNS},
    )


@pytest.fixture(scope="module")
def calendar_shop(calendar_content: Content, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedShop]:
    with deployed(calendar_content, tmp_path_factory.mktemp("calendar-shop")) as shop:
        yield shop


def test_dates_schedules_and_clocks_send_the_same_on_both_engines(calendar_shop: DeployedShop) -> None:
    envelopes = [
        envelope
        for number, zone in enumerate(ZONES)
        for envelope in consenting(
            f"p{number}",
            timezone=zone,
            birthday=f"1990-03-1{number}",
            joined=f"2026-01-0{number + 4}",
            reads=bool(number % 2),
        )
    ]
    envelopes += [
        bought("p1", "2026-03-03T12:00:00Z", "o1"),
        identified("p2", "2026-03-09T12:00:00Z", birthday="1990-03-13"),
        identified("late", "2026-03-09T12:00:00Z", birthday="1990-03-09"),
    ]
    envelopes = numbered(envelopes)
    played = calendar_shop.play(envelopes, until=UNTIL)
    simulated = simulate(calendar_shop.catalogue, envelopes, until=UNTIL)
    assert played.outcomes == simulated.outcomes
    assert {message["message"] for message in simulated.messages} == set(CAMPAIGNS)
    assert calendar_shop.letters("AudienceDeadLetters") == []


def test_what_was_marked_is_told_once_however_often_the_calendar_runs(calendar_shop: DeployedShop) -> None:
    calendar_shop.forget()
    people = numbered(consenting("again", birthday="1990-03-10", at="2026-03-08T12:00:00Z"))
    calendar_shop.play(people, until=parse_instant("2026-03-11T00:00:00Z"))
    mails = len(calendar_shop.local.mailbox.mails())
    for hours in range(0, 48, 12):
        run_calendar(calendar_shop, parse_instant("2026-03-11T00:00:00Z") + timedelta(hours=hours))
    assert len(calendar_shop.local.mailbox.mails()) == mails


def numbered(envelopes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**envelope, "id": f"calendar-{number}"} for number, envelope in enumerate(envelopes)]


def run_calendar(shop: DeployedShop, now: datetime) -> None:
    shop.set_clock(now)
    function = shop.local.stack.physical_id("CalendarFunction")
    answer = shop.local.aws.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()
    shop.local.wait_until_quiet()
