"""The public pages on the embedded AWS: real links of real mails, asked of the real function under its own policies."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from dampf.domain.links import WORKS_FOR, Purpose, Subject
from dampf.stores.consents import DynamoConsents
from dampf.stores.tokens import SignedTokens, fixed_keys, stored_keys
from dampf_cli import main as program
from dampf_cli.embedded import SentMail
from dampf_cli.embedded.emulator import ACCESS_KEY, REGION, SECRET_KEY
from dampf_cli.public_door import PublicDoor
from dampf_cli.stored import states_of
from tests.builders import consenting, happened, identified
from tests.embedded.conftest import deployed, used_once
from tests.embedded.engines import simulate

pytestmark = pytest.mark.emulator

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


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
    answer = door.ask("POST", target(url), FORM, b"List-Unsubscribe=One-Click")
    assert (answer.status, answer.body) == (200, b"OK")
    assert shop.play([]).profile("customer_id", "anna")["consent"]["marketing"] == {
        "granted": False,
        "at": "2026-03-02T12:00:00Z",
        "source": "unsubscribe link",
    }
    (stop,) = shop.rows("Profiles", "stop")
    assert stop["topic#marketing"] == "2026-03-02T12:00:00.000000Z Unsubscribed"
    shop.set_clock(NOW + timedelta(days=4 * 365))
    assert door.ask("POST", target(url), FORM, b"List-Unsubscribe=One-Click").status == 410


def link_in(mail: SentMail, page: str) -> str:
    (found,) = re.findall(rf'https://[^"]+/{page}\?t=[^"]+', mail.html)
    return target(found)


@pytest.fixture
def shipped(quick_start, tmp_path):
    with deployed(quick_start, tmp_path) as shop:
        yield from used_once(shop)


def test_the_shipped_newsletter_is_confirmed_by_mail_and_both_engines_send_the_same(shipped):
    shop = shipped
    told = [
        {"id": "is", **identified("anna", "2026-03-02T10:00:00Z", first_name="Anna")},
        happened(
            "Newsletter Subscribed", "2026-03-02T10:01:00Z", "anna", id="asks", source="footer", wording="Yes, news."
        ),
    ]
    (request,) = shop.play(told, until=NOW).mails
    shop.set_clock(NOW)
    door = PublicDoor(shop.local)
    assert door.ask("POST", link_in(request, "confirm"), FORM, b"page=1").status == 200
    assert door.ask("POST", link_in(request, "confirm"), FORM, b"page=1").status == 200
    played = shop.play([], until=NOW)
    profile = played.profile("customer_id", "anna")
    assert profile["consent"]["marketing"] == {"granted": True, "at": "2026-03-02T12:00:00Z", "source": "footer"}
    (state,) = [each for each in states_of(shop.local.tables) if each.profile.id == profile["profile"]]
    entries = DynamoConsents(tables=shop.local.tables).consents(state.profile)
    assert [(each.act, each.wording) for each in entries] == [("requested", "Yes, news."), ("granted", "Yes, news.")]
    confirmed = {
        "id": "confirmed",
        "source": "dampf.pages",
        "detail-type": "Subscription Confirmed",
        "time": "2026-03-02T12:00:00Z",
        "detail": {
            "context": {"dampf": {"profile": profile["profile"]}},
            "properties": {"topic": "marketing", "source": "footer", "wording": "Yes, news."},
        },
    }
    simulated = simulate(shop.catalogue, [*told, confirmed], until=NOW)
    assert played.outcomes == simulated.outcomes
    assert [each["message"] for each in played.messages] == ["newsletter_confirm", "newsletter_welcome"]


def test_a_mail_in_the_browser_is_the_one_that_was_sent_until_its_link_runs_out_or_the_person_is_erased(shipped):
    shop = shipped
    told = [
        {"id": "is", **identified("anna", "2026-03-02T10:00:00Z", first_name="Anna", birthday="1990-03-02")},
        happened("Consent Granted", "2026-03-02T10:00:01Z", "anna", id="yes"),
        happened("Product Viewed", "2026-03-02T10:00:02Z", "anna", id="looks", product_id="p1", name="Hobel"),
        happened("Customer Registered", "2026-03-02T10:00:05Z", "anna", id="is new"),
    ]
    (mail,) = shop.play(told, until=NOW).mails
    assert "Hobel" in mail.html
    others = [
        {"id": "is now", **identified("anna", "2026-03-02T11:00:00Z", first_name="Anne")},
        happened("Product Viewed", "2026-03-02T11:00:01Z", "anna", id="looks on", product_id="p2", name="Raspel"),
    ]
    shop.play(others, until=NOW)
    door, link = PublicDoor(shop.local), link_in(mail, "view")
    for _ in range(2):
        shown = door.ask("GET", link, {}, b"")
        assert (shown.status, shown.body.decode()) == (200, mail.html)
    assert shown.headers == {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}
    assert "sandbox" in shown.policy
    for page in ("view", "unsubscribe", "preferences"):
        assert link_in(mail, page) in shown.body.decode().replace("&amp;", "&")
    assert door.ask("POST", link, FORM, b"page=1").status == 405
    shop.set_clock(NOW + WORKS_FOR[Purpose.VIEW])
    assert door.ask("GET", link, {}, b"").status == 410
    shop.set_clock(NOW)
    shop.play([happened("Erasure Requested", "2026-03-02T12:00:00Z", "anna", id="forget")], until=NOW)
    gone = door.ask("GET", link, {}, b"")
    assert gone.status == 410
    assert "We do not know you any more" in gone.body.decode()
    assert shop.rows("Profiles") == []


def test_a_new_key_signs_from_now_on_and_mails_already_sent_keep_working(shop, monkeypatch):
    for name, value in (("ACCESS_KEY_ID", ACCESS_KEY), ("SECRET_ACCESS_KEY", SECRET_KEY), ("DEFAULT_REGION", REGION)):
        monkeypatch.setenv(f"AWS_{name}", value)

    def mail(who: str, at: str) -> SentMail:
        told = [*consenting(who, at=at), happened("Customer Registered", at, who)]
        return shop.play([{"id": f"{who}-{place}", **each} for place, each in enumerate(told)], until=NOW).mails[-1]

    ssm, name = shop.local.aws.client("ssm"), shop.local.stack.outputs["TokenKeys"]
    before = stored_keys(ssm, name)
    early = mail("anna", "2026-03-02T10:00:00Z")
    endpoint = ["--endpoint-url", shop.local.aws.endpoint_url]
    assert program.main(["rotate-key", "--stack", shop.local.stack.name, *endpoint]) == 0
    assert stored_keys(ssm, name)[:-1] == before
    door = PublicDoor(shop.local)
    shop.set_clock(NOW + timedelta(minutes=10))  # functions look for new keys every five
    late = SignedTokens(keys=fixed_keys(stored_keys(ssm, name)[-1]))
    token = late.sign(Purpose.UNSUBSCRIBE, Subject(early.tags["message"]), now=NOW)
    for url in (target(early.headers["List-Unsubscribe"].strip("<>")), f"/unsubscribe?t={token}"):
        assert door.ask("POST", url, FORM, b"List-Unsubscribe=One-Click").status == 200
