"""Troubles: what sends work back to its queue, for how long, and what may be said of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from traceback import extract_tb
from types import TracebackType
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

    def on_fault(self, records: Iterable[Received] = (), then: Callable[[], None] = lambda: None) -> "OnFault":
        """A block: where it fails these come again, `then` is called, and everything else goes on."""
        return OnFault(self, records, then)


class OnFault:
    """What `contextlib.contextmanager` would make of a generator, at a third of its cost: every event passes some."""

    __slots__ = ("_back", "_records", "_then")

    def __init__(self, back: SentBack, records: Iterable[Received], then: Callable[[], None]) -> None:
        self._back, self._records, self._then = back, records, then

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(fault, Exception):  # whatever else it is, the queue or the clock brings it again
            return False
        self._back.troubles.append(trouble_of(fault))
        self._back.again(self._records)
        self._then()
        return True


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
