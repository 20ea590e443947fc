"""The history in memory: everybody's events, in the order of the table."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain

from dampf.domain.decision import PastEvents
from dampf.domain.event import Event


class HistoryInMemory:
    """Part of `InMemory`."""

    def __init__(self) -> None:
        super().__init__()
        self._history: dict[str, list[Event]] = {}

    def events(self) -> Iterator[Event]:
        """Everybody's history."""
        return chain.from_iterable(self._history.values())

    def history(self, profile: str) -> Sequence[Event]:
        """The events that lie under this very id, oldest first."""
        return self._history.get(profile, ())

    def _record(self, profile: str, event: Event) -> None:
        """In the order of the history table: by instant, then by key."""
        history = self._history.setdefault(profile, [])
        if not history or history[-1].at < event.at:
            history.append(event)
            return
        place = bisect_left(history, (event.at, event.key), key=_row)
        if place < len(history) and _row(history[place]) == _row(event):
            history[place] = event
        else:
            history.insert(place, event)

    def _event(self, profile: str, at: datetime, key: str) -> Event | None:
        history = self._history.get(profile, [])
        place = bisect_left(history, (at, key), key=_row)
        return history[place] if place < len(history) and _row(history[place]) == (at, key) else None

    def _past(self, persons: Sequence[str], question: PastEvents) -> tuple[Event, ...]:
        found = []
        for person in persons:
            history = self._history.get(person, [])
            start = bisect_left(history, question.since, key=_at)
            found += [event for event in history[start:] if event.name == question.name]
        return tuple(sorted(found, key=_row, reverse=True))


def _row(event: Event) -> tuple[datetime, str]:
    return (event.at, event.key)


def _at(event: Event) -> datetime:
    return event.at
