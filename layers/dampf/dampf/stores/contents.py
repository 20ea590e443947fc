"""Published content on DynamoDB: documents that never change, one row that says what is in force, and all releases.

The row in force holds what is switched off too, so that functions learn both with one read. Whoever changes a part of
it updates that part alone.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dampf.stores import keys
from dampf.stores.dynamodb import Item, Tables, number, query_all, text, write_together, write_unless
from dampf.use_cases.ports.contents import InForce, Release

_PAUSED: Final = "paused"
_SHOP_IS_PAUSED: Final = "shop_is_paused"


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoContents:
    tables: Tables

    def in_force(self) -> InForce:
        item = self._get(*keys.POINTER)
        if item is None:
            return InForce()
        return InForce(
            release=int(item["release"]["N"]) if "release" in item else 0,
            manifest=item["manifest"]["S"] if "manifest" in item else None,
            paused=frozenset(item[_PAUSED]["SS"]) if _PAUSED in item else frozenset(),
            shop_is_paused=_SHOP_IS_PAUSED in item and item[_SHOP_IS_PAUSED]["BOOL"],
        )

    def load(self, kind: str, name: str, version: str) -> dict[str, object]:
        """Raises LookupError where there is no such document."""
        item = self._get(kind, keys.content_row(name, version))
        if item is None:
            raise LookupError(f"no {kind} {name} of version {version}")
        body: dict[str, object] = json.loads(item["body"]["S"])
        return body

    def put(self, documents: Iterable[tuple[str, str, str, Mapping[str, object]]]) -> None:
        """Dying on the way leaves rows that nobody reads; publishing again finds them."""
        for kind, name, version, body in documents:
            write_unless(
                self.tables,
                TableName=self.tables.content,
                Item={
                    **_key(kind, keys.content_row(name, version)),
                    "body": text(json.dumps(body, ensure_ascii=False, separators=(",", ":"))),
                },
                ConditionExpression="attribute_not_exists(kind)",
            )

    def release(self, release: Release) -> bool:
        """Dying after it leaves nothing to do: the pointer and the release's row are one transaction."""
        was = release.number - 1
        pointer = {
            "TableName": self.tables.content,
            "Key": _key(*keys.POINTER),
            "UpdateExpression": "SET #manifest = :manifest, #release = :number",
            "ConditionExpression": "#release = :was" if was else "attribute_not_exists(#release)",
            "ExpressionAttributeNames": {"#manifest": "manifest", "#release": "release"},
            "ExpressionAttributeValues": {
                ":manifest": text(release.manifest),
                ":number": number(release.number),
                **({":was": number(was)} if was else {}),
            },
        }
        row = {
            "TableName": self.tables.content,
            "Item": _release_item(release),
            "ConditionExpression": "attribute_not_exists(kind)",
        }
        return not write_together(self.tables, [{"Update": pointer}, {"Put": row}])

    def releases(self) -> Sequence[Release]:
        items = query_all(
            self.tables,
            TableName=self.tables.content,
            KeyConditionExpression="kind = :release",
            ExpressionAttributeValues={":release": text(keys.RELEASE)},
            ScanIndexForward=False,
            ConsistentRead=True,
        )
        return tuple(_release_of(item) for item in items)

    def switch(self, campaign: str | None, *, paused: bool) -> None:
        name: str = _SHOP_IS_PAUSED
        value: dict[str, Any] = {"BOOL": paused}
        change = "SET #name = :value"
        if campaign is not None:
            name, value = _PAUSED, {"SS": [campaign]}
            change = "ADD #name :value" if paused else "DELETE #name :value"
        self.tables.client.update_item(
            TableName=self.tables.content,
            Key=_key(*keys.POINTER),
            UpdateExpression=change,
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )

    def _get(self, kind: str, row: str) -> Item | None:
        item: Item | None = self.tables.client.get_item(
            TableName=self.tables.content, Key=_key(kind, row), ConsistentRead=True
        ).get("Item")
        return item


def _key(kind: str, row: str) -> dict[str, Any]:
    return {"kind": text(kind), "row": text(row)}


def _release_item(release: Release) -> dict[str, Any]:
    return {
        **_key(keys.RELEASE, keys.release_row(release.number)),
        "manifest": text(release.manifest),
        "at": text(keys.instant(release.at)),
        "by": text(release.by),
        "before": number(release.before),
    }


def _release_of(item: Item) -> Release:
    return Release(
        number=int(item["row"]["S"]),
        manifest=item["manifest"]["S"],
        at=keys.parse_instant(item["at"]["S"]),
        by=item["by"]["S"],
        before=int(item["before"]["N"]),
    )
