"""`dampf simulate`: what these events would have sent, on a virtual clock, before anybody is mailed."""

import argparse
import sys
from pathlib import Path

from dampf.campaigns.catalogue import catalogue_of
from dampf_cli import arrivals, content_folder, outcomes, profile_files
from dampf_cli.arguments import instant_argument
from dampf_cli.progress import progress_over
from dampf_cli.simulation import Simulation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "events", metavar="EVENTS", nargs="+", type=Path, help="event files: JSON lines or a JSON array"
    )
    parser.add_argument("--content", metavar="DIR", type=Path, default=Path("campaigns"), help="default: campaigns")
    parser.add_argument("--until", metavar="INSTANT", type=instant_argument, help="play on to this instant, inclusive")
    parser.add_argument("--start-profiles", metavar="FILE", type=Path, help="people known beforehand, as JSON lines")
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="outcomes, one JSON line per message (default: stdout)"
    )
    parser.add_argument("--profiles-out", metavar="FILE", type=Path, help="the profiles at the end, as JSON lines")
    parser.add_argument("--strict", action="store_true", help="stop at the first line that is malformed, with 1")


def main(arguments: argparse.Namespace) -> int:
    catalogue = catalogue_of(content_folder.read(arguments.content))
    read = arrivals.read(arguments.events)
    problems = read.problems + arrivals.refusals(read.arrivals)
    for problem in problems:
        print(problem, file=sys.stderr)
    if arguments.strict and problems:
        return 1
    simulation = Simulation(catalogue)
    if arguments.start_profiles:
        simulation.begin_with(profile_files.read_profiles(arguments.start_profiles))
    with progress_over(len(read.arrivals), "events") as advance:
        simulation.play(read.arrivals, until=arguments.until, progress=advance)
    for line in arrivals.faults_of(simulation.evaluated):
        print(line, file=sys.stderr)
    lines = outcomes.as_lines(simulation.store.messages.values())
    if arguments.out:
        arguments.out.write_text(lines, encoding="utf-8")
    else:
        sys.stdout.write(lines)
    if arguments.profiles_out:
        profiles = (state.profile for state in simulation.store.states())
        arguments.profiles_out.write_text(profile_files.as_lines(profiles, catalogue), encoding="utf-8")
    return 0
