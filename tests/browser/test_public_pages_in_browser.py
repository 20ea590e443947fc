"""The public pages in a browser: from mails of a real local stack, by links, buttons and keys, as people use them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from dampf.domain.links import WORKS_FOR, Purpose, Subject
from dampf.stores.tokens import SignedTokens, fixed_keys, stored_keys
from dampf_cli.embedded import SentMail
from dampf_cli.local_stack import local_stack
from dampf_cli.local_window import LocalWindow
from dampf_cli.pages import serve
from dampf_cli.public_door import PublicDoor
from tests.browser.conftest import Look, Looking
from tests.builders import happened, identified
from tests.embedded.engines import DeployedShop
from tests.use_cases.visitors import content

pytestmark = [pytest.mark.browser, pytest.mark.emulator]

TONES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TOPICS = {
    "marketing": {"title": "News and offers", "title_de": "Neuigkeiten und Angebote"},
    "care_tips": {"title": "Care tips for wood, oil and blades", "title_de": "Pflegetipps für Holz, Öl und Klingen"},
}
PEOPLE = {"anna": "en", "ben": "de", "carla": "en", "dora": "en"}
CARE = """<mjml><mj-head><mj-title>As it was sent</mj-title>
<mj-style>.oil { color: rgb(100, 20, 30); }</mj-style></mj-head>
<mj-body><mj-section><mj-column><mj-text>
<span class="oil">Oil it</span> <img src="https://shop.example/saw.png" alt="A saw" width="80" />
<a href="{{ view_url }}">In the browser</a> <a href="https://shop.example/now" target="_blank">To the shop</a>
<script>document.title = "It runs"</script>
</mj-text></mj-column></mj-section></mj-body></mjml>"""
FREE = {"body": "<script>document.title = 'This page runs'</script>", "content_type": "text/html"}


class Street:
    """A shop whose customers look at their mails and follow their links."""

    def __init__(self, shop: DeployedShop, url: str) -> None:
        self.shop, self.url, self.door = shop, url, PublicDoor(shop.local)
        self.at = START

    def tell(self, who: str, name: str, **properties: Any) -> SentMail | None:
        """The mail that came of it."""
        self.at += timedelta(minutes=5)
        told = happened(name, self.at.isoformat(), who, id=f"{who}-{self.at.isoformat()}", **properties)
        mails = self.shop.play([told], until=self.at).mails
        self.shop.set_clock(self.at + timedelta(minutes=1))
        return mails[-1] if mails else None

    def consent(self, who: str) -> Any:
        return self.shop.play([]).profile("customer_id", who)["consent"]

    def traits(self, who: str) -> Any:
        return self.shop.play([]).profile("customer_id", who)["traits"]

    def page_of(self, mail: SentMail) -> str:
        return f"{self.url}mails/{mail.message_id}"

    def here(self, mail: SentMail, page: str) -> str:
        (found,) = re.findall(rf'https://[^"]+/{page}\?t=[^"]+', mail.html)
        return self.url.rstrip("/") + self.door.here(found)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    log: Path = tmp_path_factory.mktemp("street") / "emulator.log"
    shop_files = content(topics=TOPICS, brand={"color": "#b4540a"}, name="Example Tools")
    shop_files.messages["care"][""]["body"] = CARE
    with local_stack(shop_files, start=START, enforce_policies=True, log_file=log) as local:
        public = PublicDoor(local)
        window = LocalWindow(local, public)
        with serve(window, port=0, on_unsubscribe=window.unsubscribe, public=public) as server:
            street = Street(DeployedShop(local=local, log=log), server.url)
            for who, language in PEOPLE.items():
                envelope = {"id": f"{who}-is", **identified(who, START.isoformat(), language=language)}
                street.shop.play([envelope], until=START)
            yield street


@pytest.fixture(scope="module")
def news(street: Street) -> dict[str, SentMail]:
    """Ben and Carla have got one mail each; Carla keeps everything as it is."""
    mails = {}
    for who in ("ben", "carla"):
        street.tell(who, "Consent Granted", topic="marketing", source="checkout")
        mail = street.tell(who, "Product Viewed", product_id="p1")
        assert mail is not None
        mails[who] = mail
    return mails


@contextmanager
def following(seen: Look, words: str) -> Iterator[Any]:
    """The page that a link of the mail's list opens, as a new tab."""
    with seen.page.expect_popup() as opened:
        seen.page.get_by_role("link", name=words, exact=True).click()
    yield opened.value
    opened.value.close()


def test_a_subscription_is_confirmed_from_the_mail(look: Looking, street: Street) -> None:
    mail = street.tell("anna", "Newsletter Subscribed", topic="marketing", source="footer", wording="Yes, news.")
    assert mail is not None
    with look() as seen:
        seen.page.goto(street.page_of(mail))
        with following(seen, "Confirm") as page:
            expect(page.get_by_role("heading", level=1)).to_have_text("Please confirm")
            assert "marketing" not in street.consent("anna")
            page.get_by_role("button", name="Yes, send me “News and offers”").click()
            expect(page.get_by_role("status")).to_contain_text("Your subscription to “News and offers” is confirmed")
    granted = street.consent("anna")["marketing"]
    assert (granted["granted"], granted["source"]) == (True, "footer")


def test_a_mail_program_unsubscribes_by_the_header_and_a_person_by_the_link_and_takes_it_back(
    look: Looking, street: Street
) -> None:
    street.tell("anna", "Consent Granted", topic="marketing")
    mail = street.tell("anna", "Product Viewed", product_id="p1")
    assert mail is not None
    with look() as seen:
        seen.page.goto(street.page_of(mail))
        seen.page.get_by_role("button", name="Unsubscribe with one click").click()
        expect(seen.page.get_by_role("status")).to_contain_text("Unsubscribed")
        assert street.consent("anna")["marketing"]["granted"] is False
        street.tell("anna", "Consent Granted", topic="marketing")
        seen.page.goto(street.page_of(mail))
        with following(seen, "Away") as page:
            page.get_by_role("button", name="Unsubscribe from “News and offers”").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("You are unsubscribed")
            assert street.consent("anna")["marketing"]["granted"] is False
            street.shop.set_clock(street.at + timedelta(minutes=2))
            page.get_by_role("button", name="Subscribe again to “News and offers”").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Welcome back")
    assert street.consent("anna")["marketing"]["granted"] is True


def test_preferences_are_changed_in_german_with_the_keyboard_alone(
    look: Looking, street: Street, news: dict[str, SentMail]
) -> None:
    with look(width=320, dark=True) as seen:
        seen.page.goto(street.here(news["ben"], "preferences"))
        expect(seen.page.get_by_role("heading", level=1)).to_have_text("Ihre E-Mail-Einstellungen")
        seen.page.get_by_role("checkbox", name="Pflegetipps für Holz, Öl und Klingen").focus()
        seen.page.keyboard.press("Space")
        seen.page.get_by_role("radio", name="Immer, wenn es etwas für mich gibt").focus()
        seen.page.keyboard.press("ArrowDown")
        seen.page.get_by_role("checkbox", name="30 Tage lang keine Neuigkeiten").focus()
        seen.page.keyboard.press("Space")
        seen.page.get_by_label("Geburtsdatum").fill("1990-02-28")
        seen.page.get_by_role("button", name="Speichern").focus()
        seen.page.keyboard.press("Enter")
        expect(seen.page.get_by_role("status")).to_contain_text("Gespeichert")
        expect(seen.page.get_by_role("checkbox", name=re.compile("Pause bis"))).to_be_checked()
        assert seen.complaints == []
    assert street.consent("ben")["care_tips"]["granted"] is True
    traits = street.traits("ben")
    assert (traits["mail_frequency"], traits["birthday"]) == ("weekly", "1990-02-28")


def targets(street: Street, mail: SentMail) -> dict[str, str]:
    good = street.here(mail, "unsubscribe")
    return {
        "confirm": street.here(mail, "unsubscribe").replace("/unsubscribe?", "/confirm?"),
        "unsubscribe": good,
        "preferences": street.here(mail, "preferences"),
        "tampered": good[:-4] + "AAAA",
    }


@pytest.mark.parametrize("who", ["ben", "carla"])
@pytest.mark.parametrize("name", ["confirm", "unsubscribe", "preferences", "tampered"])
def test_a_page_fits_every_window_by_day_and_by_night_in_both_languages(
    look: Looking, street: Street, news: dict[str, SentMail], name: str, who: str
) -> None:
    with look() as seen:
        seen.page.goto(targets(street, news[who])[name])
        for width in (320, 768, 1280):
            seen.page.set_viewport_size({"width": width, "height": 900})
            assert seen.overflow() <= 0, width
            for tone in TONES:
                seen.page.emulate_media(color_scheme=tone)
                assert seen.faint_texts() == [], (width, tone)
        assert seen.left_for == []


@pytest.mark.parametrize("name", ["unsubscribe", "preferences", "tampered"])
def test_a_page_has_a_language_one_heading_and_names_for_everything(
    look: Looking, street: Street, news: dict[str, SentMail], name: str
) -> None:
    with look() as seen:
        seen.page.goto(targets(street, news["carla"])[name])
        assert seen.page.locator("html").get_attribute("lang") == "en"
        for role in ("main", "banner", "contentinfo"):
            expect(seen.page.get_by_role(role)).to_have_count(1)
        expect(seen.page.locator("h1")).to_have_count(1)
        nameless = seen.page.evaluate(
            """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, fieldset")]
                .filter((each) => !(each.textContent.trim() || each.labels?.length))
                .map((each) => each.outerHTML)"""
        )
        assert nameless == []
        assert seen.page.evaluate("document.scripts.length") == 0
        assert seen.page.context.cookies() == []


def test_the_focus_can_be_seen_on_whatever_it_rests(look: Looking, street: Street, news: dict[str, SentMail]) -> None:
    with look() as seen:
        seen.page.goto(street.here(news["carla"], "preferences"))
        rested = set()
        for _ in range(14):
            seen.page.keyboard.press("Tab")
            tag, style, width = seen.page.evaluate(
                """() => { const at = document.activeElement, seen = getComputedStyle(at);
                    return [at.tagName, seen.outlineStyle, parseFloat(seen.outlineWidth)]; }"""
            )
            if tag != "BODY":
                rested.add(tag)
                assert (style, width) == ("solid", 3)
        assert rested == {"INPUT", "BUTTON", "A"}


def test_a_wrong_date_of_birth_is_said_at_the_field(look: Looking, street: Street, news: dict[str, SentMail]) -> None:
    with look() as seen:
        seen.page.goto(street.here(news["carla"], "preferences"))
        seen.page.evaluate("document.querySelector('#birthday').type = 'text'")  # as browsers without date fields
        seen.page.get_by_label("Date of birth").fill("1990-02-29")
        seen.page.get_by_role("button", name="Save").click()
        expect(seen.page.get_by_role("alert")).to_be_visible()
        field = seen.page.get_by_label("Date of birth")
        expect(field).to_have_accessible_description("Please give a date that exists, between 1900 and today.")
        assert seen.faint_texts() == []


@pytest.mark.parametrize("name", ["confirm", "tampered"])
def test_a_link_of_another_purpose_and_a_tampered_one_are_refused_in_words(
    look: Looking, street: Street, news: dict[str, SentMail], name: str
) -> None:
    with look() as seen:
        answer = seen.page.goto(targets(street, news["carla"])[name])
        assert answer is not None
        assert answer.status == 403
        expect(seen.page.get_by_role("heading", level=1)).to_have_text("This link does not work")
    assert urlsplit(seen.page.url).hostname == "127.0.0.1"


def test_a_mail_opens_in_the_browser_as_it_was_sent_with_its_pictures_and_without_its_scripts(
    look: Looking, street: Street
) -> None:
    """Its links open pages that are as free as any."""
    street.tell("dora", "Consent Granted", topic="care_tips")
    mail = street.tell("dora", "Product Added", product_id="p1")
    assert mail is not None
    assert "<script>" in mail.html
    with look(width=320) as seen:
        answer = seen.page.goto(street.here(mail, "view"))
        assert answer is not None
        assert (answer.status, answer.text()) == (200, mail.html)
        seen.settle()
        assert seen.page.title() == "As it was sent"
        assert seen.left_for == ["https://shop.example/saw.png"]
        assert seen.page.context.cookies() == []
        expect(seen.page.get_by_text("Oil it")).to_have_css("color", "rgb(100, 20, 30)")
        for width in (320, 1200):
            seen.page.set_viewport_size({"width": width, "height": 900})
            assert seen.overflow() <= 0, width
        seen.page.context.route("https://shop.example/now", lambda route: route.fulfill(**FREE))
        with following(seen, "To the shop") as page:
            expect(page).to_have_title("This page runs")


def test_a_mail_that_is_not_kept_any_more_is_told_of_in_words(
    look: Looking, street: Street, news: dict[str, SentMail]
) -> None:
    with look(width=320) as seen:
        answer = seen.page.goto(signed(street, news["ben"], Purpose.VIEW, at=street.at - timedelta(days=1)))
        assert answer is not None
        assert answer.status == 410
        expect(seen.page.get_by_role("heading", level=1)).to_have_text("Diese E-Mail ist hier nicht mehr")
        assert seen.overflow() <= 0
        assert seen.faint_texts() == []


def signed(street: Street, mail: SentMail, purpose: Purpose, *keys: str, at: datetime) -> str:
    """A link to a page about this mail, signed at that instant: by these keys, or else by the stack's own."""
    own = stored_keys(street.shop.local.aws.client("ssm"), street.shop.local.stack.outputs["TokenKeys"])
    token = SignedTokens(keys=fixed_keys(*(keys or own))).sign(purpose, Subject(mail.tags["message"]), now=at)
    return f"{street.url}{purpose}?t={token}"


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize(
    "keys, age, status, heading",
    [
        pytest.param((), timedelta(seconds=1), 410, "This link has expired", id="expired"),
        pytest.param(("the key of another stack",), -timedelta(days=1), 403, "This link does not work", id="foreign"),
    ],
)
def test_an_expired_link_and_one_of_another_stack_are_refused_in_words_and_change_nothing(
    look: Looking,
    street: Street,
    news: dict[str, SentMail],
    purpose: Purpose,
    keys: tuple[str, ...],
    age: timedelta,
    status: int,
    heading: str,
) -> None:
    """`age` is what the token is older than it may be. Whoever posts to the link as its form would is refused too."""
    now = street.at + timedelta(minutes=1)
    street.shop.set_clock(now)
    before = street.consent("carla"), street.traits("carla")
    with look(width=320) as seen:
        answer = seen.page.goto(signed(street, news["carla"], purpose, *keys, at=now - WORKS_FOR[purpose] - age))
        assert answer is not None
        assert answer.status == status
        expect(seen.page.get_by_role("heading", level=1)).to_have_text(heading)
        expect(seen.page.get_by_role("button")).to_have_count(0)
        assert seen.overflow() <= 0
        assert seen.faint_texts() == []
        posted = seen.page.request.post(seen.page.url, form={"page": "1", "List-Unsubscribe": "One-Click"})
        assert posted.status == status
    assert (street.consent("carla"), street.traits("carla")) == before
