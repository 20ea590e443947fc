"""Of whom a command speaks: the same words in all commands about one person."""

import argparse
from typing import Final

from dampf.domain.event import CUSTOMER_ID, EMAIL, PHONE
from dampf.domain.identifiers import Identifier
from dampf.doors.people import address, phone
from dampf_cli.errors import WrongUse

PROFILE: Final = "profile"
"""Stands in an identifier's place for the profile's own id, as simulations, logs and queues name it."""

_SPELLED: Final = {EMAIL: (address, "an e-mail address"), PHONE: (phone, "an international number")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--email", metavar="ADDRESS", help="the person, by an address")
    who.add_argument("--customer-id", metavar="ID", help="the person, by your customer's id")
    who.add_argument("--id", metavar="KIND=VALUE", help="the person, by any identifier, or profile=ID")


def asked_for(arguments: argparse.Namespace) -> Identifier:
    """The identifier as the tables spell it. Raises WrongUse."""
    if arguments.email is not None:
        return EMAIL, _spelled("--email", EMAIL, arguments.email)
    if arguments.customer_id is not None and arguments.customer_id.strip():
        return CUSTOMER_ID, arguments.customer_id.strip()
    if arguments.id is None:
        raise WrongUse("say of whom: --email ADDRESS, --customer-id ID or --id KIND=VALUE")
    kind, _, value = (part.strip() for part in arguments.id.partition("="))
    if not kind or not value:
        raise WrongUse(f"--id {arguments.id}: KIND=VALUE expected, such as anonymous_id=a1")
    return kind, _spelled("--id", kind, value)


def _spelled(argument: str, kind: str, told: str) -> str:
    if kind not in _SPELLED:
        return told
    spell, expected = _SPELLED[kind]
    spelled = spell(told)
    if spelled is None:
        raise WrongUse(f"{argument}: {expected} expected, not {told}")
    return spelled
