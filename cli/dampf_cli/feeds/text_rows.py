"""Feeds of one line for each product: CSV with commas or semicolons, and Google's tab-separated text."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dampf_cli.errors import CommandError
from dampf_cli.feeds.rows import ALIASES, Broken, Row

_DELIMITERS: Final = ("\t", ";", ",")


def text_rows(path: Path) -> Iterator[Row | Broken]:
    """Raises CommandError where there is no header with an id, or no text."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        delimiter = max(_DELIMITERS, key=first.count)
        reader = csv.reader(file, delimiter=delimiter)
        header = [name.strip().lower().replace(" ", "_").removeprefix("g:") for name in next(reader, [])]
        if not set(ALIASES["id"]) & set(header):
            raise CommandError(f"{path}:1: a header with a column `id` expected")
        number = 0
        try:
            for values in reader:
                if not any(value.strip() for value in values):
                    continue
                number += 1
                if len(values) == len(header):
                    yield Row(number, reader.line_num, dict(zip(header, values, strict=True)))
                else:
                    reason = f"{len(header)} columns expected, not {len(values)}"
                    yield Broken(number, reader.line_num, "", reason)
        except csv.Error as problem:
            raise CommandError(f"{path}:{reader.line_num}: {problem}") from None
