"""Triggers whose time never comes, or comes when nothing may be sent."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from dampf.campaigns.walking import Place
from dampf.domain.campaign import Campaign, DateTrigger, ScheduleTrigger
from dampf.domain.recurrence import next_after
from dampf.domain.shop import Shop

_LAST_ZONE: Final = ZoneInfo("Etc/GMT+12")
"""Where every local hour comes last."""

_TOO_LATE: Final = "from this hour on quiet hours last beyond the day, so what is sent at once is dropped as too late"


def time_findings(campaign: Campaign, shop: Shop, *, now: datetime | None) -> Iterator[tuple[Place, str]]:
    for number, trigger in enumerate(campaign.triggers):
        place: Place = ("trigger", number) if len(campaign.triggers) > 1 else ("trigger",)
        match trigger:
            case ScheduleTrigger(schedule=schedule, local=local) if now is not None:
                if next_after(schedule, now, _LAST_ZONE if local else shop.timezone) is None:
                    yield (*place, "schedule"), "this schedule is past, it starts nobody any more"
            case DateTrigger(at=at, every=every) if every is not None and shop.quiet_hours is not None:
                quiet = shop.quiet_hours
                if quiet.end < quiet.start <= at:
                    yield (*place, "at"), _TOO_LATE
            case _:
                continue
