"""`dampf export` and `dampf erase` as an operator gives them, on the embedded AWS."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dampf_cli import main
from dampf_cli.embedded.emulator import ACCESS_KEY, REGION, SECRET_KEY
from tests.builders import bought, consenting, happened, identified
from tests.embedded.conftest import START
from tests.embedded.engines import DeployedShop
from tests.embedded.test_erasure import everything, numbered

pytestmark = pytest.mark.emulator

SHOWN = ("state", "message#", "shown#", "ended#", "consent#")
Dampf = Callable[..., tuple[int, str, str]]


@pytest.fixture
def dampf(shop: DeployedShop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Dampf:
    """Exit code, stdout and stderr."""
    assert shop.local.clock is not None
    monkeypatch.setenv("DAMPF_CLOCK_FILE", str(shop.local.clock.path))
    for name, value in (("ACCESS_KEY_ID", ACCESS_KEY), ("SECRET_ACCESS_KEY", SECRET_KEY), ("DEFAULT_REGION", REGION)):
        monkeypatch.setenv(f"AWS_{name}", value)

    def performed(*argv: str) -> tuple[int, str, str]:
        where = ("--stack", shop.local.stack.name, "--endpoint-url", shop.local.aws.endpoint_url)
        capsys.readouterr()
        code = main.main([*argv, *where])
        said = capsys.readouterr()
        return code, said.out, said.err

    return performed


def customer(who: str) -> list[dict[str, Any]]:
    return numbered(
        *consenting(who, at="2026-03-02T09:30:00Z", language="de", first_name="Gerda"),
        happened("Product Viewed", "2026-03-02T09:40:00Z", who, product_id="p1", name="Bohrer"),
        bought(who, "2026-03-02T09:50:00Z", order=f"order-{who}"),
        happened("Data Requested", "2026-03-02T09:55:00Z", who),
    )


def test_all_that_is_held_is_exported_as_json_and_as_a_page(shop: DeployedShop, dampf: Dampf, tmp_path: Path) -> None:
    shop.play(customer("gerda"), until=START.replace(hour=11))
    out, page = tmp_path / "gerda.json", tmp_path / "gerda.html"
    code, said, _ = dampf("export", "--email", " Gerda@Example.com ", "--out", str(out), "--page", str(page))
    assert (code, said) == (0, f"{out}: 5 events, 1 message, 1 journey\n")
    told = json.loads(out.read_text())
    assert told["person"]["identifiers"]["customer_id"] == ["gerda"]
    assert told["person"]["metrics"]["orders"] == 1
    assert [each["event"] for each in told["events"][2:]] == ["Product Viewed", "Order Completed", "Data Requested"]
    assert [(each["message"], each["outcome"]) for each in told["messages"]] == [("order_confirmation", "sent")]
    assert [(each["topic"], each["granted"]) for each in told["consent"]] == [("marketing", True)]
    assert [(each["act"], each["event"]) for each in told["consent_history"]] == [("granted", "Consent Granted")]
    rows = [row for row in shop.rows("Profiles") if row["profile"] == told["person"]["profile"]]
    assert told["rows"]["Profiles"] == len(rows)
    further = {each["row"] for each in told["further_rows"]}
    assert further == {row["row"] for row in rows if not row["row"].startswith(SHOWN)}
    text = page.read_text()
    assert all(each in text for each in ('lang="de"', "Was wir über Sie gespeichert haben", "gerda@example.com"))
    code, said, _ = dampf("export", "--requests")
    assert (code, said) == (0, "2026-03-02T09:55:00Z  customer_id gerda\n")


def test_what_mails_showed_is_exported_as_it_was_sent(shop: DeployedShop, dampf: Dampf) -> None:
    told = [*customer("gerda"), *numbered(happened("Customer Registered", "2026-03-02T09:58:00Z", "gerda"))]
    mails = shop.play(told, until=START.replace(hour=11)).mails
    (welcome,) = [mail for mail in mails if "/view?t=" in mail.html]
    exported = json.loads(dampf("export", "--email", "gerda@example.com")[1])
    shown = {each["message"]: each["shown"] for each in exported["messages"]}
    assert shown == {"order_confirmation": [], "welcome": [{"at": "2026-03-02T09:58:00Z", "html": welcome.html}]}


def test_a_person_is_erased_on_command_and_their_dead_letters_go(shop: DeployedShop, dampf: Dampf) -> None:
    broken = {
        **happened("Order Completed", "2026-03-02T10:00:00Z", "hilde", id="broken", total="much"),
        "time": "never",
    }
    shop.play(customer("hilde"), until=START.replace(hour=11))
    shop.let_arrive(broken, {**broken, "detail": {"userId": "somebody"}})
    code, said, _ = dampf("erase", "--email", "hilde@example.com", "--yes")
    assert code == 0
    assert "hilde@example.com: known since" in said
    assert "5 rows of History" in said
    assert "Erased: no row is left." in said
    assert "1 letters that named the person were taken out of IngestDeadLetters." in said
    assert "35 days" in said
    assert [json.loads(letter.body)["detail"] for letter in shop.letters("IngestDeadLetters")] == [
        {"userId": "somebody"}
    ]
    assert [row for table in ("Profiles", "History") for row in shop.rows(table)] == []
    code, said, _ = dampf("erase", "--email", "hilde@example.com", "--yes")
    assert (code, said[:33]) == (0, "Nothing is left: erased by a requ")
    code, _, said = dampf("export", "--customer-id", "hilde")
    assert (code, said) == (1, "dampf: nobody is known by this customer_id\n")


def anywhere(shop: DeployedShop, *names: str) -> list[str]:
    """The places that name somebody: tables, queues, logs, parameters."""
    return [place for place, text in everything(shop) if any(name in text for name in names)]


@pytest.mark.parametrize("by_profile", [False, True], ids=["an identifier", "their profile"])
def test_whoever_has_no_address_is_exported_and_erased_by(shop: DeployedShop, dampf: Dampf, by_profile: bool) -> None:
    browser, card = f"browser-of-{by_profile}", f"card-of-{by_profile}"
    named: dict[str, Any] = {"context": {"externalIds": [{"type": "loyalty_card", "id": card}]}}
    visits = [
        happened("Product Viewed", "2026-03-02T09:30:00Z", anonymous=browser, product_id="p1"),
        happened("Product Viewed", "2026-03-02T09:31:00Z", product_id="p2", **named),
        happened("Product Viewed", "2026-03-02T09:32:00Z", anonymous=browser, product_id="p3", **named),
    ]
    shop.play(numbered(*visits), until=START.replace(hour=10))
    (row,) = [row for row in shop.rows("Profiles", "state") if "body" in row]
    who = ("--id", f"profile={row['profile']}" if by_profile else f"loyalty_card={card}")
    code, said, _ = dampf("export", *who)
    told = json.loads(said)
    assert code == 0
    assert told["person"]["identifiers"] == {
        "customer_id": [],
        "email": [],
        "anonymous_id": [browser],
        "loyalty_card": [card],
    }
    assert len(told["events"]) == 3
    assert len(anywhere(shop, browser, card)) == 3
    code, said, _ = dampf("erase", *who, "--yes")
    assert (code, "Erased: no row is left." in said) == (0, True)
    persons = (row["profile"], *told["merged_from"])
    assert anywhere(shop, browser, card) == []
    assert [place for place in anywhere(shop, *persons) if place.startswith("table")] == []
    late = happened("Product Viewed", "2026-03-02T09:33:00Z", anonymous=browser, arrived="2026-03-02T10:30:00Z")
    shop.play(numbered(late), until=START.replace(hour=11))
    assert [row for table in ("Profiles", "History") for row in shop.rows(table)] == []


def test_what_a_shared_terminal_left_is_erased_by_it(shop: DeployedShop, dampf: Dampf) -> None:
    """The profile that stands for an identifier in quarantine bears none."""
    logins = [
        happened("Signed In", f"2026-03-02T09:{minute:02d}:00Z", f"customer{minute}", anonymous="till-7")
        for minute in range(11)
    ]
    visit = happened("Shelf Scanned", "2026-03-02T09:30:00Z", anonymous="till-7", note="of-the-till")
    shop.play(numbered(*logins, visit), until=START.replace(hour=10))
    assert len(anywhere(shop, "of-the-till")) == 1
    code, said, _ = dampf("erase", "--id", "anonymous_id=till-7", "--yes")
    assert (code, "Erased: no row is left." in said) == (0, True)
    assert anywhere(shop, "of-the-till") == []
    assert len(shop.rows("Profiles", "state")) == 11
    assert [row for row in shop.rows("Identities") if "till-7" in row["identifier"]] == []


@pytest.mark.parametrize(
    "argv, code, line",
    [
        (("--email", "nobody@example.com", "--yes"), 1, "nobody is known by this email"),
        (("--email", "no address", "--yes"), 2, "--email: an e-mail address expected, not no address"),
        (("--yes",), 2, "say of whom: --email ADDRESS, --customer-id ID or --id KIND=VALUE"),
        (("--id", "profile=none", "--yes"), 1, "nobody is known by this profile"),
        (("--id", "anonymous_id=", "--yes"), 2, "--id anonymous_id=: KIND=VALUE expected, such as anonymous_id=a1"),
    ],
)
def test_who_cannot_be_erased_is_said_in_one_line(dampf: Dampf, argv: tuple[str, ...], code: int, line: str) -> None:
    assert dampf("erase", *argv) == (code, "", f"dampf: {line}\n")


def test_nobody_is_erased_unasked(shop: DeployedShop, dampf: Dampf, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.play(numbered(identified("ida", "2026-03-02T09:30:00Z")), until=START.replace(hour=10))
    code, _, said = dampf("erase", "--customer-id", "ida")
    assert (code, said) == (2, "dampf: nobody is there to be asked: give --yes\n")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: "no")
    code, _, said = dampf("erase", "--customer-id", "ida")
    assert (code, said) == (1, "dampf: nothing was erased\n")
    assert len(shop.rows("Profiles", "state")) == 1
