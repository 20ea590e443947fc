"""Amounts, days and hours are written as the reader of the mail writes them."""

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dampf.campaigns.messages import FrontMatter, MessageSource, compile_message, trial

NOW = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)


def written(expression: str, locale: str | None = "de", **names: Any) -> str:
    source = MessageSource(name="m", front=FrontMatter(subject=f"{{{{ {expression} }}}}"), body="<mjml></mjml>")
    scope = {"zone": ZoneInfo("Europe/Berlin"), "now": NOW, **({"locale": locale} if locale else {})}
    return compile_message(source, {}).render({**scope, **names}).subject.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    "locale, amount",
    [("de", "1.129,90 €"), ("de-AT", "€ 1.129,90"), ("en", "€1,129.90"), ("fr", "1 129,90 €"), ("xx", "€1,129.90")],
)
def test_an_amount_is_written_as_in_the_readers_language(locale: str, amount: str) -> None:
    assert written("event.properties.total | money", locale, event={"properties": {"total": 1129.9}}) == amount


def test_an_amounts_own_currency_comes_before_the_shops_and_that_before_euros() -> None:
    shop = {"currency": "GBP"}
    assert written("5 | money('USD')", "en", shop=shop) == "US$5.00"
    assert written("5 | money", "en", shop=shop) == "£5.00"
    assert written("5 | money(event.properties.currency)", "en", shop=shop) == "£5.00"
    assert written("5 | money", "en") == "€5.00"
    assert written("5 | money('euros')", "en") == "€5.00"


@pytest.mark.parametrize(
    "value, amount",
    [(Decimal("0.1"), "0,10 €"), (-3, "−3,00 €"), ("19.99", "19,99 €"), (True, ""), ("free", ""), (None, ""), ([], "")],
)
def test_what_is_no_amount_prints_as_nothing(value: object, amount: str) -> None:
    assert written("event.properties.total | money", event={"properties": {"total": value}}) == amount


def test_whole_amounts_may_go_without_cents() -> None:
    assert written("20 | money(whole=true)") == "20 €"
    assert written("20 | money(whole=true)", "en") == "€20"
    assert written("20.5 | money(whole=true)") == "20,50 €"


@pytest.mark.parametrize(
    "form, german, english",
    [
        ("", "6. März 2026", "6 March 2026"),
        ("('short')", "06.03.26", "06/03/2026"),
        ("('medium')", "06.03.2026", "6 Mar 2026"),
        ("('full')", "Freitag, 6. März 2026", "Friday 6 March 2026"),
        ("('weekday')", "Freitag, 6. März", "Friday 6 March"),
    ],
)
def test_an_instant_is_written_as_its_day_in_the_readers_zone(form: str, german: str, english: str) -> None:
    assert written(f"now | date{form}", "de") == german
    assert written(f"now | date{form}", "en").replace("Friday, ", "Friday ") == english


@pytest.mark.parametrize(
    "locale, day", [("en-US", "Friday, March 6"), ("fr", "vendredi 6 mars"), ("es", "viernes, 6 de marzo")]
)
def test_other_languages_keep_their_own_order(locale: str, day: str) -> None:
    assert written("now | date('weekday')", locale) == day


@pytest.mark.parametrize(
    "value, day",
    [
        ("2026-03-09", "9. März 2026"),
        ("2026-03-09T23:30:00Z", "10. März 2026"),
        (date(2026, 3, 9), "9. März 2026"),
        ("next week", ""),
        (None, ""),
        (12, ""),
    ],
)
def test_a_day_may_be_text_of_iso_8601_and_anything_else_prints_as_nothing(value: object, day: str) -> None:
    assert written("event.properties.on | date", event={"properties": {"on": value}}) == day


def test_hours_are_those_of_the_readers_zone() -> None:
    assert written("now | time") == "00:30"
    assert written("event.properties.on | time", event={"properties": {"on": "2026-03-09"}}) == ""


def test_an_unknown_form_of_a_day_is_found_before_anything_is_sent() -> None:
    source = MessageSource(name="m", front=FrontMatter(subject="{{ now | date('brief') }}"), body="<mjml></mjml>")
    assert trial(compile_message(source, {})) == "a day is written short, medium, long, full, weekday"


def test_locale_data_is_not_loaded_before_an_amount_is_written() -> None:
    program = "import sys, dampf.campaigns.messages; sys.exit(any(m.split('.')[0] == 'babel' for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
