"""`dampf import`: what a shop has already, brought in from files."""

import argparse
from importlib import import_module
from typing import Final, cast

from dampf_cli.main import Command

KINDS: Final = {
    "products": "a feed of products into the catalogue: Google Merchant XML or text, Shopify JSON, CSV, JSON lines",
    "profiles": "a CSV file of customers as historical events: nothing starts, nobody is mailed",
}
"""Each is a module `dampf_cli.import_KIND` that offers what a command does."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    for kind, purpose in KINDS.items():
        added = kinds.add_parser(kind, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
        _module(kind).add_arguments(added)


def main(arguments: argparse.Namespace) -> int:
    return _module(arguments.kind).main(arguments)


def _module(kind: str) -> Command:
    return cast(Command, import_module(f"dampf_cli.import_{kind}"))
