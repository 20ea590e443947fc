"""The pages over real HTTP: what they show, what they refuse, and that looking changes nothing."""

import http.client
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import urlsplit

import pytest

from dampf_cli.embedded.mailbox import SentMail
from dampf_cli.pages import OneClick, Server, UnsubscribeFailed, Window, serve
from tests.cli import invented_shop as shop
from tests.cli.invented_shop import InventedWindow


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def words(self) -> str:
        """Without the escapes that every value has."""
        return unescape(self.text)


@dataclass(kw_only=True)
class Browser:
    """As little of one as a test needs: no redirects, any headers."""

    server: Server

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers=named)
            answer = connection.getresponse()
            return Reply(status=answer.status, headers=dict(answer.getheaders()), text=answer.read().decode())
        finally:
            connection.close()

    def page(self, path: str) -> Reply:
        reply = self.ask(path)
        assert reply.status == 200, reply.text
        return reply

    def press_unsubscribe(self, mail: str = "0107-anna", **headers: str) -> Reply:
        given = {"Origin": self.server.url.rstrip("/"), **headers}
        return self.ask(f"/mails/{mail}/unsubscribe", "POST", b"", **given)


@pytest.fixture
def clicks() -> list[OneClick]:
    """The one-click requests that the pages asked for."""
    return []


@pytest.fixture
def browser(clicks: list[OneClick]) -> Iterator[Browser]:
    with serve(InventedWindow(), port=0, on_unsubscribe=clicks.append) as server:
        yield Browser(server=server)


@pytest.fixture
def empty() -> Iterator[Browser]:
    with serve(shop.nothing_yet(), port=0) as server:
        yield Browser(server=server)


def browsing(window: Window) -> tuple[Server, Browser]:
    server = serve(window, port=0)
    return server, Browser(server=server)


EVERY_PAGE = ["/", "/mails", "/mails/0107-anna", "/mails/0107-carla", "/people", "/people/anna", "/people/visitor"]


# --- what they show -----------------------------------------------------------------------------------------------


def test_the_overview_says_what_happened_and_draws_it(browser: Browser) -> None:
    page = browser.page("/")
    assert (
        "<strong>4 people</strong> did <strong>3 things</strong>, and <strong>2 mails</strong> went out." in page.text
    )
    assert "1 journey is still under way" in " ".join(page.text.split())
    assert "<title>Cart abandonment: 1</title>" in page.text
    assert "no consent to this kind of mail" in page.text


def test_a_funnel_counts_journeys(browser: Browser) -> None:
    page = " ".join(browser.page("/").text.split())
    cart = page[page.index('class="card funnel') :]
    counts = [part.split("<")[0] for part in cart.split('class="bar-count">')[1:4]]
    assert counts == ["2", "1", "1"], "two entered, one was mailed, one clicked"


def test_a_click_that_names_no_mail_counts_for_the_latest_before_it() -> None:
    unnamed = replace(shop.CLICKED, properties={})
    server, browser = browsing(InventedWindow(past={"anna": [shop.ADDED, unnamed]}))
    with server:
        assert "Email Link Clicked" in browser.page("/mails/0107-anna").text
        assert "Email Link Clicked" not in browser.page("/mails/0107-carla").text


def test_the_mailbox_lists_the_newest_first_with_the_preheader_and_who_got_it(browser: Browser) -> None:
    page = browser.page("/mails")
    assert page.text.index("Your order A-7") < page.text.index("Anna, your cart")
    assert "Everything is still there & waiting" in page.words
    assert "Hello & thanks" in page.words, "without a preheader the text's beginning"
    assert "Carla Conti" in page.text
    assert page.text.count("transactional</span>") == 1


@pytest.mark.parametrize(
    "query, shown",
    [
        ("campaign=cart_abandonment", ["0107-anna"]),
        ("person=carla", ["0107-carla"]),
        ("person=carla-before-login", ["0107-carla"]),
        ("person=carla&campaign=cart_abandonment", []),
        ("campaign=unheard_of", []),
        ("person=nobody", []),
        ("page=99", ["0107-anna", "0107-carla"]),
        ("page=%00", ["0107-anna", "0107-carla"]),
    ],
)
def test_the_mailbox_is_filtered_by_campaign_and_person(browser: Browser, query: str, shown: list[str]) -> None:
    page = browser.page(f"/mails?{query}").text
    assert [mail for mail in ("0107-anna", "0107-carla") if f'href="/mails/{mail}"' in page] == shown


def test_long_mailboxes_have_pages() -> None:
    many = tuple(shop.mail(f"0107-{number}", "anna-1", "anna@example.com", number / 60) for number in range(120))
    server, browser = browsing(InventedWindow(sent=many))
    with server:
        first, last = browser.page("/mails?person=anna").text, browser.page("/mails?person=anna&page=3").text
    assert first.count('class="letter-link"') == 50
    assert 'href="/mails?person=anna&amp;page=2"' in first
    assert last.count('class="letter-link"') == 20


def test_one_mail_tells_why_it_came(browser: Browser) -> None:
    page = browser.page("/mails/0107-anna")
    story = ["Product Added", "Enters Cart abandonment", "Step reminder", "sends cart_reminder", "Email Link Clicked"]
    places = [page.words.index(part) for part in story]
    assert places == sorted(places)
    assert 'href="/people/anna#journey-journey-of-anna"' in page.text
    assert f"version {shop.version_of('cart_abandonment')[:8]}" in page.text
    assert "Mon 2 Mar 2026, 10:00" in page.text, "in the shop's zone"


def test_one_mail_shows_its_text_headers_and_tags(browser: Browser) -> None:
    page = browser.page("/mails/0107-anna")
    assert "Your cart\n<b>waits</b>" in page.words
    for part in (f"<{shop.UNSUBSCRIBE}>", "List-Unsubscribe=One-Click", "Tag message", "anna-1", "hello@shop.example"):
        assert part in page.words


def test_a_link_in_a_mail_is_offered_only_if_it_leads_to_the_web(browser: Browser) -> None:
    page = browser.page("/mails/0107-anna").text
    assert 'href="https://shop.example/cart"' in page
    assert "javascript:" not in page


def test_people_are_listed_with_consent_cart_orders_and_what_is_under_way(browser: Browser) -> None:
    page = browser.page("/people").words
    anna = page[page.index('href="/people/anna"') :].split("</tr>")[0]
    for part in ("anna@example.com", "consents", "158.00", ">3<", "Cart abandonment"):
        assert part in anna
    assert "withdrawn" in page[page.index('href="/people/ben"') :].split("</tr>")[0]
    assert "Visitor browser-9" in page


@pytest.mark.parametrize(
    "query, found",
    [("ANNA", "anna"), ("browser-9", "visitor"), ("conti", "carla"), ("3", "carla"), ("%3Cscript", "anna")],
)
def test_people_are_found_by_name_and_identifier(browser: Browser, query: str, found: str) -> None:
    page = browser.page(f"/people?q={query}").text
    assert [person for person in ("anna", "ben", "carla", "visitor") if f'href="/people/{person}"' in page] == [found]


def test_a_person_page_shows_everything_that_is_known(browser: Browser) -> None:
    page = browser.page("/people/anna").words
    for part in ("120.50", "2 × Saw", "158.00", "sign-up form", "last order at", "customer id", "Together"):
        assert part in page


def test_a_person_page_shows_vouchers_and_the_mail_that_gave_one(browser: Browser) -> None:
    page = " ".join(re.sub(r"<[^>]+>", " ", browser.page("/people/anna").words).split())
    for part in (
        "expired BACK-OLD 10 %, comeback",
        "valid BACK-7QK4-XMPT-9RCD 10 %, comeback, until",
        "redeemed TEN-1 20 EUR, tenth",
        "with the voucher BACK-7QK4-XMPT-9RCD",
        "code BACK-7QK4-XMPT-9RCD",
    ):
        assert part in page


def test_a_person_page_shows_what_a_journey_waits_for_and_until_when(browser: Browser) -> None:
    page = " ".join(browser.page("/people/anna").text.split())
    assert "It waits for Email Link Clicked, 23 hours at most, until" in page
    assert "Tue 3 Mar 2026, 09:00" in page
    assert "(in 18 hours)" in page
    assert 'class="step-here" aria-current="step">waits for Email Link Clicked' in page


def test_the_timeline_has_events_journeys_and_mails_newest_first(browser: Browser) -> None:
    page = browser.page("/people/anna").words
    page = page[page.index('id="timeline-title"') : page.index('class="person-facts"')]
    titles = ["Email Link Clicked", "Anna, your cart", "Enters Cart abandonment", "Product Added"]
    places = [page.index(title) for title in titles]
    assert places == sorted(places)
    assert "because of Product Added" in page


def test_the_timeline_says_why_a_mail_did_not_come(browser: Browser) -> None:
    page = browser.page("/people/ben").text
    assert "Did not get the mail cart_reminder" in page
    assert "no consent to this kind of mail" in page
    assert "left through an exit" in page


def test_a_merged_person_keeps_history_and_messages_and_answers_to_both_ids(browser: Browser) -> None:
    for profile in ("carla", "carla-before-login"):
        page = browser.page(f"/people/{profile}").text
        assert "Order Completed" in page
        assert "order A-7, Vice + Drill, 20.00 EUR" in page
        assert 'href="/mails/0107-carla"' in page
        assert "held until Mon 2 Mar 2026, 12:00: quiet hours" in page


@pytest.mark.parametrize(
    "path, said",
    [
        ("/", "Nothing has happened yet"),
        ("/mails", "No steam yet"),
        ("/people", "Nobody yet"),
        ("/people?q=x", "Nobody fits"),
    ],
)
def test_an_empty_shop_has_pages_too(empty: Browser, path: str, said: str) -> None:
    assert said in empty.page(path).text


@pytest.mark.parametrize(
    "path", ["/nothing", "/mails/none", "/people/none", "/mails/none/html", "/style.css/..", "/../x"]
)
def test_what_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    assert browser.ask(path).status == 404


# --- what they refuse ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_value_is_escaped(browser: Browser, path: str) -> None:
    page = browser.page(path).text
    assert "<script" not in page
    assert "<i>waits" not in page
    assert "<b>" not in page


@pytest.mark.parametrize("path", [*EVERY_PAGE, "/style.css", "/icon.svg", "/nothing"])
def test_pages_run_nothing_and_load_nothing_from_elsewhere(browser: Browser, path: str) -> None:
    reply = browser.ask(path)
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'")
    assert "frame-ancestors 'none'" in policy
    assert " style=" not in reply.text, "the policy would not let it count"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_a_mail_is_served_as_it_is_under_a_policy_that_lets_it_do_nothing(browser: Browser) -> None:
    reply = browser.page("/mails/0107-anna/html")
    assert reply.text == shop.NASTY_HTML.replace("<head>", '<head><base target="_blank">')
    policy = reply.headers["Content-Security-Policy"].split("; ")
    assert policy[:2] == ["sandbox", "default-src 'none'"]
    assert "img-src data:" in policy
    assert "frame-ancestors 'self'" in policy
    assert 'sandbox referrerpolicy="no-referrer"' in browser.page("/mails/0107-anna").text


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "[::1]:{port}"]
)
def test_other_host_names_are_refused(browser: Browser, host: str, clicks: list[OneClick]) -> None:
    named = host.format(port=browser.server.port)
    assert browser.ask("/", Host=named).status == 421
    assert browser.press_unsubscribe(Host=named).status == 421
    assert clicks == []


def test_localhost_is_us_too(browser: Browser) -> None:
    assert browser.ask("/", Host=f"LocalHost:{browser.server.port}").status == 200


def test_the_server_listens_on_loopback_alone(browser: Browser) -> None:
    assert urlsplit(browser.server.url).hostname == "127.0.0.1"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(browser: Browser, method: str) -> None:
    reply = browser.ask("/people/anna", method)
    assert reply.status == 405
    assert reply.headers["Allow"] == "GET, HEAD, POST"


def test_a_head_has_no_body(browser: Browser) -> None:
    reply = browser.ask("/", "HEAD")
    assert (reply.status, reply.text) == (200, "")
    assert int(reply.headers["Content-Length"]) > 1_000


def test_a_page_that_fails_says_so_and_the_others_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(InventedWindow):
        def mails(self) -> list[SentMail]:
            raise ConnectionError("the table is gone")

    server, browser = browsing(Broken())
    with server:
        reply = browser.ask("/mails")
        assert reply.status == 500
        assert "ConnectionError: the table is gone" in reply.text
        assert browser.ask("/style.css").status == 200
    assert capsys.readouterr().err == "dampf: /mails: ConnectionError: the table is gone\n"


# --- unsubscribing ------------------------------------------------------------------------------------------------


def test_the_button_asks_for_the_one_click_of_rfc_8058(browser: Browser, clicks: list[OneClick]) -> None:
    reply = browser.press_unsubscribe()
    assert reply.status == 303
    assert [(click.url, click.body) for click in clicks] == [(shop.UNSUBSCRIBE, b"List-Unsubscribe=One-Click")]
    assert clicks[0].mail.message_id == "0107-anna"
    assert 'role="status"' in browser.page(reply.headers["Location"]).text


def test_looking_unsubscribes_nobody(browser: Browser, clicks: list[OneClick]) -> None:
    for path in [*EVERY_PAGE, "/mails/0107-anna?unsubscribed=1"]:
        browser.page(path)
    assert browser.ask("/mails/0107-anna/unsubscribe").status == 404
    assert clicks == []


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://127.0.0.1:1", "http://evil.example:{port}"]
)
def test_other_pages_cannot_press_the_button(browser: Browser, clicks: list[OneClick], origin: str) -> None:
    assert browser.press_unsubscribe(Origin=origin.format(port=browser.server.port)).status == 403
    assert clicks == []


def test_a_post_without_an_origin_is_refused(browser: Browser, clicks: list[OneClick]) -> None:
    assert browser.ask("/mails/0107-anna/unsubscribe", "POST", b"").status == 403
    assert clicks == []


def test_too_long_a_body_is_refused_unread(browser: Browser, clicks: list[OneClick]) -> None:
    assert browser.press_unsubscribe(Content_Length="99999999").status == 413
    assert clicks == []


def test_a_mail_without_the_headers_has_no_button(browser: Browser) -> None:
    assert "Unsubscribe with one click" not in browser.page("/mails/0107-carla").text
    assert browser.press_unsubscribe("0107-carla").status == 404


def test_without_anybody_to_perform_it_there_is_no_button() -> None:
    server, browser = browsing(InventedWindow())
    with server:
        assert "Unsubscribe with one click" not in browser.page("/mails/0107-anna").text
        assert browser.press_unsubscribe().status == 404


def test_a_failure_is_shown_beside_the_mail() -> None:
    def fail(click: OneClick) -> None:
        raise UnsubscribeFailed("the link answered <500>")

    with serve(InventedWindow(), port=0, on_unsubscribe=fail) as server:
        reply = Browser(server=server).press_unsubscribe()
    assert reply.status == 502
    assert "Unsubscribing failed: the link answered &lt;500&gt;" in reply.text


# --- the server ---------------------------------------------------------------------------------------------------


def test_a_server_stops_and_frees_its_port() -> None:
    server = serve(shop.nothing_yet(), port=0)
    server.start()
    server.start()
    server.stop()
    server.stop()
    with serve(shop.nothing_yet(), port=server.port) as again:
        assert again.port == server.port


def test_a_taken_port_is_said_so(browser: Browser) -> None:
    with pytest.raises(OSError, match="in use"):
        serve(shop.nothing_yet(), port=browser.server.port)
