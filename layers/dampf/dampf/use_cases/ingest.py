"""Ingest: translate what a door brought, find out whose it is, put it into that person's mailbox.

It only reads identities; everything that changes a profile happens in evaluate. The exceptions are feedback, which
settles a message's ledger row here, and stops, which must overtake any backlog. What events say of products goes into
the catalogue here, since nameless ones have no mailbox; and a product's news go to `audience`, which finds whom they
concern.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from dampf.domain.assortment import Evidence, Telling, tellings
from dampf.domain.event import COMPLAINT, FROM_BROWSERS, MAIL_WORLD, OUR_DOING, OURS, STOPS, VOUCHER_REDEEMED, Event
from dampf.domain.identifiers import Identifier
from dampf.domain.identity import mailbox_of
from dampf.domain.message import Reason, Status, profile_of
from dampf.domain.stimulus import EventCame, Stimulus, TimerDue, VoucherUsed
from dampf.doors import Malformed, translate
from dampf.use_cases.keep_products import KeepProducts
from dampf.use_cases.ports.contents import CatalogueInForce
from dampf.use_cases.ports.messages import Ledger, Stop
from dampf.use_cases.ports.profiles import Identities
from dampf.use_cases.ports.queues import AudienceTasks, DeadLetters, Mailbox, NewsTask
from dampf.use_cases.troubles import SentBack, Trouble

_SETTLES: Final = {
    "Email Sent": Status.SENT,
    "Email Delivered": Status.DELIVERED,
    "Email Bounced": Status.BOUNCED,
    COMPLAINT: Status.COMPLAINED,
    "Email Rejected": Status.DROPPED,
    "Email Rendering Failed": Status.DROPPED,
}
_NOT_SENT: Final = {"Email Rejected": Reason.REJECTED, "Email Rendering Failed": Reason.RENDER_ERROR}
_ONLY_IF_HEARD: Final = frozenset({"Email Sent", "Email Delivered", *OUR_DOING})
"""So frequent that it enters the mailbox only where a campaign names it, or the profile awaits it."""


class Record(NamedTuple):
    """One message of a queue: its id, and the envelope as a JSON value (as text where it is not even JSON).

    Wake-ups whose time has come, and what was parked and is redriven, are stimuli already.
    """

    id: str
    envelope: Any
    tries: int = 1


class Refused(NamedTuple):
    """What no door takes: the queue's record, the event's own id if it can be read, and the reason."""

    record: str
    event_id: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ingested:
    """`retry` maps records to be delivered again to the seconds to wait, and `troubles` say why.

    `refused` and `remarks` (by record) say what was left out, and why.
    """

    events: int = 0
    nameless: int = 0
    retry: dict[str, int] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    refused: tuple[Refused, ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Ingest:
    identities: Identities
    mailbox: Mailbox
    ledger: Ledger
    dead_letters: DeadLetters
    products: KeepProducts
    audience: AudienceTasks
    catalogue: CatalogueInForce

    def __call__(self, records: Sequence[Record], *, now: datetime) -> Ingested:
        """Dying anywhere repeats the batch: stimuli bear the records' ids, and every write here may be done twice."""
        back = SentBack()
        ready = [record for record in records if isinstance(record.envelope, Stimulus)]
        came, refused, remarks = self._translate((record for record in records if record not in ready), back)
        self._tell_of_products(came, back, now)
        named = [(record, event) for record, event in came if event.identifiers or event.email_id or event.profile]
        stimuli = [(record, (record.envelope, _once(record))) for record in ready]
        with back.on_fault(record for record, _ in named):
            wanted = {(kind, value) for _, event in named for kind, value in event.identifiers.items()}
            owners = self.identities.owners(sorted(wanted), now=now) if wanted else {}
            for record, event in named:
                with back.on_fault([record]):
                    stimuli += self._stimuli(record, event, owners)
        if stimuli:
            with back.on_fault(record for record, _ in stimuli):
                failed = self.mailbox.put([stimulus for _, stimulus in stimuli])
                back.again(stimuli[place][0] for place in failed)
        return Ingested(
            events=len(came),
            nameless=len(came) - len(named),
            retry=back.retry,
            troubles=tuple(back.troubles),
            refused=tuple(refused),
            remarks=tuple(remarks),
        )

    def _translate(
        self, records: Iterable[Record], back: SentBack
    ) -> tuple[list[tuple[Record, Event]], list[Refused], list[tuple[str, str]]]:
        came, refused, remarks = [], [], []
        for record in records:
            try:
                translation = translate(record.envelope)
            except Malformed as problem:
                with back.on_fault([record]):
                    self.dead_letters.put(record.envelope, reason=str(problem))
                    refused.append(Refused(record.id, problem.event_id or record.id, str(problem)))
                continue
            came += [(record, event) for event in translation.events]
            remarks += [(record.id, remark) for remark in translation.remarks]
        return came, refused, remarks

    def _tell_of_products(self, came: Sequence[tuple[Record, Event]], back: SentBack, now: datetime) -> None:
        """Before anybody can be mailed about them. A fault brings the news again, and not what customers looked at:
        the next one looks too, and no trouble with the catalogue may hold up what people do.
        """
        told: list[tuple[Record, Telling]] = []
        for record, event in came:
            told += [(record, telling) for telling in tellings(event, now=now)]
        if told:
            with back.on_fault(record for record, telling in told if telling.evidence is Evidence.NEWS):
                self.products([telling for _, telling in told], now=now)
        for record, event in came:
            if event.is_news and event.source != FROM_BROWSERS:
                with back.on_fault([record]):
                    catalogue = self.catalogue()
                    is_late = event.historical or now - event.at > catalogue.shop.max_event_age
                    if event.name in catalogue.events_listened_to and not is_late:
                        self.audience.put([NewsTask(event)])

    def _stimuli(
        self, record: Record, event: Event, owners: dict[Identifier, str]
    ) -> list[tuple[Record, tuple[Stimulus, str]]]:
        profile = _profile_for(event, owners)
        is_awaited = self._overtake(profile, event)
        is_news = is_awaited and event.name == "Email Delivered"
        if event.name in _ONLY_IF_HEARD and not is_news and event.name not in self.catalogue().events_listened_to:
            return []
        stimulus = EventCame(profile=profile, event=event, owners=_owners_of(event, owners))
        return [(record, (each, f"{record.id}/{event.key}")) for each in (stimulus, *_told_besides(profile, event))]

    def _overtake(self, profile: str, event: Event) -> bool:
        """Feedback settles its row at once; a withdrawal stops what is already on its way.

        True where the profile awaits word of the message that the feedback names.
        """
        is_awaited = False
        if event.email_id is not None and event.name in _SETTLES:
            status = _SETTLES[event.name]
            if status is Status.BOUNCED and event.properties.get("bounce_type", "Permanent") != "Permanent":
                status = Status.SOFT_BOUNCED
            is_awaited = self.ledger.feedback(event.email_id, status, at=event.at, reason=_NOT_SENT.get(event.name))
        if event.name in STOPS:
            self.ledger.stop(profile, Stop(event.at, event.properties.get("topic"), event.name))
        return is_awaited


def _told_besides(profile: str, event: Event) -> Iterable[Stimulus]:
    """A code that was passed on: whoever it was given to knows that it is used."""
    if event.name != VOUCHER_REDEEMED or event.source != OURS:
        return
    given_by, code = event.properties.get("message"), event.properties.get("code")
    if isinstance(given_by, str) and isinstance(code, str) and profile_of(given_by) not in ("", profile):
        yield VoucherUsed(profile=profile_of(given_by), code=code, at=event.at)


def _once(record: Record) -> str:
    """Wake-ups are repeated by design: the same one is taken once."""
    if isinstance(record.envelope, TimerDue):
        return f"{record.envelope.profile}/{record.envelope.due_at.isoformat()}"
    return record.id


def _profile_for(event: Event, owners: dict[Identifier, str]) -> str:
    if event.profile is not None:
        return event.profile
    named = event.properties.get("email_id")
    if isinstance(named, str) and named and (event.source == MAIL_WORLD or not event.identifiers):
        return profile_of(named)
    return mailbox_of(event.identifiers, owners)


def _owners_of(event: Event, owners: dict[Identifier, str]) -> dict[str, str]:
    return {kind: owners[kind, value] for kind, value in event.identifiers.items() if (kind, value) in owners}
