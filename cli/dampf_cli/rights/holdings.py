"""All that a stack holds of one person, read row by row, so that no kind of row can be forgotten."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dampf.domain.catalogue import Catalogue
from dampf.domain.consents import ConsentEntry, in_order
from dampf.domain.decision import Ended
from dampf.domain.event import Event
from dampf.domain.identifiers import Identifier
from dampf.domain.instants import format_instant
from dampf.domain.message import Message
from dampf.domain.state import Erasing, State, Tombstone
from dampf.domain.words import ALL_TOPICS
from dampf.stores import codec, keys, rows
from dampf.stores.dynamodb import MOST_READS, Tables, batch_get, chunks, query_all, text
from dampf.stores.identities import DynamoIdentities
from dampf.stores.profiles import DynamoProfiles
from dampf_cli import outcomes, profile_files
from dampf_cli.person.asked import PROFILE

Json = dict[str, Any]

_TOLD: Final = (keys.STATE, "message#", keys.SHOWN, "ended#", keys.CONSENT)
"""Rows that the export tells of in a section of their own."""


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """`shown` is what mails showed, by message: when each went out and its HTML, as far as that is kept. `others` are
    all further rows under the person's profiles as (name, content); `counts` are rows by table.
    """

    state: State
    events: tuple[Event, ...]
    messages: tuple[Message, ...]
    shown: dict[str, list[tuple[datetime, str]]]
    ended: tuple[Ended, ...]
    consents: tuple[ConsentEntry, ...]
    others: tuple[tuple[str, Any], ...]
    counts: dict[str, int]

    @property
    def persons(self) -> tuple[str, ...]:
        return (self.state.profile.id, *self.state.profile.also)


def find(tables: Tables, identifier: Identifier) -> State | Erasing | None:
    """Who bears it now, whoever they were merged into."""
    is_profile = identifier[0] == PROFILE
    profile = identifier[1] if is_profile else DynamoIdentities(tables=tables).leading([identifier]).get(identifier)
    while profile is not None:
        content = DynamoProfiles(tables=tables).load([profile])[profile].content
        if not isinstance(content, Tombstone):
            return content
        profile = content.into
    return None


def holdings_of(tables: Tables, state: State) -> Holdings:
    persons = (state.profile.id, *state.profile.also)
    items = [item for person in persons for item in _rows(tables, tables.profiles, person)]
    events = [rows.event_of(item) for person in persons for item in _rows(tables, tables.history, person)]
    named = [(item["row"]["S"], item) for item in items]
    return Holdings(
        state=state,
        events=tuple(sorted(events, key=lambda event: (event.at, event.key))),
        messages=tuple(
            sorted(
                (rows.message_of(item) for row, item in named if row.startswith("message#")),
                key=lambda message: (message.requested_at, message.id),
            )
        ),
        shown=_shown(named),
        ended=tuple(
            sorted(
                (codec.ENDED.read(item["body"]["S"]) for row, item in named if row.startswith("ended#")),
                key=lambda ended: ended.at,
            )
        ),
        consents=in_order(codec.CONSENT.read(item["body"]["S"]) for row, item in named if row.startswith(keys.CONSENT)),
        others=tuple((row, _content(item)) for row, item in named if not row.startswith(_TOLD)),
        counts={
            "Profiles": len(items),
            "History": len(events),
            "Identities": _leading_to(tables, state, events),
        },
    )


def as_json(held: Holdings, catalogue: Catalogue, *, now: datetime) -> Json:
    """What `dampf export` writes; docs/operator.md describes it."""
    profile = held.state.profile
    person = profile_files.as_json(profile, catalogue, profile_files.segments_of(profile, catalogue, now=now))
    del person["consent"]
    return {
        "exported_at": format_instant(now),
        "shop": catalogue.shop.name,
        "person": person,
        "merged_from": list(profile.also),
        "consent": [
            {
                "topic": None if topic == ALL_TOPICS else topic,
                "granted": consent.granted,
                "at": format_instant(consent.at),
                "source": consent.source,
                "wording": consent.wording,
            }
            for topic, consent in sorted(profile.consent.items())
        ],
        "consent_history": [
            {
                "topic": None if entry.topic == ALL_TOPICS else entry.topic,
                "act": entry.act,
                "at": format_instant(entry.at),
                "event": entry.name,
                "source": entry.source,
                "wording": entry.wording,
            }
            for entry in held.consents
        ],
        "bounced": {told: format_instant(at) for told, at in sorted(profile.bounced.items())},
        "messages": [
            {**_message(message), "shown": [_page(*each) for each in held.shown.get(message.id, ())]}
            for message in held.messages
        ],
        "journeys": _journeys(held),
        "events": [_event(event) for event in held.events],
        "further_rows": [{"row": row, "content": content} for row, content in held.others],
        "rows": held.counts,
    }


def _message(message: Message) -> Json:
    settled = message.status in outcomes.OUTCOMES
    told = outcomes.outcome(message) | {"requested_at": format_instant(message.requested_at), "status": message.status}
    return told if settled else told | {"at": None, "outcome": None}


def _page(at: datetime, html: str) -> Json:
    return {"at": format_instant(at), "html": html}


def _shown(named: Iterable[tuple[str, Any]]) -> dict[str, list[tuple[datetime, str]]]:
    shown: dict[str, list[tuple[datetime, str]]] = {}
    for row, item in named:
        if row.startswith(keys.SHOWN):
            message, at = keys.parse_shown(row)
            shown.setdefault(message, []).append((at, rows.shown_of(item)))
    return shown


def _journeys(held: Holdings) -> list[Json]:
    over = [
        {
            "campaign": ended.campaign,
            "version": ended.version,
            "entered_at": format_instant(ended.entered_at),
            "ended_at": format_instant(ended.at),
            "how": ended.how,
        }
        for ended in held.ended
    ]
    under_way = [
        {
            "campaign": journey.campaign,
            "version": journey.version,
            "entered_at": format_instant(journey.entered_at),
            "ended_at": None,
            "step": journey.step,
            "waits_until": format_instant(journey.waiting.due_at) if journey.waiting else None,
        }
        for journey in held.state.journeys
    ]
    return [*over, *under_way]


def _event(event: Event) -> Json:
    return {
        "at": format_instant(event.at),
        "arrived_at": format_instant(event.arrived_at),
        "event": event.name,
        "source": event.source,
        "id": event.id,
        "identifiers": event.identifiers,
        "properties": event.properties,
        "traits": event.traits,
    }


def _leading_to(tables: Tables, state: State, events: Iterable[Event]) -> int:
    """How many rows of Identities lead to the person, or say that an event of theirs was seen."""
    persons = (state.profile.id, *state.profile.also)
    known = {(kind, value) for kind, values in state.profile.identifiers.items() for value in values}
    seen = []
    for event in events:
        known |= set(event.proven.items())
        seen.append(keys.seen_key(event.key))
    owners = DynamoIdentities(tables=tables).leading(sorted(known))
    count = sum(owner in persons for owner in owners.values())
    for some in chunks(dict.fromkeys(seen), MOST_READS):
        wanted = {"Keys": [{"identifier": text(each)} for each in some]}
        count += sum(1 for _ in batch_get(tables, {tables.identities: wanted}))
    return count


def _rows(tables: Tables, table: str, person: str) -> Iterable[Any]:
    return query_all(
        tables,
        TableName=table,
        KeyConditionExpression="profile = :profile",
        ExpressionAttributeValues={":profile": text(person)},
        ConsistentRead=True,
    )


def _content(item: Json) -> Any:
    """A row's body, or its attributes where it has none."""
    told = {name: next(iter(value.values())) for name, value in item.items() if name not in ("profile", "row")}
    if "body" not in told:
        return told
    body = json.loads(told.pop("body"))
    return body if not told else {"body": body, **told}
