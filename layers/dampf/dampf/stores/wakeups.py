"""What is due, from the sparse index over the Profiles table: one query per shard."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from dampf.stores import keys
from dampf.stores.dynamodb import Tables, query_all, text
from dampf.use_cases.ports.occasions import Due


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoWakeups:
    tables: Tables

    def due(self, *, until: datetime) -> Iterator[Due]:
        """The index follows the table within moments; what it still lists though it is done is a hint in vain."""
        for shard in keys.DUE_SHARDS:
            items = query_all(
                self.tables,
                TableName=self.tables.profiles,
                IndexName=keys.DUE_INDEX,
                KeyConditionExpression="due_shard = :shard AND due_at <= :until",
                ExpressionAttributeValues={":shard": text(shard), ":until": text(keys.instant(until))},
            )
            for item in items:
                yield keys.parse_due(item["profile"]["S"], item["row"]["S"], item["due_at"]["S"])
