"""Erasing on DynamoDB: what stands in for a person, the removal of every row of theirs, and the hashes that stay.

Which rows there are is known without a list: those under the person's profiles, what their identifiers point to, and
what their history names (events that were seen, orders). So rows go after the history that leads to them is read, and
that goes after them; what stands in for the person goes last.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from dampf.domain.commit import Conflict
from dampf.domain.identifiers import Identifier
from dampf.domain.state import Erasing
from dampf.stores import codec, keys, rows
from dampf.stores.commits import version_condition
from dampf.stores.dynamodb import (
    CONDITION_FAILED,
    MOST_READS,
    Item,
    Tables,
    batch_get,
    chunks,
    delete_many,
    key,
    query_all,
    read_many,
    text,
    write_many,
    write_together,
    write_unless,
)
from dampf.stores.identities import DynamoIdentities

MOST_ROWS: Final = 1000
"""Of a person, removed in one call: some seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoErasing:
    tables: Tables

    def begin(self, erasing: Erasing, *, read_version: int, event_key: str, now: datetime) -> Conflict | None:
        refusals = write_together(
            self.tables,
            [
                {
                    "Put": {
                        "TableName": self.tables.profiles,
                        "Item": rows.erasing_item(erasing, version=read_version + 1),
                        **version_condition(read_version),
                    }
                },
                {
                    "Put": {
                        "TableName": self.tables.identities,
                        "Item": rows.seen_item("", event_key, now=now),  # of nobody: it outlives the person
                        "ConditionExpression": "attribute_not_exists(identifier)",
                    }
                },
            ],
        )
        if not refusals:
            return None
        if refusals[-1].code == CONDITION_FAILED:
            return Conflict(seen=frozenset({event_key}))
        return Conflict(stale=True)

    def erase(self, erasing: Erasing) -> bool:
        if not self._stands_in(erasing):
            return True  # another try of the same request was faster
        self._release(erasing, erasing.identifiers)
        left = MOST_ROWS
        for person in erasing.persons:
            for erase_some in (self._erase_history, self._erase_profile):
                while gone := erase_some(erasing, person, left):  # until a look finds nothing that came in between
                    left -= gone
                    if left <= 0:
                        return False
        self._end(erasing)
        return True

    def erased(self, identifiers: Iterable[Identifier]) -> dict[Identifier, datetime]:
        secret = self.tables.secret()
        named = {keys.erased_key(identifier, secret): identifier for identifier in identifiers}
        return {
            named[item["identifier"]["S"]]: keys.parse_instant(item["erased_at"]["S"])
            for item in self._read(list(named))
        }

    def forget_stop(self, profile: str) -> None:
        delete_many(self.tables, self.tables.profiles, [(profile, keys.STOP)])

    def _erase_history(self, erasing: Erasing, person: str, most: int) -> int:
        """How many rows of the history went, with what they lead to; at most so many."""
        items = self._rows_of(self.tables.history, person, most)
        events = [rows.event_of(item) for item in items]
        named = {each for event in events for each in event.proven.items()} - set(erasing.identifiers)
        self._release(erasing, sorted(named), unless_owned=False)
        seen = dict.fromkeys(keys.seen_key(event.key) for event in events)
        self._delete_identities(seen)
        delete_many(self.tables, self.tables.history, [(person, item["row"]["S"]) for item in items])
        return len(items)

    def _erase_profile(self, erasing: Erasing, person: str, most: int) -> int:
        """As above. What a mail shows is written only beside its message's row: where that is gone, none follows."""
        and_what_stays = most + 1
        items = self._rows_of(self.tables.profiles, person, and_what_stays, without_bodies=True)
        self._nobodys(codec.VOUCHER.read(item["voucher"]["S"]).code for item in items if "voucher" in item)
        named = [(person, item["row"]["S"]) for item in items]
        gone = [place for place in named if place != (erasing.profile, keys.STATE)]
        delete_many(self.tables, self.tables.profiles, gone)
        return len(gone)

    def _nobodys(self, codes: Iterable[str]) -> None:
        """These codes stay given, so that nobody else gets them; to whom, nobody knows any more."""
        table = self.tables.catalogue
        for place, item in read_many(self.tables, {table: map(keys.voucher_key, codes)})[table].items():
            given = codec.GIVEN.read(item["body"]["S"])._replace(message="")
            write_unless(
                self.tables,
                TableName=table,
                Item=rows.catalogue_key(*place) | {"body": text(codec.GIVEN.write(given))},
                ConditionExpression="body = :was",  # an order that redeems it at this instant has the last word
                ExpressionAttributeValues={":was": item["body"]},
            )

    def _release(self, erasing: Erasing, identifiers: Sequence[Identifier], *, unless_owned: bool = True) -> None:
        """Hashes first: from then on nobody gets these identifiers by a late event.

        What leads to somebody else stays theirs, and what leads to nobody is hashed only `unless_owned`.
        """
        owners = DynamoIdentities(tables=self.tables).leading(identifiers)
        theirs = [each for each in identifiers if owners.get(each) in erasing.persons]
        hashed = [each for each in identifiers if unless_owned and each not in owners] + theirs
        if erasing.leaves_hash and hashed:
            secret = self.tables.secret()
            items = [rows.erased_item(identifier, erasing.at, secret=secret) for identifier in hashed]
            write_many(self.tables, self.tables.identities, [{"PutRequest": {"Item": item}} for item in items])
        self._delete_identities(keys.identifier_key(each) for each in theirs)

    def _delete_identities(self, named: Iterable[str]) -> None:
        requests = [{"DeleteRequest": {"Key": {"identifier": text(each)}}} for each in named]
        write_many(self.tables, self.tables.identities, requests)

    def _stands_in(self, erasing: Erasing) -> bool:
        place = (erasing.profile, keys.STATE)
        found = read_many(self.tables, {self.tables.profiles: [place]})[self.tables.profiles]
        return "erasing" in found.get(place, {})

    def _end(self, erasing: Erasing) -> None:
        client = self.tables.client
        with suppress(client.exceptions.ConditionalCheckFailedException):  # as above
            client.delete_item(
                TableName=self.tables.profiles,
                Key=key(erasing.profile, keys.STATE),
                ConditionExpression="attribute_exists(erasing)",
            )

    def _rows_of(self, table: str, person: str, most: int, *, without_bodies: bool = False) -> list[Item]:
        request: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": "profile = :profile",
            "ExpressionAttributeValues": {":profile": text(person)},
            "ConsistentRead": True,
        }
        if without_bodies:
            request |= {"ProjectionExpression": "#row, voucher", "ExpressionAttributeNames": {"#row": "row"}}
        return list(islice(query_all(self.tables, **request), most))

    def _read(self, named: Sequence[str]) -> Iterable[Mapping[str, Any]]:
        for some in chunks(named, MOST_READS):
            wanted = {"Keys": [{"identifier": text(each)} for each in some], "ConsistentRead": True}
            for _, item in batch_get(self.tables, {self.tables.identities: wanted}):
                yield item
