"""The few DynamoDB requests that the stores are made of: read many, query all, write together, delete many.

Retries of throttling and of lost connections belong to the boto3 client (its standard mode); here only what an answer
left undone is asked for again. boto3 gives each TransactWriteItems a token that its own retries repeat, so a
transaction whose answer was lost is not taken for a conflict.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

from botocore.config import Config
from botocore.exceptions import ClientError

CLIENT_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=2,
    read_timeout=5,
    tcp_keepalive=True,
    user_agent="dampf",  # botocore would write a longer one anew for each call, and that takes a tenth of it
    parameter_validation=False,  # a quarter of a commit's CPU, to learn what DynamoDB would say as well
)

Item = Mapping[str, Any]
"""Attributes by name, each as DynamoDB types it: `{"S": "text"}`, `{"N": "1"}`."""

MOST_READS: Final = 100
MOST_WRITES_IN_A_BATCH: Final = 25
_TRIES: Final = 6
_FIRST_PAUSE: Final = 0.05

Some = TypeVar("Some")


class Unfinished(Exception):
    """DynamoDB answered again and again with only a part of what was asked."""


def _not_told() -> bytes:
    raise LookupError("the stack's secret was not told")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tables:
    """The low-level client and the names of the deployed tables. `secret` is asked for only where it is needed."""

    client: Any
    profiles: str
    identities: str
    history: str
    content: str
    catalogue: str
    secret: Callable[[], bytes] = _not_told
    pause: Callable[[float], None] = field(default=time.sleep)


class Refusal(NamedTuple):
    """What became of one item of a cancelled transaction. `item` is what is there, where the write asked to be told."""

    code: str
    message: str
    item: Item


NOT_AT_FAULT: Final = "None"
CONDITION_FAILED: Final = "ConditionalCheckFailed"
INVALID: Final = "ValidationError"


def text(value: str) -> dict[str, str]:
    return {"S": value}


def number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def key(profile: str, row: str) -> dict[str, dict[str, str]]:
    """A key of Profiles and of History alike."""
    return {"profile": {"S": profile}, "row": {"S": row}}


KEY_OF_CATALOGUE: Final = ("kind", "id")


def read_many(tables: Tables, keys: Mapping[str, Iterable[tuple[str, str]]]) -> dict[str, dict[tuple[str, str], Item]]:
    """Rows of Profiles and History by (profile, row), of Catalogue by (kind, id), read consistently; per table name,
    without those not there.
    """
    wanted = [(table, *each) for table, named in keys.items() for each in dict.fromkeys(named)]
    found: dict[str, dict[tuple[str, str], Item]] = {table: {} for table in keys}
    for some in chunks(wanted, MOST_READS):
        request: dict[str, Any] = {}
        for table, *place in some:
            names = _names_of_key(tables, table)
            named = {name: text(part) for name, part in zip(names, place, strict=True)}
            request.setdefault(table, {"Keys": [], "ConsistentRead": True})["Keys"].append(named)
        for table, item in batch_get(tables, request):
            first, second = _names_of_key(tables, table)
            found[table][item[first]["S"], item[second]["S"]] = item
    return found


def _names_of_key(tables: Tables, table: str) -> tuple[str, str]:
    return KEY_OF_CATALOGUE if table == tables.catalogue else ("profile", "row")


def batch_get(tables: Tables, request: Mapping[str, Any]) -> Iterator[tuple[str, Item]]:
    """All items of one BatchGetItem, with its table; what was not processed is asked for again."""
    for _ in _attempts(tables):
        answer = tables.client.batch_get_item(RequestItems=request)
        for table, items in answer["Responses"].items():
            for item in items:
                yield table, item
        request = answer.get("UnprocessedKeys")
        if not request:
            return
    raise Unfinished("BatchGetItem left keys unprocessed")


def query_all(tables: Tables, **request: Any) -> Iterator[Item]:
    """What one Query finds, however many pages it fills; each is asked for when the one before it is used up."""
    for page in tables.client.get_paginator("query").paginate(**request):
        yield from page["Items"]


def write_together(tables: Tables, writes: Sequence[Mapping[str, Any]]) -> tuple[Refusal, ...]:
    """One transaction. Nothing where it was written, else what became of each write, in their order."""
    try:
        tables.client.transact_write_items(TransactItems=writes)
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise
        reasons: Sequence[Mapping[str, Any]] = error.response.get("CancellationReasons", ())
        if len(reasons) != len(writes):
            raise
        return tuple(
            Refusal(reason.get("Code") or NOT_AT_FAULT, reason.get("Message") or "", reason.get("Item") or {})
            for reason in reasons
        )
    return ()


def delete_many(tables: Tables, table: str, keys: Iterable[tuple[str, str]]) -> None:
    names = _names_of_key(tables, table)
    named = ({name: text(part) for name, part in zip(names, place, strict=True)} for place in dict.fromkeys(keys))
    write_many(tables, table, [{"DeleteRequest": {"Key": each}} for each in named])


def put_many(tables: Tables, table: str, items: Iterable[Item]) -> None:
    """Without conditions, and not together: what is there is replaced, and dying half-way leaves half."""
    write_many(tables, table, [{"PutRequest": {"Item": item}} for item in items])


def write_many(tables: Tables, table: str, requests: Sequence[Mapping[str, Any]]) -> None:
    """PutRequests and DeleteRequests without a condition, each of another item."""
    for some in chunks(requests, MOST_WRITES_IN_A_BATCH):
        request: Any = {table: some}
        for _ in _attempts(tables):
            request = tables.client.batch_write_item(RequestItems=request).get("UnprocessedItems")
            if not request:
                break
        else:
            raise Unfinished("BatchWriteItem left items unprocessed")


def write_unless(tables: Tables, **update: Any) -> bool:
    """One UpdateItem or PutItem with a condition; False where the condition did not hold."""
    write = tables.client.update_item if "UpdateExpression" in update else tables.client.put_item
    try:
        write(**update)
    except tables.client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def settled_row(tables: Tables, **update: Any) -> Item:
    """One UpdateItem with a condition: the row as it is then, whether it held or not; empty if there is none."""
    try:
        answer = tables.client.update_item(
            **update, ReturnValues="ALL_NEW", ReturnValuesOnConditionCheckFailure="ALL_OLD"
        )
    except tables.client.exceptions.ConditionalCheckFailedException as refused:
        item: Item = refused.response.get("Item", {})
        return item
    written: Item = answer["Attributes"]
    return written


def chunks(things: Iterable[Some], size: int) -> Iterator[list[Some]]:
    rest = iter(things)
    while some := list(islice(rest, size)):
        yield some


def _attempts(tables: Tables) -> Iterator[int]:
    """A short, doubling pause before each attempt but the first."""
    for attempt in range(_TRIES):
        if attempt:
            tables.pause(_FIRST_PAUSE * 2 ** (attempt - 1))
        yield attempt
