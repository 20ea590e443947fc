"""The calendar's and the audiences' twins in memory."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from dampf.use_cases.ports.queues import AudienceTask, NewsTask

MOST_ON_A_PAGE: Final = 100


class DateIndex:
    """Whose date is on which day of the year."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, str], str] = {}
        self._profiles: dict[tuple[str, str], dict[str, str]] = {}

    def move(self, profile: str, name: str, day: date | None) -> None:
        """The profile's date of that name is on this day and on no other; None: there is none."""
        before = self._days.pop((profile, name), None)
        if before is not None:
            del self._profiles[name, before][profile]
        if day is not None:
            year, month_and_day = day.isoformat()[:4], day.isoformat()[5:]
            self._days[profile, name] = month_and_day
            self._profiles.setdefault((name, month_and_day), {})[profile] = year

    def forget(self, profile: str) -> None:
        for name in [name for person, name in self._days if person == profile]:
            self.move(profile, name, None)

    def on(self, name: str, base: str) -> Iterator[str]:
        year, month_and_day = base[:-5].rstrip("-"), base[-5:]
        found = self._profiles.get((name, month_and_day), {})
        return (profile for profile, theirs in sorted(found.items()) if not year or theirs == year)


class InterestIndex:
    """Who has which product on their mind."""

    def __init__(self) -> None:
        self._profiles: dict[str, set[str]] = {}

    def move(self, profile: str, product: str, *, is_there: bool) -> None:
        profiles = self._profiles.setdefault(product, set())
        (profiles.add if is_there else profiles.discard)(profile)

    def forget(self, profile: str) -> None:
        for profiles in self._profiles.values():
            profiles.discard(profile)

    def after(self, product: str, after: str | None) -> tuple[tuple[str, ...], str | None]:
        profiles = sorted(self._profiles.get(product, ()))
        start = bisect_right(profiles, after) if after is not None else 0
        page = tuple(profiles[start : start + MOST_ON_A_PAGE])
        return page, page[-1] if start + MOST_ON_A_PAGE < len(profiles) else None


class MemoryMarks:
    def __init__(self) -> None:
        self._reached: dict[str, str] = {}

    def marks(self) -> dict[str, str]:
        return dict(self._reached)

    def mark(self, campaign: str, reached: str) -> None:
        self._reached[campaign] = reached

    def forget(self, campaign: str) -> None:
        self._reached.pop(campaign, None)


class MemoryAudienceTasks:
    def __init__(self) -> None:
        self.tasks: deque[AudienceTask | NewsTask] = deque()

    def put(self, tasks: Sequence[AudienceTask | NewsTask], *, delay: timedelta = timedelta(0)) -> None:
        self.tasks.extend(tasks)
