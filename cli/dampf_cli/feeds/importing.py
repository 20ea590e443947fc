"""A feed into a catalogue, a hundred products at a time."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from dampf.domain.assortment import Telling, news
from dampf.use_cases.keep_products import KeepProducts
from dampf.use_cases.ports.products import Products
from dampf_cli.errors import CommandError, WrongUse
from dampf_cli.feeds.reading import read_feed
from dampf_cli.feeds.rows import Broken, Told

AT_ONCE: Final = 100
"""Products of one read and one write."""


@dataclass(slots=True)
class Imported:
    """What came of a feed: rows by what became of their products, events by name, and the rows that were left out.

    `named` are all products of the feed; `gone` are those that it does not name any more.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    named: set[str] = field(default_factory=set)
    events: Counter[str] = field(default_factory=Counter)
    broken: list[Broken] = field(default_factory=list)
    stopped: str | None = None


def import_feed(
    told: Iterable[Told | Broken], keep: KeepProducts, imported: Imported, *, now: datetime, currency: str | None = None
) -> Iterator[int]:
    """Takes a hundred products at a time into `imported`, and gives how many rows that were.

    Dying between leaves the rest out: importing again writes what is missing and nothing else. A feed that cannot be
    read any further stops there.
    """
    for rows in _parts(told, imported):
        tellings = [telling_of(row, now=now, currency=currency) for row in rows if isinstance(row, Told)]
        imported.broken += [row for row in rows if isinstance(row, Broken)]
        imported.named.update(row.product for row in rows)
        if tellings:
            kept = keep(tellings, now=now)
            imported.new += kept.new
            imported.changed += kept.changed
            imported.unchanged += len(tellings) - kept.new - kept.changed
            imported.events.update(event.name for event in kept.announced)
        yield len(rows)


def take_off_the_rest(products: Products, keep: KeepProducts, imported: Imported, *, now: datetime) -> None:
    """What the feed does not name is sold no more; nothing is, where nobody can tell what it names.

    When the product was told last stays as it is: should it come back, its row may be older than this.
    """
    unknown = next((row for row in imported.broken if not row.product and row.field != "id"), None)
    if unknown is not None:
        imported.stopped = f"nobody can tell which product row {unknown.number} is, so none was taken off"
    if imported.stopped or not imported.named - {""}:
        return
    gone = [product for product in products.each() if product.available and product.id not in imported.named]
    for start in range(0, len(gone), AT_ONCE):
        some, told = gone[start : start + AT_ONCE], {"available": False}
        keep([news(each.id, told, at=each.updated_at, is_dated=False) for each in some], now=now)
    imported.gone = len(gone)


def _parts(told: Iterable[Told | Broken], imported: Imported) -> Iterator[list[Told | Broken]]:
    each = iter(told)
    while True:
        part: list[Told | Broken] = []
        try:
            while len(part) < AT_ONCE and (row := next(each, None)) is not None:
                part.append(row)
        except WrongUse:
            raise
        except CommandError as problem:
            imported.stopped = str(problem)
        if not part:
            return
        yield part


def telling_of(told: Told, *, now: datetime, currency: str | None = None) -> Telling:
    fields = {"currency": currency, **told.fields}
    return news(told.product, fields, at=told.at or now, is_dated=told.at is not None)


def known_beforehand(path: Path, keep: KeepProducts, *, now: datetime) -> list[str]:
    """The products of a file, before a playback begins; gives what was left out, a line each."""
    imported = Imported()
    for _ in import_feed(read_feed(path, now=now), keep, imported, now=now):
        pass
    return [*(f"{path}:{broken}" for broken in imported.broken), *([imported.stopped] if imported.stopped else [])]
