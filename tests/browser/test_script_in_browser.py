"""The browser script in a real page, and from there to the right person's mail."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from dampf_cli import content_folder
from dampf_cli.local_stack import local_stack
from dampf_cli.player import Player
from dampf_cli.stored import states_of
from tests.browser.shop_pages import ShopPages, shop_pages

pytestmark = pytest.mark.browser

WHO = r"^[0-9a-f]{32}$"


@pytest.fixture
def shop(root: Path) -> Iterator[ShopPages]:
    with shop_pages((root / "functions/collect/dampf.js").read_text(encoding="utf-8")) as pages:
        yield pages


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    yield context
    context.close()


def visit(context: BrowserContext, shop: ShopPages, *clicks: str) -> Page:
    page = context.new_page()
    page.goto(shop.url + "?email=anna@shop.example#secret")
    for click in clicks:
        page.click(click)
    page.wait_for_timeout(200)
    return page


def cookie(context: BrowserContext) -> dict[str, Any] | None:
    return next((dict(each) for each in context.cookies() if each["name"] == "dampf_id"), None)


def test_without_consent_nothing_is_stored_and_nothing_is_sent(shop: ShopPages, visitor: BrowserContext):
    page = visit(visitor, shop, "#view", "#add")
    assert shop.told == []
    assert cookie(visitor) is None
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_with_consent_what_waited_on_this_page_is_told_in_order(shop: ShopPages, visitor: BrowserContext):
    page = visit(visitor, shop, "#view", "#add")
    page.evaluate("dampf('consent', true)")
    page.wait_for_timeout(200)
    assert sorted(shop.names) == ["Page Viewed", "Product Added", "Product Viewed"]
    (who,) = {each["who"] for each in shop.told}
    kept = cookie(visitor)
    assert kept is not None
    assert (kept["value"], kept["sameSite"], kept["path"]) == (who, "Lax", "/")
    assert len({each["id"] for each in shop.told}) == 3
    assert all(len(each["who"]) == 32 and each["key"] == "k1" for each in shop.told)


def test_an_address_in_the_pages_url_is_not_told(shop: ShopPages, visitor: BrowserContext):
    shop.attributes += ' data-consent="given"'
    visit(visitor, shop)
    (viewed,) = shop.told
    assert viewed["properties"] == {"url": shop.url, "title": "Cordless drill"}


def test_consent_given_once_lasts_on_the_next_page_and_the_visitor_is_the_same(
    shop: ShopPages, visitor: BrowserContext
):
    visit(visitor, shop).evaluate("dampf('consent', true)")
    visit(visitor, shop, "#view")
    assert sorted(shop.names) == ["Page Viewed", "Page Viewed", "Product Viewed"]
    assert len({each["who"] for each in shop.told}) == 1


def test_consent_withdrawn_removes_what_was_stored(shop: ShopPages, visitor: BrowserContext):
    page = visit(visitor, shop)
    page.evaluate("dampf('consent', true); dampf('consent', false)")
    page.click("#view")
    page.wait_for_timeout(200)
    assert shop.names == ["Page Viewed"]
    assert cookie(visitor) is None
    visit(visitor, shop, "#view")
    assert shop.names == ["Page Viewed"]


@pytest.mark.parametrize(
    "wish",
    [
        "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})",
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})",
        "window.doNotTrack = '1'",
    ],
    ids=["do not track", "global privacy control", "do not track as Safari spelt it"],
)
@pytest.mark.parametrize("consent", ['data-consent="given"', 'data-consent="asked"', ""])
def test_do_not_track_counts_whatever_the_shop_says(shop: ShopPages, visitor: BrowserContext, wish: str, consent: str):
    shop.attributes += f" {consent}"
    shop.before = "function asked() { return true }"
    visitor.add_init_script(wish)
    page = visit(visitor, shop, "#view")
    page.evaluate("dampf('consent', true)")
    page.wait_for_timeout(200)
    assert shop.told == []
    assert cookie(visitor) is None


def test_the_shops_consent_function_is_asked_before_every_event(shop: ShopPages, visitor: BrowserContext):
    shop.attributes += ' data-consent="mayTell"'
    shop.before = "var answer = false; function mayTell() { return answer }"
    page = visit(visitor, shop, "#view")
    assert (shop.told, cookie(visitor)) == ([], None)
    page.evaluate("answer = true")
    page.click("#add")
    page.wait_for_timeout(200)
    assert sorted(shop.names) == ["Page Viewed", "Product Added", "Product Viewed"]
    page.evaluate("answer = 'yes'")  # only true is consent
    page.click("#add")
    page.wait_for_timeout(200)
    assert len(shop.told) == 3
    assert cookie(visitor) is None


def test_a_consent_function_that_is_not_there_yet_is_no_consent(shop: ShopPages, visitor: BrowserContext):
    shop.attributes += ' data-consent="notLoadedYet"'
    visit(visitor, shop, "#view")
    assert (shop.told, cookie(visitor)) == ([], None)


def test_calls_before_the_script_has_loaded_are_not_lost(shop: ShopPages, visitor: BrowserContext):
    shop.attributes += ' data-consent="given" data-page="off"'
    shop.before = "dampf('Product Viewed', {product_id: 'early'})"
    visit(visitor, shop)
    assert [(each["name"], each["properties"]) for each in shop.told] == [("Product Viewed", {"product_id": "early"})]


@pytest.mark.parametrize("sending", ["navigator.sendBeacon = undefined", "navigator.sendBeacon = () => false", "0"])
def test_it_sends_plain_text_that_needs_no_leave_with_a_beacon_or_without(
    shop: ShopPages, visitor: BrowserContext, sending: str
):
    shop.attributes += ' data-consent="given"'
    visitor.add_init_script(sending)
    visit(visitor, shop)
    assert shop.names == ["Page Viewed"]
    assert shop.content_types == ["text/plain;charset=UTF-8"]


def test_what_is_told_while_the_page_is_left_arrives(shop: ShopPages, visitor: BrowserContext):
    shop.attributes += ' data-consent="given" data-page="off"'
    page = visit(visitor, shop)
    page.evaluate("document.getElementById('view').click(); location.href = 'about:blank'")
    page.wait_for_timeout(300)
    assert shop.names == ["Product Viewed"]


def test_a_page_of_a_shop_that_blocks_the_script_still_works(shop: ShopPages, visitor: BrowserContext):
    shop.script_text = "throw new Error('blocked')"
    page = visit(visitor, shop, "#view", "#add")
    assert page.text_content("h1") == "Cordless drill"


START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.emulator
def test_a_view_on_a_phone_then_a_login_then_the_cart_mail_to_the_right_person(
    root: Path, chromium: Browser, shop: ShopPages
):
    """Two visitors fill a cart on their phones; one of them logs in, and the shop's server says who that is."""
    content = content_folder.read(root / "tests" / "content")
    with local_stack(content, start=START, enforce_policies=True) as local:
        assert local.clock is not None
        shop.script, shop.attributes = local.browser_script, 'data-key="local" data-consent="given"'
        phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
        contexts = [chromium.new_context(**phone) for _ in range(2)]  # type: ignore[arg-type]
        for context in contexts:
            page = visit(context, shop, "#view", "#add")
        page = contexts[0].pages[0]
        page.click("#login")
        page.wait_for_timeout(200)
        (anonymous_id,) = shop.logins  # from the cookie, which the shop's own server can read
        assert anonymous_id is not None
        local.wait_until_quiet()
        strangers = {identifier for state in states_of(local.tables) for identifier in state.profile.identifiers}
        assert strangers == {"anonymous_id"}

        person = {"userId": "anna", "anonymousId": anonymous_id, "traits": {"email": "anna@example.com"}}
        local.aws.client("events").put_events(
            Entries=[
                {
                    "EventBusName": local.stack.outputs["BusName"],
                    "Source": "shop",
                    "DetailType": name,
                    "Detail": json.dumps({**person, "messageId": name, "timestamp": "2026-03-02T09:00:00Z"}),
                }
                for name in ("identify", "Consent Granted")
            ]
        )
        local.wait_until_quiet()
        Player(local, local.clock).play([], until=START + DAY)
        mails = local.mailbox.mails()
        everybody = [state.profile for state in states_of(local.tables)]
        for context in contexts:
            context.close()

    (anna,) = [profile for profile in everybody if "customer_id" in profile.identifiers]
    assert anna.identifiers["anonymous_id"] == (anonymous_id,)
    assert [seen.name for seen in anna.viewed] == ["Cordless drill"]
    assert [item["name"] for item in anna.cart.cart.items] == ["Cordless drill"]
    assert "price" not in anna.cart.cart.items[0]
    assert len(everybody) == 2
    assert {mail.recipients for mail in mails} == {("anna@example.com",)}
    assert any("Cordless drill" in mail.html for mail in mails)
