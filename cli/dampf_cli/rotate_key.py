"""`dampf rotate-key`: a new key for the links of mails."""

import argparse
import json

from dampf.stores.tokens import add_key
from dampf_cli import stack
from dampf_cli.stack import stack_of

EXPLAINED = """
Links are signed by the newest key and verified by all of them, so mails already sent keep working. Functions read of
the new key within five minutes, or when they first meet a link that it signed; nothing has to be deployed.

Keys beyond --keep are forgotten, and links that they signed do not work any more: with ten keys, and a new one each
year, that takes longer than a link is valid.
"""

MOST_KEPT = 60
"""A SecureString of the standard tier holds 4 KB, some ninety keys."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXPLAINED
    stack.add_arguments(parser)
    parser.add_argument(
        "--keep",
        metavar="N",
        type=int,
        choices=range(1, MOST_KEPT + 1),
        default=10,
        help="earlier keys that still verify, 1 to 60 (default: 10)",
    )


def main(arguments: argparse.Namespace) -> int:
    with stack_of(arguments) as deployed:
        keys = add_key(deployed.client("ssm"), deployed.output("TokenKeys"), keeping=arguments.keep)
    print(json.dumps({"keys": keys}) if arguments.json else f"A new key signs; {keys} verify, the new one among them.")
    return 0
