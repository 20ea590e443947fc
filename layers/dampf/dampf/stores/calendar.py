"""The calendar on DynamoDB: whose dates fall on a day, from an index, and how far each campaign was enqueued."""

from collections.abc import Iterator
from dataclasses import dataclass

from dampf.stores import keys
from dampf.stores.dynamodb import Tables, query_all, text


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoCalendar:
    tables: Tables

    def with_date(self, name: str, base: str) -> Iterator[str]:
        """One query per shard, and one more for each further megabyte of matches.

        The index follows the table within moments. Who comes too late for it is not lost: a profile plans the next days
        itself when it is told a date.
        """
        year, month_and_day = base[:-5].rstrip("-"), base[-5:]
        condition = "date_key = :key" + (" AND begins_with(date_sort, :year)" if year else "")
        for shard in keys.DATE_SHARDS:
            values = {":key": text(keys.date_key(name, month_and_day, shard))}
            items = query_all(
                self.tables,
                TableName=self.tables.profiles,
                IndexName=keys.DATES_INDEX,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values | ({":year": text(f"{year}#")} if year else {}),
            )
            yield from (item["profile"]["S"] for item in items)

    def marks(self) -> dict[str, str]:
        items = query_all(
            self.tables,
            TableName=self.tables.content,
            KeyConditionExpression="kind = :mark",
            ExpressionAttributeValues={":mark": text(keys.MARK)},
            ConsistentRead=True,
        )
        return {item["campaign"]["S"]: item["reached"]["S"] for item in items}

    def mark(self, campaign: str, reached: str) -> None:
        item = {"campaign": text(campaign), "reached": text(reached)}
        self.tables.client.put_item(TableName=self.tables.content, Item=self._key(campaign) | item)

    def forget(self, campaign: str) -> None:
        self.tables.client.delete_item(TableName=self.tables.content, Key=self._key(campaign))

    @staticmethod
    def _key(campaign: str) -> dict[str, dict[str, str]]:
        return {"kind": text(keys.MARK), "row": text(keys.mark_row(campaign))}
