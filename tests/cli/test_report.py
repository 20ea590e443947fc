"""The report of a simulation: its numbers are the outcomes', it needs nothing beside it, and it stays small."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dampf_cli import main as program
from dampf_cli.pages.charts import Sending, Series, days_of, histogram_of
from dampf_cli.pages.mail_content import without_fetching
from dampf_cli.report.comparison import Mailing, _changes
from dampf_cli.sample_week import sample_week
from tests.builders import bought, consenting, happened, message
from tests.cli import invented_shop, simulated_shop
from tests.cli.simulated_shop import FEW, events, folder, simulate

LOADING = {"src", "srcset", "background", "poster", "data", "action", "formaction", "xlink:href"}


class Page(HTMLParser):
    """What a browser would read: words, tables by the name of their region, bars, and what would be loaded."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tables: dict[str, list[list[str]]] = {}
        self.bars: list[list[str]] = []
        self.loaded: list[str] = []
        self.tags: Counter[str] = Counter()
        self.frames: list[Page] = []
        self._words: list[str] = []
        self._rows: list[list[str]] = []
        self._cell: list[str] | None = None
        self._is_style = False
        self.feed(html)
        self.close()

    @property
    def words(self) -> str:
        return " ".join("".join(self._words).split())

    def part(self, beginning: str, end: str) -> str:
        place = self.words.index(beginning)
        return self.words[place : self.words.index(end, place)]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.tags[tag] += 1
        self._is_style = tag == "style"
        fetched = {name for name in given if name in LOADING or (name == "href" and tag in ("link", "image", "use"))}
        self.loaded += [given[name] for name in fetched if not given[name].startswith("data:")]
        self.loaded += re.findall(r"url\([^)]*\)", given.get("style", ""))
        if tag == "iframe":
            assert given["sandbox"] == ""
            self.frames.append(Page(given["srcdoc"]))
        if given.get("role") == "region":
            self._rows = self.tables.setdefault(given["aria-label"], [])
        if tag == "tr":
            self._rows.append([])
        if tag in ("th", "td", "dt", "dd"):
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._rows = []
        if tag in ("th", "td", "dt", "dd") and self._cell is not None:
            text = " ".join("".join(self._cell).split())
            if tag == "dt":
                self.bars.append([text])
            elif tag == "dd":
                self.bars[-1].append(text)
            else:
                self._rows[-1].append(text)
            self._cell = None
        self._words.append(" ")

    def handle_data(self, data: str) -> None:
        if self._is_style:
            self.loaded += re.findall(r"@import[^;]*|url\((?!['\"]?data:)[^)]*\)", data)
            self._is_style = False
            return
        self._words.append(data)
        if self._cell is not None:
            self._cell.append(data)


@pytest.fixture
def few(tmp_path: Path) -> Path:
    return events(tmp_path / "events.jsonl", FEW)


# --- numbers ------------------------------------------------------------------------------------------------------


def test_the_numbers_of_the_sample_week_are_those_of_its_outcomes(tmp_path: Path, root: Path) -> None:
    week = events(tmp_path / "week.jsonl", sample_week())
    html, outcomes = simulate(tmp_path, week, "--content", root / "tests" / "content")
    page = Page(html)
    sent = [each for each in outcomes if each["outcome"] == "sent"]
    assert f"44 people did 194 things , and {len(sent)} mails would have gone out." in page.words

    head, *days = page.tables["Mails a day as a table"]
    titles = {"cart_abandonment": "Cart abandonment", "order_confirmation": "Order confirmation"}
    titles |= {"tenth_order": "Tenth order", "welcome": "Welcome"}
    by_campaign = Counter(titles[each["campaign"]] for each in sent)
    drawn = {title: sum(int(row[place]) for row in days) for place, title in enumerate(head) if place}
    assert drawn == {**by_campaign, "All": len(sent)}

    by_person = Counter(each["profile"] for each in sent)
    histogram = {row[0]: int(row[1]) for row in page.tables["People by the number of mails they get as a table"][1:]}
    assert histogram == {str(count): people for count, people in Counter(by_person.values()).items()} | {
        "0": 44 - len(by_person)
    }
    dropped = sum(each["outcome"] == "dropped" for each in outcomes)
    assert f"delivered {len(sent)} not sent {dropped}" in page.words
    assert len(page.frames) == len({each["message"] for each in sent})


def test_a_funnel_goes_from_entry_to_the_goal_and_says_what_it_brought(tmp_path: Path, few: Path) -> None:
    html, _ = simulate(tmp_path, few, "--content", folder(tmp_path / "content"))
    page = Page(html)
    cart = page.part("Cart Entered", "What became")
    assert re.findall(r"(\w+) (\d+)", cart)[:5] == [
        ("Entered", "3"), ("Mailed", "1"), ("Opened", "1"), ("Clicked", "0"), ("Goal", "1"),
    ]  # fmt: skip
    assert "Goal: Order Completed within 2 days of a mail, 20.50 EUR together." in cart, "the second came too late"
    assert "reached its end 2 left through an exit 1" in cart
    assert "1 mail · 1 not sent" in cart


def test_an_order_counts_once_and_only_for_a_mail_before_it(tmp_path: Path) -> None:
    story = [
        *consenting("anna"),
        bought("anna", "2026-03-02T09:00:00Z", order="A-0", total=1000),
        happened("Product Added", "2026-03-02T12:00:00Z", "anna", product_id="saw"),
        happened("Product Added", "2026-03-02T14:00:00Z", "anna", product_id="vice"),
        bought("anna", "2026-03-02T18:00:00Z", order="A-1", total=20),
    ]
    file = events(tmp_path / "events.jsonl", story)
    html, outcomes = simulate(tmp_path, file, "--content", folder(tmp_path / "content"))
    assert sum(each["message"] == "reminder" for each in outcomes) == 2
    cart = Page(html).part("Campaigns Cart", "2 mails")
    assert "Goal 1 Goal: Order Completed within 2 days of a mail, 20.00 together." in cart


def test_those_held_out_are_measured_beside_the_others(tmp_path: Path, few: Path) -> None:
    html, outcomes = simulate(
        tmp_path,
        few,
        "--content",
        folder(tmp_path / "content", cart=simulated_shop.CART.replace("WAIT", "1 hour") + "holdout: 100%\n"),
    )
    held_out = {each["journey"] for each in outcomes if each["outcome"] == "held_out"}
    assert f"Of {len(held_out)} journeys held out, 1 reached it too." in Page(html).words


def test_holds_and_drops_are_counted_by_reason(tmp_path: Path, few: Path) -> None:
    quiet = folder(tmp_path / "content", shop={"quiet_hours": {"from": "13:00", "to": "18:00"}})
    page = Page(simulate(tmp_path, few, "--content", quiet)[0])
    assert ["no consent to this kind of mail", "1"] in page.bars
    assert ["quiet hours", "1"] in page.bars


def test_vouchers_are_counted_by_pool_given_and_redeemed(tmp_path: Path) -> None:
    giving = folder(
        tmp_path / "content",
        shop={"voucher_pools": {"comeback": {"kind": "generated", "value": "10 %"}}},
        messages__receipt=message("Receipt {{ voucher.code }}", voucher="comeback"),
    )
    _, outcomes = simulate(tmp_path, events(tmp_path / "events.jsonl", FEW), "--content", giving)
    code = next(each["voucher"] for each in outcomes if each["voucher"] is not None)
    redeeming = bought("anna", "2026-03-10T12:00:00Z", order="A-3", coupon=code)
    page = Page(simulate(tmp_path, events(tmp_path / "events.jsonl", [*FEW, redeeming]), "--content", giving)[0])
    assert page.tables["Vouchers given"] == [["Pool", "Worth", "Given", "Redeemed"], ["comeback", "10 %", "3", "1"]]


def test_without_vouchers_the_report_says_nothing_of_them(tmp_path: Path, few: Path) -> None:
    assert "Vouchers given" not in Page(simulate(tmp_path, few, "--content", folder(tmp_path / "plain"))[0]).words


def test_who_gets_most_is_named_with_the_busiest_week_and_told_as_a_story(tmp_path: Path, few: Path) -> None:
    page = Page(simulate(tmp_path, few, "--content", folder(tmp_path / "content"))[0])
    assert page.tables["Who gets most"][1:] == [["<script>Anna anna@example.com", "3", "2", "2"]]
    story = page.part("<script>Anna anna@example.com · 3 mails", "Ben")
    places = [story.index(part) for part in ("order A-2", "order A-1", "Email Opened", "Your cart", "Product Added")]
    assert places == sorted(places), "the newest first, mails among the events"


def test_what_went_wrong_stands_on_the_page(tmp_path: Path) -> None:
    lines = ["no json\n", json.dumps(happened("Order Completed", "2026-03-03T10:00:00Z", "anna", products="x")) + "\n"]
    file = events(tmp_path / "events.jsonl", FEW, *lines)
    page = Page(simulate(tmp_path, file, "--content", folder(tmp_path / "content"))[0])
    assert "2 things went wrong" in page.words
    wrong = " ".join(row[0] for row in page.tables["What went wrong"])
    assert f"{file}:13: no JSON" in wrong
    assert "detail.properties.products: a list expected" in wrong


def test_a_simulation_of_nothing_has_a_page_too(tmp_path: Path) -> None:
    page = Page(simulate(tmp_path, events(tmp_path / "none.jsonl", []), "--content", folder(tmp_path / "content"))[0])
    assert "Nothing happened in these events." in page.words
    assert "Nobody would have been mailed." in page.words


# --- alone --------------------------------------------------------------------------------------------------------


def test_the_page_loads_nothing_and_runs_nothing(tmp_path: Path, few: Path) -> None:
    nasty = message("Look", '<img src="https://evil.example/a.png" alt="A saw"> Hi')
    content = folder(tmp_path / "content", messages__reminder=nasty)
    page = Page(simulate(tmp_path, few, "--content", content, "--against", folder(tmp_path / "other"))[0])
    assert page.frames
    for each in (page, *page.frames):
        assert each.loaded == []
        assert each.tags["script"] == 0
        assert "evil.example" not in each.html
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page.html
    assert "&lt;script&gt;Anna" in page.html


def test_a_nasty_mail_keeps_its_words_and_loses_what_would_be_fetched() -> None:
    page = Page(without_fetching(invented_shop.NASTY_HTML))
    assert page.loaded == []
    assert "evil.example" not in page.html
    assert page.tags["iframe"] == page.tags["script"] == page.tags["meta"] == page.tags["link"] == 0
    assert "Your cart Back to your cart" in page.words
    assert "onerror" not in page.html


@pytest.mark.parametrize(
    "html",
    [
        '<p class="a&amp;b">1 &lt; 2 &#8364; &euro; &unknown;</p>',
        "<!DOCTYPE html><style>a > b { color: red }</style><br><td nowrap>x</td>",
        '<a href="https://shop.example/?a=1&amp;b=2">Back</a>',
        '<img src="data:image/gif;base64,AAAA" alt="">',
    ],
)
def test_what_fetches_nothing_stays_as_it_is(html: str) -> None:
    assert without_fetching(html) == html


def test_a_page_of_many_people_is_bounded_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    people = [f"person-{number}" for number in range(150)]
    story = consenting(*people)
    story += [happened("Product Added", "2026-03-02T12:00:00Z", who, product_id="saw") for who in people]
    file = events(tmp_path / "events.jsonl", story)
    without = folder(tmp_path / "without", cart="")
    html, outcomes = simulate(tmp_path, file, "--content", folder(tmp_path / "content"), "--against", without)
    page = Page(html)
    assert len(outcomes) == 150
    assert "150 mails gained" in page.words
    assert len(page.tables["Mails gained"]) == 1 + 100
    assert "and 50 others" in page.words
    assert "and 140 others who got mail" in page.words
    assert len(html) < 200_000


# --- against another folder ---------------------------------------------------------------------------------------


def test_the_same_content_changes_nothing(tmp_path: Path, few: Path) -> None:
    same = folder(tmp_path / "same")
    page = Page(simulate(tmp_path, few, "--content", folder(tmp_path / "content"), "--against", same)[0])
    assert "content rather than same 0 people would get more mails, 0 fewer, 0 as many but others" in page.words
    assert "the same mails 3" in page.words


def test_gained_lost_moved_and_reworded_mails_are_told_apart(
    tmp_path: Path, few: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = folder(
        tmp_path / "now",
        wait="2 hours",
        welcome="trigger: { event: Consent Granted }\nsteps: [{ send: hi }]\n",
        messages__hi=message("Hi"),
        messages__receipt=message("Thanks", **{"class": "transactional"}),
    )
    before = folder(tmp_path / "before")
    html, _ = simulate(tmp_path, few, "--content", now, "--against", before)
    page, table = Page(html), capsys.readouterr().out
    assert page.tables["Mails moved"][1:] == [
        ["<script>Anna", "Cart · reminder", "Mon 2 Mar 2026, 14:00", "Mon 2 Mar 2026, 15:00"]
    ]
    assert [row[0] for row in page.tables["Mails gained"][1:]] == ["<script>Anna", "Carla"]
    assert [row[3:] for row in page.tables["Mails reworded"][1:]] == [["Receipt", "Thanks"]] * 2
    assert "Mails lost" not in page.tables
    assert "2 people would get more mails, 0 fewer, 0 as many but others: 5 mails instead of 3." in page.words
    assert [row[:4] for row in page.tables["Mails by campaign, before and now"][1:]] == [
        ["Receipt", "2", "2", "±0"], ["welcome", "0", "2", "+2"], ["Cart", "1", "1", "±0"],
    ]  # fmt: skip
    assert "moved     Mon 2 Mar 2026, 15:00  <script>Anna: cart/reminder, before Mon 2 Mar 2026, 14:00" in table
    assert re.search(r"all +│ +3 │ +5 │ +2 │ +│ +1 │ +2 │", table)


def test_a_folder_with_errors_is_refused_before_anything_is_played(
    tmp_path: Path, few: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = folder(tmp_path / "broken", cart="steps: nothing\n")
    given = ["simulate", str(few), "--content", str(folder(tmp_path / "content")), "--against", str(broken)]
    assert program.main(given) == 1
    assert "nothing was sent" in capsys.readouterr().err


def test_outcomes_go_to_stdout_only_where_nothing_else_is_asked_for(
    tmp_path: Path, few: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["simulate", str(few), "--content", str(folder(tmp_path / "content"))]
    assert program.main(given) == 0
    assert len([json.loads(line) for line in capsys.readouterr().out.splitlines()]) == 4
    assert program.main([*given, "--report", str(tmp_path / "page.html")]) == 0
    said = capsys.readouterr().out
    assert "12 events, 3 people, 4 messages" in said
    assert said.endswith("page.html.\n")


DAY_0 = datetime(2026, 3, 2, tzinfo=UTC)


def mailings(*days: float, subject: str = "Hello") -> list[Mailing]:
    return [Mailing(DAY_0 + timedelta(days=day), subject) for day in days]


@pytest.mark.parametrize(
    "before, now, kinds",
    [
        ([], [0.0], {"gained": 1}),
        ([0.0], [], {"lost": 1}),
        ([0.0, 1.0], [0.0, 1.0], {}),
        ([0.0], [6.9], {"moved": 1}),
        ([6.9], [0.0], {"moved": 1}),
        ([0.0], [7.0], {"gained": 1, "lost": 1}),
        ([0.0, 1.0], [1.0], {"lost": 1}),
        ([1.0], [0.0, 1.0, 2.0], {"gained": 2}),
        ([0.0, 0.0], [0.0, 3.0], {"moved": 1}),
        ([0.0, 30.0], [1.0, 60.0], {"moved": 1, "lost": 1, "gained": 1}),
    ],
)
def test_mails_are_paired_by_instant_and_then_by_nearness(
    before: list[float], now: list[float], kinds: dict[str, int]
) -> None:
    assert Counter(kind for kind, _, _ in _changes(mailings(*before), mailings(*now))) == kinds


# --- pictures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values, columns",
    [
        ({0: 3}, [("0", 3)]),
        ({0: 3, 2: 1}, [("0", 3), ("1", 0), ("2", 1)]),
        ({1: 1, 17: 2}, [("0", 0), ("1–2", 1), *((f"{n}–{n + 1}", 0) for n in range(3, 17, 2)), ("17–18", 2)]),
    ],
)
def test_a_histogram_has_a_column_for_nothing_and_joins_neighbours(
    values: dict[int, int], columns: list[tuple[str, int]]
) -> None:
    chart = histogram_of(values, unit="person", series=Series("people", "People", "hue-0"))
    assert chart is not None
    assert [(column.name, column.total) for column in chart.columns] == columns


def test_long_times_are_drawn_day_by_day_as_stacked_bands() -> None:
    series = (Series("a", "A", "hue-0"), Series("b", "B", "hue-1"))
    sendings = [Sending(DAY_0 + timedelta(days=day), "a") for day in (0, 0, 39)]
    sendings.append(Sending(DAY_0, "b"))
    days = days_of(sendings, zone=invented_shop.CATALOGUE.shop.timezone, series=series)
    assert days is not None
    assert (days.days, days.peak[1]) == (40, 3)
    assert [layer.path for layer in days.layers] == ["M0 1H1V3H39V2H40V3H0Z", "M0 0H1V3H39V2H40V2H39V3H1V1H0Z"]
    assert [(str(day), counts) for day, counts in days.rows] == [("2026-03-02", (2, 1)), ("2026-04-10", (1, 0))]
    assert days_of(sendings[:2], zone=invented_shop.CATALOGUE.shop.timezone, series=series) is None
