"""Domain values as rows of the tables, and back.

A value lies in a row as one JSON text, `body`; a state's, once its row would cost a second write unit, as that text
packed by zlib. Beside it stand only the attributes that a condition, an index or an update needs: `version`,
`people_shard`, `due_shard` and `due_at`, `status`, `at`, `voucher` and `is_awaited` of a message (and `reason`, where
feedback told it), `name` of a past event, `joined` of an identifier and of a tombstone, `former` of an identifier,
`expires_at` of what DynamoDB deletes. What a mail showed is `html`, packed. Date and interest rows are nothing but
their places in the index `dates`.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from dampf.domain.commit import Stored
from dampf.domain.consents import ConsentEntry
from dampf.domain.decision import Conversion, Ended, Memory
from dampf.domain.event import Event
from dampf.domain.identifiers import Claim, Identifier
from dampf.domain.links import WORKS_FOR, Purpose
from dampf.domain.message import Message, Reason, Status, profile_of
from dampf.domain.state import Erasing, State, Tombstone
from dampf.domain.stimulus import Stimulus
from dampf.domain.voucher import GivenVoucher
from dampf.stores import codec, keys
from dampf.stores.dynamodb import Item, number, text
from dampf.stores.rules import PATIENCE, due_again
from dampf.use_cases.ports.messages import Stop

AWAITED: Final = "is_awaited"
"""Stands on a message's row whose profile is to hear of its delivery."""

PACKED_FROM: Final = 850
"""Bytes of a state's body, with which its row nears the 1,024 of a write unit: other attributes and names count too."""

SEEN_FOR: Final = timedelta(days=35)
HISTORY_FOR: Final = timedelta(days=400)


def state_item(state: State, *, version: int) -> dict[str, Any]:
    """The due index lists it only while something waits for a time."""
    profile = state.profile.id
    body = _packed(codec.STATE.write(state))
    item = {"profile": text(profile), "row": text(keys.STATE), "body": body, "version": number(version)}
    item["people_shard"] = text(keys.people_shard_of(profile))
    if state.met_products_on is not None:
        item["date_key"] = text(keys.met_key_of(state.met_products_on, profile))
        item["date_sort"] = text(profile)
    return item if state.due_at is None else item | due_attributes(profile, state.due_at)


def tombstone_item(tombstone: Tombstone, *, version: int) -> dict[str, Any]:
    """A state row with `into` in place of a body; in no index, so nothing wakes it and no audience holds it."""
    item = {
        "profile": text(tombstone.profile),
        "row": text(keys.STATE),
        "version": number(version),
        "into": text(tombstone.into),
    }
    return item if tombstone.joined is None else item | {"joined": text(codec.JOINED.write(tombstone.joined))}


def erasing_item(erasing: Erasing, *, version: int) -> dict[str, Any]:
    """A state row with `erasing` in place of a body; in no index either."""
    return {
        "profile": text(erasing.profile),
        "row": text(keys.STATE),
        "version": number(version),
        "erasing": text(codec.ERASING.write(erasing)),
    }


def erased_item(identifier: Identifier, at: datetime, *, secret: bytes) -> dict[str, Any]:
    return {"identifier": text(keys.erased_key(identifier, secret)), "erased_at": text(keys.instant(at))}


def stored_of(item: Item | None) -> Stored:
    if item is None:
        return Stored()
    version = int(item["version"]["N"])
    if "into" in item:
        joined = codec.JOINED.read(item["joined"]["S"]) if "joined" in item else None
        tombstone = Tombstone(profile=item["profile"]["S"], into=item["into"]["S"], joined=joined)
        return Stored(content=tombstone, version=version)
    if "erasing" in item:
        return Stored(content=codec.ERASING.read(item["erasing"]["S"]), version=version)
    return Stored(content=codec.STATE.read(_unpacked(item["body"])), version=version)


def message_item(message: Message) -> dict[str, Any]:
    item = _item(message.profile, keys.message_row(message.id), message_body(message))
    item["status"] = text(message.status)
    if message.is_awaited:
        item[AWAITED] = {"BOOL": True}
    if message.at is not None:
        item["at"] = text(keys.instant(message.at))
    due_at = due_again(message)
    return item if due_at is None else item | due_attributes(message.profile, due_at)


def message_body(message: Message) -> str:
    """Without status, instant and voucher: claims and feedback change those without reading the body."""
    return codec.MESSAGE.write(replace(message, status=Status.REQUESTED, at=None, voucher=None))


def message_of(item: Item) -> Message:
    at = keys.parse_instant(item["at"]["S"]) if "at" in item else None
    voucher = codec.VOUCHER.read(item["voucher"]["S"]) if "voucher" in item else None
    message = codec.MESSAGE.read(item["body"]["S"])
    message = replace(message, status=Status(item["status"]["S"]), at=at, voucher=voucher)
    return replace(message, reason=Reason(item["reason"]["S"])) if "reason" in item else message


def shown_key(message: str, at: datetime) -> tuple[str, str]:
    return profile_of(message), keys.shown_row(message, at)


def shown_attributes(html: str, *, now: datetime) -> dict[str, Any]:
    """Small, since writes are billed by size: a mail takes a quarter of its length."""
    return {"html": {"B": zlib.compress(html.encode())}, "expires_at": expires_at(now + WORKS_FOR[Purpose.VIEW])}


def shown_of(item: Item) -> str:
    return zlib.decompress(item["html"]["B"]).decode()


def history_item(profile: str, event: Event, *, now: datetime) -> dict[str, Any]:
    """Kept from the day it came: events of five years that a shop loads would else be gone at once."""
    item = _item(profile, keys.history_row(event.at, event.key), codec.EVENT.write(event))
    return item | {"name": text(event.name), "expires_at": expires_at(now + HISTORY_FOR)}


def emit_item(profile: str, event: Event, *, now: datetime) -> dict[str, Any]:
    """Due like a message that nobody claims: whoever commits it puts it on the bus and forgets it before then."""
    item = _item(profile, keys.emit_row(event.key), codec.EVENT.write(event))
    return item | due_attributes(profile, now + PATIENCE)


def date_item(profile: str, name: str, day: date) -> dict[str, Any]:
    return {
        "profile": text(profile),
        "row": text(keys.date_row(name)),
        "date_key": text(keys.date_key_of(name, day, profile)),
        "date_sort": text(keys.date_sort(day, profile)),
    }


def interest_item(profile: str, product: str) -> dict[str, Any]:
    return {
        "profile": text(profile),
        "row": text(keys.interest_row(product)),
        "date_key": text(keys.interest_key_of(product, profile)),
        "date_sort": text(profile),
    }


def event_of(item: Item) -> Event:
    return codec.EVENT.read(item["body"]["S"])


def given_item(given: GivenVoucher) -> dict[str, Any]:
    return catalogue_key(*keys.voucher_key(given.voucher.code)) | {"body": text(codec.GIVEN.write(given))}


def free_item(pool: str, code: str) -> dict[str, Any]:
    return catalogue_key(*keys.free_key(pool, code)) | {"code": text(code)}


def catalogue_key(kind: str, id_: str) -> dict[str, Any]:
    return {"kind": text(kind), "id": text(id_)}


def memory_item(profile: str, memory: Memory) -> dict[str, Any]:
    if isinstance(memory.value, GivenVoucher):
        return given_item(memory.value)
    return _item(profile, keys.memory_row(memory.key), codec.write_remembered(memory.value))


def ended_item(profile: str, ended: Ended) -> dict[str, Any]:
    return _item(profile, keys.ended_row(ended.journey), codec.ENDED.write(ended))


def goal_item(profile: str, conversion: Conversion) -> dict[str, Any]:
    row = keys.goal_row(conversion.journey, conversion.event)
    return _item(profile, row, codec.CONVERSION.write(conversion))


def consent_item(profile: str, entry: ConsentEntry) -> dict[str, Any]:
    """Kept for good: it proves what was agreed to, and when."""
    return _item(profile, keys.consent_row(entry.at, entry.event), codec.CONSENT.write(entry))


def parked_item(stimulus: Stimulus, *, reason: str, now: datetime) -> dict[str, Any]:
    item = _item(stimulus.profile, keys.parked_row(stimulus), codec.STIMULUS.write(stimulus))
    return item | {"reason": text(reason), "at": text(keys.instant(now))}


def seen_item(profile: str, event_key: str, *, now: datetime) -> dict[str, Any]:
    return {
        "identifier": text(keys.seen_key(event_key)),
        "profile": text(profile),
        "expires_at": expires_at(now + SEEN_FOR),
    }


def claim_of(item: Item) -> Claim:
    return Claim(
        profile=item["profile"]["S"],
        joined=codec.JOINED.read(item["joined"]["S"]) if "joined" in item else None,
        former=frozenset(item.get("former", {}).get("SS", ())),
    )


def expires_at(instant: datetime) -> dict[str, str]:
    """When DynamoDB may delete a row, as it reads it: whole seconds since 1970."""
    return number(int(instant.timestamp()))


def is_expired(item: Item, *, now: datetime) -> bool:
    """As good as deleted, however long DynamoDB takes for it."""
    return "expires_at" in item and int(item["expires_at"]["N"]) <= now.timestamp()


def due_attributes(profile: str, due_at: datetime) -> dict[str, Any]:
    return {"due_shard": text(keys.shard_of(profile)), "due_at": text(keys.instant(due_at))}


def stop_text(stop: Stop) -> str:
    """Begins with the instant, so that of two texts the greater is the later."""
    return f"{keys.instant(stop.at)} {stop.reason}"


def stops_of(items: Iterable[Item | None]) -> tuple[Stop, ...]:
    """All that these stop rows say, by topic; of two on one topic the later."""
    said: dict[str, str] = {}
    for item in items:
        for name, value in (item or {}).items():
            if name not in ("profile", "row"):
                said[name] = max(said.get(name, ""), value["S"])
    stops = []
    for name, value in sorted(said.items()):
        at, _, reason = value.partition(" ")
        stops.append(Stop(at=keys.parse_instant(at), topic=keys.parse_topic(name), reason=reason))
    return tuple(stops)


def _item(profile: str, row: str, body: str) -> dict[str, Any]:
    return {"profile": text(profile), "row": text(row), "body": text(body)}


def _packed(body: str) -> dict[str, Any]:
    """The fastest level: higher ones make such texts hardly smaller."""
    written = body.encode()
    return text(body) if len(written) < PACKED_FROM else {"B": zlib.compress(written, 1)}


def _unpacked(body: Mapping[str, Any]) -> str:
    return str(body["S"]) if "S" in body else zlib.decompress(body["B"]).decode()
