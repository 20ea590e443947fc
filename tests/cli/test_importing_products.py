"""Products from files: into a catalogue, and beside the events of simulations and of a shop's own tests."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dampf.domain.product import Product
from dampf.stores.memory_products import MemoryProducts
from dampf.stores.memory_queues import MemoryBus
from dampf.use_cases.keep_products import KeepProducts
from dampf_cli import main
from dampf_cli.feeds.importing import Imported, import_feed, take_off_the_rest
from dampf_cli.feeds.reading import read_feed
from dampf_cli.main import main as dampf
from tests.builders import DAY, NOON, SHOP, consenting, happened, message


class Catalogue(MemoryProducts):
    """Counts its writes."""

    def __init__(self) -> None:
        super().__init__()
        self.bus, self.writes = MemoryBus(), 0
        self.keep = KeepProducts(products=self, bus=lambda: self.bus)

    def put(self, changes: Any) -> frozenset[str]:
        self.writes += len(changes)
        return super().put(changes)

    def take(self, text: str, tmp_path: Path, *, day: int = 0) -> Imported:
        path = tmp_path / "feed.csv"
        path.write_text(text)
        imported, now = Imported(), NOON + day * DAY
        assert sum(import_feed(read_feed(path, now=now), self.keep, imported, now=now)) == text.count("\n") - 1
        return imported

    def product(self, named: str) -> Product:
        return self.load([named])[named]


def feed(**prices: Any) -> str:
    rows = (f"{product},{price},{'yes' if price else 'no'}\n" for product, price in prices.items())
    return "id,price,available\n" + "".join(rows)


def numbers(imported: Imported) -> tuple[int, int, int, int]:
    return imported.new, imported.changed, imported.unchanged, len(imported.broken)


def test_the_same_feed_again_writes_nothing_and_tells_nobody(tmp_path: Path):
    catalogue = Catalogue()
    text = feed(**{f"p{number}": number + 1 for number in range(250)})
    assert numbers(catalogue.take(text, tmp_path)) == (250, 0, 0, 0)
    assert catalogue.writes == 250
    assert numbers(catalogue.take(text, tmp_path, day=1)) == (0, 0, 250, 0)
    assert (catalogue.writes, len(catalogue.bus.events)) == (250, 0)


def test_what_changed_is_written_and_exactly_that_is_told(tmp_path: Path):
    catalogue = Catalogue()
    catalogue.take(feed(p1=10, p2=20, p3="", p4=40), tmp_path)
    imported = catalogue.take(feed(p1=9, p2=20, p3=30, p4=""), tmp_path, day=1)
    assert numbers(imported) == (0, 3, 1, 0)
    assert [(each.name, each.properties["product_id"]) for each in catalogue.bus.events] == [
        ("Product Price Changed", "p1"),
        ("Product Back In Stock", "p3"),
    ]
    assert not catalogue.product("p4").available


def test_broken_rows_are_told_and_the_rest_is_imported(tmp_path: Path):
    catalogue = Catalogue()
    imported = catalogue.take(feed(p1=10, p2="free", p3=30), tmp_path)
    assert numbers(imported) == (2, 0, 0, 1)
    assert [str(each) for each in imported.broken] == ["3: row 2: price: a price such as 12.90 or 12.90 EUR expected"]


def complete(catalogue: Catalogue, text: str, tmp_path: Path, *, day: int) -> Imported:
    imported = catalogue.take(text, tmp_path, day=day)
    take_off_the_rest(catalogue, catalogue.keep, imported, now=NOON + day * DAY)
    return imported


def test_what_a_complete_feed_does_not_name_is_gone_and_may_come_back(tmp_path: Path):
    catalogue = Catalogue()
    dated = "id,price,available,updated_at\np1,1,yes,2026-02-01T00:00:00Z\n"
    catalogue.take(dated, tmp_path)
    catalogue.take(feed(p2=2, p3=3), tmp_path)
    assert complete(catalogue, feed(p2=2), tmp_path, day=1).gone == 2
    assert [catalogue.product(f"p{number}").available for number in (1, 2, 3)] == [False, True, False]
    assert complete(catalogue, feed(p2=2), tmp_path, day=2).gone == 0
    catalogue.take(dated, tmp_path, day=3)
    assert catalogue.product("p1").available
    assert [each.name for each in catalogue.bus.events] == ["Product Back In Stock"]


@pytest.mark.parametrize(
    "text, gone",
    [("id,price\np1,free\n", 1), ("id,price\n,1\np1,1\n", 1), ("id,price\np1,1\np2\n", 0), ("id,price\n", 0)],
    ids=["a broken row that has an id", "a row without id", "a row of another length", "an empty feed"],
)
def test_a_feed_of_which_nobody_can_tell_what_it_names_takes_nothing_off(tmp_path: Path, text: str, gone: int):
    catalogue = Catalogue()
    catalogue.take(feed(p1=1, p2=2), tmp_path)
    assert complete(catalogue, text, tmp_path, day=1).gone == gone
    assert catalogue.product("p1").available


# --- beside events ----------------------------------------------------------------------------------------------------


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    (folder / "messages").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "shop.yaml").write_text(json.dumps(SHOP))
    campaign = """
title: Cheap
trigger: { event: Product Viewed, when: product(event.properties.product_id).price < 20 }
steps: [{ send: mail }]
"""
    (folder / "cheap.yaml").write_text(campaign.lstrip())
    (folder / "messages" / "mail.mjml").write_text(message("{{ product(event.properties.product_id).name }}"))
    return folder


TESTED = """
products:
  - { id: p1, name: Drill, price: 19.9, currency: EUR }
  - { id: p2, name: Saw, price: %s }
profiles:
  - identifiers: { customer_id: [anna], email: [anna@example.com] }
    traits: { email: anna@example.com }
    consent: { marketing: { granted: true } }
events:
  - { at: "2026-03-02T12:00:00Z", who: anna, event: Product Viewed, properties: { product_id: p2 } }
  - { at: "2026-03-02T13:00:00Z", who: anna, event: Product Viewed, properties: { product_id: p1 } }
expect:
  - { who: anna, message: mail, at: "2026-03-02T13:00:00Z" }
"""


def test_a_shop_s_own_test_may_name_products(content: Path, capsys: pytest.CaptureFixture[str]):
    test = content / "tests" / "cheap.yaml"
    test.write_text(TESTED.lstrip() % "30")
    assert dampf(["test", str(content)]) == 0
    test.write_text(TESTED.lstrip() % "much")
    assert dampf(["test", str(content)]) == 1
    assert "cheap.yaml:3: price: a price such as 12.90 or 12.90 EUR expected" in capsys.readouterr().out


def test_a_simulation_may_begin_with_products(content: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    products, events, out = tmp_path / "feed.csv", tmp_path / "events.jsonl", tmp_path / "out.jsonl"
    products.write_text("id,name,price\np1,Drill,19.90\np2,Saw,30\np3,Rule,many\n")
    told = consenting("anna") + [
        happened("Product Viewed", f"2026-03-02T1{hour}:00:00Z", "anna", product_id=product)
        for hour, product in enumerate(("p2", "p1"))
    ]
    events.write_text("".join(json.dumps(each) + "\n" for each in told))
    argv = ["simulate", str(events), "--content", str(content), "--products", str(products), "--out", str(out)]
    assert dampf(argv) == 0
    assert [json.loads(line)["subject"] for line in out.read_text().splitlines()] == ["Drill"]
    assert "feed.csv:4: row 3: price: a price such as 12.90" in capsys.readouterr().err
    assert dampf([*argv[:-3], str(tmp_path / "nothing"), "--out", str(out)]) == 2


def test_import_says_what_it_can_bring_in(capsys: pytest.CaptureFixture[str]):
    call: Callable[[list[str]], int] = main.main
    with pytest.raises(SystemExit) as ended:
        call(["import"])
    assert ended.value.code == 2
    with pytest.raises(SystemExit) as ended:
        call(["import", "products", "--help"])
    assert ended.value.code == 0
    assert "--dry-run" in capsys.readouterr().out
