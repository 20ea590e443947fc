"""Which format a feed has, and its rows one after the other. Whatever is broken is told, and the rest goes on."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from dampf_cli.errors import CommandError, WrongUse
from dampf_cli.feeds.json_rows import json_rows
from dampf_cli.feeds.rows import Broken, Row, Told, told_by
from dampf_cli.feeds.text_rows import text_rows
from dampf_cli.feeds.xml_rows import xml_rows


def read_feed(path: Path, *, now: datetime, shop_url: str | None = None) -> Iterator[Told | Broken]:
    """Raises CommandError where it cannot be read any further: what came before it stands."""
    known: dict[str, int] = {}
    try:
        for row in _rows(path, shop_url):
            told = told_by(row, now=now) if isinstance(row, Row) else row
            if isinstance(told, Told) and isinstance(row, Row):
                if told.product in known:
                    told = Broken(row.number, row.line, "id", f"row {known[told.product]} has the same")
                else:
                    known[told.product] = row.number
            yield told
    except UnicodeDecodeError:
        raise CommandError(f"{path}: UTF-8 text expected") from None
    except OSError as problem:
        raise WrongUse(f"{path}: {problem.strerror or problem}") from None


def roughly_counted(path: Path) -> int:
    """How many rows there may be, for a progress bar: marks that begin one, or lines."""
    counted = {b"<item": 0, b"<entry": 0, b"\n": 0}
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            for mark in counted:
                counted[mark] += part.count(mark)
    return counted[b"<item"] + counted[b"<entry"] or counted[b"\n"]


def _rows(path: Path, shop_url: str | None) -> Iterator[Row | Broken]:
    with path.open("rb") as file:
        begins = file.read(1000).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if not begins:
        raise CommandError(f"{path}: the file is empty")
    if begins == b"<" or path.suffix.lower() in (".xml", ".rss", ".atom"):
        return xml_rows(path)
    if begins in (b"{", b"["):
        return json_rows(path, shop_url=shop_url)
    return text_rows(path)
