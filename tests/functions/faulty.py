"""Faults of AWS itself: for as long as a block runs, an operation answers with an error, whoever's client asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError


@contextmanager
def failing(
    service: str, operation: str, *, code: str = "ProvisionedThroughputExceededException", naming: str = ""
) -> Iterator[None]:
    """Only requests that name a certain thing, where one is given."""
    ask = BaseClient._make_api_call  # type: ignore[attr-defined]

    def fail(client: Any, name: str, arguments: Any) -> Any:
        if (client.meta.service_model.service_name, name) != (service, operation) or naming not in str(arguments):
            return ask(client, name, arguments)
        raise ClientError({"Error": {"Code": code, "Message": "about anna@example.com"}}, operation)

    with patch.object(BaseClient, "_make_api_call", fail):
        yield
