"""Deliver: look a last time, render, claim one row right before it is sent, and write down what came of it.

A message that gives a voucher claims its code before it is rendered, and tells the profile of it before it is sent. The
code stays with the message's row until the message is dropped: however often it is tried, it gives this one.

A marketing message is never sent again on a guess. A transactional one is: it may come twice after a crash.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from dampf.campaigns.mail import Mail, MailRefused
from dampf.campaigns.messages import RenderFailed
from dampf.campaigns.text_message import TextMessage
from dampf.domain import policy
from dampf.domain.decision import Asks, Fault, PastEvents
from dampf.domain.event import COMPLAINT
from dampf.domain.expression import ExpressionFailed
from dampf.domain.message import Message, Reason, Status
from dampf.domain.profile import BEGINNING, Profile
from dampf.domain.scope import event_view
from dampf.domain.shop import SMS
from dampf.domain.state import State
from dampf.domain.stimulus import MessageFailed
from dampf.use_cases.giving import Giving
from dampf.use_cases.ports.messages import (
    Answer,
    LastLook,
    Ledger,
    Mailer,
    NotGiven,
    NoTokenKey,
    Outgoing,
    Stop,
    Texter,
    Tokens,
    Vouchers,
)
from dampf.use_cases.ports.products import Products, Recommendations
from dampf.use_cases.ports.profiles import Profiles
from dampf.use_cases.ports.queues import Mailbox
from dampf.use_cases.shelf import Shelf
from dampf.use_cases.stops import withdraws
from dampf.use_cases.troubles import SentBack, Trouble
from dampf.use_cases.writing import MailCatalogue, Writing, products_foreseen


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """The messages as they stand now; `left` were not tried for want of time, or met `troubles`: they are due again.

    `low` are lists of voucher codes that come to their end, each with how many codes are left.
    """

    messages: tuple[Message, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    faults: tuple[Fault, ...] = ()
    blocked: int = 0
    left: int = 0
    low: tuple[tuple[str, int], ...] = ()


class Tried(NamedTuple):
    """What came of one message: as it is now (None where somebody else has it), the provider's answer, and why its
    journey has to end, if it has to.
    """

    message: Message | None
    answer: Answer | None = None
    fault: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Deliver:
    """`links_url` is where the links of mails lead: confirming, preferences and unsubscribing; `tokens` signs them.

    Without a key to sign with, what bears links waits, as it does when the provider is blocked. `texter` is asked for
    at the first text message: most shops never send one.
    """

    ledger: Ledger
    profiles: Profiles
    products: Products
    recommendations: Recommendations
    mailbox: Mailbox
    mailer: Mailer
    texter: Callable[[], Texter]
    vouchers: Vouchers
    catalogue: Callable[[], MailCatalogue]
    tokens: Tokens
    links_url: str | None = None

    def __call__(
        self, batch: Sequence[Outgoing], *, now: datetime, has_time: Callable[[], bool] = lambda: True
    ) -> Delivered:
        """Dying before a claim leaves the row due; dying after it leaves it `sending`, for feedback to settle."""
        looks = self.ledger.look(batch)
        catalogue = self.catalogue()
        giving = Giving(vouchers=self.vouchers, mailbox=self.mailbox, catalogue=catalogue, now=now)
        shelf = Shelf(self.products, self.recommendations)
        for each in looks.values():
            if each.message is not None and _is_open(each.message) and isinstance(each.stored.content, State):
                shelf.foresee(products_foreseen(each.message, each.stored.content.profile, each.event, catalogue))
        back = SentBack()
        tried: list[Tried] = []
        left = 0
        for outgoing in batch:
            look = looks.get(outgoing.message)
            if look is None or look.message is None or not _is_open(look.message):
                continue
            if not has_time():
                left += 1
                continue
            with back.on_fault():  # what was sent before it must be written down all the same
                tried.append(self._send(look.message, look, catalogue, shelf, giving, now))
        untold: Sequence[Tried] = [each for each in tried if _must_be_told(each)]
        with back.on_fault():
            untold = self._tell(untold)
        settled = [each.message for each in tried if each.message is not None and not _stays_due(each, untold)]
        self.ledger.settle(settled)
        blocked = sum(each.answer is not None and each.answer.kind == "blocked" for each in tried)
        blocked += sum(trouble.kind == NoTokenKey.__name__ for trouble in back.troubles)
        low: Sequence[tuple[str, int]] = ()
        with back.on_fault():  # an alarm that fails comes with the next batch
            low = giving.low(each.message for each in tried if each.message is not None)
        left += len(back.troubles)
        return Delivered(
            messages=tuple(settled),
            troubles=tuple(back.troubles),
            faults=tuple(_fault(each.message, each.fault) for each in tried if each.message and each.fault),
            blocked=blocked,
            left=left,
            low=tuple(low),
        )

    def _send(
        self,
        message: Message,
        look: LastLook,
        catalogue: MailCatalogue,
        shelf: Shelf,
        giving: Giving,
        now: datetime,
    ) -> Tried:
        """Raises what the store raised where something could not be looked up: that is no reason to drop a message."""
        state = look.stored.content
        if message.status is Status.SENDING:
            message = replace(message, perhaps_sent=True)
        if not isinstance(state, State):
            return _drop(message, Reason.ERASED, giving)
        if message.is_refused:
            return _drop(message, Reason.REJECTED, giving)
        history = _History(self.profiles, state.profile, now)
        writing = Writing(
            message=message,
            profile=state.profile,
            journey=next((each for each in state.journeys if each.id == message.journey), None),
            event=look.event,
            catalogue=catalogue,
            now=now,
            links_url=self.links_url,
            tokens=self.tokens,
            history=history,
            asking=shelf.functions(state.profile, now=now),
        )
        try:
            reason = self._refusal(message, look.stops, state, writing)
        except ExpressionFailed as problem:
            history.raise_fault()
            shelf.raise_fault()
            return _drop(message, Reason.CONDITION_FALSE, giving, fault=str(problem))
        if reason is not None:
            return _drop(message, reason, giving)
        claimed = giving.with_voucher(message, state.profile)
        if claimed is NotGiven.SETTLED:
            return Tried(None)
        if claimed is NotGiven.EXHAUSTED:
            return _drop(message, Reason.VOUCHER_EXHAUSTED, giving)
        message = claimed
        writing = replace(writing, message=message)
        try:
            written: Mail | TextMessage
            if message.channel == SMS:
                (written, locale), shown = writing.text_message(), None
            else:
                written, locale, shown = writing.mail()
        except (RenderFailed, MailRefused, LookupError) as problem:
            history.raise_fault()
            shelf.raise_fault()
            cause = f"{message.message} cannot be rendered: {problem}"
            return _drop(message, Reason.RENDER_ERROR, giving, fault=cause)
        giving.tell(message)
        if not self.ledger.claim(message, now=now, shown=shown):
            return Tried(None)
        if isinstance(written, TextMessage):
            answer = self.texter().send(written)
            message = replace(message, locale=locale, email=state.profile.email, phone=written.to)
        else:
            answer = self.mailer.send(written)
            message = replace(message, subject=written.subject, locale=locale, email=state.profile.email)
        if answer.kind == "refused" and message.voucher is not None:
            return self._refused(message, giving)
        return Tried(_after(message, answer, now), answer)

    def _refused(self, message: Message, giving: Giving) -> Tried:
        """Nobody got it. That is written down first, as a request that is to be dropped: whatever dies from here on,
        the voucher is given back and the profile told. Dying before it leaves the row `sending`, with its voucher.
        """
        message = replace(message, status=Status.REQUESTED, tries=message.tries + 1, is_refused=True)
        self.ledger.settle([message])
        return _drop(message, Reason.REJECTED, giving)

    def _refusal(self, message: Message, stops: Sequence[Stop], state: State, writing: Writing) -> Reason | None:
        """Policy once more, and the stops that overtook the mailbox."""
        if not message.transactional and any(withdraws(stop, message.topic, state.profile) for stop in stops):
            return Reason.NO_CONSENT
        if any(stop.reason == COMPLAINT for stop in stops):
            return Reason.SUPPRESSED
        return policy.refusal(
            state.profile,
            channel=message.channel,
            transactional=message.transactional,
            topic=message.topic,
            is_open=all(closed.journey != message.journey for closed in state.closed),
            condition_holds=writing.condition_holds,
            now=writing.now,
        )

    def _tell(self, failed: Sequence[Tried]) -> Sequence[Tried]:
        """What was not sent frees its cap; what cannot be rendered, and a condition that fails, end their journey too.

        Dying after it tells it again. Gives those whose profile could not be told: they stay due.
        """
        told = [
            (
                MessageFailed(
                    profile=message.profile,
                    message=message.id,
                    journey=message.journey,
                    reason=each.fault or str(message.reason),
                    ends_journey=each.fault is not None,
                    keeps_voucher=message.voucher is not None,
                ),
                message.id,
            )
            for each in failed
            if (message := each.message) is not None
        ]
        return [failed[place] for place in self.mailbox.put(told)] if told else []


class _History:
    """`history()` of one person. An expression takes any exception for its own failure, so a store's is kept here."""

    def __init__(self, profiles: Profiles, profile: Profile, now: datetime) -> None:
        self._profiles, self._profile, self._now = profiles, profile, now
        self._fault: Exception | None = None

    def __call__(self, name: str, within: timedelta | None = None) -> list[dict[str, Any]]:
        question = PastEvents(name, self._now - within if within is not None else BEGINNING)
        try:
            known = self._profiles.answer(self._profile, Asks(past=frozenset({question})))
        except Exception as fault:
            self._fault = fault
            raise
        return [event_view(event) for event in known.past.get(question, ())]

    def raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault


def _is_open(message: Message) -> bool:
    """Worth claiming: nobody has it, or somebody had it who may have died; the claim decides."""
    return message.status is Status.REQUESTED or (message.transactional and message.status is Status.SENDING)


def _must_be_told(tried: Tried) -> bool:
    """The profile counts what it requested, and must hear that it was not sent."""
    message = tried.message
    return message is not None and message.status is Status.DROPPED and message.reason is not Reason.ERASED


def _stays_due(tried: Tried, untold: Sequence[Tried]) -> bool:
    """Unless the provider was asked: that is written down in any case."""
    return tried in untold and tried.answer is None


def _fault(message: Message, reason: str) -> Fault:
    return Fault(campaign=message.campaign, journey=message.journey, step=message.step, reason=reason)


def _dropped(message: Message, reason: Reason, now: datetime) -> Message:
    return replace(message, status=Status.DROPPED, reason=reason, at=now)


def _drop(message: Message, reason: Reason, giving: Giving, *, fault: str | None = None) -> Tried:
    """Gives its voucher back first. Dying after it, or a fault, leaves the message due, to be dropped again."""
    return Tried(_dropped(giving.without_voucher(message), reason, giving.now), fault=fault)


def _after(message: Message, answer: Answer, now: datetime) -> Message:
    match answer.kind:
        case "sent":
            return replace(message, status=Status.SENT, at=now)
        case "refused":
            return _dropped(message, Reason.REJECTED, now)
        case "unknown" if not message.transactional:
            return replace(message, status=Status.UNKNOWN, at=now)
        case _:
            perhaps = message.perhaps_sent or answer.kind == "unknown"
            return replace(message, status=Status.REQUESTED, tries=message.tries + 1, perhaps_sent=perhaps)
