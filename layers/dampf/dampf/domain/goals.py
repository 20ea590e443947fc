"""Goals: an event that comes in time after a message of a campaign is its success. It measures and changes nothing."""

from decimal import Decimal
from typing import Final

from dampf.domain.campaign import Campaign
from dampf.domain.decision import Conversion, Fault
from dampf.domain.event import Event
from dampf.domain.expression import ExpressionFailed
from dampf.domain.instants import after
from dampf.domain.lookups import Lookups
from dampf.domain.message import Message
from dampf.domain.state import Awaited

BROUGHT: Final = ("total", "revenue")
"""The properties of an event that say what it brought; the first that is a number counts."""


class Goals(Lookups):
    def await_goal(self, campaign: Campaign, message: Message, *, is_held_out: bool) -> None:
        """From now on, and as long as the campaign says."""
        goal = campaign.goal
        if goal is None:
            return
        until = after(self.now, goal.within, self.profile.zone(self.catalogue.shop))
        self.awaited.append(
            Awaited(
                campaign=campaign.name,
                version=campaign.version,
                journey=message.journey,
                message=message.id,
                event=goal.event,
                at=self.now,
                until=until,
                is_held_out=is_held_out,
            )
        )

    def reach_goals(self, event: Event) -> None:
        """An event counts once for a campaign: for the latest message before it, however many were sent."""
        latest: dict[str, Awaited] = {}
        for awaited in self.awaited:
            earlier = latest.get(awaited.campaign)
            if awaited.at < event.at and (earlier is None or earlier.at <= awaited.at):
                latest[awaited.campaign] = awaited
        for awaited in latest.values():
            if awaited.event == event.name and event.at <= awaited.until and self._is_goal(awaited, event):
                revenue, currency = brought_by(event)
                self.conversions.append(
                    Conversion(
                        campaign=awaited.campaign,
                        version=awaited.version,
                        journey=awaited.journey,
                        message=awaited.message,
                        event=event.key,
                        at=event.at,
                        revenue=revenue,
                        currency=currency,
                        is_held_out=awaited.is_held_out,
                    )
                )

    def _is_goal(self, awaited: Awaited, event: Event) -> bool:
        """Whether the goal's condition holds; one that fails harms nothing but the measuring."""
        campaign = self.catalogue.campaign(awaited.campaign, awaited.version)
        if campaign is None or campaign.goal is None:
            return False
        when = campaign.goal.when
        try:
            return when is None or bool(self.evaluate(when, event=event, journey=self.journeys.get(awaited.journey)))
        except ExpressionFailed as problem:
            self.faults.append(Fault(campaign=campaign.name, journey=None, step="goal", reason=str(problem)))
            return False


def brought_by(event: Event) -> tuple[Decimal | None, str]:
    """Amount and currency; None where the event names no amount."""
    for name in BROUGHT:
        told = event.properties.get(name)
        if isinstance(told, int | float | Decimal) and not isinstance(told, bool):
            return Decimal(str(told)), str(event.properties.get("currency") or "")
    return None, ""
