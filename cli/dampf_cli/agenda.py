"""When the calendar has to run on a virtual clock: at the first instant, and then whenever something can have come.

A shop that has nothing for it never runs it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from dampf.domain.campaign import Catalogue
from dampf.use_cases.calendar import begins_at, begun_day, looked_after, next_run

AFTER_THE_LAST_EVENT: Final = timedelta(days=31)
"""How long waits are played on at most where no end was given."""

Match = Callable[[str, str], bool]


class Agenda:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._is_needed = bool(looked_after(catalogue))
        self._has_dates = bool(catalogue.campaigns_by_date())
        self._ran_at: datetime | None = None
        self._next_at: datetime | None = None
        self._looked_until: datetime | None = None

    def begin(self, at: datetime) -> None:
        """The first instant there is; what comes later changes nothing."""
        if self._is_needed and self._ran_at is None and self._next_at is None:
            self._next_at = at

    def ran(self, at: datetime) -> None:
        self._ran_at, self._next_at, self._looked_until = at, None, None

    def next_at(self, until: datetime, has_match: Callable[[], Match] | None = None) -> datetime | None:
        """The next run, if it comes by then.

        `has_match` makes the answer to whether anybody has a date as things stand. Days on which nothing can fall are
        then left out, but for the last: run on that, the calendar has them behind it before anything changes.
        """
        if self._next_at is None and self._ran_at is not None and not self._has_looked(until):
            self._next_at = self._look(self._ran_at, until, has_match)
            self._looked_until = until
        return self._next_at if self._next_at is not None and self._next_at <= until else None

    def _has_looked(self, until: datetime) -> bool:
        return self._looked_until is not None and until <= self._looked_until

    def _look(self, ran_at: datetime, until: datetime, has_match: Callable[[], Match] | None) -> datetime | None:
        if has_match is None or not self._has_dates:
            return next_run(self._catalogue, after=ran_at, until=until)
        last_day = begins_at(begun_day(until))
        if last_day <= ran_at:
            return next_run(self._catalogue, after=ran_at, until=until, has_match=lambda name, base: False)
        match = next_run(self._catalogue, after=ran_at, until=until, has_match=has_match())
        return min(match, last_day) if match is not None else last_day
