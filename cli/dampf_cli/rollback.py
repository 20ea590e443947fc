"""`dampf rollback`: puts what was published earlier in force again, and lists what there is to go back to."""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from dampf import runtime
from dampf.domain.instants import format_instant
from dampf.use_cases.ports.contents import Contents, InForce, Release
from dampf.use_cases.published import Overtaken, Published, roll_back
from dampf.use_cases.under_way import Outlook, people_under_way
from dampf_cli import stack
from dampf_cli.errors import CommandError, WrongUse
from dampf_cli.stack import stack_of
from dampf_cli.waiting import journeys, outlook_in, show_warnings, warnings_of

EXPLAINED = """
Without --to it goes back to what was in force before; given again, one further back. Nothing is rewritten: what was
published stays as it was, and a rollback is a release of its own. Functions read of it within half a minute. Journeys
under way keep the version of the campaign that they entered.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXPLAINED
    stack.add_arguments(parser)
    parser.add_argument("--to", metavar="VERSION", help="a release's number, or the beginning of its version")
    parser.add_argument("--list", action="store_true", help="only list all releases")


def main(arguments: argparse.Namespace) -> int:
    with stack_of(arguments) as deployed:
        contents = deployed.contents
        made = None if arguments.list else go_back(contents, arguments.to)
        was, releases = contents.in_force(), contents.releases()
        seen = Outlook()
        if made is not None:
            seen = outlook_in(deployed, people_under_way(deployed.wakeups), Published(contents).catalogue())
    if arguments.json:
        print(json.dumps(as_json(was, releases, seen), indent=2, ensure_ascii=False))
        return 0
    show(was, releases)
    if made is not None:
        waiting = sum(seen.waiting.values())
        stay = f" {journeys(waiting)} stay on the version that they entered." if waiting else ""
        print(f"Release {made.number} is in force: {made.by} ({made.manifest}).{stay}")
        show_warnings(seen)
    return 0


def go_back(contents: Contents, text: str | None) -> Release:
    was = contents.in_force()
    try:
        to = release_named(text, contents.releases()) if text else None
        return roll_back(contents, to=to, now=runtime.now(), was=was)
    except (LookupError, Overtaken) as problem:
        raise CommandError(str(problem.args[0])) from None


def release_named(text: str, releases: Sequence[Release]) -> int:
    """By number, else by the beginning of its version; of several with that version the latest."""
    by_number = [release for release in releases if str(release.number) == text]
    named = by_number or [release for release in releases if release.manifest.startswith(text)]
    if not named:
        raise WrongUse(f"--to {text}: there is no such release; --list shows all")
    if len({release.manifest for release in named}) > 1:
        raise WrongUse(f"--to {text}: several versions begin like that; --list shows all")
    return named[0].number


def show(was: InForce, releases: Sequence[Release]) -> None:
    from rich.table import Table

    from dampf_cli.printed import printer

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("", "release", "version", "when", "by"):
        table.add_column(column)
    for release in releases:
        mark = "→" if release.number == was.release else ""
        table.add_row(mark, str(release.number), release.manifest, f"{release.at:%Y-%m-%d %H:%M} UTC", release.by)
    printer().print(table)


def as_json(was: InForce, releases: Sequence[Release], seen: Outlook) -> dict[str, Any]:
    return {
        "release": was.release,
        "manifest": was.manifest,
        "releases": [{**release._asdict(), "at": format_instant(release.at)} for release in releases],
        "waiting": dict(seen.waiting),
        "warnings": warnings_of(seen),
    }
