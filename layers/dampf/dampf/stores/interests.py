"""Who has a product on their mind, from the index that also holds dates: a hundred at a time, each shard on its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dampf.stores import keys
from dampf.stores.dynamodb import MOST_READS, Tables, text


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoInterests:
    tables: Tables

    def interest_shards(self) -> Sequence[str]:
        return keys.INTEREST_SHARDS

    def interested(self, product: str, shard: str, after: str | None) -> tuple[tuple[str, ...], str | None]:
        """One query. The index follows the table within moments."""
        values = {":key": text(keys.interest_key(product, shard))}
        condition = "date_key = :key"
        if after is not None:
            condition += " AND date_sort > :after"
            values[":after"] = text(after)
        answer: dict[str, Any] = self.tables.client.query(
            TableName=self.tables.profiles,
            IndexName=keys.DATES_INDEX,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            Limit=MOST_READS,
        )
        profiles = tuple(item["profile"]["S"] for item in answer["Items"])
        return profiles, profiles[-1] if profiles and "LastEvaluatedKey" in answer else None
