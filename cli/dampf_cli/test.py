"""`dampf test`: the content folder's own scenarios, played through the simulation."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.findings import Finding, in_order
from dampf.domain.event import Event
from dampf_cli import content_folder, outcomes
from dampf_cli.arrivals import faults_of
from dampf_cli.shop_tests import Scenario, differences, read_scenarios, unlike_emissions
from dampf_cli.simulation import Simulation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "directory", metavar="DIR", nargs="?", type=Path, default=Path("campaigns"), help="default: campaigns"
    )
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")


def main(arguments: argparse.Namespace) -> int:
    return run_tests(arguments.directory, as_json=arguments.json)


def run_tests(directory: Path, *, as_json: bool) -> int:
    """Prints a line per file and one per difference; 1 if there is any difference, else 0."""
    catalogue = catalogue_of(content_folder.read(directory))
    scenarios, unreadable = read_scenarios(directory)
    results = {scenario.file: played(scenario, catalogue) for scenario in scenarios}
    for finding in unreadable:
        results.setdefault(finding.file, []).append(finding)
    failed = [file for file, findings in results.items() if findings]
    if as_json:
        print(json.dumps(_as_json(results), indent=2, ensure_ascii=False))
        return 1 if failed else 0
    for file, findings in sorted(results.items()):
        print(f"{directory / file}: {'failed' if findings else 'ok'}")
        for finding in findings:
            print(f"  {replace(finding, file=str(directory / finding.file))}")
    print(f"{len(results)} {'test' if len(results) == 1 else 'tests'}, {len(failed)} failed")
    return 1 if failed else 0


def played(scenario: Scenario, catalogue: PublishedCatalogue) -> list[Finding]:
    """What came out other than expected. A failing expression is told too where anything else went wrong."""
    simulation = Simulation(catalogue)
    emitted: list[Event] = []
    simulation.emitted = emitted
    simulation.begin_with(scenario.profiles)
    simulation.keep_products(scenario.products, now=min(arrival.at for arrival in scenario.arrivals()))
    simulation.play(scenario.arrivals(), until=scenario.shape.until)
    came = [outcomes.outcome(message) for message in outcomes.settled(simulation.store.messages.values())]
    findings = [
        Finding(
            file=scenario.file,
            line=scenario.line_of("events", int(refused.record)),
            message=f"refused: {refused.reason}",
        )
        for each in simulation.ingested
        for refused in each.refused
        if refused.record.isdecimal()
    ]
    findings += differences(scenario, came)
    findings += unlike_emissions(scenario, emitted)
    if findings:
        line = scenario.line_of("events")
        findings += [Finding(file=scenario.file, line=line, message=fault) for fault in faults_of(simulation.evaluated)]
    return list(in_order(findings))


def _as_json(results: dict[str, list[Finding]]) -> list[dict[str, object]]:
    return [
        {
            "file": file,
            "passed": not findings,
            "findings": [{"line": finding.line, "message": finding.message} for finding in findings],
        }
        for file, findings in sorted(results.items())
    ]
