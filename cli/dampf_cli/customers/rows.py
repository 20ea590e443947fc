"""The rows of a customer file, one after the other, and each row as the events that tell of this customer."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from dampf.domain.instants import format_instant
from dampf.domain.shop import MARKETING
from dampf.doors import Malformed, translate
from dampf.doors.people import address
from dampf_cli.customers.columns import IGNORED, Mapping
from dampf_cli.errors import WrongUse

SOURCE: Final = "dampf.import"
IMPORTED: Final = "Profile Imported"
LONGEST_FIELD: Final = 1_000_000
_YES: Final = frozenset({"yes", "true", "1", "y", "ja", "subscribed", "granted", "opt-in", "optin", "explicit_opt_in"})
_LEFT: Final = frozenset({"unsubscribed", "withdrawn", "opted out", "opt-out", "abgemeldet"})
_NOT: Final = frozenset(
    {"", "no", "false", "0", "n", "nein", "never_subscribed", "never subscribed", "not_subscribed", "pending", "none"}
)
_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ ,]+(\d{1,2}:\d{2}(?::\d{2})?))?")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")

Json = dict[str, Any]


class Trouble(NamedTuple):
    """What of a row was not taken, by its column. `row` counts the file's rows, the heading being 1; `line` is where it
    begins, farther down where cells above hold line breaks."""

    line: int
    row: int
    column: str
    expected: str
    is_refused: bool

    def __str__(self) -> str:
        what = "not imported" if self.is_refused else "left out"
        return f"{self.line}: row {self.row}: {self.column}: {self.expected} ({what})"


@dataclass(kw_only=True)
class Row:
    """`envelopes` are empty where the row is refused."""

    line: int
    number: int
    envelopes: list[Json] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    def refuse(self, column: str, expected: str) -> None:
        self.envelopes = []
        self.troubles.append(Trouble(self.line, self.number, column, expected, is_refused=True))

    def leave_out(self, column: str, expected: str) -> None:
        self.troubles.append(Trouble(self.line, self.number, column, expected, is_refused=False))


class _Refused(Exception):
    def __init__(self, column: str, expected: str) -> None:
        super().__init__(column, expected)
        self.column, self.expected = column, expected


def headings_of(file: Path) -> tuple[list[str], str]:
    """The columns' names and what parts them: a semicolon, a comma or a tab, whichever the heading has most of."""
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        first = lines.readline()
    if not first.strip():
        raise WrongUse(f"{file}: a heading expected in the first line")
    if not _is_unicode(first):
        raise WrongUse(f"{file}:1: UTF-8 expected; save the file as `CSV UTF-8`")
    delimiter = max(";,\t", key=first.count)
    return [name.strip() for name in next(csv.reader([first], delimiter=delimiter))], delimiter


def rows_of(file: Path, mapping: Mapping, delimiter: str, *, as_of: datetime, now: datetime) -> Iterator[Row]:
    """One at a time, however many there are; empty lines count and give nothing."""
    csv.field_size_limit(LONGEST_FIELD)
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        reader = csv.reader(lines, delimiter=delimiter)
        next(reader)
        number = 1
        while True:
            number += 1
            row = Row(line=reader.line_num + 1, number=number)
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as problem:
                row.refuse("row", f"cannot be read: {problem}")
                yield row
                continue
            if any(cell.strip() for cell in cells):
                fill(row, cells, mapping, as_of=as_of, now=now)
                yield row


def fill(row: Row, cells: list[str], mapping: Mapping, *, as_of: datetime, now: datetime) -> None:
    """Puts what the cells tell into the row, or why they are not taken."""
    try:
        if len(cells) != len(mapping.headings):
            raise _Refused("row", f"{len(mapping.headings)} columns expected, {len(cells)} found")
        if not all(map(_is_unicode, cells)):
            raise _Refused("row", "UTF-8 expected")
        customer = _Customer(row, cells, mapping)
        row.envelopes = customer.envelopes(as_of=as_of, now=now)
        for envelope in row.envelopes:
            for remark in translate(envelope).remarks:
                row.leave_out(remark.partition(":")[0], remark.partition(": ")[2])
    except _Refused as refused:
        row.refuse(refused.column, refused.expected)
    except Malformed as problem:
        row.refuse(problem.field, problem.reason)


class _Customer:
    """One row, read cell by cell."""

    def __init__(self, row: Row, cells: list[str], mapping: Mapping) -> None:
        self._row, self._mapping = row, mapping
        self.told: dict[str, str] = {}
        self.columns: dict[str, str] = {}
        for heading, target, cell in zip(mapping.headings, mapping.targets, cells, strict=True):
            text = cell.strip()
            if target is not None and target != IGNORED and text:
                self.told.setdefault(target, text)
                self.columns.setdefault(target, heading)

    def envelopes(self, *, as_of: datetime, now: datetime) -> list[Json]:
        who, email = self._who()
        registered_at = self._instant("registered_at")
        told: list[tuple[str, datetime, Json]] = []
        if registered_at is not None:
            told.append(("Customer Registered", registered_at, {}))
        told += self._consents(registered_at or as_of)
        bounced_at = self._instant("bounced_at")
        if bounced_at is not None and email is not None:
            told.append(("Email Bounced", bounced_at, {"email": email, "bounce_type": "Permanent"}))
        numbers = {name: self._number(f"property.{name}") for name in self._named("property.")}
        properties = {name: value for name, value in numbers.items() if value is not None}
        if properties:
            told.append((IMPORTED, as_of, properties))
        traits = self._traits(email)
        details = [("identify", as_of, {**who, "traits": traits})]
        details += [
            (name, at, {**who, "properties": properties} | _by_address(who, email)) for name, at, properties in told
        ]
        return [_envelope(name, at, detail, now=now) for name, at, detail in details]

    def _who(self) -> tuple[Json, str | None]:
        email = address(self.told["email"]) if "email" in self.told else None
        if "email" in self.told and email is None:
            raise _Refused(self.columns["email"], "an e-mail address expected")
        who: Json = {}
        if "customer_id" in self.told:
            who["userId"] = self.told["customer_id"].lstrip("'")  # Shopify keeps spreadsheets from rounding it
        if "anonymous_id" in self.told:
            who["anonymousId"] = self.told["anonymous_id"]
        if not who and email is None:
            raise _Refused("row", "an e-mail address or a customer id expected")
        return who, email

    def _consents(self, otherwise: datetime) -> list[tuple[str, datetime, Json]]:
        topics = {target.split(".")[1] for target in self._mapping.targets if target and target.startswith("consent.")}
        told = []
        for topic in sorted(topics):
            stem = f"consent.{topic}"
            at = self._instant(f"{stem}.at")
            status = self.told.get(stem, "").lower()
            if stem not in self._mapping.targets:  # no column says so: a time of consent is consent
                status = "yes" if at is not None else ""
            proof = {
                name: value
                for name in ("source", "wording")
                if (value := self.told.get(f"{stem}.{name}") or self._mapping.consent.get(name))
            }
            if status in _YES:
                told.append(("Consent Granted", at or otherwise, {"topic": topic, "source": "import", **proof}))
            elif status in _LEFT:
                told.append(("Consent Withdrawn", at or otherwise, {"topic": topic, "source": "import"}))
            elif status not in _NOT:
                raise _Refused(self.columns[stem], "yes, no, subscribed or unsubscribed expected")
        left_at = self._instant("withdrawn_at")
        if left_at is not None:
            told.append(("Consent Withdrawn", left_at, {"topic": MARKETING, "source": "import"}))
        return told

    def _traits(self, email: str | None) -> Json:
        traits: Json = {"email": email} if email is not None else {}
        for name in self._named("trait."):
            text = self.told[f"trait.{name}"]
            dotted = _DOTTED.fullmatch(text)
            if name == "birthday":
                day = _day(text)
                if day is None:
                    self._leave_out(f"trait.{name}", "a date expected, such as 1990-02-28 or 28.02.1990")
                    continue
                traits[name] = day
            elif name == "tags":
                traits[name] = [tag.strip() for tag in re.split(r"[,;|]", text.replace('"', "")) if tag.strip()]
            elif dotted is not None and (day := _day(text)) is not None:
                traits[name] = day
            else:
                traits[name] = text
        return traits

    def _instant(self, target: str) -> datetime | None:
        if target not in self.told:
            return None
        at = _moment(self.told[target], self._mapping)
        if at is None:
            self._leave_out(target, "a date or time expected, such as 2024-05-01T12:00:00Z or 01.05.2024")
        return at

    def _number(self, target: str) -> float | int | str | None:
        text = self.told[target].replace(" ", "").replace("\u00a0", "").strip("€$£")
        if "," in text:  # 1.234,50 or 1,234.50: what stands last parts the cents
            whole, cents = (".", ",") if text.rfind(",") > text.rfind(".") else (",", ".")
            text = text.replace(whole, "").replace(cents, ".")
        if not _NUMBER.fullmatch(text):
            self._leave_out(target, "a number expected")
            return None
        return float(text) if "." in text else int(text)

    def _named(self, prefix: str) -> list[str]:
        return sorted(target.removeprefix(prefix) for target in self.told if target.startswith(prefix))

    def _leave_out(self, target: str, expected: str) -> None:
        self._row.leave_out(self.columns[target], expected)


def _envelope(name: str, at: datetime, detail: Json, *, now: datetime) -> Json:
    """The id says what is told, and not when it is imported: the same row a second time is the same event."""
    told = json.dumps([name, detail], sort_keys=True, ensure_ascii=False)
    detail = {
        **detail,
        "messageId": f"import-{sha256(told.encode()).hexdigest()[:32]}",
        "timestamp": format_instant(min(at, now)),
        "context": {**detail.get("context", {}), "historical": True},
    }
    return {"source": SOURCE, "detail-type": name, "time": format_instant(now), "detail": detail}


def _by_address(who: Json, email: str | None) -> Json:
    """The address goes along where nothing else says whose event it is."""
    return {} if who or email is None else {"context": {"traits": {"email": email}}}


def _moment(text: str, mapping: Mapping) -> datetime | None:
    if (dotted := _DOTTED.fullmatch(text)) is not None:
        day, clock = _day(text), dotted[4]
        text = f"{day}T{clock.zfill(5) if clock else '00:00'}" if day else ""
    try:
        at = datetime.fromisoformat(text.removesuffix(" UTC").strip() + ("+00:00" if text.endswith(" UTC") else ""))
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=mapping.timezone)
    return at.astimezone(UTC) if 1970 < at.year < 9000 else None


def _day(text: str) -> str | None:
    dotted = _DOTTED.fullmatch(text)
    try:
        if dotted is not None:
            return date(int(dotted[3]), int(dotted[2]), int(dotted[1])).isoformat()
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
