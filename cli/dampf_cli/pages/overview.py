"""The start page: what happened, in pictures. Counts what the window shows; judges nothing."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dampf.domain.event import MAIL_WORLD
from dampf.domain.message import Message, Reason, Status
from dampf_cli.pages import words
from dampf_cli.pages.charts import Columns, Part, Sending, columns_of, parts_of
from dampf_cli.pages.snapshot import SENT, Letter, Snapshot

RECENT_MAILS: Final = 5
MOST_EVENT_NAMES: Final = 8
OPENED: Final = "Email Opened"
CLICKED: Final = "Email Link Clicked"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """`share` is percent of the longest bar beside it."""

    words: str
    count: int
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignLine:
    """One campaign's funnel, counted in journeys, except `dropped`, which counts messages."""

    name: str
    title: str
    hue: str
    is_paused: bool
    funnel: tuple[Bar, ...]
    under_way: int
    mails: int
    dropped: int


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
    outcomes: tuple[Part, ...]
    drops: tuple[Bar, ...]
    campaigns: tuple[CampaignLine, ...]
    event_names: tuple[Bar, ...]
    other_events: int
    recent: tuple[Letter, ...]


def overview_of(seen: Snapshot) -> Overview:
    sent = [message for message in seen.messages if message.status in SENT]
    lived = [event for event in seen.events if not event.historical and event.source != MAIL_WORLD]
    names = Counter(words.heading(event) for event in lived)
    common = names.most_common(MOST_EVENT_NAMES)
    instants = [event.at for event in lived]
    return Overview(
        people=len(seen.states),
        events=len(lived),
        sent=len(sent),
        under_way=sum(len(state.journeys) for state in seen.states),
        first_at=min(instants, default=None),
        last_at=max(instants, default=None),
        chart=columns_of(
            (Sending(message.at, message.campaign) for message in sent if message.at is not None),
            zone=seen.clock.zone,
            campaigns=seen.campaigns,
        ),
        outcomes=_outcomes(seen.messages),
        drops=_drops(seen.messages),
        campaigns=_campaign_lines(seen),
        event_names=bars(common),
        other_events=names.total() - sum(count for _, count in common),
        recent=tuple(seen.letter(mail) for mail in seen.mails[:RECENT_MAILS]),
    )


def bars(counts: list[tuple[str, int]]) -> tuple[Bar, ...]:
    most = max((count for _, count in counts), default=0)
    return tuple(
        Bar(words=name, count=count, share=round(100 * count / most, 2) if most else 0.0) for name, count in counts
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
            ("bad", "bounced", of(Status.BOUNCED)),
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


def _answering(seen: Snapshot, name: str) -> set[str]:
    """The journeys to whose mails such feedback came."""
    feedback = [event for event in seen.events if event.name == name]
    answered = (seen.answered(event, None if event.email_id else seen.whose(event)) for event in feedback)
    return {message.journey for message in answered if message is not None}


def _campaign_lines(seen: Snapshot) -> tuple[CampaignLine, ...]:
    ways = [way for state in seen.states for way in seen.ways(state)]
    journeys = {name: _answering(seen, name) for name in (OPENED, CLICKED)}
    lines = []
    for campaign in seen.campaigns:
        mine = [way for way in ways if way.campaign == campaign]
        messages = [message for message in seen.messages if message.campaign == campaign]
        went = [message for message in messages if message.status in SENT]
        mailed = {message.journey for message in went}
        funnel = [("Entered", len(mine)), ("Mailed", len(mailed))]
        funnel += [("Opened", len(mailed & journeys[OPENED]))] if journeys[OPENED] else []
        funnel += [("Clicked", len(mailed & journeys[CLICKED]))]
        lines.append(
            CampaignLine(
                name=campaign,
                title=seen.title(campaign),
                hue=seen.hue(campaign),
                is_paused=seen.catalogue.is_paused(campaign),
                funnel=bars(funnel),
                under_way=sum(way.journey is not None for way in mine),
                mails=len(went),
                dropped=sum(message.status is Status.DROPPED for message in messages),
            )
        )
    return tuple(sorted(lines, key=lambda line: (-line.mails, line.title)))
