"""Who an event is about: identifiers and traits, brought into one spelling.

A bad trait (an address, a date, a zone) is refused alone and leaves a remark; the event itself always goes on.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dampf.doors.envelope import MAX_ID_CHARACTERS, is_unicode

CANONICAL_TRAITS: Final = {"firstName": "first_name", "lastName": "last_name", "createdAt": "created_at"}
"""Segment's reserved traits that have a hump; names that the shop invented stay as it spells them."""

PLACEHOLDERS: Final = frozenset(
    {
        *("0", "-1", "null", "none", "nil", "nan", "n/a", "undefined", "unknown", "(not set)", "guest", "anonymous"),
        *("[object object]", "00000000-0000-0000-0000-000000000000"),
    }
)
"""What programs send for nobody. Taken as identifiers they would join strangers into one profile."""

LONGEST_ADDRESS: Final = 254
_PART = r"[^\s@<>()\[\],;:\"\\.\x00-\x1f\x7f]+"
ADDRESS: Final = re.compile(rf"{_PART}(?:\.{_PART})*@(?:{_PART}\.)+{_PART}")
LOCALE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,4}")
DATE_LIKE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}.*)?")
MIDNIGHT: Final = re.compile(r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?")
PHONE_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
BETWEEN_DIGITS: Final = re.compile(r"[\s().\-/]")
LENGTH_OF_DATE: Final = len("2026-03-02")


def address(given: Any) -> str | None:
    """The e-mail address in its one spelling, None where it has not the shape of one."""
    if not isinstance(given, str):
        return None
    text = given.strip().lower()
    if len(text) > LONGEST_ADDRESS or not ADDRESS.fullmatch(text) or not is_unicode(text):
        return None
    return text


def identifier(given: str | int | None, remarks: list[str], *, field: str) -> str | None:
    """The identifier as text, None where it names nobody."""
    if given is None:
        return None
    text = given.strip() if isinstance(given, str) else str(given)
    if not text:
        return None
    if text.lower() in PLACEHOLDERS:
        remarks.append(f"{field}: a placeholder, no identifier")
        return None
    if len(text) > MAX_ID_CHARACTERS or not is_unicode(text):
        remarks.append(f"{field}: text of at most {MAX_ID_CHARACTERS} characters expected, ignored")
        return None
    return text


def phone(given: Any) -> str | None:
    """The number in its one spelling, `+` and digits; None where it is not international, for it could be anybody's."""
    if not isinstance(given, str):
        return None
    digits = BETWEEN_DIGITS.sub("", given.strip())
    spelled = f"+{digits[2:]}" if digits.startswith("00") else digits
    return spelled if PHONE_NUMBER.fullmatch(spelled) else None


def tidy_traits(raw: Mapping[str, Any], remarks: list[str]) -> dict[str, Any]:
    """Canonical names, one spelling of addresses, and only dates and zones that exist. A null empties a trait."""
    traits: dict[str, Any] = {}
    for given_name, value in raw.items():
        name = CANONICAL_TRAITS.get(given_name, given_name)
        if name != given_name and name in raw:
            continue
        if name == "email":
            _add_address(traits, value, remarks)
        elif name == "timezone":
            add_zone(traits, value, remarks)
        elif name == "birthday":
            _add_birthday(traits, value, remarks)
        elif name == "address" and isinstance(value, dict) and "postalCode" in value:
            rest = {part: told for part, told in value.items() if part != "postalCode"}
            traits[name] = {"postal_code": value["postalCode"], **rest}
        elif isinstance(value, str) and DATE_LIKE.fullmatch(value) and not _exists(value):
            remarks.append(f"trait {_shown(name)}: a date that exists expected, ignored")
        else:
            traits[name] = value
    return traits


def add_zone(traits: dict[str, Any], given: Any, remarks: list[str]) -> None:
    if isinstance(given, str) and is_zone(given):
        traits["timezone"] = given
    elif given is not None and given != "":
        remarks.append("trait timezone: a zone of the IANA database expected, ignored")


def add_language(traits: dict[str, Any], given: Any) -> None:
    """A locale such as `de_AT` becomes the language tag `de-AT`; what is none is no loss and needs no remark."""
    if isinstance(given, str) and LOCALE.fullmatch(given):
        traits["language"] = given.replace("_", "-")


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _add_address(traits: dict[str, Any], given: Any, remarks: list[str]) -> None:
    if given is None or given == "":
        return
    if spelled := address(given):
        traits["email"] = spelled
    else:
        remarks.append("trait email: an e-mail address expected, ignored")


def _add_birthday(traits: dict[str, Any], given: Any, remarks: list[str]) -> None:
    """A birthday is a day. Libraries write a day as its midnight in UTC; in New York that would be the day before."""
    if given is None:
        traits["birthday"] = None
    elif isinstance(given, str) and DATE_LIKE.fullmatch(given) and _exists(given):
        is_day = MIDNIGHT.fullmatch(given, LENGTH_OF_DATE)
        traits["birthday"] = given[:LENGTH_OF_DATE] if is_day else given
    elif given != "":
        remarks.append("trait birthday: a date that exists expected, ignored")


def _exists(text: str) -> bool:
    try:
        if len(text) == LENGTH_OF_DATE:
            date.fromisoformat(text)
        else:
            datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _shown(name: str) -> str:
    """A trait's name is the shop's, so it is shown; a key that looks like anything else is not."""
    return name if name.isidentifier() and len(name) <= 64 else "(unnamed)"
