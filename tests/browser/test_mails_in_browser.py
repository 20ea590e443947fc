"""The shipped mails as their readers see them, on a telephone and on a desk, by day and by night."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.reading import read_folder
from tests.browser.conftest import Looking

pytestmark = pytest.mark.browser

PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600"><rect width="600" height="600"/></svg>'
"""A product's picture, larger than its place."""

DRILL = {
    "product_id": "drill",
    "name": "Akku-Schlagbohrschraubendreher-Komplettset 18V-XL mit Zubehör",
    "price": 1129.9,
    "quantity": 12,
    "url": "https://shop.example/drill",
    "image_url": "https://shop.example/images/drill.svg",
}
SAW = {"product_id": "saw", "name": "Saw", "price": 79, "quantity": 1}

SCOPE: Mapping[str, Any] = {
    "profile": {
        "traits": {"first_name": "Maximiliane-Alexandra"},
        "viewed": [{"product_id": "drill", "name": DRILL["name"]}, {"product_id": "saw", "name": "Saw"}],
        "cart": {"id": "c-1", "items": [DRILL, SAW, SAW, SAW, SAW], "value": 13_874.8},
        "metrics": {"orders": 10},
    },
    "event": {
        "properties": {
            "order_id": "2026-0000-0042",
            "total": 13_558.8,
            "subtotal": 13_637.8,
            "shipping": 4.9,
            "discount": 83.9,
            "currency": "EUR",
            "products": [DRILL, SAW],
        }
    },
    "shop": {
        "name": "Example Tools",
        "url": "https://shop.example",
        "postal_address": "Musterweg 1, 10115 Berlin",
        "brand": {
            "color": "#ffcc00",
            "text_color": "#1f2427",
            "link_color": "#806600",
            "dark_link_color": "#ffcc00",
            "logo_url": "https://shop.example/images/logo.png",
        },
    },
    "product": lambda product: DRILL if product == "drill" else {},
    "unsubscribe_url": "https://shop.example/unsubscribe?message=0123456789abcdef0123",
    "preferences_url": "https://shop.example/preferences",
    "view_url": "https://shop.example/view",
}

UNFIT_PICTURES = """() => [...document.images]
    .filter((each) => !each.hasAttribute("alt") || !each.getAttribute("width") || each.clientWidth > innerWidth)
    .map((each) => each.outerHTML)"""

BROKEN_WORDS = """() => [...document.querySelectorAll("h1, p, a, td, div")]
    .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0)
    .map((each) => each.outerHTML.slice(0, 120))"""


@cache
def shipped(folder: Path) -> PublishedCatalogue:
    return catalogue_of(read_folder(folder).content)


LOOKS = [(320, False), (320, True), (600, False), (600, True)]
"""Width in pixels, and whether it is night."""


def variants() -> list[tuple[str, str]]:
    """Every message that we ship, in each of its languages."""
    paths = sorted(Path(__file__).parents[2].glob("campaigns/messages/[!_]*.mjml"))
    return [(name, locale or "en") for name, _, locale in (path.stem.partition(".") for path in paths)]


@pytest.mark.parametrize("message, locale", variants())
def test_a_mail_reads_well(look: Looking, root: Path, message: str, locale: str) -> None:
    rendered = shipped(root / "campaigns").template(message, locale).render({**SCOPE, "locale": locale})
    with look(width=320) as seen:
        seen.page.route("**/images/*", lambda route: route.fulfill(body=PICTURE, content_type="image/svg+xml"))
        seen.page.set_content(rendered.html, wait_until="load")
        for width, dark in LOOKS:
            seen.page.set_viewport_size({"width": width, "height": 900})
            seen.page.emulate_media(color_scheme="dark" if dark else "light")
            assert seen.overflow() <= 0, (width, dark)
            assert seen.page.evaluate(BROKEN_WORDS) == [], (width, dark)
            assert seen.page.evaluate(UNFIT_PICTURES) == [], (width, dark)
            assert seen.faint_texts() == [], (width, dark)
        assert seen.page.evaluate("document.images.length") > 0
        assert seen.complaints == []
        assert seen.left_for == []
    assert len(rendered.html.encode()) < 100_000
