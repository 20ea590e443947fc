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
    "shop": {"name": "Example Tools", "url": "https://shop.example", "postal_address": "Musterweg 1, 10115 Berlin"},
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


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 600])
@pytest.mark.parametrize(
    "message, locale", [("welcome", "en"), ("welcome", "de"), ("cart_reminder", "de"), ("order_confirmation", "en")]
)
def test_a_mail_reads_well(look: Looking, root: Path, message: str, locale: str, width: int, *, dark: bool) -> None:
    rendered = shipped(root / "campaigns").template(message, locale).render(SCOPE)
    with look(width=width, dark=dark) as seen:
        seen.page.route("**/images/*", lambda route: route.fulfill(body=PICTURE, content_type="image/svg+xml"))
        seen.page.set_content(rendered.html, wait_until="load")
        assert seen.overflow() <= 0
        assert seen.page.evaluate(BROKEN_WORDS) == []
        assert seen.page.evaluate(UNFIT_PICTURES) == []
        assert seen.page.evaluate("document.images.length") > 0
        assert seen.faint_texts() == []
        assert seen.complaints == []
        assert seen.left_for == []
