"""`python -m dampf_cli.bench`: measures all, or what `--only` names, and prints it beside the budgets."""

import argparse
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final, Protocol, cast

from dampf_cli.bench.figures import Section, as_json, print_table
from dampf_cli.main import Command, perform

MEASUREMENTS: Final = ("events", "mails", "carts", "history", "simulating", "cold_start", "rendering", "recommending")


class Measurement(Protocol):
    """What a module of this package offers under its name."""

    __doc__: str | None

    def measure(self, *, quick: bool) -> Section: ...


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", metavar="NAMES", type=names, help=f"of {', '.join(MEASUREMENTS)}; with commas")
    parser.add_argument("--quick", action="store_true", help="a tenth of it: shows that it runs, not what it costs")
    parser.add_argument("--json", action="store_true", help="the figures as JSON instead of the table")


def main(arguments: argparse.Namespace) -> int:
    sections = []
    for name in arguments.only or MEASUREMENTS:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        measurement = cast(Measurement, import_module(f"dampf_cli.bench.{name}"))
        sections.append(measurement.measure(quick=arguments.quick))
        if not arguments.json:
            print_table(sections[-1])
            sys.stdout.flush()
    if arguments.json:
        print(json.dumps(as_json(sections), indent=2, ensure_ascii=False))
    return 0


def names(text: str) -> Sequence[str]:
    named = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in named if name not in MEASUREMENTS]
    if unknown or not named:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown) or 'nothing'}: choose from {', '.join(MEASUREMENTS)}")
    return named


def run(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dampf_cli.bench", description="What Dampf costs, beside its budgets."
    )
    add_arguments(parser)
    return perform(cast(Command, sys.modules[__name__]), parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(run())
