"""Simulation and the embedded AWS say the same of the same events, and repetition and disorder change nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest

from dampf.campaigns.catalogue import PublishedCatalogue
from dampf_cli.simulation import Simulation
from dampf_cli.stored import conversions_of
from tests.embedded.engines import DeployedShop, in_order_of_arrival, simulate
from tests.embedded.streams import SEED, START, Stream, again, event, known, shuffled

pytestmark = pytest.mark.emulator

SEEDS = range(SEED, SEED + 6)


def test_a_generated_stream_has_the_same_mails_and_profiles_in_both_engines(shop: DeployedShop) -> None:
    stream = Stream(seed=SEED, names="both", instants=40)
    played, simulated = shop.play(stream.envelopes), simulate(shop.catalogue, stream.envelopes)
    assert played.outcomes == simulated.outcomes
    assert played.profiles == simulated.profiles
    campaigns = {message["campaign"] for message in simulated.messages}
    assert campaigns == {"cart_abandonment", "order_confirmation", "tenth_order", "welcome"}
    assert {message["outcome"] for message in simulated.messages} == {"sent", "dropped"}


@pytest.mark.slow
def test_a_stream_of_200_people_has_the_same_mails_and_profiles_in_both_engines(shop: DeployedShop) -> None:
    stream = Stream(seed=SEED, names="crowd", people=200, instants=150)
    played, simulated = shop.play(stream.envelopes), simulate(shop.catalogue, stream.envelopes)
    assert played.outcomes == simulated.outcomes
    assert played.profiles == simulated.profiles


@pytest.mark.parametrize("seed", SEEDS)
def test_in_simulation_repeated_events_change_nothing(catalogue: PublishedCatalogue, seed: int) -> None:
    once = Stream(seed=seed, names="sim").envelopes
    simulated = simulate(catalogue, once)
    assert simulate(catalogue, [*once, *once]) == simulated
    assert simulate(catalogue, [*once, *again(once)]) == simulated


@pytest.mark.parametrize("seed", SEEDS)
def test_in_simulation_disorder_within_a_minute_gives_the_same_profiles(
    catalogue: PublishedCatalogue, seed: int
) -> None:
    once = Stream(seed=seed, names="sim", orderly=True).envelopes
    in_order, in_disorder = simulate(catalogue, once), simulate(catalogue, shuffled(once, seed=seed))
    assert in_disorder.profiles == in_order.profiles


def test_on_the_embedded_aws_repeated_events_change_nothing(shop: DeployedShop) -> None:
    once = Stream(seed=SEED, names="again", people=10, instants=12).envelopes
    simulated, played = simulate(shop.catalogue, once), shop.play([*once, *once, *again(once)])
    assert played.outcomes == simulated.outcomes
    assert played.profiles == simulated.profiles
    assert len(played.mails) == sum(message["outcome"] == "sent" for message in simulated.messages) > 0


def test_on_the_embedded_aws_disorder_within_a_minute_gives_the_same_profiles(shop: DeployedShop) -> None:
    once = Stream(seed=SEED, names="disorder", people=10, instants=6, orderly=True).envelopes
    disorder = shuffled(once, seed=SEED)
    played = shop.play(disorder)
    assert played.profiles == simulate(shop.catalogue, once).profiles
    assert played.outcomes == simulate(shop.catalogue, disorder).outcomes


def test_text_messages_are_the_same_in_both_engines(quiet_cart_shop: DeployedShop) -> None:
    told = [
        *known("texted", START, phone="+49 151 12345678", first_name="Mia"),
        *known("nowhere", START, first_name="Ole"),
        event("Consent Granted", START, own_id="texted-1", who="texted", topic="sms"),
        event("Parcel Sent", START, own_id="texted-2", who="texted", parcel="P1"),
        event("Parcel Sent", START, own_id="nowhere-1", who="nowhere", parcel="P2"),
    ]
    before = len(quiet_cart_shop.local.mailbox.texts())
    played, simulated = quiet_cart_shop.play(told), simulate(quiet_cart_shop.catalogue, told)
    assert played.outcomes == simulated.outcomes
    assert {(each["customer_id"], each["message"], each["outcome"], each["reason"]) for each in played.messages} == {
        ("nowhere", "parcel", "dropped", "no_address"),
        ("texted", "parcel", "sent", None),
        ("nowhere", "offer", "dropped", "no_consent"),
        ("texted", "offer", "sent", None),
    }
    sent = quiet_cart_shop.local.mailbox.texts()[before:]
    assert [(text.sender, text.recipients, text.text, text.request["MessageType"]) for text in sent] == [
        ("EXAMPLE", ("+4915112345678",), "Hello Mia, your parcel P1 is on its way <3", "TRANSACTIONAL"),
        ("EXAMPLE", ("+4915112345678",), "Offers:", "PROMOTIONAL"),
    ]
    assert [text.tags["message"] for text in sent] == [
        each["id"] for each in played.messages if each["outcome"] == "sent"
    ]


def test_goals_are_reached_alike_in_both_engines(quiet_cart_shop: DeployedShop) -> None:
    two_hours, three_days = timedelta(hours=2), timedelta(days=3)
    told = [
        *known("praising", START, phone="+49 151 12345679"),
        event("Parcel Sent", START, own_id="praising-1", who="praising", parcel="P1"),
        event("Parcel Praised", START + two_hours, own_id="praising-2", who="praising", total=7.5, currency="EUR"),
        event("Parcel Praised", START + three_days, own_id="praising-3", who="praising", total=9),
    ]
    quiet_cart_shop.play(told)
    simulation = Simulation(quiet_cart_shop.catalogue)
    simulation.play(in_order_of_arrival(told))
    stored = list(conversions_of(quiet_cart_shop.local.tables))
    assert stored == simulation.store.conversions
    assert [(each.event, each.revenue, each.currency) for each in stored] == [
        ("shop.example#praising-2", Decimal("7.5"), "EUR")
    ]


def test_all_events_of_an_instant_come_before_its_timers(shop: DeployedShop) -> None:
    """The hour is over with the first of two events; the second one forbids the mail."""
    due_at = START + timedelta(hours=1)
    told = [
        *known("hesitant", START),
        event("Product Added", START, own_id="hesitant-1", who="hesitant", product_id="1", name="Drill"),
        event("Product Viewed", due_at, own_id="hesitant-2", who="hesitant", product_id="2"),
        event("Unsubscribed", due_at, own_id="hesitant-3", who="hesitant"),
    ]
    played, simulated = shop.play(told, until=due_at), simulate(shop.catalogue, told, until=due_at)
    assert played.outcomes == simulated.outcomes
    assert [(each["outcome"], each["reason"]) for each in played.messages] == [("dropped", "no_consent")]
