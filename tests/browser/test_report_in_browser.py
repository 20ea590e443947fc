"""The report in a browser: nothing cut off, nothing faint, nothing fetched, and the sample mails in their frames."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from dampf_cli.sample_week import sample_week
from tests.browser.conftest import Looking
from tests.cli.simulated_shop import events, folder, simulate

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, root: Path) -> str:
    """Of a week that leaves nothing out: two folders, a refused line, holds and drops."""
    here = tmp_path_factory.mktemp("report")
    week = events(here / "week.jsonl", sample_week(), "no json\n")
    quiet = {"quiet_hours": {"from": "12:00", "to": "18:00"}, "caps": {"per_day": 1}}
    other = folder(here / "other", shop=quiet)
    simulate(here, week, "--content", root / "tests" / "content", "--against", other)
    return (here / "report.html").as_uri()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_report_fits_every_window_by_day_and_by_night(look: Looking, url: str, width: int, *, dark: bool) -> None:
    with look(width=width, dark=dark) as seen:
        seen.page.goto(url)
        seen.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert seen.overflow() <= 0
        assert seen.faint_texts() == []


def test_the_report_asks_nobody_and_complains_of_nothing(look: Looking, url: str) -> None:
    with look() as seen:
        asked: list[str] = []
        seen.page.on("request", lambda request: asked.append(request.url))
        seen.page.goto(url)
        frames = seen.page.locator("iframe")
        for place in range(frames.count()):
            frames.nth(place).scroll_into_view_if_needed()
            expect(frames.nth(place).content_frame.locator("body")).not_to_be_empty()
        assert (seen.complaints, seen.left_for) == ([], [])
        assert [each for each in asked if not each.startswith(("data:", "about:"))] == [url]


def test_the_report_has_landmarks_one_heading_and_names_for_everything(look: Looking, url: str) -> None:
    with look() as seen:
        seen.page.goto(url)
        for role in ("banner", "main", "contentinfo"):
            expect(seen.page.get_by_role(role)).to_have_count(1)
        expect(seen.page.locator("h1")).to_have_count(1)
        ids = seen.page.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")
        assert len(ids) == len(set(ids))
        links = seen.page.evaluate("[...document.links].map((each) => each.hash.slice(1))")
        assert set(links) <= set(ids)
        pictures = "[...document.querySelectorAll('svg')].filter((each) => !each.ariaHidden && !each.ariaLabel).length"
        assert seen.page.evaluate(pictures) == 0


def test_a_sample_shows_its_mail_and_a_click_leads_nowhere(look: Looking, url: str) -> None:
    with look() as seen:
        seen.page.goto(url)
        frame = seen.page.locator("iframe[title^=cart_reminder]")
        frame.scroll_into_view_if_needed()
        mail = frame.content_frame
        expect(mail.locator("h1, h2, td").first).to_be_visible()
        mail.locator("a").first.click()
        seen.page.wait_for_timeout(100)
        assert (seen.page.url, seen.left_for) == (url, [])
