"""`dampf explain`: why this person did or did not get a mail, as a timeline in plain sentences."""

import argparse
import json
from pathlib import Path
from typing import Any

from dampf.domain.message import Reason
from dampf_cli.errors import CommandError, WrongUse
from dampf_cli.pages import words
from dampf_cli.person import known, story
from dampf_cli.person.asked import asked_for
from dampf_cli.rights.simulated import lines_of

EXPLAINED = """
What is stored is told as it was: events, journeys, messages with their reasons. Why an event started nothing is stored
nowhere; conditions are asked again, of the campaign as it is published and the person as they are now.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXPLAINED
    known.add_arguments(parser)
    parser.add_argument("--campaign", metavar="NAME", help="only what concerns this campaign, and what it waits for")
    parser.add_argument("--outcomes", metavar="FILE", type=Path, help="of a simulation's --out: its messages alone")


def main(arguments: argparse.Namespace) -> int:
    if arguments.outcomes is not None:
        lines = _of_outcomes(arguments)
    else:
        with known.person_of(arguments) as person:
            if arguments.campaign and person.catalogue.campaign(arguments.campaign) is None:
                raise WrongUse(f"there is no campaign {arguments.campaign}")
            lines = [line.as_json() for line in story.story_of(person, campaign=arguments.campaign)]
    if arguments.json:
        print(json.dumps({"lines": lines}, indent=2, ensure_ascii=False))
    else:
        show(lines)
    return 0


def show(lines: list[dict[str, Any]]) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from dampf_cli.printed import printer

    styles = {"event": "", "entered": "green", "not_entered": "yellow", "message": "bold", "now": "cyan"}
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    for line in lines:
        at = "now" if line["kind"] in ("now", "waits") else f"{line['at'][:10]} {line['at'][11:19]}"
        indent = 0 if line["kind"] in ("event", "now") else 2
        text = Padding(Text(line["text"], style=styles.get(line["kind"], "dim")), (0, 0, 0, indent), expand=False)
        table.add_row(Text(at, style="dim"), text)
    printer().print(table)


def _of_outcomes(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    kind, value = asked_for(arguments)
    told = [each for each in lines_of(arguments.outcomes) if each.get(kind) == value]
    if arguments.campaign:
        told = [each for each in told if each.get("campaign") == arguments.campaign]
    if not told:
        raise CommandError(f"{arguments.outcomes}: no message of anybody by this {kind}")
    return [
        {"at": each["at"], "kind": "message", "campaign": each.get("campaign"), "text": _sentence(each)}
        for each in told
    ]


def _sentence(told: dict[str, Any]) -> str:
    named = f"The message {told['message']} of {told['campaign']}"
    held = "".join(f" It was held until {each['until']}: {words.reason(each['reason'])}." for each in told["held"])
    if told["outcome"] == "sent":
        return f"{named} was sent.{held}"
    if told["outcome"] == "dropped" and told["reason"] in set(Reason):
        return f"{named} was not sent: {words.reason(told['reason'])}.{held}"
    return f"{named}: {told['outcome'].replace('_', ' ')}.{held}"
