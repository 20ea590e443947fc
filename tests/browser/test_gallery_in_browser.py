"""The gallery as a marketer sees it: mails in their frames, by language, width and light."""

from pathlib import Path

import pytest

from dampf_cli import main as program
from tests.browser.conftest import Look, Looking

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    out = tmp_path_factory.mktemp("gallery") / "gallery.html"
    assert program.main(["preview", "--all", "--content", str(root / "tests/content"), "--out", str(out)]) == 0
    return out


def choose(seen: Look, name: str, value: str) -> None:
    seen.page.locator(f'input[name={name}][value="{value}"] + span').click()
    seen.settle()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_the_gallery_reads_well(look: Looking, gallery: Path, width: int, *, dark: bool) -> None:
    with look(width=width, dark=dark) as seen:
        seen.go(gallery.as_uri())
        assert seen.overflow() <= 0
        assert seen.faint_texts() == []
        assert (seen.complaints, seen.left_for) == ([], [])


def test_a_click_changes_language_light_width_and_part_of_every_mail(look: Looking, gallery: Path) -> None:
    with look(width=1280) as seen:
        seen.go(gallery.as_uri())
        mail = seen.page.locator("#cart_reminder iframe")
        inside = seen.page.frame_locator("#cart_reminder iframe")
        assert inside.locator("h1").inner_text() == "Everything is still where you left it"
        choose(seen, "locale", "de")
        assert inside.locator("h1").inner_text() == "Es ist alles noch da"
        assert inside.locator("h1").evaluate("each => getComputedStyle(each).color") == "rgb(38, 43, 46)"
        choose(seen, "scheme", "dark")
        assert inside.locator("h1").evaluate("each => getComputedStyle(each).color") == "rgb(236, 234, 229)"
        choose(seen, "width", "375")
        assert mail.evaluate("each => each.clientWidth") <= 375
        choose(seen, "part", "text")
        assert "146,88" in seen.page.locator("#cart_reminder pre").inner_text()
        assert not mail.is_visible()
        assert seen.complaints == []


def test_a_mail_is_seen_whole_and_its_pictures_are_there(look: Looking, gallery: Path) -> None:
    with look(width=1280) as seen:
        seen.go(gallery.as_uri())
        frame = seen.page.frame_locator("#cart_reminder iframe")
        assert frame.locator("html").evaluate("each => each.scrollHeight - innerHeight") <= 1
        assert frame.locator("img").evaluate_all("all => all.map(each => each.naturalWidth > 0)") == [True, True]
