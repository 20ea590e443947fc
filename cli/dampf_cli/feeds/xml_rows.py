"""Google Merchant's XML, as RSS 2.0 or Atom, read item by item.

A document type declaration is refused: without one there are no entities, neither bombs nor remote ones.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from dampf_cli.errors import CommandError
from dampf_cli.feeds.rows import Row

GOOGLE: Final = "http://base.google.com/ns/1.0"
_ITEMS: Final = frozenset({"item", "entry"})
_AT_ONCE: Final = 1 << 16
_LONGEST_FIELD: Final = 20_000
"""Characters: descriptions may be long; what is longer is cut, for nobody reads it here."""


def xml_rows(path: Path) -> Iterator[Row]:
    """Raises CommandError, with the line, where the document is none or declares a type."""
    reader = _Reader(path)
    with path.open("rb") as file:
        part = b"first"
        while part:
            part = file.read(_AT_ONCE)
            problem = reader.feed(part, is_last=not part)
            yield from reader.taken()
            if problem is not None:
                raise problem


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._rows: list[Row] = []
        self._number = 0
        self._line = 0
        self._depth = 0  # within an item; 0 is outside
        self._field: str | None = None
        self._fields: dict[str, str] = {}
        self._parts: list[str] = []

    def feed(self, part: bytes, *, is_last: bool) -> CommandError | None:
        """Why it can go no further; the items before are good."""
        try:
            self._parser.Parse(part, is_last)
        except expat.ExpatError as problem:
            return CommandError(f"{self._path}:{problem.lineno}: no XML: {expat.ErrorString(problem.code)}")
        return None

    def taken(self) -> Iterator[Row]:
        yield from self._rows
        self._rows.clear()

    def _refuse_doctype(self, *_: Any) -> None:
        line = self._parser.CurrentLineNumber
        raise CommandError(f"{self._path}:{line}: a DOCTYPE is refused: a product feed needs none, and it may do harm")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if self._depth == 0:
            if local in _ITEMS:
                self._depth, self._line, self._fields = 1, self._parser.CurrentLineNumber, {}
            return
        self._depth += 1
        if self._depth == 2:
            self._parts = []
            of_google = space == GOOGLE
            self._field = local if of_google or local not in self._fields else None
            if local == "link" and attributes.get("href"):
                self._parts.append(attributes["href"])

    def _end(self, name: str) -> None:
        if self._depth == 0:
            return
        if self._depth == 2 and self._field is not None:
            self._fields[self._field] = "".join(self._parts)[:_LONGEST_FIELD]
            self._field = None
        self._depth -= 1
        if self._depth == 0:
            self._number += 1
            self._rows.append(Row(self._number, self._line, self._fields))

    def _text(self, text: str) -> None:
        if self._depth == 2 and self._field is not None:
            self._parts.append(text)
