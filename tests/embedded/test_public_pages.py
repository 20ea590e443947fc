"""The public pages on the embedded AWS: real links of real mails, asked of the real function under its own policies."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from dampf_cli.public_door import PublicDoor
from tests.builders import consenting, happened

pytestmark = pytest.mark.emulator

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE_CLICK = {"Content-Type": "application/x-www-form-urlencoded"}


def target(url: str) -> str:
    address = urlsplit(url)
    return f"{address.path}?{address.query}"


def test_a_mail_program_unsubscribes_from_the_header_of_a_mail(shop):
    told = [
        *consenting("anna", at="2026-03-02T10:00:00Z"),
        happened("Customer Registered", "2026-03-02T10:00:05Z", "anna"),
    ]
    played = shop.play([{"id": f"event-{place}", **each} for place, each in enumerate(told)], until=NOW)
    (mail,) = played.mails
    url = mail.headers["List-Unsubscribe"].strip("<>")
    assert url.startswith(shop.local.stack.outputs["PagesUrl"] + "unsubscribe?t=")
    assert len(mail.headers["List-Unsubscribe"]) < 870
    assert "anna" not in url
    door = PublicDoor(shop.local)
    shop.set_clock(NOW)
    for _ in range(2):  # a scanner looks first
        assert door.ask("GET", target(url), {}, b"").status == 200
    assert shop.play([]).profile("customer_id", "anna")["consent"]["marketing"]["granted"] is True
    answer = door.ask("POST", target(url), ONE_CLICK, b"List-Unsubscribe=One-Click")
    assert (answer.status, answer.body) == (200, b"OK")
    assert shop.play([]).profile("customer_id", "anna")["consent"]["marketing"] == {
        "granted": False,
        "at": "2026-03-02T12:00:00Z",
        "source": "unsubscribe link",
    }
    (stop,) = shop.rows("Profiles", "stop")
    assert stop["topic#marketing"] == "2026-03-02T12:00:00.000000Z Unsubscribed"
    shop.set_clock(NOW + timedelta(days=4 * 365))
    assert door.ask("POST", target(url), ONE_CLICK, b"List-Unsubscribe=One-Click").status == 410
