"""One person's story, newest first: events, journeys and mails on one line, each with what led to it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple

from dampf.domain.event import FEEDBACK, Event
from dampf.domain.message import Message, Status
from dampf.domain.state import State
from dampf_cli.pages import words
from dampf_cli.pages.snapshot import Snapshot, Way

MOST_ENTRIES: Final = 200
LATE: Final = timedelta(minutes=1)

EVENT, ANSWER, ENTRY, MAIL, DROP, OPEN, END = "event", "answer", "entry", "mail", "drop", "open", "end"
_CAUSAL_ORDER: Final = (EVENT, ENTRY, OPEN, DROP, MAIL, ANSWER, END)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """`kind` is one of the above. `mail` and `journey` are ids to link to; `data` is JSON to unfold."""

    at: datetime
    kind: str
    title: str
    detail: str = ""
    hue: str = ""
    mail: str | None = None
    journey: str | None = None
    data: str | None = None
    arrived_at: datetime | None = None
    is_historical: bool = False


class Day(NamedTuple):
    at: datetime
    entries: tuple[Entry, ...]


class Timeline(NamedTuple):
    """`older` counts what is left out at the end."""

    days: tuple[Day, ...]
    older: int


def timeline_of(seen: Snapshot, state: State, *, most: int = MOST_ENTRIES) -> Timeline:
    history = seen.history(state)
    ways = seen.ways(state)
    entries = [
        *_events(seen, state, history),
        *(entry for way in ways for entry in _way(seen, way, {event.key: event for event in history})),
        *(_message(seen, message) for message in seen.messages_of(state)),
        *_goals(seen, {way.id for way in ways}),
    ]
    entries.sort(key=lambda entry: (entry.at, _CAUSAL_ORDER.index(entry.kind)), reverse=True)
    shown = entries[:most]
    zone = seen.clock.zone
    days = groupby(shown, key=lambda entry: entry.at.astimezone(zone).date())
    grouped = (tuple(group) for _, group in days)
    return Timeline(tuple(Day(group[0].at, group) for group in grouped), len(entries) - len(shown))


def _events(seen: Snapshot, state: State, history: tuple[Event, ...]) -> Iterator[Entry]:
    for event in history:
        message = seen.answered(event, state)
        subject = message.subject if message is not None else None
        detail = " · ".join(part for part in (subject, words.summary(event)) if part)
        told: dict[str, Any] = {"properties": event.properties, "traits": event.traits}
        yield Entry(
            at=event.at,
            kind=ANSWER if event.name in FEEDBACK else EVENT,
            title=words.heading(event),
            detail=detail,
            hue=seen.hue(message.campaign) if message is not None else "",
            data=_as_text({name: values for name, values in told.items() if values}),
            arrived_at=event.arrived_at if event.arrived_at - event.at > LATE else None,
            is_historical=event.historical,
        )


def _way(seen: Snapshot, way: Way, events: dict[str, Event]) -> Iterator[Entry]:
    title, hue = seen.title(way.campaign, way.version), seen.hue(way.campaign)
    started = events.get(way.event.key) if way.event is not None else None
    because = f"because of {started.name}" if started is not None else ""
    if way.journey is not None and way.journey.restarts:
        because += f", begun anew {words.plural(way.journey.restarts, 'time')}"
    yield Entry(at=way.entered_at, kind=ENTRY, title=f"Enters {title}", detail=because, hue=hue, journey=way.id)
    if way.ended is not None:
        how = words.ENDINGS.get(way.ended.how, way.ended.how)
        yield Entry(at=way.ended.at, kind=END, title=f"{title} is over", detail=how, hue=hue, journey=way.id)


def _message(seen: Snapshot, message: Message) -> Entry:
    title, hue = seen.title(message.campaign, message.version), seen.hue(message.campaign)
    mail = seen.mail_of.get(message.id)
    held = [f"held until {seen.clock.when(hold.until)}: {words.reason(hold.reason)}" for hold in message.held]
    match message.status:
        case Status.REQUESTED | Status.SENDING:
            kind, heading, detail = OPEN, f"Asked for the mail {message.message}", f"{title}, on its way"
        case Status.DROPPED:
            kind, heading = DROP, f"Did not get the mail {message.message}"
            detail = f"{title}: {words.reason(message.reason)}" if message.reason is not None else title
        case Status.HELD_OUT:
            kind, heading, detail = DROP, f"Held out of the mail {message.message}", title
        case _:
            kind, heading = MAIL, message.subject or message.message
            detail = f"{title}, {words.STATUSES[message.status]}"
            detail += f", with the voucher {message.voucher.code}" if message.voucher is not None else ""
    return Entry(
        at=message.at or message.requested_at,
        kind=kind,
        title=heading,
        detail=" · ".join([detail, *held]),
        hue=hue,
        mail=mail.message_id if mail is not None else None,
        journey=message.journey,
    )


def _goals(seen: Snapshot, journeys: set[str]) -> Iterator[Entry]:
    for conversion in seen.conversions:
        if conversion.journey not in journeys:
            continue
        brought = "" if conversion.revenue is None else f"{words.amount(conversion.revenue)} {conversion.currency}"
        held_out = "held out of its messages" if conversion.is_held_out else ""
        yield Entry(
            at=conversion.at,
            kind=END,
            title=f"Reaches the goal of {seen.title(conversion.campaign, conversion.version)}",
            detail=" · ".join(part for part in (brought.strip(), held_out) if part),
            hue=seen.hue(conversion.campaign),
            journey=conversion.journey,
        )


def _as_text(told: dict[str, Any]) -> str | None:
    return json.dumps(told, indent=2, ensure_ascii=False, default=str, sort_keys=True) if told else None
