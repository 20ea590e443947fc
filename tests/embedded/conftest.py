"""Stacks of the real template on the embedded AWS: two for each worker, started only if asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.content import Content
from dampf_cli import content_folder
from dampf_cli.local_stack import local_stack
from tests.embedded.engines import DeployedShop

START = datetime(2026, 3, 2, 9, tzinfo=UTC)

REFUSALS = ("AccessDenied", "not authorized")

QUIET_CART_CONTENT = {
    "shop.yaml": """
        name: Example Tools
        sender: "Example Tools <hello@shop.example>"
        timezone: Europe/Berlin
        opt_in: single
        """,
    # What the shop's cart reminder is: once for each cart, and no more once it was bought.
    "once_a_cart.yaml": """
        title: One reminder for each cart
        trigger: { event: [Product Added, Product Removed], when: profile.cart.items }
        entry: { per: profile.cart.id, again: never, restart: true }
        exit: [{ event: Order Completed }]
        steps: [{ wait: 1 hour }, { send: reminder }]
        """,
    # The same, but a cart that was bought and filled again is a new chance until there was a reminder.
    "first_quiet_hour.yaml": """
        title: One reminder for each person
        trigger: { event: [Product Added, Product Removed], when: profile.cart.items }
        entry: { per: profile.cart.id, again: always, restart: true }
        exit: [{ event: Order Completed }]
        steps:
          - wait: 1 hour
          - if: not profile.traits.reminded
            then: [{ send: reminder }, { set: { reminded: "true" } }]
        """,
    # What needs permissions that nothing else here needs: history(), the starting event an hour later, the bus.
    "rehearsal.yaml": """
        title: Rehearsal
        trigger: { event: Rehearsal Asked, when: history('Product Viewed') | list | length == 1 }
        steps:
          - emit: { event: Rehearsal Begun, properties: { piece: event.properties.piece } }
          - send: reminder
          - wait: 1 hour
          - emit: { event: Rehearsal Ended, properties: { piece: event.properties.piece } }
        """,
    # By telephone; the parcel's arrival needs no consent.
    "texting.yaml": """
        title: Texting
        trigger: { event: Parcel Sent }
        goal: { event: Parcel Praised, within: 2 days }
        steps: [{ sms: parcel }, { wait: 1 hour }, { sms: offer }]
        """,
    "messages/parcel.txt": """
        ---
        class: transactional
        ---
        Hello {{ profile.traits.first_name }}, your parcel {{ event.properties.parcel }} is on its way <3
        """,
    "messages/offer.txt": "Offers: {{ shop.url }}",
    "messages/reminder.mjml": """
        ---
        subject: You left something behind
        ---
        <mjml><mj-body><mj-section><mj-column><mj-text>
        <a href="{{ unsubscribe_url }}">Unsubscribe</a>
        </mj-text></mj-column></mj-section></mj-body></mjml>
        """,
}


@pytest.fixture(scope="session")
def campaigns(root: Path) -> Content:
    """Four campaigns that stay as they are, whatever the quick-start set becomes."""
    return content_folder.read(root / "tests" / "content")


@pytest.fixture(scope="session")
def quick_start(root: Path) -> Content:
    """What the project ships."""
    return content_folder.read(root / "campaigns")


@pytest.fixture(scope="session")
def catalogue(campaigns: Content) -> PublishedCatalogue:
    return catalogue_of(campaigns)


@pytest.fixture(scope="session")
def quiet_cart_content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    folder = tmp_path_factory.mktemp("quiet-cart")
    for name, text in QUIET_CART_CONTENT.items():
        lines = text.strip("\n").splitlines()
        indent = len(lines[0]) - len(lines[0].lstrip())
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("".join(f"{line[indent:]}\n" for line in lines))
    return content_folder.read(folder)


@contextmanager
def deployed(content: Content, folder: Path) -> Iterator[DeployedShop]:
    """Every role is judged by its policies, in all of these tests."""
    log = folder / "emulator.log"
    with local_stack(content, start=START, enforce_policies=True, log_file=log) as local:
        yield DeployedShop(local=local, log=log)


@pytest.fixture(scope="session")
def shop_of_worker(campaigns: Content, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedShop]:
    with deployed(campaigns, tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture(scope="session")
def quiet_cart_shop_of_worker(
    quiet_cart_content: Content, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeployedShop]:
    with deployed(quiet_cart_content, tmp_path_factory.mktemp("quiet-cart-shop")) as shop:
        yield shop


@pytest.fixture(scope="session")
def quick_start_of_worker(quick_start: Content, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedShop]:
    with deployed(quick_start, tmp_path_factory.mktemp("quick-start-shop")) as shop:
        yield shop


@pytest.fixture
def shop(shop_of_worker: DeployedShop) -> Iterator[DeployedShop]:
    """With four campaigns, and nobody in it."""
    yield from used_once(shop_of_worker)


@pytest.fixture
def quiet_cart_shop(quiet_cart_shop_of_worker: DeployedShop) -> Iterator[DeployedShop]:
    """With the campaigns for an hour without cart change, and nobody in it."""
    yield from used_once(quiet_cart_shop_of_worker)


@pytest.fixture
def quick_start_shop(quick_start_of_worker: DeployedShop) -> Iterator[DeployedShop]:
    """With all shipped campaigns, and nobody in it."""
    yield from used_once(quick_start_of_worker)


def used_once(shop: DeployedShop) -> Iterator[DeployedShop]:
    shop.forget()
    yield shop
    refused = [line for line in shop.log.read_text().splitlines() if any(word in line for word in REFUSALS)]
    assert refused == [], "a function was refused a call by its role's policies"
