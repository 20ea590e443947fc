"""Deliver: look a last time, render, claim one row right before its SES call, and write down what came of it.

A marketing message is never sent again on a guess. A transactional one is: it may come twice after a crash.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dampf.campaigns.mail import MailRefused
from dampf.campaigns.messages import RenderFailed
from dampf.domain import policy
from dampf.domain.decision import Asks, PastEvents
from dampf.domain.message import Message, Reason, Status
from dampf.domain.profile import BEGINNING, Profile
from dampf.domain.scope import event_view
from dampf.domain.state import State
from dampf.domain.stimulus import MessageFailed
from dampf.use_cases.ports import Answer, LastLook, Ledger, Mailbox, Mailer, Outgoing, Profiles, Stop
from dampf.use_cases.writing import MailCatalogue, Writing


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
        """Dying before a claim leaves the row due; dying after it leaves it `sending`, for feedback to settle."""
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
        writing = Writing(
            message=message,
            profile=state.profile,
            journey=next((each for each in state.journeys if each.id == message.journey), None),
            event=look.event,
            catalogue=catalogue,
            now=now,
            links_url=self.links_url,
            history=partial(self._history, state.profile, now),
        )
        reason = self._refusal(message, look.stops, state, writing)
        if reason is not None:
            return _dropped(message, reason, now), None
        try:
            mail, locale = writing.mail()
        except (RenderFailed, MailRefused, LookupError):
            return _dropped(message, Reason.RENDER_ERROR, now), None
        if not self.ledger.claim(message, now=now):
            return None, None
        answer = self.mailer.send(mail)
        return _after(
            replace(message, subject=mail.subject, locale=locale, email=state.profile.email), answer, now
        ), answer

    def _refusal(self, message: Message, stops: Sequence[Stop], state: State, writing: Writing) -> Reason | None:
        """Policy once more, and the stops that overtook the mailbox."""
        if not message.transactional and any(_counts(stop, message, state.profile) for stop in stops):
            return Reason.NO_CONSENT
        return policy.refusal(
            state.profile,
            transactional=message.transactional,
            topic=message.topic,
            is_open=all(closed.journey != message.journey for closed in state.closed),
            condition_holds=writing.condition_holds,
        )

    def _history(
        self, profile: Profile, now: datetime, name: str, within: timedelta | None = None
    ) -> list[dict[str, Any]]:
        question = PastEvents(name, now - within if within is not None else BEGINNING)
        known = self.profiles.answer(profile, Asks(past=frozenset({question})))
        return [event_view(event) for event in known.past.get(question, ())]

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


def _counts(stop: Stop, message: Message, profile: Profile) -> bool:
    """A stop counts until a later consent lifts it."""
    if stop.topic not in (None, message.topic):
        return False
    consent = profile.consent.get(message.topic)
    return consent is None or consent.at <= stop.at


def _is_open(message: Message) -> bool:
    """Worth claiming: nobody has it, or somebody had it who may have died; the claim decides."""
    return message.status is Status.REQUESTED or (message.transactional and message.status is Status.SENDING)


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
