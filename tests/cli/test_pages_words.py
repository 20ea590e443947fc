"""What the pages say and draw, without a server: words, charts, and what is read from a mail."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from dampf.domain.instants import Span
from dampf.domain.message import Reason, Status
from dampf_cli.pages import words
from dampf_cli.pages.charts import Sending, Series, columns_of
from dampf_cli.pages.mail_content import content_of
from tests.cli import invented_shop as shop

ABC = tuple(Series(key, key.upper(), f"hue-{place}") for place, key in enumerate("abc"))


def test_there_are_words_for_every_reason_and_status() -> None:
    assert set(words.REASONS) == set(Reason)
    assert set(words.STATUSES) == set(Status)


@pytest.mark.parametrize(
    "distance, said",
    [
        (timedelta(seconds=20), "now"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(minutes=89), "in 89 minutes"),
        (timedelta(hours=-22), "22 hours ago"),
        (timedelta(hours=40), "in 2 days"),
    ],
)
def test_distances_are_said_roughly(distance: timedelta, said: str) -> None:
    clock = words.Clock(now=shop.NOW, zone=ZoneInfo("Europe/Berlin"))
    assert clock.relative(shop.NOW + distance) == said


@pytest.mark.parametrize(
    "span, said",
    [
        (Span(exact=timedelta(hours=1)), "1 hour"),
        (Span(exact=timedelta(hours=26, minutes=30)), "26 hours 30 minutes"),
        (Span(months=13, days=2), "1 year 1 month 2 days"),
        (Span(), "no time"),
    ],
)
def test_spans_are_said_exactly(span: Span, said: str) -> None:
    assert words.exact(span) == said


@pytest.mark.parametrize(
    "value, said", [(Decimal(3), "3"), (Decimal("1234.5"), "1,234.50"), (Decimal(-2), "-2"), (Decimal(0), "0")]
)
def test_metrics_are_whole_where_they_are_whole(value: Decimal, said: str) -> None:
    assert words.count(value) == said


@pytest.mark.parametrize(
    "days, unit, number", [(1, "day", 1), (31, "day", 31), (32, "week", 5), (217, "week", 31), (400, "month", 14)]
)
def test_a_chart_takes_the_smallest_unit_that_fits(days: int, unit: str, number: int) -> None:
    start = datetime(2026, 3, 2, 12, tzinfo=UTC)
    sendings = [Sending(start, "a"), Sending(start + timedelta(days=days - 1), "b")]
    chart = columns_of(sendings, zone=ZoneInfo("Europe/Berlin"), series=ABC)
    assert chart is not None
    assert (chart.unit, len(chart.columns)) == (unit, number)
    assert sum(column.total for column in chart.columns) == 2
    assert chart.series == ABC[:2]


def test_a_column_is_a_local_day() -> None:
    late = Sending(datetime(2026, 3, 2, 23, 30, tzinfo=UTC), "a")
    chart = columns_of([late], zone=ZoneInfo("Europe/Berlin"), series=ABC)
    assert chart is not None
    assert [column.name for column in chart.columns] == ["2026-03-03"]


@pytest.mark.parametrize(
    "html, said",
    [
        ('<body><div style="display:none">Inside <b>here</b></div><p>After</p>', "Inside here"),
        ('<body><p>Before</p><div style="display:none">Not this</div>', "Hello & thanks"),
        ("<p>Unclosed <div></span></p></p>", "Hello & thanks"),
        ("", "Hello & thanks"),
    ],
)
def test_the_preheader_is_what_is_hidden_at_the_top(html: str, said: str) -> None:
    assert content_of(shop.mail("0107", "m", "a@example.com", 0, html=html)).preheader == said
