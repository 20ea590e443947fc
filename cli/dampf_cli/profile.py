"""`dampf profile`: one person: the identity graph with when and by which event it grew, consent, traits, figures."""

import argparse
import json
from pathlib import Path

from dampf.domain.identifiers import Identifier
from dampf_cli.arguments import instant_argument
from dampf_cli.errors import CommandError, WrongUse
from dampf_cli.person import graph, known
from dampf_cli.person.asked import asked_for
from dampf_cli.rights.simulated import lines_of, names
from dampf_cli.stack import stack_of

EXPLAINED = """
Every identifier is shown with the event that made it this person's; of several customers who named it, it belongs to
the one who did so last. An identifier that joined too many people is quarantined: it names nobody any more.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXPLAINED
    known.add_arguments(parser)
    parser.add_argument("--profiles", metavar="FILE", type=Path, help="of a simulation's --profiles-out")
    parser.add_argument(
        "--consent-at", metavar="INSTANT", type=instant_argument, help="also what was granted and withdrawn by then"
    )
    parser.add_argument(
        "--quarantined", action="store_true", help="lists what joined too many people; reads the whole table Identities"
    )


def main(arguments: argparse.Namespace) -> int:
    if arguments.quarantined:
        return _list_quarantined(arguments)
    if arguments.profiles is not None:
        if arguments.consent_at is not None:
            raise WrongUse("--consent-at asks the consent ledger, which a profile file does not hold")
        told = _in_file(arguments.profiles, asked_for(arguments))
    else:
        with known.person_of(arguments) as person:
            told = graph.as_json(person, consent_at=arguments.consent_at)
    if arguments.json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        graph.draw(told)
    return 0


def _in_file(path: Path, identifier: Identifier) -> graph.Json:
    for person in lines_of(path):
        if names(person, identifier):
            return graph.of_file({"profile": None, **person})
    raise CommandError(f"{path}: nobody is known by this {identifier[0]}")


def _list_quarantined(arguments: argparse.Namespace) -> int:
    if arguments.stack is None:
        raise WrongUse("--quarantined asks a stack: --stack NAME")
    with stack_of(arguments) as deployed:
        found = graph.quarantined(deployed.tables)
    if arguments.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        for each in found:
            print(f"{each['kind']} {each['value']}  since {each['at']} by {each['event']}")
        if not found:
            print("Nothing is quarantined.")
    return 0
