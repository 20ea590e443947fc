"""The stack's secret: a SecureString of SSM, made by whoever asks first. What it is used for is derived from it."""

import hmac
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from botocore.config import Config

CLIENT_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=2, read_timeout=5, user_agent="dampf"
)

ERASURE: Final = "erasure"
"""Purposes: what is made for one of them is good for no other."""


@dataclass(kw_only=True, slots=True)
class StackSecret:
    """`client` builds SSM's client at the first use; `name` is the parameter's."""

    client: Callable[[], Any]
    name: str
    _known: bytes | None = field(default=None, init=False)

    def __call__(self, purpose: str) -> bytes:
        if self._known is None:
            self._known = self._read().encode()
        return hmac.new(self._known, purpose.encode(), sha256).digest()

    def _read(self) -> str:
        """Of several that ask first at once one makes it, and the others read what it made."""
        client = self.client()
        with suppress(client.exceptions.ParameterNotFound):
            return _value(client, self.name)
        with suppress(client.exceptions.ParameterAlreadyExists):
            client.put_parameter(
                Name=self.name,
                Type="SecureString",
                Value=secrets.token_hex(32),
                Description="Dampf's secret. Without it the hashes of erased persons mean nothing any more.",
            )
        return _value(client, self.name)


def _value(client: Any, name: str) -> str:
    value: str = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    return value
