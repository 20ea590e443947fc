"""When recommendations are learnt on a virtual clock: in the night after something happened."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

from dampf.domain.catalogue import Catalogue

LEARNS_AT: Final = time(2, tzinfo=UTC)
"""As template.yaml has it."""


class Nights:
    """A shop whose mails do not ask for recommendations has none."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._are_needed = catalogue.recommends
        self._next_at: datetime | None = None

    def something_happened(self, at: datetime) -> None:
        """The first instant since the last night decides which is the next."""
        if self._are_needed and self._next_at is None:
            tonight = datetime.combine(at.astimezone(UTC), LEARNS_AT)
            self._next_at = tonight if tonight > at else tonight + timedelta(days=1)

    def next_at(self) -> datetime | None:
        return self._next_at

    def learnt(self) -> None:
        self._next_at = None
