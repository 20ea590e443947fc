"""Where the events of an import go: onto a bus, or into a file that a simulation can play."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from dampf_cli.errors import CommandError

MOST_AT_ONCE: Final = 10
MOST_BYTES: Final = 250_000
"""Of one PutEvents; EventBridge takes ten entries and 256 KB."""

_TRIES: Final = 8

Json = dict[str, Any]


class Target(Protocol):
    def put(self, envelopes: Sequence[Json]) -> None:
        """All of them are there when it returns. Raises CommandError."""
        ...


@dataclass(kw_only=True)
class OntoBus:
    client: Any
    name: str
    pause: Callable[[float], None] = field(default=time.sleep)

    def put(self, envelopes: Sequence[Json]) -> None:
        entries = [
            {
                "EventBusName": self.name,
                "Source": each["source"],
                "DetailType": each["detail-type"],
                "Detail": json.dumps(each["detail"], ensure_ascii=False, separators=(",", ":")),
            }
            for each in envelopes
        ]
        for some in _portions(entries):
            self._put(some)

    def _put(self, entries: list[Json]) -> None:
        """What the bus throttles comes again, later each time; dying before it is done costs a repetition."""
        for attempt in range(_TRIES):
            if attempt:
                self.pause(min(0.1 * 2**attempt, 10))
            answer = self.client.put_events(Entries=entries)
            if not answer.get("FailedEntryCount"):
                return
            failed = [place for place, each in enumerate(answer["Entries"]) if each.get("ErrorCode")]
            reason = answer["Entries"][failed[0]]["ErrorCode"]
            entries = [entries[place] for place in failed]
        raise CommandError(f"the bus {self.name} does not take events: {reason}. Give the command again with --resume")


@dataclass(kw_only=True)
class IntoFile:
    """As event files are: one JSON line each."""

    file: Any

    def put(self, envelopes: Sequence[Json]) -> None:
        self.file.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in envelopes)


class Nowhere:
    def put(self, envelopes: Sequence[Json]) -> None:
        pass


class Progress:
    """How far a file was imported, in a small file beside it, so that an interrupted import goes on from there.

    `same` says what has to be the same for that: another file or mapping begins anew.
    """

    def __init__(self, file: Path, same: str) -> None:
        self._path, self._same = file.with_name(file.name + ".progress"), same

    def row(self) -> int:
        """The last row that is on the bus; 0 where there is no such import."""
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return 0
        is_same = isinstance(told, dict) and told.get("same") == self._same and isinstance(told.get("row"), int)
        return told["row"] if is_same else 0

    def reached(self, row: int) -> None:
        """Dying before it repeats some rows, which their ids make harmless."""
        part = self._path.with_name(self._path.name + ".part")
        part.write_text(json.dumps({"same": self._same, "row": row}), encoding="utf-8")
        part.replace(self._path)

    def over(self) -> None:
        self._path.unlink(missing_ok=True)


@contextmanager
def into_file(path: Path) -> Iterator[IntoFile]:
    with path.open("w", encoding="utf-8") as file:
        yield IntoFile(file=file)


def _portions(entries: Sequence[Json]) -> Iterator[list[Json]]:
    portion: list[Json] = []
    size = 0
    for entry in entries:
        bytes_of = len(entry["Detail"].encode()) + len(entry["DetailType"]) + len(entry["Source"])
        if portion and (len(portion) == MOST_AT_ONCE or size + bytes_of > MOST_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(entry)
        size += bytes_of
    if portion:
        yield portion
