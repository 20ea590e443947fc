"""The consent ledger on DynamoDB: rows `consent#...` of a profile, written with the state that they changed."""

from dataclasses import dataclass

from dampf.domain.consents import ConsentEntry, in_order
from dampf.domain.profile import Profile
from dampf.stores import codec, keys
from dampf.stores.dynamodb import Tables, query_all, text


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoConsents:
    tables: Tables

    def consents(self, profile: Profile) -> tuple[ConsentEntry, ...]:
        """One query for the profile and for each that was merged into it: their rows stay where they are."""
        return in_order(entry for person in (profile.id, *profile.also) for entry in self._of(person))

    def _of(self, person: str) -> list[ConsentEntry]:
        items = query_all(
            self.tables,
            TableName=self.tables.profiles,
            KeyConditionExpression="profile = :profile AND begins_with(#row, :consent)",
            ExpressionAttributeNames={"#row": "row"},
            ExpressionAttributeValues={":profile": text(person), ":consent": text(keys.CONSENT)},
            ConsistentRead=True,
        )
        return [codec.CONSENT.read(item["body"]["S"]) for item in items]
