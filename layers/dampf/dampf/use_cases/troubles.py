"""Troubles: what sends work back to its queue, for how long, and what may be said of it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from traceback import extract_tb
from typing import Final, NamedTuple, Protocol

LONGEST_PAUSE: Final = 300


class Trouble(NamedTuple):
    """`kind` is the exception's name, with AWS's code where there is one; `place` where in our code it came up.

    Never its message: that may repeat an address or whatever else a row holds, and troubles are logged.
    """

    kind: str
    place: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.place}"


class Received(Protocol):
    """A queue's message, and how often it was received."""

    @property
    def id(self) -> str: ...
    @property
    def tries(self) -> int: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class SentBack:
    """What of a batch comes again: records by id, each with the seconds until then, and the troubles that were met."""

    retry: dict[str, int] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)

    def again(self, records: Iterable[Received]) -> None:
        self.retry.update((record.id, pause_before_next(record.tries)) for record in records)

    @contextmanager
    def on_fault(self, records: Iterable[Received] = ()) -> Iterator[None]:
        """Where the block fails these come again, and everything else goes on."""
        try:
            yield
        except Exception as fault:  # noqa: BLE001  whatever it is, the queue or the clock brings it again
            self.troubles.append(trouble_of(fault))
            self.again(records)


def trouble_of(fault: Exception) -> Trouble:
    response = getattr(fault, "response", None)  # a ClientError of botocore, which is unknown here
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    frames = extract_tb(fault.__traceback__)
    ours = [frame for frame in frames if "/dampf/" in frame.filename] or frames
    place = f"{ours[-1].filename.rpartition('/')[2]}:{ours[-1].lineno}" if ours else "unknown"
    return Trouble(f"{type(fault).__name__}: {code}" if code else type(fault).__name__, place)


def pause_before_next(tries: int) -> int:
    """Seconds until what was received that often comes again: 2, 4, 8, doubling up to five minutes.

    Twenty tries, after which a queue gives up, thus last an hour: a fault of minutes costs seconds, and a longer one
    sends nobody to the dead letters soon.
    """
    return int(min(2**tries, LONGEST_PAUSE))
