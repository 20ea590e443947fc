"""Messages that journeys ask to send: who goes first, what policy says, and the ledger rows that follow from it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import assert_never

from dampf.domain import policy
from dampf.domain.campaign import Campaign, Send
from dampf.domain.catalogue import MessageSettings
from dampf.domain.event import CUSTOMER_ID
from dampf.domain.expression import ExpressionFailed
from dampf.domain.instants import local_day
from dampf.domain.journey import Hold, Journey, MessageProgress, Waiting, share
from dampf.domain.message import Message, Reason, Status, message_id
from dampf.domain.occurrences import birthday_gives, is_by_birthday
from dampf.domain.policy import Request
from dampf.domain.shop import SMS
from dampf.domain.state import Requested
from dampf.domain.travel import Travel, condition_of


class Sending(Travel):
    """Decides what asked to be sent."""

    def settle(self) -> None:
        """Decides what asked to be sent: by priority, then by instant of request, then by name of the campaign."""
        while asking := list(self._asking()):
            journey, campaign, step, settings = min(asking, key=lambda each: self._order(each[0], each[3]))
            requested_at = self.asking.pop(journey.id)
            try:
                self._decide_request(journey, campaign, step, settings, requested_at)
            except ExpressionFailed as problem:
                self.fault(journey, str(problem))

    def _asking(self) -> Iterator[tuple[Journey, Campaign, Send, MessageSettings]]:
        for named in list(self.asking):
            journey = self.journeys.get(named)
            campaign = self.campaign_of(journey) if journey is not None else None
            if journey is None or campaign is None:
                self.asking.pop(named, None)
                continue
            step = campaign.steps.get(journey.step or "")
            settings = self.catalogue.message(step.message) if isinstance(step, Send) else None
            if not isinstance(step, Send) or settings is None:
                del self.asking[named]
                self.fault(journey, "the message that it was to send is not published")
                continue
            yield journey, campaign, step, settings

    def _order(self, journey: Journey, settings: MessageSettings) -> tuple[int, datetime, str, str]:
        return -settings.priority, self.asking[journey.id], journey.campaign, journey.id

    def _decide_request(
        self, journey: Journey, campaign: Campaign, step: Send, settings: MessageSettings, requested_at: datetime
    ) -> None:
        held = journey.waiting.held if journey.waiting is not None else ()
        row = self.message_of(journey, step, settings, held)
        if step.message not in journey.messages or journey.messages[step.message].id != row.id:
            journey = replace(journey, messages={**journey.messages, step.message: MessageProgress(id=row.id)})
        if not settings.transactional and self._is_held_out(journey, campaign):
            self.messages.append(replace(row, status=Status.HELD_OUT, at=self.now))
            self.await_goal(campaign, row, is_held_out=True)
            self.go_on(journey, campaign, step.next)
            return
        try:
            verdict = policy.verdict(
                Request(settings=settings, requested_at=requested_at, day=self._last_day(journey, requested_at)),
                self.profile,
                shop=self.catalogue.shop,
                requested=tuple(self.requested),
                is_paused=self.catalogue.is_paused(journey.campaign),
                birthday_counts=lambda: birthday_gives(
                    self.profile,
                    self.catalogue,
                    settings.voucher_group or "",
                    settings.priority,
                    but=journey.campaign,
                    by_birthday=is_by_birthday(campaign, journey.trigger),
                    now=self.now,
                ),
                condition_holds=lambda: self._condition_holds(journey, campaign),
                now=self.now,
            )
        except ExpressionFailed:
            self.messages.append(replace(row, status=Status.DROPPED, at=self.now, reason=Reason.CONDITION_FALSE))
            raise
        match verdict:
            case Hold():
                earlier = held[:-1] if held and held[-1].reason == verdict.reason == Reason.PAUSED else held
                waiting = Waiting(
                    kind="held", due_at=verdict.until, requested_at=requested_at, held=(*earlier, verdict)
                )
                self.journeys[journey.id] = replace(journey, waiting=waiting)
                return
            case Reason():
                self.messages.append(replace(row, status=Status.DROPPED, at=self.now, reason=verdict))
            case None:
                self.messages.append(row)
                self.await_goal(campaign, row, is_held_out=self._is_held_out(journey, campaign))
                self.requested.append(Requested(row.id, self.now, settings.transactional, settings.voucher_group))
                sent = MessageProgress(id=row.id, sent_at=self.now)
                journey = replace(journey, messages={**journey.messages, step.message: sent})
            case _:
                assert_never(verdict)
        self.go_on(journey, campaign, step.next)

    def message_of(self, journey: Journey, step: Send, settings: MessageSettings, held: tuple[Hold, ...]) -> Message:
        return Message(
            id=message_id(profile=self.profile.id, journey=journey.id, step=step.id, turn=str(journey.restarts)),
            profile=self.profile.id,
            campaign=journey.campaign,
            version=journey.version,
            journey=journey.id,
            step=step.id,
            message=step.message,
            transactional=settings.transactional,
            channel=settings.channel,
            topic=settings.topic,
            requested_at=self.now,
            key=journey.key,
            entered_at=journey.entered_at,
            trigger=journey.trigger,
            held=held,
            event=journey.event,
            customer_id=next(iter(self.profile.identifiers.get(CUSTOMER_ID, ())), None),
            email=self.profile.email,
            phone=self.profile.phone if settings.channel == SMS else None,
            is_awaited=bool(self.profile.soft_bounces),
        )

    def _is_held_out(self, journey: Journey, campaign: Campaign) -> bool:
        holdout = self.catalogue.shop.holdout if campaign.holdout is None else campaign.holdout
        return holdout > 0 and share(self.profile.id, journey.campaign) < holdout

    def _last_day(self, journey: Journey, requested_at: datetime) -> date | None:
        """The day that a yearly or monthly date's message must not outlive: its own, if it was requested on it."""
        local = self.profile.zone(self.catalogue.shop)
        return journey.day if journey.day == local_day(requested_at, local) else None

    def _condition_holds(self, journey: Journey, campaign: Campaign) -> bool:
        when = condition_of(campaign.triggers, journey.trigger)
        return when is None or bool(self.evaluate(when, journey=journey))
