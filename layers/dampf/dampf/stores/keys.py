"""How rows are named, and who asks for them.

| question                           | table      | key                                   | who asks          |
|------------------------------------|------------|---------------------------------------|-------------------|
| who is this, what is under way     | Profiles   | profile, `state`                      | evaluate, deliver |
| what became of this message        | Profiles   | profile, `message#ID`                 | deliver, feedback |
| what did this mail show (400 days) | Profiles   | profile, `shown#ID#SECOND`            | pages             |
| what did they ever say of consent  | Profiles   | profile, `consent#INSTANT#KEY`        | export, operator  |
| did they say stop                  | Profiles   | profile, `stop`                       | deliver           |
| when was this campaign entered     | Profiles   | profile, `entered#CAMPAIGN#KEY`       | evaluate          |
| what did this order bring          | Profiles   | profile, `order#ID`                   | evaluate          |
| has this event reached the bus     | Profiles   | profile, `emit#KEY`                   | clock             |
| which journeys are over            | Profiles   | profile, `ended#JOURNEY`              | explain           |
| which journeys reached their goal  | Profiles   | profile, `goal#JOURNEY#KEY`           | explain           |
| what failed for good               | Profiles   | profile, `parked#KIND#WHICH`          | operator          |
| when is this date of theirs        | Profiles   | profile, `date#NAME`                  | nobody            |
| do they have this on their mind    | Profiles   | profile, `interest#PRODUCT`           | nobody            |
| what is due                        | Profiles   | index `due`: due_shard, due_at        | clock             |
| whose date is on this day          | Profiles   | index `dates`: `NAME#MM-DD#SHARD`,    | calendar          |
|                                    |            | `YYYY#PROFILE`                        |                   |
| who met products on this day       | Profiles   | index `dates`: `%met#DAY#SHARD`,      | recommend         |
|                                    |            | PROFILE                               |                   |
| who has this product on their mind | Profiles   | index `dates`: `%product#ID#SHARD`,   | audience          |
|                                    |            | PROFILE                               |                   |
| who is there at all                | Profiles   | index `people`: people_shard, profile | audience          |
| whose identifier is this           | Identities | identifier: `KIND#VALUE`              | ingest, evaluate  |
| was this event seen (35 days)      | Identities | identifier: `event#KEY`               | evaluate          |
| was this person erased, and when   | Identities | identifier: `erased#HASH`             | evaluate          |
| what did they do (400 days)        | History    | profile, row: `INSTANT#KEY`           | evaluate, deliver |
| what is published                  | Content    | kind, row: `NAME#VERSION`             | everyone          |
| what is in force, what is paused   | Content    | kind, row: `pointer`, `now`           | everyone          |
| what was in force before           | Content    | kind, row: `release`, NUMBER          | operator          |
| how far is this campaign enqueued  | Content    | kind, row: `mark`, CAMPAIGN           | calendar          |
| what is this product now           | Catalogue  | kind, id: `product#SHARD`, ID         | ingest, evaluate, |
|                                    |            |                                       | audience, deliver |
| what is said of this product       | Catalogue  | kind, id: `alike#SHARD`, PRODUCT      | deliver, evaluate |
| what sells in this category        | Catalogue  | kind, id: `best`, `#CATEGORY`         | deliver, evaluate |
| what was learnt of this product    | Catalogue  | kind, id: `meetings#SHARD`, PRODUCT   | recommend         |
| which night was learnt last        | Catalogue  | kind, id: `night`, `last`             | recommend         |
| what became of this voucher code   | Catalogue  | kind, id: `voucher#CODE`, `given`     | deliver, evaluate |
| which codes of a list are free     | Catalogue  | kind, id: `voucher-free#POOL`,        | deliver, publish  |
|                                    |            | `PLACE#CODE`                          |                   |
| which list was published last      | Catalogue  | kind, id: `voucher-list`, POOL        | publish           |

A cart token's row expires 90 to 120 days after it was named last (`domain/fading.py`); all other identifiers stay.

A person's codes are found by their ledger rows: the attribute `voucher` of `message#ID` names pool and code, and the
code's row holds the message that gave it. CODE is in capitals; PLACE is where a code stands on the ring of its list.

An event's KEY is `SOURCE#ID`. All indexes are sparse: only rows that wait for a time are in `due`, only rows of dates
and interests in `dates`, and only state rows in `people`, whose attribute never changes, so that it costs no write but
the first.

Parts that a shop chose may hold anything. All but the last have `%` and `#` escaped, so that two different keys never
become one; a last part that would burst DynamoDB's limit for keys is replaced by its hash.
"""

import hmac
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Final
from zlib import crc32

from dampf.domain.decision import EnteredKey, MemoryKey, OrderKey, VoucherKey
from dampf.domain.identifiers import Identifier
from dampf.domain.stimulus import (
    DateCame,
    EventCame,
    MessageFailed,
    ScheduleCame,
    Stimulus,
    TimerDue,
    VoucherClaimed,
    VoucherUsed,
)
from dampf.domain.voucher import canonical, position
from dampf.use_cases.ports.occasions import Due

STATE: Final = "state"
STOP: Final = "stop"
CONSENT: Final = "consent#"
SHOWN: Final = "shown#"
DUE_INDEX: Final = "due"
DUE_SHARDS: Final = tuple(str(shard) for shard in range(8))
DATES_INDEX: Final = "dates"
DATE_SHARDS: Final = tuple(str(shard) for shard in range(2))
"""Few, since all are asked for each day; two take an import that gives 2,000 people a second the same date."""

INTEREST_SHARDS: Final = tuple(str(shard) for shard in range(4))
"""All are asked for each news; four take 4,000 people a second who look at the same product."""

PEOPLE_INDEX: Final = "people"
PEOPLE_SHARDS: Final = tuple(str(shard) for shard in range(8))
"""As many parts of an audience are reached side by side."""

PRODUCT_SHARDS: Final = tuple(str(shard) for shard in range(8))
"""A partition takes 1,000 writes and 3,000 reads a second; a feed and everybody's mails may want more."""

POINTER: Final = ("pointer", "now")
RELEASE: Final = "release"
MARK: Final = "mark"
LAST_NIGHT: Final = ("night", "last")

_LONGEST: Final = 1000
"""Bytes of a key; DynamoDB takes 1024 for a sort key and 2048 for a partition key."""

_LONGEST_PART: Final = 400
_HASHED: Final = "%!"
"""Begins a part that was replaced by its hash; nothing escaped begins so."""

_SEEN: Final = "event"
_MET: Final = "%met"
_ERASED: Final = "erased"
_INTEREST: Final = "%product"


def message_row(message: str) -> str:
    return f"message#{message}"


def shown_row(message: str, at: datetime) -> str:
    """One for each try: a link shows the mail that bore it. `at` is known to the second, as links tell it."""
    return f"{SHOWN}{message}#{int(at.timestamp())}"


def parse_shown(row: str) -> tuple[str, datetime]:
    """The message and the second."""
    message, _, second = row.removeprefix(SHOWN).rpartition("#")
    return message, datetime.fromtimestamp(int(second), UTC)


def emit_row(event_key: str) -> str:
    return f"emit#{event_key}"


def ended_row(journey: str) -> str:
    return f"ended#{journey}"


def goal_row(journey: str, event_key: str) -> str:
    """A journey's goal may be reached again, by another event; it counts as one journey, and both bring revenue."""
    return _key(f"goal#{journey}#", event_key)


def memory_row(key: MemoryKey) -> str:
    """Of Profiles. What is remembered of a voucher code is nobody's alone and lies under `voucher_key`."""
    match key:
        case EnteredKey(campaign=campaign, key=entered):
            return _key(f"entered#{_part(campaign)}#", entered)
        case OrderKey(order_id=order_id):
            return _key("order#", order_id)
        case VoucherKey():
            raise TypeError("a voucher code is no row of a profile")


def voucher_key(code: str) -> tuple[str, str]:
    return _key("voucher#", canonical(code)), "given"


def free_key(pool: str, code: str) -> tuple[str, str]:
    return free_kind(pool), f"{position(canonical(code))}#{canonical(code)}"


def free_kind(pool: str) -> str:
    return f"voucher-free#{pool}"


def list_key(pool: str) -> tuple[str, str]:
    return "voucher-list", pool


def consent_row(at: datetime, event_key: str) -> str:
    return _key(f"{CONSENT}{instant(at)}#", event_key)


def parked_row(stimulus: Stimulus) -> str:
    match stimulus:
        case EventCame(event=event):
            return _key("parked#event#", event.key)
        case TimerDue(due_at=due_at):
            return f"parked#timer#{instant(due_at)}"
        case DateCame(day=day):
            return f"parked#date#{day.isoformat()}"
        case ScheduleCame(campaign=campaign, trigger=trigger, at=at):
            return f"parked#schedule#{_part(campaign)}#{trigger}#{at.isoformat()}"
        case MessageFailed(message=message):
            return f"parked#message#{message}"
        case VoucherClaimed(given=given):
            return f"parked#voucher#{given.message}"
        case VoucherUsed(code=code):
            return _key("parked#used#", code)


def parse_due(profile: str, row: str, due_at: str) -> Due:
    """What a row of the index stands for; the counterpart of `STATE`, `message_row` and `emit_row`."""
    kind, _, name = row.partition("#")
    return Due(profile=profile, row=kind, due_at=parse_instant(due_at), name=name)


def date_row(name: str) -> str:
    return _key("date#", name)


def date_key(name: str, month_and_day: str, shard: str) -> str:
    """`month_and_day` is `MM-DD`."""
    return f"{_part(name)}#{month_and_day}#{shard}"


def date_key_of(name: str, day: date, profile: str) -> str:
    return date_key(name, day.isoformat()[5:], DATE_SHARDS[_checksum(profile) % len(DATE_SHARDS)])


def date_sort(day: date, profile: str) -> str:
    return f"{day.isoformat()[:4]}#{profile}"


def met_key(day: date, shard: str) -> str:
    """No name of a date can be taken for it, since in those every `%` is followed by digits."""
    return f"{_MET}#{day.isoformat()}#{shard}"


def met_key_of(day: date, profile: str) -> str:
    return met_key(day, DATE_SHARDS[_checksum(profile) % len(DATE_SHARDS)])


def is_date_key(key: str) -> bool:
    """Whether a row of the index stands for a date, which `parse_date` reads."""
    return not key.startswith((f"{_MET}#", f"{_INTEREST}#"))


def parse_date(date_key: str, date_sort: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Name and `MM-DD`, and the same with the year; the counterpart of `date_key` and `date_sort`."""
    name, month_and_day, _ = date_key.rsplit("#", 2)
    name = name.replace("%23", "#").replace("%25", "%")
    return (name, month_and_day), (name, f"{date_sort[:4]}-{month_and_day}")


def product_kind(shard: str) -> str:
    return f"product#{shard}"


def product_key(product: str) -> tuple[str, str]:
    """Kind and id of its row."""
    return product_kind(_product_shard(product)), _key("", product)


def alike_key(product: str) -> tuple[str, str]:
    return f"alike#{_product_shard(product)}", _key("", product)


def meetings_key(product: str) -> tuple[str, str]:
    return f"meetings#{_product_shard(product)}", _key("", product)


def best_key(category: str) -> tuple[str, str]:
    """A name may be empty, a key may not."""
    return "best", _key("#", category)


def _product_shard(product: str) -> str:
    return PRODUCT_SHARDS[_checksum(product) % len(PRODUCT_SHARDS)]


def interest_row(product: str) -> str:
    return _key("interest#", product)


def interest_key(product: str, shard: str) -> str:
    """Where nobody's date lies: no name of a date begins so, once it is escaped."""
    return f"{_INTEREST}#{_part(product)}#{shard}"


def interest_key_of(product: str, profile: str) -> str:
    return interest_key(product, INTEREST_SHARDS[_checksum(profile) % len(INTEREST_SHARDS)])


def people_shard_of(profile: str) -> str:
    return PEOPLE_SHARDS[_checksum(profile) % len(PEOPLE_SHARDS)]


def mark_row(campaign: str) -> str:
    return _key("", campaign)


def identifier_key(identifier: Identifier) -> str:
    """No kind of identifier can be taken for an event that was seen, or for an erased person."""
    kind, value = identifier
    return _key(f"{f'%{kind}' if kind in (_SEEN, _ERASED) else _part(kind)}#", value)


def parse_identifier(identifier_key: str) -> Identifier:
    """The counterpart of `identifier_key`; a value that was too long for a key comes back as its hash."""
    kind, _, value = identifier_key.partition("#")
    return kind.replace("%23", "#").replace("%25", "%"), value


def erased_key(identifier: Identifier, secret: bytes) -> str:
    """Whoever knows the address finds its row only with the stack's secret, and nobody finds the address by the row."""
    kind, value = identifier
    told = f"{_ERASED}#{_part(kind)}#{value}".encode()
    return f"{_ERASED}#{hmac.new(secret, told, sha256).hexdigest()}"


def seen_key(event_key: str) -> str:
    return _key(f"{_SEEN}#", event_key)


def history_row(at: datetime, event_key: str) -> str:
    return _key(f"{instant(at)}#", event_key)


def content_row(name: str, version: str) -> str:
    return _key(f"{_part(name)}#", version)


def release_row(number: int) -> str:
    """Of one length, so that releases sort by their numbers."""
    return f"{number:09}"


def topic_attribute(topic: str | None) -> str:
    """Where a stop row keeps what was said of a topic; None is all of them."""
    return "all" if topic is None else f"topic#{topic}"


def parse_topic(attribute: str) -> str | None:
    """The counterpart of `topic_attribute`."""
    return None if attribute == "all" else attribute.removeprefix("topic#")


def shard_of(profile: str) -> str:
    return DUE_SHARDS[_checksum(profile) % len(DUE_SHARDS)]


def instant(at: datetime) -> str:
    """Text of one length, so that it sorts as instants do."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _checksum(profile: str) -> int:
    return crc32(profile.encode())


def _part(text: str) -> str:
    """A part that another one follows."""
    escaped = text.replace("%", "%25").replace("#", "%23") if "%" in text or "#" in text else text
    return escaped if len(escaped.encode()) <= _LONGEST_PART else _hashed(text)


def _key(prefix: str, last: str) -> str:
    """A last part may hold anything, except what would pass for the hash of another."""
    key = prefix + last
    if last.startswith(_HASHED) or len(key) > _LONGEST or (not key.isascii() and len(key.encode()) > _LONGEST):
        return prefix + _hashed(last)
    return key


def _hashed(text: str) -> str:
    return _HASHED + sha256(text.encode()).hexdigest()
