"""`dampf simulate`: what these events would have sent, on a virtual clock, before anybody is mailed."""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf_cli import arrivals, content_folder, outcomes, profile_files
from dampf_cli.arguments import instant_argument
from dampf_cli.arrivals import Arrivals
from dampf_cli.feeds.importing import known_beforehand
from dampf_cli.progress import progress_over
from dampf_cli.simulation import Simulation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "events", metavar="EVENTS", nargs="+", type=Path, help="event files: JSON lines or a JSON array"
    )
    parser.add_argument("--content", metavar="DIR", type=Path, default=Path("campaigns"), help="default: campaigns")
    parser.add_argument("--until", metavar="INSTANT", type=instant_argument, help="play on to this instant, inclusive")
    parser.add_argument("--start-profiles", metavar="FILE", type=Path, help="people known beforehand, as JSON lines")
    parser.add_argument("--products", metavar="FILE", type=Path, help="products known beforehand: a feed or JSON lines")
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="outcomes, one JSON line per message (default: stdout, unless there is --report or --against)",
    )
    parser.add_argument("--profiles-out", metavar="FILE", type=Path, help="the profiles at the end, as JSON lines")
    parser.add_argument("--report", metavar="FILE.html", type=Path, help="one page that shows what came of it")
    parser.add_argument(
        "--against",
        metavar="DIR",
        type=Path,
        help="the same events through this content folder too: who would get more, fewer or other mails",
    )
    parser.add_argument("--strict", action="store_true", help="where a line is malformed, play nothing, and end with 1")


def main(arguments: argparse.Namespace) -> int:
    read = arrivals.read(arguments.events)
    problems = read.problems + (arrivals.refusals(read.arrivals) if arguments.strict else [])
    for problem in problems:
        print(problem, file=sys.stderr)
    if arguments.strict and problems:
        return 1
    folders = [arguments.content, *([arguments.against] if arguments.against else [])]
    catalogue, *others = [catalogue_of(content_folder.read(folder)) for folder in folders]
    simulation = _played(arguments, catalogue, read)
    places = {str(arrival.number): arrival.place for arrival in read.arrivals}
    refused = [each for ingested in simulation.ingested for each in ingested.refused]
    faults = [f"{places.get(each.record, each.event_id)}: {each.reason}" for each in refused]
    faults += arrivals.faults_of(simulation.evaluated, simulation.undelivered)
    for line in faults:
        print(line, file=sys.stderr)
    _write(arguments, simulation, end=read.end(arguments.until))
    if arguments.report or arguments.against:
        others_played = [_played(arguments, other, read) for other in others]
        _report(arguments, simulation, others_played, troubles=[*problems, *faults])
    return 0


def _played(arguments: argparse.Namespace, catalogue: PublishedCatalogue, read: Arrivals) -> Simulation:
    simulation = Simulation(catalogue)
    if arguments.start_profiles:
        simulation.begin_with(profile_files.read_profiles(arguments.start_profiles))
    if arguments.products:
        start = read.arrivals[0].at if read.arrivals else read.end(arguments.until)
        for line in known_beforehand(arguments.products, simulation.keep_products, now=start):
            print(line, file=sys.stderr)
    with progress_over(len(read.arrivals), "events") as advance:
        simulation.play(read.arrivals, until=arguments.until, progress=advance)
    return simulation


def _write(arguments: argparse.Namespace, simulation: Simulation, *, end: datetime) -> None:
    if arguments.out:
        arguments.out.write_text(outcomes.as_lines(simulation.store.messages.values()), encoding="utf-8")
    elif not arguments.report and not arguments.against:
        sys.stdout.write(outcomes.as_lines(simulation.store.messages.values()))
    if arguments.profiles_out:
        profiles = (state.profile for state in simulation.store.states())
        lines = profile_files.as_lines(profiles, simulation.catalogue, now=end)
        arguments.profiles_out.write_text(lines, encoding="utf-8")


def _report(
    arguments: argparse.Namespace, simulation: Simulation, others: Sequence[Simulation], *, troubles: Sequence[str]
) -> None:
    """Page and table are loaded only here: whoever wants the outcomes alone does not wait for them."""
    from dampf_cli.report.comparison import compare
    from dampf_cli.report.page import as_page, looked_at, report_of
    from dampf_cli.summary import print_comparison, print_summary

    seen = looked_at(simulation, until=arguments.until)
    comparison = None
    if arguments.report and not arguments.out and not others:
        print_summary(
            events=len(seen.events), people=len(seen.states), messages=list(simulation.store.messages.values())
        )
    for other in others:
        before = looked_at(other, until=arguments.until)
        comparison = compare(seen, before, names=_told_apart(arguments.content, arguments.against))
        print_comparison(comparison, seen.clock)
    if arguments.report:
        page = as_page(report_of(simulation, seen, troubles), comparison)
        arguments.report.write_text(page, encoding="utf-8")
        print(f"The report is {arguments.report}.")


def _told_apart(one: Path, other: Path) -> tuple[str, str]:
    """The folders' own names where they differ."""
    names = one.resolve().name, other.resolve().name
    return names if names[0] != names[1] else (str(one), str(other))
