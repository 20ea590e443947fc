"""The virtual clock: one file that holds the instant which every function takes for now.

The player writes it between two instants; the functions read it through `runtime.now()`, by way of
`DAMPF_CLOCK_FILE`. It says nothing to SigV4, which needs real time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path


class VirtualClock:
    """Sets the instant atomically: a reader sees the old one or the new one, never half of it."""

    def __init__(self, path: Path, *, start: datetime) -> None:
        self.path = path
        self._now = start
        self.set(start)

    def now(self) -> datetime:
        return self._now

    def set(self, instant: datetime) -> None:
        """Going back is allowed: a shop's events may be replayed from their beginning."""
        if instant.tzinfo is None:
            raise ValueError(f"the virtual clock takes aware instants, not {instant.isoformat()}")
        instant = instant.astimezone(UTC)
        draft = self.path.with_name(self.path.name + ".new")
        draft.write_text(iso_instant(instant) + "\n", encoding="ascii")
        draft.replace(self.path)
        self._now = instant


def iso_instant(instant: datetime) -> str:
    """ISO 8601 in UTC with `Z`; microseconds only where there are some: `2026-11-20T11:00:00Z`."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
