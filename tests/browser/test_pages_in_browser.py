"""The pages in a browser: nothing cut off, nothing faint, nothing fetched, and a nasty mail kept in its frame."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import expect

from dampf_cli.pages import OneClick, serve
from tests.browser.conftest import Looking
from tests.cli.invented_shop import InventedWindow, nothing_yet

pytestmark = pytest.mark.browser

PATHS = ["", "mails", "mails/0107-anna", "mails/0107-carla", "people", "people/anna", "people/ben", "nothing"]
NASTY = "mails/0107-anna"
TONES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture(scope="module")
def clicks() -> list[OneClick]:
    return []


@pytest.fixture(scope="module")
def url(clicks: list[OneClick]) -> Iterator[str]:
    with serve(InventedWindow(), port=0, on_unsubscribe=clicks.append) as server:
        yield server.url


@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_every_window_by_day_and_by_night(look: Looking, url: str, path: str) -> None:
    with look() as seen:
        seen.page.goto(url + path)
        seen.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        for width in (320, 768, 1280):
            seen.page.set_viewport_size({"width": width, "height": 900})
            assert seen.overflow() <= 0, width
            for tone in TONES:
                seen.page.emulate_media(color_scheme=tone)
                assert seen.faint_texts() == [], (width, tone)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_asks_nobody_else_and_complains_of_nothing(look: Looking, url: str, path: str) -> None:
    with look() as seen:
        seen.go(url + path)
        allowed = r"Failed to load resource: .* 404" if path == "nothing" else r"(?!)"
        # What a mail asks for and is refused, the browser reports; that is the policy at work.
        complaints = [] if path == NASTY else seen.complaints
        assert [each for each in complaints if not re.match(allowed, each)] == []
        assert seen.left_for == []


def test_a_request_that_leaves_would_be_noticed(look: Looking) -> None:
    with look() as seen:
        seen.page.set_content('<img src="https://evil.example/pixel.png">')
        seen.settle()
        assert seen.left_for == ["https://evil.example/pixel.png"]


@pytest.mark.parametrize("path", ["", "mails", "people"])
def test_an_empty_shop_looks_right_too(look: Looking, path: str) -> None:
    with serve(nothing_yet(), port=0) as server, look(width=320, dark=True) as seen:
        seen.page.goto(server.url + path)
        assert (seen.overflow(), seen.faint_texts(), seen.complaints) == (0, [], [])


@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_landmarks_one_heading_and_names_for_everything(look: Looking, url: str, path: str) -> None:
    with look() as seen:
        seen.page.goto(url + path)
        for role in ("banner", "main", "contentinfo"):
            expect(seen.page.get_by_role(role)).to_have_count(1)
        expect(seen.page.locator("h1")).to_have_count(1)
        nameless = seen.page.evaluate(
            """() => [...document.querySelectorAll("a, button, input, select, iframe, nav, [role=region]")]
                .filter((each) => !(each.textContent.trim() || each.ariaLabel || each.title || each.labels?.length))
                .map((each) => each.outerHTML)"""
        )
        assert nameless == []
        doubled = "ids => ids.filter((id, place) => ids.indexOf(id) !== place)"
        ids = seen.page.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")
        assert seen.page.evaluate(doubled, ids) == []
        headless = "[...document.querySelectorAll('table')].filter((each) => !each.querySelector('thead th')).length"
        assert seen.page.evaluate(headless) == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", ["", "mails", "mails/0107-anna", "people/anna"])
def test_the_keyboard_reaches_everything_and_one_sees_where_it_is(
    look: Looking, url: str, path: str, *, dark: bool
) -> None:
    with look(dark=dark) as seen:
        seen.page.goto(url + path)
        reachable = "a[href], button, select, summary, input:not([type=radio]), input:checked, [tabindex='0']"
        number = seen.page.evaluate(
            "wanted => [...document.querySelectorAll(wanted)].filter((each) => each.checkVisibility()).length",
            reachable,
        )
        met = set()
        for _ in range(number + 2):
            seen.page.keyboard.press("Tab")
            place, is_marked = seen.page.evaluate(
                """() => {
                    const at = document.activeElement;
                    const bearers = [[at, null], [at, "::after"], [at.nextElementSibling ?? at, null]];
                    const marked = bearers.some(([bearer, part]) => {
                        const style = getComputedStyle(bearer, part);
                        return style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2;
                    });
                    return [at.tagName === "IFRAME" || at === document.body ? null : at.outerHTML, marked];
                }"""
            )
            if place is not None:
                met.add(place)
                assert is_marked, place
        assert len(met) >= number - 6, "some links are written alike"


def test_the_first_tab_skips_to_the_content(look: Looking, url: str) -> None:
    with look() as seen:
        seen.page.goto(url)
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.press("Enter")
        assert seen.page.evaluate("document.activeElement.id") == "main"


# --- a mail in its frame ------------------------------------------------------------------------------------------


def test_a_mail_runs_nothing_loads_nothing_and_does_not_reach_its_page(look: Looking, url: str) -> None:
    with look() as seen:
        seen.go(url + NASTY)
        frame = seen.page.locator("iframe")
        assert frame.get_attribute("sandbox") == ""
        expect(seen.page.frame_locator("iframe").locator("h1")).to_have_text("Your cart")
        assert "owned" not in seen.page.title()
        assert seen.left_for == []
        mail = seen.page.frame_locator("iframe")
        mail.get_by_role("button", name="Go").click()
        mail.get_by_text("Back to your cart").click()
        seen.page.wait_for_timeout(200)
        expect(mail.locator("h1")).to_have_text("Your cart")
        assert seen.page.url == url + NASTY
        assert seen.left_for == []


def test_a_mail_opened_by_itself_is_as_harmless(look: Looking, url: str) -> None:
    with look() as seen:
        seen.go(url + NASTY + "/html")
        expect(seen.page.locator("h1")).to_have_text("Your cart")
        assert "owned" not in seen.page.title()
        assert seen.left_for == []


def test_a_mail_is_seen_narrow_and_wide_and_as_text(look: Looking, url: str) -> None:
    with look() as seen:
        page = seen.page
        page.goto(url + NASTY)
        frame = page.locator("iframe")

        def inner_width() -> int:
            size = frame.bounding_box()
            assert size is not None
            return round(size["width"]) - 2

        assert inner_width() >= 600
        page.get_by_text("Phone").click()
        assert inner_width() == 320
        page.keyboard.press("ArrowRight")
        assert inner_width() >= 600, "the arrow keys switch too"
        page.locator("label", has_text="Text").click()
        expect(frame).to_be_hidden()
        expect(page.get_by_label("The plain text part")).to_be_visible()
        page.locator("label", has_text="Headers").click()
        expect(page.get_by_role("cell", name="List-Unsubscribe=One-Click")).to_be_visible()


def test_the_button_unsubscribes(look: Looking, url: str, clicks: list[OneClick]) -> None:
    with look() as seen:
        seen.page.goto(url + NASTY)
        seen.page.get_by_role("button", name="Unsubscribe with one click").click()
        expect(seen.page.get_by_role("status")).to_contain_text("Unsubscribed")
        assert [click.mail.message_id for click in clicks] == ["0107-anna"]
