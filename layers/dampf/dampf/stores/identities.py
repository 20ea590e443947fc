"""Identities on DynamoDB: whose identifier something is. Written only by commits and merges."""

from collections.abc import Iterable
from dataclasses import dataclass

from dampf.stores import keys
from dampf.stores.dynamodb import MOST_READS, Tables, batch_get, chunks, text
from dampf.use_cases.ports import Identifier


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoIdentities:
    tables: Tables

    def owners(self, identifiers: Iterable[Identifier]) -> dict[Identifier, str]:
        named = {keys.identifier_key(identifier): identifier for identifier in identifiers}
        owners = {}
        for some in chunks(list(named), MOST_READS):
            wanted = [{"identifier": text(each)} for each in some]
            for _, item in batch_get(self.tables, {self.tables.identities: {"Keys": wanted, "ConsistentRead": True}}):
                owners[named[item["identifier"]["S"]]] = item["profile"]["S"]
        return owners
