"""The start page: what happened, in pictures. Counts what the window shows; judges nothing."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dampf.domain.event import MAIL_WORLD
from dampf.domain.message import Message, Reason, Status
from dampf_cli.pages import words
from dampf_cli.pages.charts import Bar, Columns, DayByDay, Part, bars, columns_of, days_of, parts_of
from dampf_cli.pages.funnels import CampaignLine, campaign_lines
from dampf_cli.pages.snapshot import Letter, Snapshot

RECENT_MAILS: Final = 5
MOST_EVENT_NAMES: Final = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """`events` are those that people caused, neither imported nor told by the mail world."""

    people: int
    events: int
    sent: int
    under_way: int
    first_at: datetime | None
    last_at: datetime | None
    chart: Columns | None
    days: DayByDay | None
    outcomes: tuple[Part, ...]
    drops: tuple[Bar, ...]
    holds: tuple[Bar, ...]
    campaigns: tuple[CampaignLine, ...]
    event_names: tuple[Bar, ...]
    other_events: int
    recent: tuple[Letter, ...]


def overview_of(seen: Snapshot) -> Overview:
    lived = [event for event in seen.events if not event.historical and event.source != MAIL_WORLD]
    names = Counter(words.heading(event) for event in lived)
    common = names.most_common(MOST_EVENT_NAMES)
    instants = [event.at for event in lived]
    return Overview(
        people=len(seen.states),
        events=len(lived),
        sent=len(seen.sent),
        under_way=sum(len(state.journeys) for state in seen.states),
        first_at=min(instants, default=None),
        last_at=max(instants, default=None),
        chart=columns_of(seen.sendings, zone=seen.clock.zone, series=seen.series),
        days=days_of(seen.sendings, zone=seen.clock.zone, series=seen.series),
        outcomes=_outcomes(seen.messages),
        drops=_drops(seen.messages),
        holds=_holds(seen),
        campaigns=campaign_lines(seen),
        event_names=bars(common),
        other_events=names.total() - sum(count for _, count in common),
        recent=tuple(seen.letter(mail) for mail in seen.mails[:RECENT_MAILS]),
    )


def _outcomes(messages: tuple[Message, ...]) -> tuple[Part, ...]:
    by_status = Counter(message.status for message in messages)

    def of(*statuses: Status) -> int:
        return sum(by_status[status] for status in statuses)

    return parts_of(
        [
            ("good", "delivered", of(Status.DELIVERED)),
            ("fair", "sent", of(Status.SENT)),
            ("open", "on their way", of(Status.REQUESTED, Status.SENDING)),
            ("bad", "bounced", of(Status.BOUNCED, Status.SOFT_BOUNCED)),
            ("bad", "marked as spam", of(Status.COMPLAINED)),
            ("vague", "answer lost", of(Status.UNKNOWN)),
            ("vague", "held out", of(Status.HELD_OUT)),
            ("none", "not sent", of(Status.DROPPED)),
        ]
    )


def _drops(messages: tuple[Message, ...]) -> tuple[Bar, ...]:
    dropped = [message for message in messages if message.status is Status.DROPPED]
    reasons: Counter[Reason | None] = Counter(message.reason for message in dropped)
    return bars(
        [(words.reason(reason) if reason else "no reason given", count) for reason, count in reasons.most_common()]
    )


def _holds(seen: Snapshot) -> tuple[Bar, ...]:
    """Messages by what they had to wait for; those that wait still have no row in the ledger yet."""
    reasons = Counter(reason for message in seen.messages for reason in {hold.reason for hold in message.held})
    waiting = (journey.waiting for state in seen.states for journey in state.journeys)
    reasons.update(reason for each in waiting if each is not None for reason in {hold.reason for hold in each.held})
    return bars([(words.reason(reason), count) for reason, count in reasons.most_common()])
