"""Feeds as JSON: Shopify's products, a list of products, or products as JSON lines."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dampf_cli.errors import CommandError
from dampf_cli.feeds.rows import Broken, Row


def json_rows(path: Path, *, shop_url: str | None) -> Iterator[Row | Broken]:
    """`shop_url` is where Shopify's handles lead. Raises CommandError where it is no JSON at all."""
    text = path.read_text(encoding="utf-8-sig")
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as problem:
        lines = text.splitlines()
        if not _is_object(lines[0]):
            line = getattr(problem, "lineno", 1)
            raise CommandError(f"{path}:{line}: JSON expected, or one JSON object in each line") from None
        yield from _lines(lines)
        return
    if isinstance(whole, Mapping) and isinstance(whole.get("products"), list):
        each = [_of_shopify(product, shop_url) for product in whole["products"]]
    else:
        each = whole if isinstance(whole, list) else [whole]
    for number, product in enumerate(each, start=1):
        yield _row(number, 1, product)


def _lines(lines: list[str]) -> Iterator[Row | Broken]:
    number = 0
    for line, text in enumerate(lines, start=1):
        if text.strip():
            number += 1
            try:
                yield _row(number, line, json.loads(text))
            except (ValueError, RecursionError):
                yield Broken(number, line, "", "a JSON object expected")


def _row(number: int, line: int, product: Any) -> Row | Broken:
    if not isinstance(product, Mapping):
        return Broken(number, line, "", "a JSON object expected")
    return Row(number, line, product)


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), Mapping)
    except (ValueError, RecursionError):
        return False


def _of_shopify(product: Any, shop_url: str | None) -> Any:
    """As its webhooks are read: the first variant's price, and there is some as long as any variant is there."""
    if not isinstance(product, Mapping):
        return product
    variants = [each for each in _list(product, "variants") if isinstance(each, Mapping)]
    pictures = [product.get("image"), *_list(product, "images")]
    images = (each["src"] for each in pictures if isinstance(each, Mapping) and each.get("src"))
    handle = product.get("handle")
    on_sale = product.get("status") in (None, "active")
    return {
        "id": product.get("id"),
        "name": product.get("title"),
        "url": f"{shop_url.rstrip('/')}/products/{handle}" if shop_url and handle else None,
        "image_url": next(images, None),
        "price": variants[0].get("price") if variants else None,
        "category": product.get("product_type"),
        "brand": product.get("vendor"),
        "available": on_sale and (not variants or any(_in_stock(variant) for variant in variants)),
        "updated_at": product.get("updated_at"),
    }


def _list(product: Mapping[str, Any], name: str) -> list[Any]:
    listed = product.get(name)
    return listed if isinstance(listed, list) else []


def _in_stock(variant: Mapping[str, Any]) -> bool:
    """The storefront's export says so itself; the admin's gives quantities, where somebody counts them."""
    if isinstance(variant.get("available"), bool):
        return bool(variant["available"])
    quantity = variant.get("inventory_quantity")
    if not isinstance(quantity, int) or variant.get("inventory_management", "shopify") is None:
        return True
    return variant.get("inventory_policy") == "continue" or quantity > 0
