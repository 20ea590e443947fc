"""`dampf publish`, `rollback`, `pause` and `resume` as an operator gives them, on the embedded AWS."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from dampf_cli import content_folder, main
from dampf_cli.local_stack import local_stack
from tests.builders import SHOP, consenting, happened, message
from tests.embedded.engines import DeployedShop

pytestmark = pytest.mark.emulator

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
CAMPAIGN = """
    title: Look
    trigger: { event: Product Viewed }
    entry: { again: always }
    steps:
      - { id: quiet, wait: 2 hours }
      - { send: mail }
    """

Dampf = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    (folder / "messages").mkdir(parents=True)
    write(folder, "shop.yaml", json.dumps(SHOP))
    write(folder, "look.yaml", CAMPAIGN)
    write(folder, "messages/mail.mjml", message("mail"))
    write(folder, "messages/other.mjml", message("Other"))
    return folder


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(dedent(text).lstrip("\n"), encoding="utf-8")


@pytest.fixture
def shop(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedShop]:
    with local_stack(content_folder.read(folder), start=START, log_file=tmp_path / "log") as local:
        assert local.clock is not None
        monkeypatch.setenv("DAMPF_CLOCK_FILE", str(local.clock.path))
        yield DeployedShop(local=local, log=tmp_path / "log")


@pytest.fixture
def dampf(shop: DeployedShop, capsys: pytest.CaptureFixture[str]) -> Dampf:
    """What a command says, as JSON."""

    def performed(*argv: str, code: int = 0) -> Any:
        where = ("--stack", shop.local.stack.name, "--endpoint-url", shop.local.aws.endpoint_url)
        capsys.readouterr()
        assert main.main([*argv, *where, "--json"]) == code, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return performed


def views(shop: DeployedShop, who: str, at: str) -> list[tuple[str, str]]:
    return mails(shop.play([happened("Product Viewed", at, who, id=f"{who}{at}", product_id="p")], until=instant(at)))


def until(shop: DeployedShop, at: str) -> list[tuple[str, str]]:
    """Who got which mail up to then."""
    return mails(shop.play([], until=instant(at)))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def mails(happened: Any) -> list[tuple[str, str]]:
    return [(each["customer_id"], each["subject"]) for each in happened.messages if each["outcome"] == "sent"]


def test_an_operator_publishes_goes_back_pauses_and_resumes(
    shop: DeployedShop, folder: Path, dampf: Dampf, capsys: pytest.CaptureFixture[str]
) -> None:
    consents = consenting("anna", "bert", "cara", "dora")
    shop.play([{**envelope, "id": str(number)} for number, envelope in enumerate(consents)], until=START)
    views(shop, "anna", "2026-03-02T10:00:00Z")
    assert dampf("publish", str(folder), "--dry-run")["changes"] == []

    write(folder, "look.yaml", CAMPAIGN.replace("send: mail", "send: other"))
    write(folder, "messages/other.mjml", message("other"))  # its subject is another
    planned = dampf("publish", str(folder), "--dry-run")
    assert [(each["kind"], each["name"], each["how"]) for each in planned["changes"]] == [
        ("campaign", "look", "changed"),
        ("message", "other", "changed"),
    ]
    assert (planned["published"], planned["release"], planned["waiting"]) == (False, 1, {"look": 1})

    assert dampf("publish", str(folder))["release"] == 2
    assert dampf("publish", str(folder))["published"] is False
    views(shop, "bert", "2026-03-02T10:30:00Z")  # enters the new version, Anna keeps hers
    back = dampf("rollback")
    assert (back["release"], [each["by"] for each in back["releases"]]) == (3, ["rollback to 1", "publish", "publish"])
    assert until(shop, "2026-03-02T13:00:00Z") == [("anna", "mail"), ("bert", "Other")]
    assert (back["waiting"], back["warnings"]) == ({"look": 1}, [])

    views(shop, "cara", "2026-03-02T14:00:00Z")
    moved = dampf("publish", str(folder), "--migrate")
    assert (moved["release"], moved["moved"]) == (4, {"look": 1})

    assert dampf("pause", "look") == {"shop_is_paused": False, "paused": ["look"]}
    assert len(until(shop, "2026-03-02T18:00:00Z")) == 2
    shop.set_clock(instant("2026-03-02T18:00:00Z"))
    assert dampf("resume", "look") == {"shop_is_paused": False, "paused": [], "woken": 1}
    assert until(shop, "2026-03-02T18:01:00Z") == [("anna", "mail"), ("bert", "Other"), ("cara", "other")]

    # What people see.
    where = ("--stack", shop.local.stack.name, "--endpoint-url", shop.local.aws.endpoint_url)
    views(shop, "dora", "2026-03-02T19:00:00Z")
    (folder / "look.yaml").unlink()
    (folder / "messages/other.mjml").unlink()
    (folder / "messages/mail.mjml").unlink()
    capsys.readouterr()
    assert main.main(["publish", str(folder), *where, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert [line.split() for line in said.splitlines() if line.startswith("campaign")] == [
        ["campaign", "look", "removed", "1"]
    ]
    assert "1 waiting journey of look may still send other, which is not published any more" in " ".join(said.split())
    assert "Nothing was published (--dry-run)." in said
    assert main.main(["rollback", *where, "--list"]) == 0
    assert "→" in capsys.readouterr().out

    # What goes wrong.
    for argv, code, complaint in [
        (["pause", "lok", *where], 2, "no campaign lok was ever published, did you mean `look`?"),
        (["rollback", "--to", "99", *where], 2, "--to 99: there is no such release"),
        (["pause", "look", "--stack", "nobody", *where[2:]], 1, "there is no stack nobody"),
        (["publish", str(folder / "nowhere"), *where], 2, "there is no such folder"),
    ]:
        assert main.main(argv) == code
        assert complaint in capsys.readouterr().err
