"""`dampf check`: every error and warning of a content folder, all in one go."""

import argparse
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from dampf.campaigns.checking import check_folder
from dampf_cli.errors import WrongUse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "directory", metavar="DIR", nargs="?", type=Path, default=Path("campaigns"), help="default: campaigns"
    )
    parser.add_argument("--json", action="store_true", help="findings as a JSON list")


def main(arguments: argparse.Namespace) -> int:
    return check(arguments.directory, as_json=arguments.json)


def check(directory: Path, *, as_json: bool) -> int:
    """Prints `file:line: message` for each finding; 1 if one of them is an error, else 0."""
    if not directory.is_dir():
        raise WrongUse(f"{directory}: there is no such folder")
    reading = check_folder(directory, now=datetime.now(UTC))
    if as_json:
        print(json.dumps([asdict(finding) for finding in reading.findings], indent=2, ensure_ascii=False))
    else:
        for finding in reading.findings:
            print(replace(finding, file=str(directory / finding.file)))
    return 1 if reading.has_errors else 0
