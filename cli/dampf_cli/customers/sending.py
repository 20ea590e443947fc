"""Where the events of an import go: onto a bus, or into a file that a simulation can play."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from dampf.stores.queues import batches, event_size
from dampf_cli.errors import CommandError
from dampf_cli.putting import NotTaken, put_batch

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
        for batch in batches(entries, size=event_size):
            self._put(batch)

    def _put(self, batch: list[Json]) -> None:
        """Dying before it is done costs a repetition."""
        try:
            refused = put_batch(batch, self.client, self.pause)
        except NotTaken as problem:
            raise CommandError(f"{problem}. Give the command again with --resume") from None
        if refused:
            codes = ", ".join(sorted(set(refused.values())))
            raise CommandError(f"the bus {self.name} refuses events: {codes}")


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
