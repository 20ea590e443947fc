"""Deliver: look a last time, render, claim one row right before its SES call, and write down what came of it.

A marketing message is never sent again on a guess. A transactional one is: it may come twice after a crash.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from dampf.campaigns.mail import Mail, MailRefused, compose
from dampf.campaigns.messages import Rendered, RenderFailed, Template
from dampf.domain import policy
from dampf.domain.campaign import Catalogue, Expression, ExpressionFailed
from dampf.domain.decide import condition_of
from dampf.domain.decision import Asks, PastEvents
from dampf.domain.message import Message, Reason, Status
from dampf.domain.profile import BEGINNING, Profile
from dampf.domain.scope import event_view, journey_view, profile_view
from dampf.domain.state import State
from dampf.domain.stimulus import MessageFailed
from dampf.use_cases.ports import Answer, LastLook, Ledger, Mailbox, Mailer, Outgoing, Profiles, Stop


class MailCatalogue(Catalogue, Protocol):
    """What deliver needs beyond deciding: the templates."""

    def template(self, message: str, locale: str | None = None) -> Template: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """The messages as they stand now; `left` were not tried for want of time and will be found due again."""

    messages: tuple[Message, ...] = ()
    blocked: int = 0
    left: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Deliver:
    """`links_url` is where the links of mails lead: confirming, preferences and unsubscribing."""

    ledger: Ledger
    profiles: Profiles
    mailbox: Mailbox
    mailer: Mailer
    catalogue: Callable[[], MailCatalogue]
    links_url: str | None = None

    def __call__(
        self, batch: Sequence[Outgoing], *, now: datetime, has_time: Callable[[], bool] = lambda: True
    ) -> Delivered:
        """Dying before a claim leaves the row due; dying after it leaves marketing `sending`, for feedback to settle."""
        looks = self.ledger.look(batch)
        catalogue = self.catalogue()
        settled: list[Message] = []
        blocked = left = 0
        for outgoing in batch:
            look = looks.get(outgoing.message)
            if look is None or look.message is None or not _is_open(look.message):
                continue
            if not has_time():
                left += 1
                continue
            after, answer = self._send(look.message, look, catalogue, now)
            if after is not None:
                settled.append(after)
            blocked += answer is not None and answer.kind == "blocked"
        self.ledger.settle(settled)
        self._end_journeys(settled)
        return Delivered(messages=tuple(settled), blocked=blocked, left=left)

    def _send(
        self, message: Message, look: LastLook, catalogue: MailCatalogue, now: datetime
    ) -> tuple[Message | None, Answer | None]:
        """The message as it is after this try; None where somebody else has it."""
        state = look.stored.content
        if not isinstance(state, State):
            return _dropped(message, Reason.ERASED, now), None
        last = _LastLook(self, message, look, state, catalogue, now)
        reason = last.refusal()
        if reason is not None:
            return _dropped(message, reason, now), None
        try:
            mail, locale = last.mail()
        except (RenderFailed, MailRefused, LookupError):
            return _dropped(message, Reason.RENDER_ERROR, now), None
        if not self.ledger.claim(message, now=now):
            return None, None
        answer = self.mailer.send(mail)
        return _after(
            replace(message, subject=mail.subject, locale=locale, email=state.profile.email), answer, now
        ), answer

    def _end_journeys(self, settled: Sequence[Message]) -> None:
        """A message that cannot be rendered ends its journey."""
        failed = [
            (
                MessageFailed(
                    profile=message.profile, message=message.id, journey=message.journey, reason="render_error"
                ),
                message.id,
            )
            for message in settled
            if message.reason is Reason.RENDER_ERROR
        ]
        if failed:
            self.mailbox.put(failed)


class _LastLook:
    """One message with all that is known of it right before it is sent."""

    def __init__(
        self, ports: Deliver, message: Message, look: LastLook, state: State, catalogue: MailCatalogue, now: datetime
    ) -> None:
        self.ports, self.message, self.look, self.state = ports, message, look, state
        self.catalogue, self.now = catalogue, now

    def refusal(self) -> Reason | None:
        profile = self.state.profile
        if not self.message.transactional and any(self._stops(stop, profile) for stop in self.look.stops):
            return Reason.NO_CONSENT
        return policy.refusal(
            profile,
            transactional=self.message.transactional,
            topic=self.message.topic,
            is_open=all(closed.journey != self.message.journey for closed in self.state.closed),
            condition_holds=self._condition_holds,
        )

    def mail(self) -> tuple[Mail, str | None]:
        """The mail and its locale. Raises RenderFailed, MailRefused, or LookupError where the message is gone."""
        profile, shop = self.state.profile, self.catalogue.shop
        template = self.catalogue.template(self.message.message, profile.trait("language"))
        links = self._links()
        rendered: Rendered = template.render(self._scope() | links)
        mail = compose(
            rendered,
            to=profile.email or "",
            sender=template.source.front.sender or shop.sender,
            tags={"message": self.message.id},
            transactional=self.message.transactional,
            unsubscribe_url=links["unsubscribe_url"],
        )
        return mail, template.source.locale or shop.locale

    def _stops(self, stop: Stop, profile: Profile) -> bool:
        """A stop counts until a later consent lifts it."""
        if stop.topic not in (None, self.message.topic):
            return False
        consent = profile.consent.get(self.message.topic)
        return consent is None or consent.at <= stop.at

    def _condition_holds(self) -> bool:
        campaign = self.catalogue.campaign(self.message.campaign, self.message.version)
        when = condition_of(campaign.triggers, self.message.trigger) if campaign is not None else None
        try:
            return when is None or bool(self._evaluate(when))
        except ExpressionFailed:
            return False

    def _evaluate(self, expression: Expression) -> Any:
        return expression(self._scope())

    def _scope(self) -> dict[str, Any]:
        profile, shop = self.state.profile, self.catalogue.shop
        journey = next((each for each in self.state.journeys if each.id == self.message.journey), None)
        of_message = {"entered_at": self.message.entered_at, "key": self.message.key, "messages": {}}
        return {
            "now": self.now,
            "zone": profile.zone(shop),
            "profile": profile_view(profile, self.catalogue, self._in_segment),
            "journey": journey_view(journey) if journey is not None else of_message,
            "history": self._history,
            "in_segment": self._in_segment,
            "shop": {"name": shop.name, "url": shop.url, "postal_address": shop.postal_address, **shop.extra},
            "message": {"id": self.message.id},
            **({"event": event_view(self.look.event)} if self.look.event is not None else {}),
        }

    def _links(self) -> dict[str, str]:
        base = (self.ports.links_url or self.catalogue.shop.url or "https://unsubscribe.invalid").rstrip("/")
        named = {
            "confirm_url": "confirm",
            "unsubscribe_url": "unsubscribe",
            "preferences_url": "preferences",
            "view_url": "view",
        }
        return {name: f"{base}/{page}?message={self.message.id}" for name, page in named.items()}

    def _in_segment(self, name: str) -> bool:
        segment = self.catalogue.segments.get(name)
        return segment is not None and bool(self._evaluate(segment))

    def _history(self, name: str, within: timedelta | None = None) -> list[dict[str, Any]]:
        question = PastEvents(name, self.now - within if within is not None else BEGINNING)
        known = self.ports.profiles.answer(self.state.profile, Asks(past=frozenset({question})))
        return [event_view(event) for event in known.past.get(question, ())]


def _is_open(message: Message) -> bool:
    return message.status is Status.REQUESTED


def _dropped(message: Message, reason: Reason, now: datetime) -> Message:
    return replace(message, status=Status.DROPPED, reason=reason, at=now)


def _after(message: Message, answer: Answer, now: datetime) -> Message:
    match answer.kind:
        case "sent":
            return replace(message, status=Status.SENT, at=now)
        case "refused":
            return _dropped(message, Reason.REJECTED, now)
        case "unknown" if not message.transactional:
            return replace(message, status=Status.UNKNOWN, at=now)
        case _:
            return replace(message, status=Status.REQUESTED, tries=message.tries + 1)
