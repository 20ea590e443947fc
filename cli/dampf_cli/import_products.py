"""`dampf import products`: a feed into the catalogue. Only what changes is written, and only news go onto the bus."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from dampf import runtime
from dampf.domain.event import BACK_IN_STOCK, PRICE_CHANGED, Event
from dampf.domain.product import Product
from dampf.stores import queues
from dampf.stores.products import DynamoProducts
from dampf.use_cases.keep_products import KeepProducts
from dampf.use_cases.ports.products import ProductChange, Products
from dampf_cli.arguments import url_argument
from dampf_cli.feeds.importing import Imported, import_feed, take_off_the_rest
from dampf_cli.feeds.reading import read_feed, roughly_counted
from dampf_cli.progress import progress_through
from dampf_cli.stack import stack_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("feed", metavar="FILE", type=Path, help="the feed; its format is recognised")
    parser.add_argument("--stack", metavar="NAME", default="dampf", help="the deployed stack (default: dampf)")
    parser.add_argument("--endpoint-url", metavar="URL", type=url_argument, help="of an emulator, instead of AWS")
    parser.add_argument("--shop-url", metavar="URL", help="where the products of a Shopify export are, as https://HOST")
    parser.add_argument("--currency", metavar="EUR", type=_currency, help="of prices that name none")
    parser.add_argument(
        "--complete", action="store_true", help="the feed is all that is sold: products that it does not name are gone"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")


def main(arguments: argparse.Namespace) -> int:
    now = runtime.now()
    arguments.feed.open("rb").close()  # it can be read, before anything is asked of AWS
    with stack_of(arguments) as stack:
        products: Products = DynamoProducts(tables=stack.tables)
        bus = queues.EventBus(client=stack.client("events", queues.CLIENT_CONFIG), name=stack.output("BusName"))
        if arguments.dry_run:
            keep = KeepProducts(products=Unwritten(products), bus=Unheard)
        else:
            keep = KeepProducts(products=products, bus=lambda: bus)
        told = read_feed(arguments.feed, now=now, shop_url=arguments.shop_url)
        with progress_through(roughly_counted(arguments.feed), "products") as advance:
            imported = Imported()
            for part in import_feed(told, keep, imported, now=now, currency=arguments.currency):
                advance(part)
        if arguments.complete:
            take_off_the_rest(products, keep, imported, now=now)
    _print(arguments, imported)
    return 1 if imported.broken or imported.stopped else 0


class Unwritten:
    """A catalogue that is looked at and stays as it is."""

    def __init__(self, products: Products) -> None:
        self._products = products

    def load(self, ids: Iterable[str]) -> dict[str, Product]:
        return self._products.load(ids)

    def put(self, changes: Sequence[ProductChange]) -> frozenset[str]:
        return frozenset()

    def each(self) -> Iterable[Product]:
        return self._products.each()


class Unheard:
    """A bus that nobody listens to."""

    def put(self, events: Sequence[Event]) -> None:
        pass


def _print(arguments: argparse.Namespace, imported: Imported) -> None:
    for broken in imported.broken:
        print(f"{arguments.feed}:{broken}", file=sys.stderr)
    if imported.stopped:
        print(imported.stopped, file=sys.stderr)
    if arguments.json:
        told = {
            "new": imported.new,
            "changed": imported.changed,
            "unchanged": imported.unchanged,
            "gone": imported.gone,
            "price_changed": imported.events[PRICE_CHANGED],
            "back_in_stock": imported.events[BACK_IN_STOCK],
            "broken": [broken._asdict() for broken in imported.broken],
            "stopped": imported.stopped,
        }
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    print(
        f"{'would be ' if arguments.dry_run else ''}{imported.new} new, {imported.changed} changed, "
        f"{imported.unchanged} unchanged, {imported.gone} gone, {len(imported.broken)} broken; "
        f"{imported.events[PRICE_CHANGED]} prices changed, {imported.events[BACK_IN_STOCK]} back in stock"
    )


def _currency(text: str) -> str:
    if len(text) != 3 or not text.isalpha():
        raise argparse.ArgumentTypeError("three letters such as EUR expected")
    return text.upper()
