"""Reads event files: EventBridge envelopes as JSON lines, as one JSON array, or as one pretty-printed object.

It reports what is no envelope by its number and goes on; what an envelope means is the doors' affair.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from json import dumps
from pathlib import Path
from typing import Any, Final

from pydantic_core import from_json

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """`number` counts lines from 1, in an array its elements from 1. Either `envelope` or `error` is there."""

    number: int
    envelope: dict[str, Any] | None = None
    error: str | None = None


def read_events(path: str | Path) -> Iterator[Line]:
    """Each event of the file, streamed where it is JSON lines. An event without an `id` gets a hash of its line.

    So a line that stands there twice is the same event twice.
    """
    with Path(path).open("rb") as file:
        is_first = True
        for number, raw in enumerate(file, start=1):
            text = raw.removeprefix(BYTE_ORDER_MARK).strip() if number == 1 else raw.strip()
            if not text:
                continue
            if is_first and (text[:1] == b"[" or text == b"{"):
                yield from _read_whole(number, text + b"\n" + file.read())
                return
            is_first = False
            yield _read_line(number, text)


def _read_line(number: int, text: bytes) -> Line:
    try:
        envelope = from_json(text, allow_inf_nan=False)
    except ValueError as problem:
        return Line(number, error=f"no JSON: {_in_our_words(problem)}")
    return _with_id(number, envelope, text)


def _read_whole(number: int, text: bytes) -> Iterator[Line]:
    try:
        content = from_json(text, allow_inf_nan=False)
    except ValueError as problem:
        yield Line(number, error=f"no JSON: {_in_our_words(problem)}")
        return
    if isinstance(content, dict):
        yield _with_id(number, content, _canonical(content))
        return
    for position, envelope in enumerate(content, start=1):
        yield _with_id(position, envelope, _canonical(envelope))


def _with_id(number: int, envelope: Any, text: bytes) -> Line:
    if not isinstance(envelope, dict):
        return Line(number, error="an object expected")
    if envelope.get("id") is None:
        return Line(number, {**envelope, "id": blake2b(text, digest_size=16).hexdigest()})
    return Line(number, envelope)


def _canonical(value: Any) -> bytes:
    return dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


def _in_our_words(problem: ValueError) -> str:
    """The parser's message says what it expected and where; it never quotes the text."""
    return str(problem).splitlines()[0]
