"""What is due, earliest first: a heap from which rows that moved on are only dropped when they come up."""

from collections.abc import Iterator
from datetime import datetime
from heapq import heappop, heappush

from dampf.use_cases.ports.occasions import Due


class DueHeap:
    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str, str, str]] = []
        self._due: dict[tuple[str, str, str], datetime] = {}

    def move(self, profile: str, row: str, name: str, due_at: datetime | None) -> None:
        """The row is due then, and no longer at any other time; None: it waits for nothing."""
        place = (profile, row, name)
        if due_at is None:
            if self._due:
                self._due.pop(place, None)
        elif self._due.get(place) != due_at:
            self._due[place] = due_at
            heappush(self._heap, (due_at, *place))

    def at(self, profile: str, row: str, name: str) -> datetime | None:
        return self._due.get((profile, row, name))

    def next_at(self) -> datetime | None:
        self._drop_outdated()
        return self._heap[0][0] if self._heap else None

    def until(self, instant: datetime) -> Iterator[Due]:
        """Rows stay due until they are moved; they may be while this is read."""
        found: list[tuple[datetime, str, str, str]] = []
        self._drop_outdated()
        while self._heap and self._heap[0][0] <= instant:
            entry = heappop(self._heap)
            if not found or found[-1] != entry:  # it may have been due then, not at all, and then again
                found.append(entry)
            self._drop_outdated()
        for entry in found:
            heappush(self._heap, entry)
        return (Due(profile=profile, row=row, due_at=due_at, name=name) for due_at, profile, row, name in found)

    def _drop_outdated(self) -> None:
        while self._heap and self._due.get(self._heap[0][1:]) != self._heap[0][0]:
            heappop(self._heap)
