"""Identities on DynamoDB: whose identifier something is. Written only by commits and merges."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from dampf.domain.identifiers import Claim, Identifier
from dampf.stores import keys, rows
from dampf.stores.dynamodb import MOST_READS, Item, Tables, batch_get, chunks, text


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoIdentities:
    tables: Tables

    def owners(self, identifiers: Iterable[Identifier], *, now: datetime) -> dict[Identifier, str]:
        return {
            identifier: item["profile"]["S"]
            for identifier, item in self._read(identifiers)
            if not rows.is_expired(item, now=now)
        }

    def leading(self, identifiers: Iterable[Identifier]) -> dict[Identifier, str]:
        """The owners by every row that lies there, faded ones too, which DynamoDB deletes when it finds the time."""
        return {identifier: item["profile"]["S"] for identifier, item in self._read(identifiers)}

    def claims(self, identifiers: Iterable[Identifier], *, now: datetime) -> dict[Identifier, Claim]:
        return {
            identifier: rows.claim_of(item)
            for identifier, item in self._read(identifiers)
            if not rows.is_expired(item, now=now)
        }

    def _read(self, identifiers: Iterable[Identifier]) -> Iterator[tuple[Identifier, Item]]:
        named = {keys.identifier_key(identifier): identifier for identifier in identifiers}
        for some in chunks(named, MOST_READS):
            wanted = [{"identifier": text(each)} for each in some]
            for _, item in batch_get(self.tables, {self.tables.identities: {"Keys": wanted, "ConsistentRead": True}}):
                yield named[item["identifier"]["S"]], item
