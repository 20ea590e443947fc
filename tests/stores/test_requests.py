"""What one DynamoDB answer left undone or did not hold is asked for again."""

from itertools import islice
from typing import Any

import pytest

from dampf.stores.dynamodb import Tables, Unfinished, chunks, delete_many, put_many, query_all, text
from dampf.stores.profiles import DynamoProfiles
from tests.stores.tables import interfering, requests
from tests.stores.values import NOON, commit


@pytest.fixture
def profiles(tables: Tables) -> DynamoProfiles:
    return DynamoProfiles(tables=tables)


def test_keys_that_were_not_processed_are_asked_for_again(tables: Tables, profiles: DynamoProfiles) -> None:
    profiles.commit([commit(f"p{place}") for place in range(10)], now=NOON)

    def half(RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - boto3's name
        [(table, wanted)] = RequestItems.items()
        now, later = wanted["Keys"][:1], wanted["Keys"][1:]
        answer = tables.client.batch_get_item(RequestItems={table: {**wanted, "Keys": now}})
        return {**answer, "UnprocessedKeys": {table: {**wanted, "Keys": later}} if later else {}}

    slow = DynamoProfiles(tables=interfering(tables, batch_get_item=half))
    loaded = slow.load(f"p{place}" for place in range(5))
    assert [stored.version for stored in loaded.values()] == [1] * 5
    with pytest.raises(Unfinished):
        slow.load(f"p{place}" for place in range(10))


def test_items_that_were_not_deleted_are_deleted_again(tables: Tables, profiles: DynamoProfiles) -> None:
    profiles.commit([commit(f"p{place}") for place in range(3)], now=NOON)

    def one(RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - boto3's name
        [(table, deletes)] = RequestItems.items()
        tables.client.batch_write_item(RequestItems={table: deletes[:1]})
        return {"UnprocessedItems": {table: deletes[1:]} if deletes[1:] else {}}

    slow = interfering(tables, batch_write_item=one)
    delete_many(slow, tables.profiles, [(f"p{place}", "state") for place in range(3)])
    assert tables.client.scan(TableName=tables.profiles)["Items"] == []


def test_what_a_query_finds_is_read_to_its_end_and_no_further_than_it_is_used(tables: Tables) -> None:
    put_many(tables, tables.catalogue, ({"kind": text("k"), "id": text(str(place))} for place in range(5)))
    query = {
        "TableName": tables.catalogue,
        "KeyConditionExpression": "kind = :kind",
        "ExpressionAttributeValues": {":kind": text("k")},
        "Limit": 2,
    }
    with requests(tables) as called:
        assert [item["id"]["S"] for item in query_all(tables, **query)] == ["0", "1", "2", "3", "4"]
        assert called == ["Query"] * 3
        assert len(list(islice(query_all(tables, **query), 2))) == 2
        assert called == ["Query"] * 4


def test_things_in_groups_are_all_there_in_their_order() -> None:
    assert list(chunks(iter("abcde"), 2)) == [["a", "b"], ["c", "d"], ["e"]]
    assert list(chunks([], 2)) == []
