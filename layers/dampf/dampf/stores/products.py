"""The catalogue of products on DynamoDB: one row for each, read a hundred at a time, changed on condition."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dampf.domain.product import Product
from dampf.stores import codec, keys, rows
from dampf.stores.dynamodb import (
    NOT_AT_FAULT,
    Tables,
    chunks,
    query_all,
    read_many,
    text,
    write_together,
    write_unless,
)
from dampf.stores.rules import MOST_WRITES
from dampf.use_cases.ports.products import ProductChange


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoProducts:
    tables: Tables

    def load(self, ids: Iterable[str]) -> dict[str, Product]:
        found = read_many(self.tables, {self.tables.catalogue: map(keys.product_key, ids)})[self.tables.catalogue]
        products = (codec.PRODUCT.read(item["body"]["S"]) for item in found.values())
        return {product.id: product for product in products}

    def put(self, changes: Sequence[ProductChange]) -> frozenset[str]:
        """One is a plain write, several are a transaction, which costs twice as much and saves the requests.

        Dying between two transactions leaves the rest unwritten: whoever told them tells them again.
        """
        lost: set[str] = set()
        for some in chunks(changes, MOST_WRITES):
            left = list(some)
            while left:
                at_fault = self._write(left)
                lost |= at_fault
                left = [change for change in left if change.product.id not in at_fault] if at_fault else []
        return frozenset(lost)

    def each(self) -> Iterator[Product]:
        for shard in keys.PRODUCT_SHARDS:
            items = query_all(
                self.tables,
                TableName=self.tables.catalogue,
                KeyConditionExpression="kind = :kind",
                ExpressionAttributeValues={":kind": text(keys.product_kind(shard))},
                ConsistentRead=True,
            )
            yield from (codec.PRODUCT.read(item["body"]["S"]) for item in items)

    def _write(self, changes: Sequence[ProductChange]) -> set[str]:
        """Those at fault, on whose account nothing was written; none where all were."""
        puts = [self._put(change) for change in changes]
        if len(puts) == 1:
            return set() if write_unless(self.tables, **puts[0]) else {changes[0].product.id}
        refusals = write_together(self.tables, [{"Put": put} for put in puts])
        answers = zip(changes, refusals, strict=False)  # none where it was written
        return {change.product.id for change, refusal in answers if refusal.code != NOT_AT_FAULT}

    def _put(self, change: ProductChange) -> dict[str, Any]:
        place = keys.product_key(change.product.id)
        item = rows.catalogue_key(*place) | {"body": text(codec.PRODUCT.write(change.product))}
        put: dict[str, Any] = {"TableName": self.tables.catalogue, "Item": item}
        if change.was is None:
            return put | {"ConditionExpression": "attribute_not_exists(kind)"}
        was = text(codec.PRODUCT.write(change.was))
        return put | {"ConditionExpression": "body = :was", "ExpressionAttributeValues": {":was": was}}
