"""What publishing, migrating, pausing and resuming mean for people who are on their way."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from dampf.campaigns.catalogue import CompiledContent
from dampf.campaigns.content import Content
from dampf.domain.instants import parse_instant
from dampf.stores.memory_queues import MemoryContents, MemoryTimers
from dampf.use_cases.published import Published, publish, roll_back
from dampf.use_cases.under_way import Outlook, migrate, outlook, people_under_way, wake_held
from dampf_cli import outcomes
from dampf_cli.arrivals import Arrival
from dampf_cli.simulation import Simulation
from tests.builders import BODY, consenting, content, happened

CAMPAIGN = """
title: look
trigger: { event: Product Viewed }
entry: { again: always }
steps:
  - { id: quiet, wait: 2 hours }
  - { send: mail }
"""
WITH_ANOTHER_MAIL = CAMPAIGN.replace("send: mail", "send: other")
ANNA, BERT, CARA = "anna", "bert", "cara"


class Shop:
    """Publishes, switches and lets time pass."""

    def __init__(self, *campaigns: str, **more: Any) -> None:
        self.contents = MemoryContents()
        self.published = Published(self.contents)
        self.publish(content(*campaigns, **more))
        self.simulation = Simulation(self.published.catalogue())
        self.events(*consenting(ANNA, BERT, CARA))

    def publish(self, told: Content, at: str = "2026-03-02T09:00:00Z") -> None:
        publish(told, self.contents, now=parse_instant(at))
        self.read_anew()

    def read_anew(self) -> None:
        if hasattr(self, "simulation"):
            self.simulation.catalogue = self.published.catalogue()

    def events(self, *envelopes: dict[str, Any]) -> None:
        for number, envelope in enumerate(envelopes):
            at = parse_instant(envelope["time"])
            self.simulation.play([Arrival(at, number, {"id": f"{at}{envelope}", **envelope})], until=at)

    def views(self, who: str, at: str) -> None:
        self.events(happened("Product Viewed", at, who, product_id="p"))

    def wait_until(self, at: str) -> None:
        self.simulation.play([], until=parse_instant(at))

    @property
    def outlook(self) -> Outlook:
        return outlook(
            people_under_way(self.simulation.store),
            self.simulation.store,
            version_of=CompiledContent(self.contents.load).campaign,
            catalogue=self.published.catalogue(),
            migrates=False,
        )

    def migrate(self, at: str) -> dict[str, int]:
        return migrate(
            people_under_way(self.simulation.store),
            self.simulation.store,
            version_of=CompiledContent(self.contents.load).campaign,
            catalogue=self.published.catalogue(),
            now=parse_instant(at),
        )

    def switch(self, campaign: str | None, *, paused: bool, at: str = "2026-03-02T09:00:00Z") -> int:
        self.contents.switch(campaign, paused=paused)
        self.read_anew()
        if paused:
            return 0
        return wake_held(
            people_under_way(self.simulation.store),
            self.simulation.store,
            MemoryTimers(),
            catalogue=self.published.catalogue(),
            now=parse_instant(at),
        )

    @property
    def mails(self) -> list[tuple[str | None, str, str]]:
        """Whom, what (or why not) and when, by instant."""
        told = [outcomes.outcome(each) for each in self.simulation.store.messages.values() if each.at is not None]
        return sorted(
            ((each["customer_id"], each["reason"] or each["subject"], each["at"]) for each in told),
            key=lambda each: each[2],
        )


def test_publishing_touches_only_new_entries() -> None:
    shop = Shop(CAMPAIGN)
    shop.views(ANNA, "2026-03-02T10:00:00Z")
    shop.publish(content(WITH_ANOTHER_MAIL))
    shop.views(BERT, "2026-03-02T11:00:00Z")
    shop.wait_until("2026-03-03T10:00:00Z")
    assert shop.mails == [
        (ANNA, "mail", "2026-03-02T12:00:00Z"),
        (BERT, "other", "2026-03-02T13:00:00Z"),
    ]


def test_a_waiting_journey_gets_the_message_that_is_published_when_it_is_sent() -> None:
    shop = Shop(CAMPAIGN)
    shop.views(ANNA, "2026-03-02T10:00:00Z")
    told = content(CAMPAIGN)
    told.messages["mail"] = {"": {"front": {"subject": "better"}, "body": BODY.format("better")}}
    shop.publish(told)
    assert shop.outlook.waiting == {}
    shop.wait_until("2026-03-03T10:00:00Z")
    assert shop.mails == [(ANNA, "better", "2026-03-02T12:00:00Z")]


def test_journeys_of_a_removed_campaign_go_on() -> None:
    shop = Shop(CAMPAIGN)
    shop.views(ANNA, "2026-03-02T10:00:00Z")
    shop.publish(content())
    assert shop.outlook.waiting == {"look": 1}
    shop.views(BERT, "2026-03-02T11:00:00Z")
    shop.wait_until("2026-03-03T10:00:00Z")
    assert shop.mails == [(ANNA, "mail", "2026-03-02T12:00:00Z")]


def test_whoever_waits_for_a_message_that_is_gone_is_counted() -> None:
    shop = Shop(CAMPAIGN)
    shop.views(ANNA, "2026-03-02T10:00:00Z")
    told = content(WITH_ANOTHER_MAIL)
    del told.messages["mail"]
    shop.publish(told)
    assert shop.outlook.bereft == {("look", "mail"): 1}


def test_migrating_moves_exactly_those_whose_step_bears_an_id_that_still_exists() -> None:
    longer = CAMPAIGN.replace("{ send: mail }", "{ wait: 2 hours }\n  - { send: mail }")
    shop = Shop(longer)
    shop.views(ANNA, "2026-03-02T08:00:00Z")  # waits at a step that only has a place
    shop.views(BERT, "2026-03-02T09:00:00Z")  # waits at `quiet`
    shop.wait_until("2026-03-02T10:30:00Z")
    shop.publish(content(WITH_ANOTHER_MAIL))
    shop.views(CARA, "2026-03-02T10:40:00Z")  # has the new version anyway
    assert (shop.outlook.waiting, shop.outlook.movable) == ({"look": 2}, {"look": 1})
    assert shop.migrate("2026-03-02T10:50:00Z") == {"look": 1}
    assert shop.migrate("2026-03-02T10:50:00Z") == {}
    shop.wait_until("2026-03-03T10:00:00Z")
    assert shop.mails == [
        (BERT, "other", "2026-03-02T11:00:00Z"),
        (ANNA, "mail", "2026-03-02T12:00:00Z"),
        (CARA, "other", "2026-03-02T12:40:00Z"),
    ]


def test_a_rollback_brings_the_earlier_version_back_for_new_entries() -> None:
    shop = Shop(CAMPAIGN)
    shop.publish(content(WITH_ANOTHER_MAIL))
    shop.views(ANNA, "2026-03-02T10:00:00Z")
    roll_back(shop.contents, now=datetime(2026, 3, 2, 10, 30, tzinfo=UTC))
    shop.read_anew()
    shop.views(BERT, "2026-03-02T11:00:00Z")
    shop.wait_until("2026-03-03T10:00:00Z")
    assert shop.mails == [
        (ANNA, "other", "2026-03-02T12:00:00Z"),
        (BERT, "mail", "2026-03-02T13:00:00Z"),
    ]


class TestPausing:
    def paused(self, *switches: str | None, campaigns: Iterable[str] = (CAMPAIGN,)) -> Shop:
        """Anna's mail has been held since twelve o'clock."""
        shop = Shop(*campaigns)
        shop.views(ANNA, "2026-03-02T10:00:00Z")
        for switch in switches:
            shop.switch(switch, paused=True)
        shop.wait_until("2026-03-02T17:00:00Z")
        assert shop.mails == []
        return shop

    def test_a_paused_campaign_holds_and_goes_on_within_a_minute_of_being_resumed(self) -> None:
        shop = self.paused("look")
        assert shop.switch("look", paused=False, at="2026-03-02T17:00:00Z") == 1
        shop.wait_until("2026-03-02T17:01:00Z")
        assert shop.mails == [(ANNA, "mail", "2026-03-02T17:00:35Z")]

    def test_a_paused_shop_holds_every_campaign(self) -> None:
        shop = self.paused(None)
        assert shop.switch(None, paused=False, at="2026-03-02T17:00:00Z") == 1
        shop.wait_until("2026-03-02T17:01:00Z")
        assert shop.mails == [(ANNA, "mail", "2026-03-02T17:00:35Z")]

    def test_a_resumed_campaign_stays_still_while_the_shop_is_paused(self) -> None:
        shop = self.paused("look", None)
        assert shop.switch("look", paused=False, at="2026-03-02T17:00:00Z") == 0
        shop.wait_until("2026-03-02T17:01:00Z")
        assert shop.mails == []

    def test_resuming_one_campaign_lets_no_other_go(self) -> None:
        other = CAMPAIGN.replace("title: look", "title: gaze").replace("send: mail", "send: other")
        shop = self.paused("look", "gaze", campaigns=(CAMPAIGN, other))
        shop.switch("gaze", paused=False, at="2026-03-02T17:00:00Z")
        shop.wait_until("2026-03-02T17:01:00Z")
        assert shop.mails == [(ANNA, "other", "2026-03-02T17:00:35Z")]

    def test_what_is_held_too_long_is_dropped_as_paused(self) -> None:
        shop = self.paused("look")
        shop.wait_until("2026-03-10T00:00:00Z")
        assert shop.mails == [(ANNA, "paused", "2026-03-04T12:00:00Z")]

    def test_resuming_wakes_nobody_who_waits_for_something_else(self) -> None:
        shop = Shop(CAMPAIGN)
        shop.views(ANNA, "2026-03-02T10:00:00Z")
        assert shop.switch("look", paused=False, at="2026-03-02T11:00:00Z") == 0
        shop.wait_until("2026-03-03T10:00:00Z")
        assert shop.mails == [(ANNA, "mail", "2026-03-02T12:00:00Z")]
