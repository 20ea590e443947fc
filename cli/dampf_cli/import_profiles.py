"""`dampf import profiles`: a CSV file of customers as historical events, which change profiles and mail nobody."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import boto3

from dampf import runtime
from dampf.campaigns.catalogue import catalogue_of
from dampf.campaigns.content import Content
from dampf.doors.envelope import instant
from dampf_cli import profile_files
from dampf_cli.arguments import url_argument
from dampf_cli.arrivals import Arrival
from dampf_cli.customers.columns import Mapping, mapping_of
from dampf_cli.customers.rows import Row, Trouble, headings_of, rows_of
from dampf_cli.customers.sending import IntoFile, Nowhere, OntoBus, Progress, Target, into_file
from dampf_cli.errors import WrongUse
from dampf_cli.pages.words import plural
from dampf_cli.progress import progress_through
from dampf_cli.simulation import Simulation
from dampf_cli.stack import CLIENT_CONFIG, stack_of

MOST_SHOWN: Final = 100
ROWS_AT_ONCE: Final = 200

EXPLAINED = """
Each row becomes events of the past: `identify`, `Customer Registered`, `Consent Granted` or `Consent Withdrawn`,
`Email Bounced`, and `Profile Imported` with the row's numbers, which metrics.yaml may count. Nothing starts by them and
nobody is mailed. The same row twice is the same event, so a file may be imported again. Who was erased stays erased.

Columns are recognised by the headings of Shopify's, Mailchimp's and Klaviyo's exports, and by common English and German
ones. A mapping file says what others are:

  columns:
    "Kd-Nr": customer_id
    "Haarfarbe": trait.hair
    "Seit": consent.marketing.at
    "Umsatz": property.revenue
    "Interne Notiz": ignore
  consent: { source: "old newsletter tool", wording: "Yes, send me the newsletter" }
  timezone: Europe/Berlin

With a column that says so, yes and subscribed grant, unsubscribed withdraws, no and nothing say nothing; without one a
time of consent grants.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXPLAINED
    parser.add_argument("customers", metavar="FILE.csv", type=Path, help="UTF-8; parted by comma, semicolon or tab")
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--stack", metavar="NAME", help="the deployed stack")
    target.add_argument("--bus", metavar="NAME", help="an event bus, where the stack cannot be looked up")
    target.add_argument("--out", metavar="FILE.jsonl", type=Path, help="an event file, for `dampf simulate`")
    parser.add_argument("--endpoint-url", metavar="URL", type=url_argument, help="of an emulator, instead of AWS")
    parser.add_argument("--mapping", metavar="FILE.yaml", type=Path, help="what the columns are, see below")
    parser.add_argument(
        "--as-of", metavar="INSTANT", help="when the file was true; newer events win. Default: when it was last changed"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would come of it, and send nothing")
    parser.add_argument("--resume", action="store_true", help="go on where an interrupted import of this file stopped")
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")


def main(arguments: argparse.Namespace) -> int:
    if not arguments.dry_run and not (arguments.stack or arguments.bus or arguments.out):
        raise WrongUse("say where to: --stack NAME, --bus NAME or --out FILE.jsonl; or --dry-run")
    file: Path = arguments.customers
    now = runtime.now()
    headings, delimiter = headings_of(file)
    mapping = mapping_of(headings, arguments.mapping)
    as_of = _as_of(arguments.as_of, file, now)
    progress = Progress(file, _same(arguments, headings))
    starts_after = progress.row() if arguments.resume else 0
    imported = Imported(starts_after=starts_after)
    with _target(arguments) as target, progress_through(_lines(file), "rows") as advance:
        batch: list[Row] = []
        for row in rows_of(file, mapping, delimiter, as_of=as_of, now=now):
            advance(1)
            if row.number <= starts_after:
                continue
            batch.append(row)
            if len(batch) == ROWS_AT_ONCE:
                _take(batch, target, progress, imported)
                batch = []
        _take(batch, target, progress, imported)
    if _is_on_bus(target):
        progress.over()
    _report(arguments, mapping, imported, now)
    return 1 if imported.refused else 0


class Imported:
    """What came of the rows; only the first troubles are kept, however many there are."""

    def __init__(self, *, starts_after: int) -> None:
        self.starts_after = starts_after
        self.rows = self.events = self.refused = self.left_out = 0
        self.troubles: list[Trouble] = []
        self.first: list[dict[str, Any]] = []

    def add(self, row: Row) -> None:
        self.rows += bool(row.envelopes)
        self.events += len(row.envelopes)
        self.refused += not row.envelopes
        self.left_out += sum(not trouble.is_refused for trouble in row.troubles)
        self.troubles += row.troubles[: MOST_SHOWN - len(self.troubles)]
        self.first = self.first or row.envelopes


def _take(batch: list[Row], target: Target, progress: Progress, imported: Imported) -> None:
    """Dying in between repeats these rows, whose events have the same ids."""
    if not batch:
        return
    target.put([envelope for row in batch for envelope in row.envelopes])
    for row in batch:
        imported.add(row)
    if _is_on_bus(target):
        progress.reached(batch[-1].number)


def _is_on_bus(target: Target) -> bool:
    return isinstance(target, OntoBus)


@contextmanager
def _target(arguments: argparse.Namespace) -> Iterator[OntoBus | IntoFile | Nowhere]:
    if arguments.dry_run:
        yield Nowhere()
    elif arguments.out is not None:
        with into_file(arguments.out) as file:
            yield file
    elif arguments.bus is not None:
        client = boto3.client("events", endpoint_url=arguments.endpoint_url, config=CLIENT_CONFIG)
        yield OntoBus(client=client, name=arguments.bus)
    else:
        with stack_of(arguments) as deployed:
            yield OntoBus(client=deployed.client("events"), name=deployed.output("BusName"))


def _as_of(told: str | None, file: Path, now: datetime) -> datetime:
    if told is None:
        return min(datetime.fromtimestamp(file.stat().st_mtime, UTC), now)
    try:
        return min(instant(told), now)
    except ValueError as problem:
        raise WrongUse(f"--as-of: {problem}") from None


def _same(arguments: argparse.Namespace, headings: list[str]) -> str:
    """What an interrupted import must have in common with this one."""
    file = arguments.customers.stat()
    mapping = arguments.mapping.read_text(encoding="utf-8") if arguments.mapping else ""
    told = [headings, file.st_size, file.st_mtime_ns, mapping, arguments.stack, arguments.bus]
    return sha256(json.dumps(told).encode()).hexdigest()


def _lines(file: Path) -> int:
    """Rows, but for fields of several lines: near enough for a bar."""
    with file.open("rb") as lines:
        return max(0, sum(1 for _ in lines) - 1)


# --- what is shown ------------------------------------------------------------------------------------------------


def _report(arguments: argparse.Namespace, mapping: Mapping, imported: Imported, now: datetime) -> None:
    for trouble in imported.troubles:
        print(f"{arguments.customers}:{trouble}", file=sys.stderr)
    more = imported.refused + imported.left_out - len(imported.troubles)
    if more > 0:
        print(f"{arguments.customers}: and {more} more", file=sys.stderr)
    sample = _sample(imported.first, now) if arguments.dry_run and imported.first else None
    if arguments.json:
        print(json.dumps(_as_json(mapping, imported, sample), indent=2, ensure_ascii=False))
        return
    if arguments.dry_run:
        for heading, target in zip(mapping.headings, mapping.targets, strict=True):
            print(f"{heading} → {target or 'not read'}")
        if sample is not None:
            print("The first row as a profile:")
            print(json.dumps(sample, indent=2, ensure_ascii=False))
    elif unread := mapping.unread():
        print(f"Not read: {', '.join(unread)}.")
    if imported.starts_after:
        print(f"Went on after row {imported.starts_after}.")
    verb = "would be" if arguments.dry_run else "was" if imported.rows == 1 else "were"
    rows, events, refused = (
        plural(imported.rows, "row"),
        plural(imported.events, "event"),
        plural(imported.refused, "row"),
    )
    print(f"{rows} {verb} imported as {events}; {refused} refused.")


def _sample(envelopes: list[dict[str, Any]], now: datetime) -> dict[str, Any] | None:
    """Through the code that functions run, so that it is what will be."""
    shop = {"name": "Shop", "sender": "shop@shop.example", "timezone": "UTC", "opt_in": "single"}
    catalogue = catalogue_of(Content(shop=shop))
    simulation = Simulation(catalogue)
    simulation.play([Arrival(now, number, envelope) for number, envelope in enumerate(envelopes)], until=now)
    states = list(simulation.store.states())
    return profile_files.as_json(states[0].profile, catalogue) if states else None


def _as_json(mapping: Mapping, imported: Imported, sample: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "columns": dict(zip(mapping.headings, mapping.targets, strict=True)),
        "rows": imported.rows,
        "events": imported.events,
        "refused": imported.refused,
        "left_out": imported.left_out,
        "troubles": [trouble._asdict() for trouble in imported.troubles],
        "resumed_after": imported.starts_after or None,
        "sample": sample,
    }
