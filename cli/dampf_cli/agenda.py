"""When the calendar has to run on a virtual clock: at the first instant, and then whenever something can have come.

A shop that has nothing for it never runs it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from dampf.domain.catalogue import Catalogue
from dampf.use_cases.calendar import begins_at, begun_day, looked_after, next_run

AFTER_THE_LAST_EVENT: Final = timedelta(days=31)
"""How long waits are played on at most where no end was given."""

A_MOMENT: Final = timedelta(microseconds=1)
_A_YEAR: Final = timedelta(days=366)

Match = Callable[[str, str], bool]
"""Whether anybody has a date of that name on that base."""


class Agenda:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._is_needed = bool(looked_after(catalogue))
        self._has_dates = bool(catalogue.campaigns_by_date())
        self._ran_at: datetime | None = None
        self._next_at: datetime | None = None

    def begin(self, at: datetime) -> None:
        """The first instant there is; what comes later changes nothing."""
        if self._is_needed and self._ran_at is None and self._next_at is None:
            self._next_at = at

    @property
    def is_first(self) -> bool:
        """Whether the first run is still to come."""
        return self._ran_at is None and self._next_at is not None

    def ran(self, at: datetime) -> None:
        self._ran_at, self._next_at = at, None

    def next_at(self) -> datetime | None:
        """The next run: each schedule, and each day."""
        if self._next_at is None and self._ran_at is not None:
            until = self._ran_at + _A_YEAR
            self._next_at = next_run(self._catalogue, after=self._ran_at, until=until) or until
        return self._next_at

    def next_with_match(self, until: datetime, has_match: Callable[[], Match]) -> datetime | None:
        """The next run that can find anybody, as things stand; or that on the last day up to `until`.

        Run on that, the calendar has the days before it behind it when something changes. `has_match` is only asked for
        where there is such a day.
        """
        if self._ran_at is None:
            return self._next_at
        last_day = begins_at(begun_day(until))
        if not self._has_dates or last_day <= self._ran_at:
            return next_run(self._catalogue, after=self._ran_at, until=until, has_match=_nobody)
        match = next_run(self._catalogue, after=self._ran_at, until=until, has_match=has_match())
        return min(match, last_day) if match is not None else last_day


def _nobody(name: str, base: str) -> bool:
    return False
