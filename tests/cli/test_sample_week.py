"""The demo's data: deterministic, small enough to play on an embedded AWS, and in the shapes of real doors."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dampf.campaigns.catalogue import catalogue_of
from dampf.domain.event import CUSTOMER_ID, EMAIL, Event
from dampf.doors import translate
from dampf_cli import content_folder
from dampf_cli.arrivals import of_sample_week
from dampf_cli.outcomes import OUTCOMES
from dampf_cli.pages.overview import overview_of
from dampf_cli.pages.rendering import render
from dampf_cli.report.page import looked_at
from dampf_cli.sample_week import FAITHFUL, KNOWN, NEW, NEWCOMERS, SEGMENT, SHOP, SHOPIFY, START, sample_week
from dampf_cli.simulation import Simulation

WEEK = sample_week()


def events_of(week: list[dict[str, Any]]) -> list[Event]:
    return [event for envelope in week for event in translate(envelope).events]


def own_id(envelope: dict[str, Any]) -> str:
    detail = envelope["detail"]
    return str(detail["messageId"] if "messageId" in detail else detail["metadata"]["X-Shopify-Webhook-Id"])


def test_the_same_seed_gives_the_same_week_and_another_seed_another() -> None:
    assert sample_week() == WEEK
    assert sample_week(seed=8) != WEEK


def test_the_week_fits_the_demo() -> None:
    assert 100 < len({envelope["time"] for envelope in WEEK}) <= 400
    times = [datetime.fromisoformat(envelope["time"]) for envelope in WEEK]
    assert times == sorted(times)
    assert times[0] == START.astimezone(UTC)
    assert times[-1] < START + timedelta(days=7)


def test_another_start_moves_the_whole_week() -> None:
    later = sample_week(start=START + timedelta(days=364))
    shift = {
        datetime.fromisoformat(moved["time"]) - datetime.fromisoformat(envelope["time"])
        for envelope, moved in zip(WEEK, later, strict=True)
    }
    assert shift == {timedelta(days=364)}


def test_forty_four_people_come_through_three_doors() -> None:
    assert Counter(envelope["source"] for envelope in WEEK).keys() == {SHOP, SEGMENT, SHOPIFY}
    assert len({person.customer_id for person in (*NEW, *KNOWN)}) == 44
    assert len({person.email for person in (*NEW, *KNOWN)}) == 44


def test_every_envelope_says_that_it_is_synthetic() -> None:
    for envelope in WEEK:
        detail = envelope["detail"]
        if envelope["source"] == SHOPIFY:
            assert detail["metadata"]["X-Shopify-Test"] == "true"
        else:
            assert "synthetic" in detail["context"]["library"]["name"]


def test_one_event_comes_twice_in_another_envelope_and_every_other_once() -> None:
    repeated = [own for own, count in Counter(own_id(envelope) for envelope in WEEK).items() if count > 1]
    assert len(repeated) == 1
    first, second = [envelope for envelope in WEEK if own_id(envelope) == repeated[0]]
    assert first["detail"] == second["detail"]
    assert first["id"] != second["id"]
    assert first["time"] < second["time"]
    assert len({envelope["id"] for envelope in WEEK}) == len(WEEK)


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_every_envelope_is_understood_by_its_door(seed: int) -> None:
    for envelope in sample_week(seed=seed):
        translation = translate(envelope)
        assert len(translation.events) == 1, translation.remarks
        assert translation.remarks == ()


def test_everybody_who_is_mailed_has_an_address_and_a_language() -> None:
    told = [event for event in events_of(WEEK) if event.traits]
    for person in (*NEWCOMERS, *KNOWN):
        traits = [event.traits for event in told if event.identifiers.get(EMAIL) == person.email]
        assert any(trait.get("language") == person.language for trait in traits), person


def test_the_faithful_customer_places_the_tenth_and_eleventh_order_this_week() -> None:
    orders = [
        event.historical
        for event in events_of(WEEK)
        if event.name == "Order Completed" and event.identifiers[CUSTOMER_ID] == FAITHFUL.customer_id
    ]
    assert orders == [True] * 9 + [False] * 2


NOT_IN_THIS_WEEK = {"anniversary_sale", "year_end"}
"""They have days of their own, in September and December."""

NOT_IN_THIS_MONTH = {
    *("anniversary_sale", "year_end"),
    *("anniversary_fifth", "anniversary_tenth"),  # one anniversary is enough for a week
    "advice_trial",  # by then sales has taken over
    *("inspiration_again", "miss_you"),  # six weeks later
    "trade_fair",  # in February
}
"""Messages that come later than the playback goes, or to nobody here."""

ON_THE_BUS = {
    "lead_handover": "Lead Qualified",
    "print_mail": "Print Mail Requested",
    "quiet_reader": "Parcel Insert Requested",
    "remarketing": "Audience Joined",
}
"""Campaigns without mails, and what they tell others instead."""


@pytest.fixture(scope="module")
def played(root: Path) -> Simulation:
    simulation = Simulation(catalogue_of(content_folder.read(root / "campaigns")))
    simulation.play(of_sample_week().arrivals)
    return simulation


def test_every_shipped_campaign_has_its_case_in_the_week(played: Simulation, root: Path) -> None:
    sent = {message.campaign for message in played.store.messages.values() if OUTCOMES[message.status] == "sent"}
    told = {event.name for event in played.store.events()}
    shipped = set(content_folder.read(root / "campaigns").campaigns)
    fired = sent | {campaign for campaign, event in ON_THE_BUS.items() if event in told}
    assert shipped - fired <= NOT_IN_THIS_WEEK
    assert played.undelivered == []
    assert played.evaluated == []


def test_every_shipped_message_is_sent_in_the_week_and_what_follows_from_it(played: Simulation, root: Path) -> None:
    sent = {message.message for message in played.store.messages.values() if OUTCOMES[message.status] == "sent"}
    shipped = {path.stem for path in (root / "campaigns" / "messages").glob("[!_]*.mjml") if "." not in path.stem}
    assert shipped - sent <= NOT_IN_THIS_MONTH


def test_a_colour_on_the_overview_of_the_whole_set_stands_for_one_campaign(played: Simulation) -> None:
    seen = looked_at(played, until=None)
    assert [each.hue for each in seen.series] == [*(f"hue-{number}" for number in range(6)), "hue-none"]
    assert seen.hue("order_confirmation") != "hue-none"
    assert seen.hue("birthday") == "hue-none"
    overview = overview_of(seen)
    assert overview.chart is not None
    assert sum(column.total for column in overview.chart.columns) == overview.sent > 80
    funnels, folded = render("overview.html", seen, overview=overview).decode().split("more, with fewer mails")
    assert funnels.count('class="card funnel') == 12
    assert folded.count('class="card funnel') == len(seen.campaigns) - 12


def test_a_voucher_is_redeemed_in_the_week(played: Simulation) -> None:
    redeemed = [event for event in played.store.events() if event.name == "Voucher Redeemed"]
    assert [event.identifiers.get(CUSTOMER_ID) for event in redeemed] == [FAITHFUL.customer_id]


def test_each_campaign_has_something_to_do() -> None:
    present = [event for event in events_of(WEEK) if not event.historical]
    names = Counter(event.name for event in present)
    assert names["Customer Registered"] == len(NEWCOMERS) + 1
    assert names["Order Completed"] == 15  # fourteen orders of which one is sent twice
    assert names["Order Refunded"] == 2
    assert names["Consent Withdrawn"] == 1
    assert {"Product Viewed", "Product Added", "Product Removed", "Checkout Started", "Email Link Clicked"} <= set(
        names
    )


def test_newcomers_agree_to_mail_before_they_are_registered() -> None:
    """Otherwise the welcome would be dropped for want of consent."""
    for person in NEWCOMERS:
        names = [e.name for e in events_of(WEEK) if e.identifiers.get(CUSTOMER_ID) == person.customer_id]
        assert names.index("Consent Granted") < names.index("Customer Registered")
