"""Everybody, from an index over the state rows: a hundred at a time, each shard on its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from dampf.domain.state import State
from dampf.stores import keys, rows
from dampf.stores.dynamodb import MOST_READS, Tables, chunks, query_all, read_many, text


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoPeople:
    tables: Tables

    def shards(self) -> Sequence[str]:
        return keys.PEOPLE_SHARDS

    def page(self, shard: str, after: str | None) -> tuple[tuple[State, ...], str | None]:
        """Two requests: who comes next, from the index, and what is known of them, read consistently."""
        condition = "people_shard = :shard" + (" AND profile > :after" if after is not None else "")
        answer = self.tables.client.query(
            TableName=self.tables.profiles,
            IndexName=keys.PEOPLE_INDEX,
            KeyConditionExpression=condition,
            ExpressionAttributeValues={
                ":shard": text(shard),
                **({":after": text(after)} if after is not None else {}),
            },
            Limit=MOST_READS,
        )
        profiles = [item["profile"]["S"] for item in answer["Items"]]
        more = profiles[-1] if profiles and "LastEvaluatedKey" in answer else None
        return self._states(profiles), more

    def who_met_products_on(self, day: date) -> Iterator[State]:
        """One query per shard and megabyte of matches, and one more request for each hundred of them."""
        for shard in keys.DATE_SHARDS:
            items = query_all(
                self.tables,
                TableName=self.tables.profiles,
                IndexName=keys.DATES_INDEX,
                KeyConditionExpression="date_key = :key",
                ExpressionAttributeValues={":key": text(keys.met_key(day, shard))},
            )
            for some in chunks((item["profile"]["S"] for item in items), MOST_READS):
                yield from self._states(some)

    def _states(self, profiles: Sequence[str]) -> tuple[State, ...]:
        wanted = [(profile, keys.STATE) for profile in profiles]
        found = read_many(self.tables, {self.tables.profiles: wanted})[self.tables.profiles]
        contents = [rows.stored_of(found.get(place)).content for place in wanted]
        return tuple(content for content in contents if isinstance(content, State))
