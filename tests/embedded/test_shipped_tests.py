"""The tests that we ship with the campaigns, on the embedded AWS: `dampf test` proves them in simulation only."""

from pathlib import Path

import pytest

from dampf_cli.shop_tests import Scenario, differences, read_scenarios
from dampf_cli.simulation import Simulation
from tests.embedded.engines import DeployedShop, happened_in

pytestmark = [pytest.mark.emulator, pytest.mark.slow]

SCENARIOS, UNREADABLE = read_scenarios(Path(__file__).parents[2] / "campaigns")


def test_every_file_can_be_read() -> None:
    assert UNREADABLE == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.file)
def test_a_shipped_test_is_met_on_the_embedded_aws_with_the_lines_of_simulation(
    quick_start_shop: DeployedShop, scenario: Scenario
) -> None:
    arrivals, until = scenario.arrivals(), scenario.shape.until
    simulation = Simulation(quick_start_shop.catalogue)
    simulation.begin_with(scenario.profiles)
    simulation.keep_products(scenario.products, now=arrivals[0].at)
    simulation.play(arrivals, until=until)
    simulated = happened_in(simulation)
    quick_start_shop.renew("IngestFunction")  # which remembers what it was told of a product a moment ago
    quick_start_shop.begin_with(scenario.profiles, scenario.products, now=arrivals[0].at)
    played = quick_start_shop.play([arrival.envelope for arrival in arrivals], until=until)
    assert played.outcomes == simulated.outcomes
    assert played.profiles == simulated.profiles
    assert list(differences(scenario, played.messages)) == []
