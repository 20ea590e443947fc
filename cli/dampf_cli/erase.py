"""`dampf erase`: shows what a stack holds of a person, asks it to erase them, and waits until nothing is left."""

import argparse
import json
import sys
from datetime import datetime, timedelta
from typing import Any, Final

from dampf import runtime
from dampf.domain.event import identifiers_by_strength
from dampf.domain.identifiers import Identifier
from dampf.domain.instants import format_instant
from dampf.domain.state import Erasing, State
from dampf.stores.profiles import DynamoProfiles
from dampf_cli import stack
from dampf_cli.errors import CommandError, WrongUse
from dampf_cli.person import asked
from dampf_cli.rights.holdings import Holdings, find, holdings_of
from dampf_cli.rights.letters import ask_for_erasure, clear_dead_ends, is_gone
from dampf_cli.stack import Stack, stack_of

TAILS: Final = (
    "Copies fade by themselves: point-in-time recovery after 35 days, messages in queues that could not be searched "
    "after 14, an archive of the bus (Dampf makes none) as you set it. After a restore, erase again."
)
EXPLAINED = f"""
The request is an event on the stack's bus, as the shop may send it itself (`Erasure Requested`); the running functions
do the work. Given again, it goes on where it was interrupted. A hash of each identifier stays, so that late events do
not bring the person back; registering anew does. {TAILS}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXPLAINED
    asked.add_arguments(parser)
    stack.add_arguments(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--wait", metavar="SECONDS", type=int, default=120, help="how long to wait for the stack, default: 120"
    )


def main(arguments: argparse.Namespace) -> int:
    identifier = asked.asked_for(arguments)
    with stack_of(arguments) as deployed:
        found = find(deployed.tables, identifier)
        if found is None:
            return _nobody(deployed, identifier, as_json=arguments.json)
        held = holdings_of(deployed.tables, found) if isinstance(found, State) else None
        if not arguments.json:
            _show(found, held)
        if not arguments.yes:
            _confirm()
        return _erase(deployed, identifier, found, held, arguments)


def _erase(
    deployed: Stack,
    identifier: Identifier,
    found: State | Erasing,
    held: Holdings | None,
    arguments: argparse.Namespace,
) -> int:
    now = runtime.now()
    persons, borne = _borne(found)
    named = _named(identifier, persons[0], borne)
    request = ask_for_erasure(deployed, named, now=now)
    hashed = [named] if named in borne else []
    if not is_gone(deployed, persons, hashed, within=timedelta(seconds=arguments.wait)):
        raise CommandError(
            f"not finished after {arguments.wait} seconds; the stack goes on, and sends nothing. Give it again to see"
        )
    letters = clear_dead_ends(deployed, [*(value for _, value in {identifier, *borne}), *persons])
    if arguments.json:
        print(json.dumps(_as_json(request, now, held, letters), indent=2))
        return 0
    print("Erased: no row is left.")
    for queue, count in letters.items():
        if count:
            print(f"{count} letters that named the person were taken out of {queue}.")
    print(TAILS)
    return 0


def _borne(found: State | Erasing) -> tuple[tuple[str, ...], set[Identifier]]:
    """Their profiles, the living one first, and their identifiers."""
    if isinstance(found, Erasing):
        return found.persons, set(found.identifiers)
    profile = found.profile
    borne = {(kind, value) for kind, values in profile.identifiers.items() for value in values}
    return (profile.id, *profile.also), borne


def _named(identifier: Identifier, profile: str, borne: set[Identifier]) -> Identifier:
    """What the request names: what was asked for, as far as it is an identifier of theirs, else their strongest."""
    if identifier in borne:
        return identifier
    ranked = identifiers_by_strength(dict(sorted(borne)))
    return ranked[0] if ranked else (asked.PROFILE, profile)


def _nobody(deployed: Stack, identifier: Identifier, *, as_json: bool) -> int:
    """Erased earlier is a success: whoever gives the command twice wants nothing else."""
    erased = DynamoProfiles(tables=deployed.tables).erased([identifier]).get(identifier)
    if erased is None:
        raise CommandError(f"nobody is known by this {identifier[0]}")
    if as_json:
        print(json.dumps({"erased": True, "request": None, "at": format_instant(erased), "rows": {}, "letters": {}}))
    else:
        print(f"Nothing is left: erased by a request of {format_instant(erased)}.")
    return 0


def _show(found: State | Erasing, held: Holdings | None) -> None:
    if held is None:
        print("An erasure is under way; it will be taken up again.")
        return
    profile = held.state.profile
    print(f"{profile.email or profile.id}: known since {format_instant(profile.created_at)}")
    for kind, values in profile.identifiers.items():
        print(f"  {kind}: {', '.join(values)}")
    for table, count in held.counts.items():
        print(f"  {count} rows of {table}")
    print(f"  with {len(held.events)} events, {len(held.messages)} messages, {len(held.state.journeys)} open journeys")


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise WrongUse("nobody is there to be asked: give --yes")
    if input("Erase all of it, for ever? Type yes: ").strip().lower() != "yes":
        raise CommandError("nothing was erased")


def _as_json(request: str, now: datetime, held: Holdings | None, letters: dict[str, int]) -> dict[str, Any]:
    rows = held.counts if held is not None else {}
    return {"erased": True, "request": request, "at": format_instant(now), "rows": rows, "letters": letters}
