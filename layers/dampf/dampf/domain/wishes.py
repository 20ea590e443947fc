"""What people ask of us beyond consent: how often at most, and a pause. Both are traits; a shop may tell them too."""

from datetime import datetime, timedelta
from typing import Final

from dampf.domain.instants import date_or_instant
from dampf.domain.profile import Profile

FREQUENCY: Final = "mail_frequency"
WEEKLY: Final = "weekly"
MONTHLY: Final = "monthly"
SPANS: Final = {WEEKLY: timedelta(days=7), MONTHLY: timedelta(days=30)}
"""At most one marketing message within so long."""

PAUSED_UNTIL: Final = "paused_until"
PAUSE: Final = timedelta(days=30)


def span_wished(profile: Profile) -> timedelta | None:
    """None where they did not ask for fewer mails."""
    wish = profile.trait(FREQUENCY)
    return SPANS.get(wish) if isinstance(wish, str) else None


def paused_until(profile: Profile, *, now: datetime) -> datetime | None:
    """None where no pause is under way."""
    told = profile.trait(PAUSED_UNTIL)
    until = date_or_instant(told) if isinstance(told, str) else None
    return until if isinstance(until, datetime) and until > now else None
