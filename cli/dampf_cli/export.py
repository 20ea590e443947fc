"""`dampf export`: all that is held of a person, as JSON and as a page for them; and who has asked for that."""

import argparse
import json
from pathlib import Path
from typing import Any

from dampf import runtime
from dampf.domain.instants import format_instant
from dampf.domain.state import State
from dampf.stores import rows
from dampf.use_cases.published import Published
from dampf_cli.arguments import url_argument
from dampf_cli.errors import CommandError, WrongUse
from dampf_cli.pages.words import plural
from dampf_cli.person import asked
from dampf_cli.rights.export_page import as_page
from dampf_cli.rights.holdings import as_json, find, holdings_of
from dampf_cli.rights.simulated import export_of_files
from dampf_cli.stack import stack_of

EXPLAINED = """
The JSON says everything that any table holds of the person: who they are, consent, figures, dates, cart, messages with
their reasons, journeys, events, and every further row as it lies there. The page says the same for people, in German or
English after the person's language, and fetches nothing.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXPLAINED
    asked.add_arguments(parser)
    parser.add_argument("--stack", metavar="NAME", help="the CloudFormation stack that Dampf runs in")
    parser.add_argument("--endpoint-url", metavar="URL", type=url_argument, help="of an emulator, instead of AWS")
    parser.add_argument(
        "--profiles", metavar="FILE", type=Path, help="of a simulation's --profiles-out, not of a stack"
    )
    parser.add_argument("--outcomes", metavar="FILE", type=Path, help="of the same simulation's --out")
    parser.add_argument("--out", metavar="FILE.json", type=Path, help="where the JSON goes, default: stdout")
    parser.add_argument("--page", metavar="FILE.html", type=Path, help="where the page goes, default: none")
    parser.add_argument(
        "--requests",
        action="store_true",
        help="lists who has asked for their data (`Data Requested`, 400 days); reads the whole history table",
    )


def main(arguments: argparse.Namespace) -> int:
    if (arguments.stack is None) == (arguments.profiles is None):
        raise WrongUse("say of what: --stack NAME or --profiles FILE")
    if arguments.requests:
        return _list_requests(arguments)
    export = _export(arguments)
    told = json.dumps(export, indent=2, ensure_ascii=False) + "\n"
    if arguments.page is not None:
        arguments.page.write_text(as_page(export), encoding="utf-8")
    if arguments.out is not None:
        arguments.out.write_text(told, encoding="utf-8")
        print(f"{arguments.out}: {_counted(export)}")
    else:
        print(told, end="")
    return 0


def _export(arguments: argparse.Namespace) -> dict[str, Any]:
    identifier = asked.asked_for(arguments)
    now = runtime.now()
    if arguments.profiles is not None:
        export = export_of_files(arguments.profiles, arguments.outcomes, identifier, now=now)
    else:
        with stack_of(arguments) as deployed:
            found = find(deployed.tables, identifier)
            export = None
            if isinstance(found, State):
                catalogue = Published(deployed.contents).catalogue()
                export = as_json(holdings_of(deployed.tables, found), catalogue, now=now)
            elif found is not None:
                raise CommandError("this person is being erased: give `dampf erase` again to see it through")
    if export is None:
        raise CommandError(f"nobody is known by this {identifier[0]}")
    return export


def _list_requests(arguments: argparse.Namespace) -> int:
    if arguments.stack is None:
        raise WrongUse("--requests asks a stack: --stack NAME")
    with stack_of(arguments) as deployed:
        pages = deployed.tables.client.get_paginator("scan").paginate(
            TableName=deployed.tables.history,
            FilterExpression="#name = :asked",
            ExpressionAttributeNames={"#name": "name"},
            ExpressionAttributeValues={":asked": {"S": "Data Requested"}},
        )
        asked = sorted((rows.event_of(item) for page in pages for item in page["Items"]), key=lambda event: event.at)
    for event in asked:
        print(
            f"{format_instant(event.at)}  {', '.join(f'{kind} {value}' for kind, value in event.identifiers.items())}"
        )
    if not asked:
        print("Nobody has asked.")
    return 0


def _counted(export: dict[str, Any]) -> str:
    return ", ".join(plural(len(export[f"{thing}s"]), thing) for thing in ("event", "message", "journey"))
