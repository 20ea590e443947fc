"""What a stack's tables hold, as domain values: for the command line, which may read all of it."""

from collections.abc import Iterator
from typing import Any

from dampf.domain.decision import Conversion, Ended
from dampf.domain.event import Event
from dampf.domain.message import Message
from dampf.domain.state import State
from dampf.stores import codec, rows
from dampf.stores.dynamodb import Tables


def states_of(tables: Tables) -> Iterator[State]:
    """Every profile that was not merged into another."""
    for item in _items(tables, tables.profiles):
        if item["row"]["S"] == "state":
            content = rows.stored_of(item).content
            if isinstance(content, State):
                yield content


def messages_of(tables: Tables) -> Iterator[Message]:
    for item in _items(tables, tables.profiles):
        if item["row"]["S"].startswith("message#"):
            yield rows.message_of(item)


def events_of(tables: Tables) -> Iterator[tuple[str, Event]]:
    """Each event of the history with the profile under which it lies."""
    for item in _items(tables, tables.history):
        yield item["profile"]["S"], codec.EVENT.read(item["body"]["S"])


def ended_of(tables: Tables) -> Iterator[tuple[str, Ended]]:
    """Each journey that is over with the profile under which it lies."""
    for item in _items(tables, tables.profiles):
        if item["row"]["S"].startswith("ended#"):
            yield item["profile"]["S"], codec.ENDED.read(item["body"]["S"])


def conversions_of(tables: Tables) -> Iterator[Conversion]:
    for item in _items(tables, tables.profiles):
        if item["row"]["S"].startswith("goal#"):
            yield codec.CONVERSION.read(item["body"]["S"])


def parked_of(tables: Tables) -> Iterator[tuple[str, str]]:
    """Each stimulus that failed for good: its profile and the reason."""
    for item in _items(tables, tables.profiles):
        if item["row"]["S"].startswith("parked#"):
            yield item["profile"]["S"], item["reason"]["S"]


def _items(tables: Tables, table: str) -> Iterator[dict[str, Any]]:
    for page in tables.client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]
