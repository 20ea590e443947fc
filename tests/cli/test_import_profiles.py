"""`dampf import profiles`: columns, rows, what is refused, and where it goes on."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dampf_cli import main
from dampf_cli.customers.columns import mapping_of
from dampf_cli.customers.rows import Row, fill, headings_of, rows_of
from dampf_cli.customers.sending import OntoBus, Progress
from dampf_cli.errors import CommandError

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
GERMAN = """\
Kundennummer;E-Mail;Vorname;Newsletter;Newsletter seit;Umsatz;Geburtstag;registriert am;Haarfarbe
42;Anna@Example.com;Anna;ja;01.02.2025;1.234,50;28.02.1990;01.01.2024 10:00;braun
43;kaputt;Bernd;ja;;;;;
44;carl@example.com;Carl;vielleicht;;;;;
45;dora@example.com;Dora;nein;;abc;31.02.1990;;

;anonym@example.com;;;;;;;
46;emil@example.com;Emil
"""


def imported(tmp_path: Path, text: str, *argv: str, code: int = 0, encoding: str = "utf-8") -> list[dict[str, Any]]:
    file, out = tmp_path / "customers.csv", tmp_path / "events.jsonl"
    file.write_text(text, encoding=encoding)
    assert (
        main.main(["import", "profiles", str(file), "--out", str(out), "--as-of", "2026-03-01T00:00:00Z", *argv])
        == code
    )
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def told(event: dict[str, Any]) -> tuple[str, str, Any, Any]:
    detail = event["detail"]
    return (
        event["detail-type"],
        detail["timestamp"],
        detail.get("userId"),
        detail.get("properties") or detail.get("traits"),
    )


def test_a_row_tells_all_that_it_knows_as_events_of_the_past(tmp_path: Path) -> None:
    events = imported(tmp_path, GERMAN, code=1)
    assert [told(event) for event in events if event["detail"].get("userId") == "42"] == [
        (
            "identify",
            "2026-03-01T00:00:00Z",
            "42",
            {"email": "anna@example.com", "birthday": "1990-02-28", "first_name": "Anna"},
        ),
        ("Customer Registered", "2024-01-01T10:00:00Z", "42", None),
        ("Consent Granted", "2025-02-01T00:00:00Z", "42", {"topic": "marketing", "source": "import"}),
        ("Profile Imported", "2026-03-01T00:00:00Z", "42", {"revenue": 1234.5}),
    ]
    assert all(event["detail"]["context"]["historical"] is True for event in events)


def test_what_is_not_taken_is_listed_by_row_and_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path, GERMAN, code=1)
    said = capsys.readouterr()
    assert [line.partition(": ")[2] for line in said.err.splitlines()] == [
        "row 3: E-Mail: an e-mail address expected (not imported)",
        "row 4: Newsletter: yes, no, subscribed or unsubscribed expected (not imported)",
        "row 5: Umsatz: a number expected (left out)",
        "row 5: Geburtstag: a date expected, such as 1990-02-28 or 28.02.1990 (left out)",
        "row 8: row: 9 columns expected, 3 found (not imported)",
    ]
    assert said.out == "Not read: Haarfarbe.\n3 rows were imported as 6 events; 3 rows refused.\n"


def test_one_row_is_told_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path, "Email,Accepts Email Marketing\nanna@example.com,no\nbroken,no\n", code=1)
    assert capsys.readouterr().out == "1 row was imported as 1 event; 1 row refused.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_usual_delimiter_and_a_byte_order_mark_are_understood(
    tmp_path: Path, delimiter: str, encoding: str
) -> None:
    text = delimiter.join(["Email", "Name"]) + "\r\n" + delimiter.join(["ä@example.com", '"a\nb"']) + "\r\n"
    (event,) = imported(tmp_path, text, encoding=encoding)
    assert event["detail"]["traits"] == {"email": "ä@example.com"}


def test_the_same_row_again_is_the_same_event_whenever_the_file_is_from(tmp_path: Path) -> None:
    once = imported(tmp_path, "email\na@example.com\n")
    again = imported(tmp_path, "email\nb@example.com\na@example.com\n")
    assert once[0]["detail"]["messageId"] == again[1]["detail"]["messageId"]
    assert again[0]["detail"]["messageId"] != again[1]["detail"]["messageId"]


MAILCHIMP = "Email Address,First Name,OPTIN_TIME,CONFIRM_TIME,UNSUB_TIME\n{}\n"


@pytest.mark.parametrize(
    "text, names",
    [
        (MAILCHIMP.format("a@example.com,A,,2024-05-01 10:00:00,"), ["identify", "Consent Granted"]),
        (
            MAILCHIMP.format("a@example.com,A,,2024-05-01 10:00:00,2025-05-01 10:00:00"),
            ["identify", "Consent Granted", "Consent Withdrawn"],
        ),
        ("Email,Email Marketing Consent\na@example.com,UNSUBSCRIBED\n", ["identify", "Consent Withdrawn"]),
        ("Email,Email Marketing Consent\na@example.com,NEVER_SUBSCRIBED\n", ["identify"]),
        (
            "Customer ID,Email,Accepts Email Marketing,Total Orders\n'77,a@example.com,yes,3\n",
            ["identify", "Consent Granted", "Profile Imported"],
        ),
        ("Email Address,CLEAN_TIME\na@example.com,2024-05-01 10:00:00\n", ["identify", "Email Bounced"]),
    ],
    ids=["mailchimp", "mailchimp, left", "klaviyo, left", "klaviyo, never", "shopify", "mailchimp, cleaned"],
)
def test_exports_of_other_systems_are_understood(tmp_path: Path, text: str, names: list[str]) -> None:
    events = imported(tmp_path, text)
    assert [event["detail-type"] for event in events] == names
    if "'77" in text:
        assert {event["detail"]["userId"] for event in events} == {"77"}


def test_a_mapping_file_says_what_columns_are(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "columns: { Wer: customer_id, Haar: trait.hair, Email: ignore, Ja: consent.news, Seit: consent.news.at }\n"
        "consent: { source: fair, wording: Ja gern }\ntimezone: Europe/Berlin\n"
    )
    text = "Wer,Haar,Email,Ja,Seit\n7,red,x@example.com,yes,2024-07-01 10:00\n"
    events = imported(tmp_path, text, "--mapping", str(mapping))
    assert told(events[0])[2:] == ("7", {"hair": "red"})
    consent = {"topic": "news", "source": "fair", "wording": "Ja gern"}
    assert told(events[1]) == ("Consent Granted", "2024-07-01T08:00:00Z", "7", consent)


@pytest.mark.parametrize(
    "mapping, line",
    [
        ("columns: { Nope: email }", "columns: the file has no column 'Nope'; it has Email, Name"),
        ("columns: { Name: nickname }", "columns.Name: one of anonymous_id, bounced_at, customer_id, email, ignore,"),
        ("columns: { Name: email, Email: email }", "columns: 'Name' and 'Email' are both email"),
        ("timezone: Mars", "timezone: a zone of the IANA database expected, such as Europe/Berlin"),
        ("colums: {}", "`columns`, `consent` and `timezone` expected, nothing else"),
        ("columns: { Email: ignore }", "no column tells who somebody is (email or customer_id): Email, Name."),
    ],
)
def test_a_mapping_that_is_wrong_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mapping: str, line: str
) -> None:
    file, told = tmp_path / "c.csv", tmp_path / "m.yaml"
    file.write_text("Email,Name\na@example.com,A\n")
    told.write_text(mapping)
    assert main.main(["import", "profiles", str(file), "--mapping", str(told), "--dry-run"]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1


def test_a_dry_run_shows_the_first_row_as_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "c.csv"
    file.write_text("email,newsletter,first_name\na@example.com,yes,Anna\n")
    assert main.main(["import", "profiles", str(file), "--dry-run", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["rows"], said["events"], said["refused"]) == (1, 2, 0)
    assert said["sample"]["traits"] == {"email": "a@example.com", "first_name": "Anna"}
    assert said["sample"]["consent"]["marketing"]["granted"] is True


def test_nothing_starts_by_an_import_and_nobody_is_mailed(tmp_path: Path, root: Path) -> None:
    imported(tmp_path, "customer_id,email,newsletter,created_at\n1,a@example.com,yes,2026-02-28\n")
    out, profiles = tmp_path / "outcomes.jsonl", tmp_path / "profiles.jsonl"
    content = ["--content", str(root / "campaigns"), "--out", str(out), "--profiles-out", str(profiles)]
    assert main.main(["simulate", str(tmp_path / "events.jsonl"), *content]) == 0
    assert out.read_text() == ""
    assert json.loads(profiles.read_text())["dates"]["registered_at"] == "2026-02-28T00:00:00Z"


class Bus:
    """EventBridge, as far as an import asks of it; refuses the first tries, and dies at a given call."""

    def __init__(self, *, refuses: int = 0, code: str = "ThrottlingException", dies_at: int | None = None) -> None:
        self.taken: list[str] = []
        self._code = code
        self._refuses, self._dies_at, self._calls = refuses, dies_at, 0

    def put_events(self, *, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - as boto3 spells it
        self._calls += 1
        if self._calls == self._dies_at:
            raise KeyboardInterrupt
        if self._calls <= self._refuses:
            others = Entries[1:]
            self.taken += [json.loads(each["Detail"])["messageId"] for each in others]
            answers: list[dict[str, str]] = [{"ErrorCode": self._code}, *({} for _ in others)]
            return {"FailedEntryCount": 1, "Entries": answers}
        self.taken += [json.loads(each["Detail"])["messageId"] for each in Entries]
        return {"FailedEntryCount": 0, "Entries": [{}] * len(Entries)}


def test_what_the_bus_throttles_comes_again_and_nothing_else(tmp_path: Path) -> None:
    events = imported(tmp_path, "email\n" + "".join(f"p{number}@example.com\n" for number in range(25)))
    bus, pauses = Bus(refuses=2), list[float]()
    OntoBus(client=bus, name="bus", pause=pauses.append).put(events)
    assert sorted(bus.taken) == sorted(event["detail"]["messageId"] for event in events)
    assert pauses == [0.2, 0.4]
    with pytest.raises(CommandError, match="--resume"):
        OntoBus(client=Bus(refuses=99), name="bus", pause=pauses.append).put(events[:1])


def test_what_the_bus_refuses_for_good_ends_an_import_at_once(tmp_path: Path) -> None:
    events = imported(tmp_path, "email\na@example.com\n")
    bus, pauses = Bus(refuses=1, code="NotAuthorizedForSourceException"), list[float]()
    with pytest.raises(CommandError, match="refuses events: NotAuthorizedForSourceException"):
        OntoBus(client=bus, name="bus", pause=pauses.append).put(events)
    assert pauses == []


def test_an_interrupted_import_goes_on_after_the_last_rows_that_were_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.csv"
    file.write_text("email\n" + "".join(f"p{number}@example.com\n" for number in range(1000)))
    first, second = Bus(dies_at=45), Bus()
    buses = iter([first, second])
    monkeypatch.setattr("dampf_cli.import_profiles.boto3.client", lambda *_, **__: next(buses))
    assert main.main(["import", "profiles", str(file), "--bus", "b"]) == 130
    assert (tmp_path / "c.csv.progress").exists()
    capsys.readouterr()
    assert main.main(["import", "profiles", str(file), "--bus", "b", "--resume", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["resumed_after"] == 401
    assert len(set(first.taken) | set(second.taken)) == 1000
    assert len(second.taken) == 600
    assert not (tmp_path / "c.csv.progress").exists()


def test_another_file_begins_anew(tmp_path: Path) -> None:
    Progress(tmp_path / "c.csv", "one").reached(17)
    assert Progress(tmp_path / "c.csv", "one").row() == 17
    assert Progress(tmp_path / "c.csv", "other").row() == 0


def test_a_hundred_thousand_rows_are_read_one_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text("email,first_name\n" + "a@example.com,Anna\n" * 100_000)
    headings, delimiter = headings_of(file)
    rows = rows_of(file, mapping_of(headings, None), delimiter, as_of=AS_OF, now=NOW)
    assert next(rows).number == 2
    assert next(rows).number == 3
    rows.close()  # type: ignore[attr-defined]


def test_bytes_that_are_no_utf_8_refuse_their_row_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "c.csv"
    file.write_bytes(b"email,first_name\na@example.com,J\xf6rg\nb@example.com,Bea\n")
    assert main.main(["import", "profiles", str(file), "--dry-run"]) == 1
    assert capsys.readouterr().err == f"{file}:2: row 2: row: UTF-8 expected (not imported)\n"


def test_a_row_is_found_by_its_line_below_cells_of_several(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "c.csv"
    file.write_text('email,first_name\na@example.com,"Anna\nMaria"\nbroken,Bea\n')
    assert main.main(["import", "profiles", str(file), "--dry-run"]) == 1
    assert capsys.readouterr().err == f"{file}:4: row 3: email: an e-mail address expected (not imported)\n"


def test_a_placeholder_is_no_customer(tmp_path: Path) -> None:
    mapping = mapping_of(["customer_id", "email"], None)
    row = Row(line=2, number=2)
    fill(row, ["0", "a@example.com"], mapping, as_of=AS_OF, now=NOW)
    assert [trouble.column for trouble in row.troubles] == ["detail.userId"]
    assert len(row.envelopes) == 1
