"""The tables as template.yaml declares them, as far as the stores rest on it; and clients that listen or interfere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dampf.stores.dynamodb import Tables

_TEXT = {"AttributeType": "S"}


def create_tables(client: Any, prefix: str) -> Tables:
    tables = Tables(
        client=client,
        profiles=f"{prefix}-profiles",
        identities=f"{prefix}-identities",
        history=f"{prefix}-history",
        content=f"{prefix}-content",
        catalogue=f"{prefix}-catalogue",
        secret=lambda: b"a secret of these tests",
        pause=lambda seconds: None,
    )
    _create(
        client,
        tables.profiles,
        "profile",
        "row",
        more=("due_shard", "due_at", "date_key", "date_sort", "people_shard"),
        GlobalSecondaryIndexes=[
            _index("due", "due_shard", "due_at"),
            _index("dates", "date_key", "date_sort"),
            _index("people", "people_shard", "profile"),
        ],
    )
    _create(client, tables.identities, "identifier")
    _create(client, tables.history, "profile", "row")
    _create(client, tables.content, "kind", "row")
    _create(client, tables.catalogue, "kind", "id")
    return tables


def delete_tables(tables: Tables) -> None:
    for name in (tables.profiles, tables.identities, tables.history, tables.content, tables.catalogue):
        tables.client.delete_table(TableName=name)


@contextmanager
def requests(tables: Tables) -> Iterator[list[str]]:
    """The operations called meanwhile."""
    called: list[str] = []

    def note(model: Any, **_: Any) -> None:
        called.append(model.name)

    tables.client.meta.events.register("before-call.dynamodb", note)
    yield called
    tables.client.meta.events.unregister("before-call.dynamodb", note)


class Interfering:
    """A client of which one operation is another."""

    def __init__(self, client: Any, **operations: Callable[..., Any]) -> None:
        self._client, self._operations = client, operations

    def __getattr__(self, name: str) -> Any:
        return self._operations.get(name) or getattr(self._client, name)


def interfering(tables: Tables, **operations: Callable[..., Any]) -> Tables:
    return Tables(
        client=Interfering(tables.client, **operations),
        profiles=tables.profiles,
        identities=tables.identities,
        history=tables.history,
        content=tables.content,
        catalogue=tables.catalogue,
        secret=tables.secret,
        pause=tables.pause,
    )


def _create(client: Any, name: str, *keys: str, more: tuple[str, ...] = (), **options: Any) -> None:
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=_keys(*keys),
        AttributeDefinitions=[{"AttributeName": key, **_TEXT} for key in (*keys, *more)],
        **options,
    )


def _index(name: str, *keys: str) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": _keys(*keys), "Projection": {"ProjectionType": "KEYS_ONLY"}}


def _keys(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]
