"""`dampf profile` and `dampf explain` of people whose events real functions took, on the embedded AWS."""

import json

import pytest

from tests.builders import added, consenting, happened
from tests.embedded.conftest import START
from tests.embedded.engines import DeployedShop
from tests.embedded.test_erasure import numbered
from tests.embedded.test_rights_commands import Dampf, dampf

__all__ = ["dampf"]
pytestmark = pytest.mark.emulator


def test_a_device_that_changed_hands_is_shown_with_whoever_logged_in_last(shop: DeployedShop, dampf: Dampf) -> None:
    def login(who: str, minute: int) -> dict[str, object]:
        return happened("Signed In", f"2026-03-02T09:{minute:02d}:00Z", who, anonymous="kitchen-tablet")

    visit = happened("Product Viewed", "2026-03-02T09:30:00Z", anonymous="kitchen-tablet", product_id="p1")
    shop.play(numbered(visit, login("gerda", 31), login("hans", 32)), until=START.replace(hour=11))
    code, said, _ = dampf("profile", "--customer-id", "hans", "--json")
    told = json.loads(said)
    assert code == 0
    assert [(each["value"], each["joined"]["at"], each["former_owners"]) for each in told["identifiers"]] == [
        ("hans", "2026-03-02T09:32:00Z", 0),
        ("kitchen-tablet", "2026-03-02T09:32:00Z", 1),
    ]
    told = json.loads(dampf("profile", "--customer-id", "gerda", "--json")[1])
    assert [each["value"] for each in told["identifiers"]] == ["gerda"]
    assert [each["joined"]["at"] for each in told["merged"]] == ["2026-03-02T09:31:00Z"]
    assert "Product Viewed" in dampf("explain", "--customer-id", "gerda")[1]
    assert dampf("profile", "--customer-id", "gerda")[1].startswith("gerda  profile ")


def test_what_joins_too_many_is_quarantined_and_listed(shop: DeployedShop, dampf: Dampf) -> None:
    assert dampf("profile", "--quarantined")[1] == "Nothing is quarantined.\n"
    logins = [
        happened("Signed In", f"2026-03-02T09:{minute:02d}:00Z", f"customer{minute}", anonymous="terminal")
        for minute in range(11)
    ]
    shop.play(numbered(*logins), until=START.replace(hour=11))
    code, said, _ = dampf("profile", "--quarantined")
    assert (code, said) == (0, "anonymous_id terminal  since 2026-03-02T09:10:00Z by Signed In\n")


def test_why_somebody_got_no_mail_is_explained(shop: DeployedShop, dampf: Dampf) -> None:
    events = numbered(*consenting("jutta", at="2026-03-02T09:30:00Z"), added("jutta", "2026-03-02T09:40:00Z", "p1"))
    shop.play(events, until=START.replace(hour=11))
    code, said, _ = dampf("explain", "--email", "jutta@example.com", "--campaign", "cart_abandonment", "--json")
    lines = [(line["kind"], line["text"]) for line in json.loads(said)["lines"]]
    assert code == 0
    assert ("entered", "Entered cart_abandonment, because of Product Added.") in lines
    assert any(kind == "message" and "cart_reminder" in text for kind, text in lines)
    code, said, _ = dampf("explain", "--email", "jutta@example.com", "--campaign", "tenth_order", "--json")
    assert json.loads(said)["lines"][-1]["text"] == (
        "tenth_order was never entered. It is started by the metric orders (reaches 10), which is 0."
    )


def test_consent_is_told_from_the_ledger_as_of_a_moment_and_of_two_who_became_one_the_stricter_word(
    shop: DeployedShop, dampf: Dampf
) -> None:
    def said(name: str, minute: int, **who: str) -> dict[str, object]:
        at = f"2026-03-02T09:{minute:02d}:00Z"
        return happened(name, at, who.get("customer"), anonymous=who.get("anonymous"), topic="marketing")

    told = numbered(
        said("Consent Withdrawn", 30, anonymous="klaras-phone"),
        said("Consent Granted", 31, customer="klara"),
        happened("Signed In", "2026-03-02T09:32:00Z", "klara", anonymous="klaras-phone"),
        said("Consent Granted", 40, customer="klara"),
    )
    shop.play(told, until=START.replace(hour=11))

    def words(instant: str) -> list[tuple[str, str, str]]:
        asked = ("--customer-id", "klara", "--json", "--consent-at", instant)
        then = json.loads(dampf("profile", *asked)[1])["consent_at"]["in_force"]
        return [(word["act"], word["event"], word["at"]) for word in then]

    assert words("2026-03-02T09:29:00Z") == []
    withdrawn = ("withdrawn", "Consent Withdrawn", "2026-03-02T09:30:00Z")
    assert words("2026-03-02T09:31:00Z") == [withdrawn]
    assert words("2026-03-02T09:39:00Z") == [withdrawn]
    assert words("2026-03-02T09:40:00Z") == [("granted", "Consent Granted", "2026-03-02T09:40:00Z")]
    shown = dampf("profile", "--customer-id", "klara", "--consent-at", "2026-03-02T09:39:00Z")[1]
    assert "consent as of 2026-03-02 09:39" in shown
    assert "marketing: withdrawn (Consent Withdrawn), since 2026-03-02 09:30" in shown
