"""`dampf preview --all`: every mail in every language on one page, which needs nothing beside it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dampf_cli import main as program


@pytest.fixture
def page(tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    out = tmp_path / "gallery.html"
    assert program.main(["preview", "--all", "--content", str(root / "tests/content"), "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}: 6 messages, 9 mails\n"
    return out.read_text(encoding="utf-8")


def data(page: str, name: str) -> dict[str, Any]:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_the_gallery_holds_every_message_in_every_language(page: str) -> None:
    mails = data(page, "all-mails")
    assert {name: list(variants) for name, variants in mails.items()} == {
        "cart_reminder": ["en", "de"],
        "cart_question": ["en"],
        "order_confirmation": ["en", "de"],
        "tenth_order": ["en"],
        "welcome": ["en", "de"],
        "welcome_advice": ["en"],
    }
    assert mails["cart_reminder"]["de"]["subject"] == "Anna, Ihr Warenkorb wartet: Akku-Bohrschrauber 18 V"
    assert "146,88 €" in mails["cart_reminder"]["de"]["text"]


def test_mails_stand_under_the_campaign_that_sends_them(page: str) -> None:
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["Cart abandonment", "Order confirmation", "Tenth order", "Welcome"]


def test_the_gallery_asks_nobody_for_anything(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none';")
    assert not re.search(r'<(?:script|img|link)[^>]+(?:src|href)="(?!data:)', page.partition("<script type")[0])
    pictures = data(page, "all-pictures")
    assert len(pictures) == 8
    assert all(picture.startswith("data:image/svg+xml,") for picture in pictures.values())


@pytest.mark.parametrize(
    "arguments",
    [["preview"], ["preview", "welcome", "--all"], ["preview", "--all", "--text"], ["preview", "--all", "--locale=de"]],
)
def test_preview_shows_one_message_or_all_of_them(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_transactional_mail_is_previewed_without_a_way_to_unsubscribe(page: str) -> None:
    mails = data(page, "all-mails")
    assert "Unsubscribe" not in mails["order_confirmation"]["en"]["text"]
    assert "Unsubscribe" in mails["welcome"]["en"]["text"]
