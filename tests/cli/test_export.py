"""`dampf export` of a simulation, and the page that the person gets."""

import json
from pathlib import Path
from typing import Any

import pytest

from dampf_cli import main
from dampf_cli.rights.export_page import as_page

ANNA: dict[str, Any] = {
    "profile": "p1",
    "identifiers": {"customer_id": ["42"], "email": ["anna@example.com"], "anonymous_id": []},
    "traits": {"email": "anna@example.com", "language": "en-GB", "timezone": "Europe/London", "note": "<b>bold</b>"},
    "consent": {"marketing": {"granted": True, "at": "2026-03-01T08:00:00Z", "source": "footer"}},
    "metrics": {"orders": 2},
    "dates": {"last_seen_at": "2026-07-01T10:00:00Z"},
    "cart": {"id": None, "items": [], "value": 0, "updated_at": None},
    "viewed": [],
    "purchased": [],
    "suppressed": None,
    "segments": ["vip"],
}
MAIL = {"id": "p1-m", "at": "2026-07-01T11:00:00Z", "profile": "p1", "message": "welcome", "subject": "Hello"}


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    profiles, outcomes = tmp_path / "profiles.jsonl", tmp_path / "outcomes.jsonl"
    profiles.write_text(json.dumps({**ANNA, "profile": "p0", "identifiers": {}}) + "\n" + json.dumps(ANNA) + "\n")
    told = {**MAIL, "outcome": "sent", "reason": None}
    outcomes.write_text(json.dumps({**told, "profile": "p0"}) + "\n" + json.dumps(told) + "\n")
    return ["--profiles", str(profiles), "--outcomes", str(outcomes)]


def test_a_simulation_tells_of_one_person(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["export", "--email", "Anna@example.com", *files]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert told["person"]["profile"] == "p1"
    assert told["consent"] == [
        {"topic": "marketing", "wording": None, "granted": True, "at": "2026-03-01T08:00:00Z", "source": "footer"}
    ]
    assert [message["id"] for message in told["messages"]] == ["p1-m"]


@pytest.mark.parametrize("who", ["profile=p1", "customer_id=42", "email=ANNA@example.com"])
def test_anybody_is_found_by_any_identifier(files: list[str], capsys: pytest.CaptureFixture[str], who: str) -> None:
    assert main.main(["export", "--id", who, *files]) == 0
    assert json.loads(capsys.readouterr().out)["person"]["profile"] == "p1"


def test_the_page_speaks_the_persons_language_and_time_and_escapes_what_they_told(
    files: list[str], tmp_path: Path
) -> None:
    page, out = tmp_path / "page.html", tmp_path / "out.json"
    assert main.main(["export", "--customer-id", "42", *files, "--page", str(page), "--out", str(out)]) == 0
    english = page.read_text()
    assert "What we hold about you" in english
    assert "&lt;b&gt;bold&lt;/b&gt;" in english
    assert "1 Jul 2026, 12:00:00" in english or "Jul 1, 2026, 12:00:00" in english
    export = json.loads(out.read_text())
    export["person"]["traits"]["language"] = "de-AT"
    german = as_page(export)
    assert "Was wir über Sie gespeichert haben" in german
    assert "01.07.2026, 12:00:00" in german


@pytest.mark.parametrize(
    "argv, code, line",
    [
        (["--email", "nobody@example.com"], 1, "nobody is known by this email"),
        (["--email", "anna@example.com", "--stack", "s"], 2, "say of what: --stack NAME or --profiles FILE"),
        (["--id", "phone=12345"], 2, "--id: an international number expected, not 12345"),
        (["--requests"], 2, "--requests asks a stack: --stack NAME"),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line(
    files: list[str], capsys: pytest.CaptureFixture[str], argv: list[str], code: int, line: str
) -> None:
    assert main.main(["export", *argv, *files]) == code
    assert capsys.readouterr().err == f"dampf: {line}\n"


def test_a_line_that_is_no_profile_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.jsonl").write_text("{}\n[]\n")
    assert main.main(["export", "--email", "a@b.example", "--profiles", str(tmp_path / "p.jsonl")]) == 1
    assert capsys.readouterr().err == f"dampf: {tmp_path / 'p.jsonl'}:2: a JSON object expected\n"
