"""Collect: what browsers tell goes onto the shop's bus, if it comes from the shop's pages and is within bounds.

Nothing here proves who sends: key and origin keep out pages of others, not programs. Hence what is believed of it is
little, and a flood costs us little: one event a request, so many a minute from one address.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from dampf.doors.browser import ANY_ORIGIN, event_of, read_told
from dampf.doors.envelope import Malformed
from dampf.use_cases.ports.queues import Bus

LONGEST_BODY: Final = 16 * 1024
MOST_PER_MINUTE: Final = 120
"""Events from one address, as one running function sees them; an office behind one address stays below it."""

MINUTE: Final = timedelta(minutes=1)
MOST_ADDRESSES: Final = 10_000
"""Remembered at a time; beyond that all are forgotten, which only forgives."""


class Visit(NamedTuple):
    """One request of a page. `address` is counted and forgotten, never kept."""

    origin: str
    address: str
    body: bytes


class Answer(NamedTuple):
    """`status` as HTTP has it; `reason` holds no value of what was sent."""

    status: int
    reason: str


@dataclass(kw_only=True, slots=True)
class Collect:
    bus: Bus
    key: str
    origins: frozenset[str]
    counted: dict[str, int] = field(default_factory=dict)
    counted_since: datetime | None = None

    def __call__(self, visit: Visit, *, now: datetime) -> Answer:
        """Dying before the answer costs nothing: the event's id is the page's own, so it may come again."""
        if len(visit.body) > LONGEST_BODY:
            return Answer(413, f"at most {LONGEST_BODY} bytes expected")
        if visit.origin not in self.origins and ANY_ORIGIN not in self.origins:
            return Answer(403, "this page is not of the shop: AllowedOrigins does not name it")
        if not self._is_within_rate(visit.address, now):
            return Answer(429, f"at most {MOST_PER_MINUTE} events a minute expected")
        try:
            told = read_told(visit.body)
            if told.get("key") != self.key:
                return Answer(403, "the stack's BrowserKey expected as key")
            event = event_of(told, origins=self.origins, now=now)
        except Malformed as problem:
            return Answer(400, str(problem))
        self.bus.put([event])
        return Answer(202, "taken")

    def _is_within_rate(self, address: str, now: datetime) -> bool:
        if (
            self.counted_since is None
            or not timedelta(0) <= now - self.counted_since < MINUTE
            or len(self.counted) >= MOST_ADDRESSES
        ):
            self.counted, self.counted_since = {}, now
        count = self.counted.get(address, 0) + 1
        self.counted[address] = count
        return count <= MOST_PER_MINUTE
