"""Published content on DynamoDB: documents that never change, and one pointer to what is in force."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dampf.stores import keys
from dampf.stores.dynamodb import Tables, text, write_unless


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoContents:
    tables: Tables

    def pointer(self) -> str | None:
        item = self._get(*keys.POINTER)
        return item["manifest"]["S"] if item is not None else None

    def load(self, kind: str, name: str, version: str) -> dict[str, object]:
        """Raises LookupError where there is no such document."""
        item = self._get(kind, keys.content_row(name, version))
        if item is None:
            raise LookupError(f"no {kind} {name} of version {version}")
        body: dict[str, object] = json.loads(item["body"]["S"])
        return body

    def publish(
        self, documents: Iterable[tuple[str, str, str, Mapping[str, object]]], *, manifest: str, was: str | None
    ) -> bool:
        """Dying before the pointer is flipped leaves rows that nobody reads; publishing again finds them."""
        for kind, name, version, body in documents:
            write_unless(
                self.tables,
                TableName=self.tables.content,
                Item={
                    "kind": text(kind),
                    "row": text(keys.content_row(name, version)),
                    "body": text(json.dumps(body, ensure_ascii=False, separators=(",", ":"))),
                },
                ConditionExpression="attribute_not_exists(kind)",
            )
        kind, row = keys.POINTER
        condition = "attribute_not_exists(kind)" if was is None else "manifest = :was"
        values = {":manifest": text(manifest)} | ({":was": text(was)} if was is not None else {})
        return write_unless(
            self.tables,
            TableName=self.tables.content,
            Item={"kind": text(kind), "row": text(row), "manifest": text(manifest)},
            ConditionExpression=f"{condition} OR manifest = :manifest",
            ExpressionAttributeValues=values,
        )

    def _get(self, kind: str, row: str) -> Mapping[str, Any] | None:
        key = {"kind": text(kind), "row": text(row)}
        item: Mapping[str, Any] | None = self.tables.client.get_item(
            TableName=self.tables.content, Key=key, ConsistentRead=True
        ).get("Item")
        return item
