"""`dampf import products` as an operator gives it, on the embedded AWS: ten thousand products, and then only news."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from dampf_cli import main
from dampf_cli.local_stack import local_stack
from dampf_cli.stored import messages_of
from tests import builders
from tests.builders import BODY, consenting, happened
from tests.embedded.engines import DeployedShop

pytestmark = [pytest.mark.emulator, pytest.mark.slow]

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PRODUCTS = 10_000
CHEAPER = 100
PRICE_DROP = """
title: price_drop
trigger: { event: Product Price Changed, when: event.properties.price < event.properties.old_price }
entry: { per: event.properties.product_id }
steps: [{ send: drop }]
"""
CONTENT = builders.content(PRICE_DROP)
CONTENT.messages["drop"] = {
    "": {"front": {"subject": "{{ product(event.properties.product_id).price }}"}, "body": BODY.format("now")}
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedShop]:
    """Without policies: whoever imports is no function and has the operator's credentials."""
    log = tmp_path_factory.mktemp("feed-shop") / "log"
    with local_stack(CONTENT, start=START, log_file=log) as local:
        yield DeployedShop(local=local, log=log)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What the command asks AWS for."""
    told: Counter[str] = Counter()
    ask = BaseClient._make_api_call  # type: ignore[attr-defined]

    def listen(client: Any, name: str, arguments: Any) -> Any:
        told[name] += len(arguments.get("TransactItems", arguments.get("Entries", "1")))
        return ask(client, name, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", listen)
    return told


def feed(path: Path, price: int, *, cheaper: int = 0) -> Path:
    """The first `cheaper` products cost a tenth less; one row is broken."""
    items = (
        f"<item><g:id>p{number}</g:id><title>Product {number}</title><link>https://shop.example/p{number}</link>"
        f"<g:image_link>https://cdn.shop.example/p{number}.jpg</g:image_link><g:availability>in_stock</g:availability>"
        f"<g:price>{price * 0.9 if number < cheaper else price:.2f} EUR</g:price></item>\n"
        for number in range(PRODUCTS)
    )
    broken = "<item><title>Nobody</title><g:price>1.00 EUR</g:price></item>\n"
    namespace = 'xmlns:g="http://base.google.com/ns/1.0"'
    path.write_text(f"<?xml version='1.0'?>\n<rss {namespace}><channel>\n{''.join(items)}{broken}</channel></rss>\n")
    return path


def test_ten_thousand_products_are_imported_again_without_a_write_and_one_percent_is_told(
    shop: DeployedShop,
    calls: Counter[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert shop.local.clock is not None
    monkeypatch.setenv("DAMPF_CLOCK_FILE", str(shop.local.clock.path))
    where = ("--stack", shop.local.stack.name, "--endpoint-url", shop.local.aws.endpoint_url, "--json")

    took: list[str] = []

    def imported(path: Path, *more: str) -> dict[str, Any]:
        calls.clear()
        begun = time.perf_counter()
        assert main.main(["import", "products", str(path), *where, *more]) == 1, "one row is broken"
        said = capsys.readouterr()
        took.append(f"{time.perf_counter() - begun:.1f} s: {dict(calls)}")
        line = PRODUCTS + 3
        assert f"{path}:{line}: row {PRODUCTS + 1}: id: text of 1 to 256 characters expected" in said.err
        told: dict[str, Any] = json.loads(said.out)
        return {name: value for name, value in told.items() if name not in ("broken", "stopped")}

    nothing = {"new": 0, "changed": 0, "unchanged": 0, "gone": 0, "price_changed": 0, "back_in_stock": 0}
    first = feed(tmp_path / "first.xml", 100)
    assert imported(first, "--dry-run") == {**nothing, "new": PRODUCTS}
    assert not calls.keys() & {"PutItem", "TransactWriteItems", "PutEvents"}
    assert imported(first) == {**nothing, "new": PRODUCTS}
    assert (calls["TransactWriteItems"], calls["PutEvents"]) == (PRODUCTS, 0)
    assert imported(first) == {**nothing, "unchanged": PRODUCTS}
    assert not calls.keys() & {"PutItem", "TransactWriteItems", "PutEvents"}

    told = [
        *consenting("viewer", "other", at="2026-03-02T09:00:00Z"),
        happened("Product Viewed", "2026-03-02T09:01:00Z", "viewer", product_id="p7"),
        happened("Product Viewed", "2026-03-02T09:01:00Z", "other", product_id=f"p{CHEAPER}"),
    ]
    shop.play({"id": str(number), **each} for number, each in enumerate(told))
    shop.set_clock(START + timedelta(hours=1))
    second = feed(tmp_path / "second.xml", 100, cheaper=CHEAPER)
    assert imported(second) == {
        **nothing,
        "changed": CHEAPER,
        "unchanged": PRODUCTS - CHEAPER,
        "price_changed": CHEAPER,
    }
    assert calls["PutEvents"] == CHEAPER
    shop.local.wait_until_quiet()
    (message,) = messages_of(shop.local.tables)
    assert (message.customer_id, message.subject) == ("viewer", "90")
    assert imported(second) == {**nothing, "unchanged": PRODUCTS}
    shop.local.wait_until_quiet()
    assert len(list(messages_of(shop.local.tables))) == 1
    print("\n".join(took))
