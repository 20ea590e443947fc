"""What all doors share: the envelope read, the translation handed back, and the one way to refuse.

A reason never repeats a value: it names the field and what was expected there, so that it may be logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json import dumps
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from dampf.domain.event import MAX_BYTES, Event

MAX_ID_CHARACTERS: Final = 256
CLOCK_SKEW: Final = timedelta(days=1)
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Malformed(ValueError):
    """The event is refused whole: `field` is its path in the envelope, `reason` one line that holds no value."""

    def __init__(self, reason: str, *, field: str, event_id: str | None = None) -> None:
        super().__init__(f"{field}: {reason}")
        self.reason = reason
        self.field = field
        self.event_id = event_id


@dataclass(frozen=True, slots=True)
class Translation:
    """No events: well-formed, but nothing for us, and a remark says why. Remarks hold no values either."""

    events: tuple[Event, ...] = ()
    remarks: tuple[str, ...] = ()


class Envelope(NamedTuple):
    """An EventBridge envelope after its outermost checks; `id` is None where the sender gave none."""

    source: str
    name: str
    id: str | None
    arrived_at: datetime
    detail: dict[str, Any]


def read_envelope(raw: Any) -> Envelope:
    if not isinstance(raw, Mapping):
        raise Malformed("an object expected", field="envelope")
    given_id = raw.get("id")
    envelope_id = None if given_id is None else own_id(given_id, field="id")
    source = _text(raw, "source", envelope_id)
    name = _text(raw, "detail-type", envelope_id)
    try:
        arrived_at = instant(raw.get("time"))
    except ValueError as problem:
        raise Malformed(str(problem), field="time", event_id=envelope_id) from None
    detail = raw.get("detail")
    if not isinstance(detail, dict):
        raise Malformed("an object expected", field="detail", event_id=envelope_id)
    return Envelope(source, name, envelope_id, arrived_at, detail)


def own_id(given: Any, *, field: str, event_id: str | None = None) -> str:
    """An id as text: it becomes part of a key, hence the limit of its length."""
    text = given.strip() if isinstance(given, str) else str(given) if _is_whole_number(given) else None
    if not text or len(text) > MAX_ID_CHARACTERS or not is_unicode(text):
        raise Malformed(f"text of 1 to {MAX_ID_CHARACTERS} characters expected", field=field, event_id=event_id)
    return text


def first_id(envelope: Envelope, given: Any, *, field: str) -> str:
    """The event's own id where its detail gives one, else the envelope's."""
    if given is not None and given != "":
        return own_id(given, field=field, event_id=envelope.id)
    if envelope.id is None:
        raise Malformed("an id expected, here or in the envelope", field=field)
    return envelope.id


def instant(given: Any) -> datetime:
    """An ISO 8601 instant in UTC; one without an offset is taken as UTC. ValueError says what was expected."""
    if not isinstance(given, str):
        raise ValueError("an ISO 8601 instant expected")
    try:
        parsed = datetime.fromisoformat(given.strip())
        moment = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("an ISO 8601 instant expected") from None
    if moment < EARLIEST:
        raise ValueError("an instant since 1970 expected")
    return moment


def happened_at(envelope: Envelope, given: Any, remarks: list[str], *, field: str) -> datetime:
    """When the event happened: as told, else on arrival. Strict: a time that cannot be read refuses the event."""
    if given is None or given == "":
        return envelope.arrived_at
    try:
        return not_in_future(envelope, instant(given), remarks, field=field)
    except ValueError as problem:
        raise Malformed(str(problem), field=field, event_id=envelope.id) from None


def not_in_future(envelope: Envelope, moment: datetime, remarks: list[str], *, field: str) -> datetime:
    """A clock that is a little fast is believed; one that is off by more than a day would outlive every later event."""
    if moment > envelope.arrived_at and moment - envelope.arrived_at > CLOCK_SKEW:
        remarks.append(f"{field}: more than a day after its arrival, taken as its arrival")
        return envelope.arrived_at
    return moment


def check_size(event: Event) -> None:
    """Refuses what is larger than one history row may be, and what is no JSON (NaN, halves of characters)."""
    try:
        written = to_json(event.properties)
        if event.traits:
            size = len(written) + len(traits := to_json(event.traits))
            written += traits
        else:
            size = len(written)
        if b"NaN" in written or b"Infinity" in written:  # as a number or within a text: only now look closely
            dumps([event.properties, event.traits], allow_nan=False)
    except (ValueError, RecursionError):
        raise Malformed("plain JSON values expected", field="detail", event_id=event.id) from None
    if size > MAX_BYTES:
        raise Malformed(
            f"at most {MAX_BYTES} bytes of properties and traits expected, not {size}",
            field="detail",
            event_id=event.id,
        )


def is_unicode(text: str) -> bool:
    """False for text with half a surrogate pair, which JSON can spell and UTF-8 cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_whole_number(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and abs(given) < 10**40


def _text(raw: Mapping[str, Any], field: str, event_id: str | None) -> str:
    given = raw.get(field)
    text = given.strip() if isinstance(given, str) else ""
    if not text or len(text) > MAX_ID_CHARACTERS or not is_unicode(text):
        raise Malformed(f"text of 1 to {MAX_ID_CHARACTERS} characters expected", field=field, event_id=event_id)
    return text
