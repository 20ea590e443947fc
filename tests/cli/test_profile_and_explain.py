"""`dampf profile` and `dampf explain`: who somebody is, and why they did or did not get a mail."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dampf_cli.main import main
from tests.builders import SHOP, added, bought, consenting, happened, message

CAMPAIGNS = {
    "cart.yaml": """
title: Cart
trigger: { event: Product Added, when: profile.cart.items }
entry: { per: profile.cart.id, restart: true }
exit: [{ event: Order Completed }]
steps: [{ wait: 1 hour }, { send: mail }]
""",
    "once.yaml": """
title: Once
trigger: { event: Product Viewed, when: event.properties.product_id != "saw" }
steps: [{ send: receipt }]
""",
    "tenth.yaml": "title: Tenth\ntrigger: { metric: orders, reaches: 10 }\nsteps: [{ send: mail }]\n",
    "birthday.yaml": "title: Birthday\ntrigger: { date: profile.dates.birthday }\nsteps: [{ send: mail }]\n",
    "metrics.yaml": "orders: { add: 1, on: Order Completed }\n",
}


def at(minute: int) -> str:
    return f"2026-03-02T10:{minute:02d}:00Z"


Told = Callable[..., Any]


@pytest.fixture
def told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Told:
    """What a command says of a simulation of these events, as JSON."""
    folder = tmp_path / "content"
    (folder / "messages").mkdir(parents=True)
    (folder / "shop.yaml").write_text(json.dumps(SHOP))
    for name, text in CAMPAIGNS.items():
        (folder / name).write_text(text)
    (folder / "messages/mail.mjml").write_text(message("Mail"))
    (folder / "messages/receipt.mjml").write_text(message("Receipt", **{"class": "transactional"}))

    def tell(command: str, events: list[dict[str, Any]], *more: str) -> Any:
        source = tmp_path / "events.jsonl"
        numbered = ({"id": f"e{place}", **event} for place, event in enumerate(events))
        source.write_text("".join(json.dumps(event) + "\n" for event in numbered))
        assert main([command, "--events", str(source), "--content", str(folder), "--json", *more]) == 0
        return json.loads(capsys.readouterr().out)

    return tell


def sentences(told: Told, events: list[dict[str, Any]], *more: str) -> list[str]:
    return [line["text"] for line in told("explain", events, "--customer-id", "anna", *more)["lines"]]


# --- profile ----------------------------------------------------------------------------------------------------------


def test_the_graph_says_when_and_by_which_event_each_identifier_was_joined(told: Told) -> None:
    events = [
        happened("Product Viewed", at(0), anonymous="laptop"),
        happened("Signed In", at(1), "anna", anonymous="laptop"),
        happened("Signed In", at(2), "ben", anonymous="laptop"),
        happened("Signed In", at(3), "anna", anonymous="laptop"),
    ]
    graph = told("profile", events, "--customer-id", "anna")
    assert graph["identifiers"] == [
        {
            "kind": "customer_id",
            "value": "anna",
            "joined": {"at": at(1), "event": "Signed In", "key": "shop#e1"},
            "proved_at": None,
            "former_owners": 0,
        },
        {
            "kind": "anonymous_id",
            "value": "laptop",
            "joined": {"at": at(3), "event": "Signed In", "key": "shop#e3"},
            "proved_at": at(3),
            "former_owners": 2,
        },
    ]
    assert [each["joined"] for each in graph["merged"]] == [{"at": at(1), "event": "Signed In", "key": "shop#e1"}]


def test_a_malformed_line_of_events_is_named_and_the_rest_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "messages").mkdir()
    (tmp_path / "shop.yaml").write_text(json.dumps(SHOP))
    events = tmp_path / "events.jsonl"
    events.write_text("{}\n" + json.dumps({"id": "e1", **happened("Signed In", at(0), "anna")}) + "\n")
    assert main(["profile", "--events", str(events), "--content", str(tmp_path), "--customer-id", "anna"]) == 0
    assert capsys.readouterr().err == f"{events}:1: time: an ISO 8601 instant expected\n"


def test_every_word_on_consent_is_shown_in_order(told: Told) -> None:
    events = [*consenting("anna"), happened("Unsubscribed", at(0), "anna", topic="marketing", source="mail")]
    ledger = told("profile", events, "--id", "email=anna@example.com")["consent_ledger"]
    assert [(word["at"], word["act"], word["topic"], word["event"], word["source"]) for word in ledger] == [
        ("2026-03-01T08:00:00Z", "granted", "marketing", "Consent Granted", None),
        (at(0), "withdrawn", "marketing", "Unsubscribed", "mail"),
    ]


@pytest.mark.parametrize(
    "instant, words",
    [
        pytest.param("2026-03-01T07:59:59Z", [], id="before anything was said"),
        pytest.param("2026-03-01T08:00:00Z", [("marketing", "granted", "2026-03-01T08:00:00Z")], id="that instant"),
        pytest.param(
            at(0),
            [(None, "withdrawn", at(0)), ("marketing", "withdrawn", at(0))],
            id="all withdrawn",
        ),
        pytest.param(
            at(5),
            [(None, "withdrawn", at(0)), ("marketing", "granted", at(5))],
            id="one granted anew",
        ),
    ],
)
def test_what_was_granted_and_withdrawn_as_of_a_moment(told: Told, instant: str, words: list[Any]) -> None:
    events = [
        *consenting("anna"),
        happened("Unsubscribed", at(0), "anna"),
        happened("Consent Granted", at(5), "anna", topic="marketing"),
    ]
    then = told("profile", events, "--customer-id", "anna", "--consent-at", instant)["consent_at"]
    assert then["at"] == instant
    assert [(word["topic"], word["act"], word["at"]) for word in then["in_force"]] == words


def test_without_a_moment_there_is_no_section_of_one(told: Told) -> None:
    assert "consent_at" not in told("profile", consenting("anna"), "--customer-id", "anna")


def test_a_simulations_profile_file_is_shown_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "profiles.jsonl"
    person = {"profile": "p1", "identifiers": {"customer_id": ["anna"]}, "traits": {"first_name": "[Anna]"}}
    file.write_text(json.dumps(person) + "\n")
    assert main(["profile", "--profiles", str(file), "--customer-id", "anna"]) == 0
    shown = capsys.readouterr().out
    assert "customer_id anna" in shown
    assert "first_name: [Anna]" in shown


def test_what_goes_into_a_pipe_is_neither_cut_nor_wrapped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    long = "a word that goes on " * 8 + "to its end"
    people, messages = tmp_path / "profiles.jsonl", tmp_path / "outcomes.jsonl"
    people.write_text(json.dumps({"identifiers": {"customer_id": ["anna"]}, "traits": {"remark": long}}) + "\n")
    line = {"at": at(0), "customer_id": "anna", "campaign": "cart", "message": long, "outcome": "sent", "held": []}
    messages.write_text(json.dumps(line) + "\n")
    assert main(["profile", "--profiles", str(people), "--customer-id", "anna"]) == 0
    assert f"remark: {long}\n" in capsys.readouterr().out
    assert main(["explain", "--outcomes", str(messages), "--customer-id", "anna"]) == 0
    assert capsys.readouterr().out == f"2026-03-02 10:00:00    The message {long} of cart was sent.\n"


@pytest.mark.parametrize(
    "argv, code, line",
    [
        (["profile", "--email", "anna@example.com"], 2, "say where to look: --stack NAME, or --events FILE"),
        (["explain", "--email", "no address", "--events", "x"], 2, "--email: an e-mail address expected"),
        (["profile", "--id", "anna", "--events", "x"], 2, "--id anna: KIND=VALUE expected"),
        (
            ["profile", "--customer-id", "anna", "--profiles", "x", "--consent-at", "2026-03-02T10:00:00Z"],
            2,
            "--consent-at asks the consent ledger, which a profile file does not hold",
        ),
        (["profile", "--quarantined"], 2, "--quarantined asks a stack: --stack NAME"),
        (["explain"], 2, "say where to look"),
    ],
)
def test_wrong_use_is_said_in_one_line(
    argv: list[str], code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == code
    assert line in capsys.readouterr().err


# --- explain ----------------------------------------------------------------------------------------------------------


def test_a_mail_that_was_sent_is_told_from_event_to_end(told: Told) -> None:
    events = [*consenting("anna"), added("anna", at(0), "drill"), added("anna", at(5), "saw")]
    assert sentences(told, events, "--campaign", "cart") == [
        "Product Added: Drill, 10.00.",
        "Entered cart, because of Product Added.",
        "Product Added: Saw, 10.00.",
        "The message mail of cart was sent to anna@example.com and is delivered.",
        "cart is over: it reached its end.",
    ]


def test_a_mail_that_was_not_sent_says_why(told: Told) -> None:
    lines = sentences(told, [added("anna", at(0), "drill"), bought("anna", at(5), "o1")], "--campaign", "cart")
    assert "cart is over: it left through an exit." in lines
    assert "There is no e-mail address of this person: no mail can be sent." in lines
    lines = sentences(told, [added("anna", at(0), "drill")], "--campaign", "cart")
    assert any(line.startswith("The message mail of cart was not sent: no ") for line in lines)


@pytest.mark.parametrize(
    "events, why",
    [
        pytest.param(
            [happened("Product Viewed", at(0), "anna", product_id="saw")],
            'its condition `event.properties.product_id != "saw"` does not hold, as it is published and as the person '
            "is now",
            id="a condition",
        ),
        pytest.param(
            [happened("Product Viewed", at(0), "anna", product_id="drill", context={"historical": True})],
            "it is historical, which changes the profile and starts nothing",
            id="historical",
        ),
        pytest.param(
            [happened("Product Viewed", at(0), "anna", product_id="drill", arrived="2026-03-05T10:00:00Z")],
            "it arrived 3 days after it happened, which is older than max_event_age",
            id="too old",
        ),
        pytest.param(
            [happened("Product Viewed", at(minute), "anna", product_id="drill") for minute in (0, 30)],
            "it was entered on 2026-03-02 10:00 UTC already, and is entered once",
            id="entered once",
        ),
    ],
)
def test_an_event_that_started_nothing_says_why(told: Told, events: list[dict[str, Any]], why: str) -> None:
    lines = sentences(told, [*consenting("anna"), *events], "--campaign", "once")
    assert f"This did not start once: {why}." in lines


def test_a_campaign_that_waits_for_a_figure_or_a_date_says_where_it_stands(told: Told) -> None:
    events = [*consenting("anna"), bought("anna", at(0), "o1")]
    assert sentences(told, events, "--campaign", "tenth")[-1] == (
        "tenth was never entered. It is started by the metric orders (reaches 10), which is 1."
    )
    assert sentences(told, events, "--campaign", "birthday")[-1] == (
        "birthday was never entered. It is started by the date birthday, which is not known."
    )


def test_the_outcomes_of_a_simulation_are_told_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "outcomes.jsonl"
    told = {"at": at(0), "email": "anna@example.com", "campaign": "cart", "message": "mail", "held": []}
    lines = [{**told, "outcome": "dropped", "reason": "no_consent"}, {**told, "outcome": "sent", "reason": None}]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert main(["explain", "--outcomes", str(file), "--email", "anna@example.com"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "The message mail of cart was not sent: no consent to this kind of mail." in shown
    assert "The message mail of cart was sent." in shown
    assert main(["explain", "--outcomes", str(file), "--email", "ben@example.com"]) == 1
