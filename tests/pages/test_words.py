"""What the pages say: both languages say the same things, and nothing is left to fill in."""

import string
from datetime import date

import pytest

from dampf.domain.shop import Shop
from dampf.pages import words
from dampf.pages.rendering import page
from tests.builders import catalogue

TOPICS = {"care_tips": {"title": "Care tips", "title_de": "Pflegetipps"}, "club": {"title": "The club"}}
SHOP: Shop = catalogue(topics=TOPICS).shop


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", words.TEXTS)
def test_both_languages_say_the_same_thing(name):
    english, german = words.TEXTS[name]
    assert names_in(english) == names_in(german)
    assert english != german


@pytest.mark.parametrize(
    "wishes, language",
    [
        (("de",), "de"),
        (("de_AT",), "de"),
        (("en-GB",), "en"),
        (("fr", "de"), "de"),
        (("fr-CH, fr;q=0.9, de;q=0.8, *;q=0.5",), "de"),
        ((None, "", 7, "*"), "en"),
        (("de" * 5000, "x,,;;"), "en"),
    ],
)
def test_the_first_wish_that_can_be_met_decides(wishes, language):
    assert words.language_of(*wishes) == language


@pytest.mark.parametrize(
    "topic, english, german",
    [
        ("care_tips", "Care tips", "Pflegetipps"),
        ("club", "The club", "The club"),
        ("marketing", "News and offers", "Neuigkeiten und Angebote"),
        ("sms", "News by text message (SMS)", "Neuigkeiten per SMS"),
        ("garden-days", "Garden days", "Garden days"),
    ],
)
def test_a_topic_is_called_as_people_would_call_it(topic, english, german):
    assert [words.topic_title(topic, SHOP, language) for language in ("en", "de")] == [english, german]


def test_days_are_written_as_each_language_does():
    assert words.day(date(2026, 3, 2), "en") == "2 March 2026"
    assert words.day(date(2026, 3, 2), "de") == "2. März 2026"


def test_what_a_shop_is_called_cannot_become_markup():
    nasty = catalogue(name="<script>alert(1)</script>").shop
    html = page(
        "told.html", language="en", shop=nasty, title="T", told=["<b>"], done=False,
        ask=None, otherwise=None, undo=None, preferences=None,
    )  # fmt: skip
    assert "<script" not in html.body
    assert "<b>" not in html.body
