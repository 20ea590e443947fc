"""Tokens: who holds one may do the one thing that it is for. itsdangerous signs them; here are keys, purpose and time.

Keys are a list, oldest first: the newest signs, all of them verify, so that rotating breaks no mail already sent. They
lie in one SecureString of SSM, a line each. Another stack has other keys, and another purpose is another salt.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Final, Protocol

from botocore.config import Config
from itsdangerous import BadData, URLSafeTimedSerializer
from itsdangerous.timed import TimestampSigner

from dampf.domain.links import WORKS_FOR, Opened, Purpose, Refusal, Subject
from dampf.domain.shop import MARKETING
from dampf.use_cases.ports.messages import NoTokenKey

CLIENT_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=2, read_timeout=5, user_agent="dampf"
)

REREAD_AFTER: Final = 300.0
"""Seconds after which a process reads the keys anew."""

REREAD_IN_DOUBT_AFTER: Final = 30.0
"""Seconds after which it does so for a token that no key fits; whoever sends forged ones must not make it read more."""

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far the clock of whoever signed may be ahead."""

_LONGEST: Final = 1000
"""Characters. A topic of the longest kind gives some 600."""


class Keys(Protocol):
    def __call__(self, *, in_doubt: bool = False) -> Sequence[str]:
        """Oldest first, at least one. Raises NoTokenKey. `in_doubt`: read them anew if that is long ago."""
        ...


def fixed_keys(*keys: str) -> Keys:
    """For simulation, previews and tests: a replay gives the same mails to the letter."""

    def told(*, in_doubt: bool = False) -> Sequence[str]:
        return keys

    return told


class _SignerAt(TimestampSigner):
    """Signs with the instant that it is told instead of the library's own look at the clock."""

    def __init__(self, *arguments: Any, at: int, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._at = at

    def get_timestamp(self) -> int:
        return self._at


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedTokens:
    keys: Keys

    def sign(self, purpose: Purpose, subject: Subject, *, now: datetime) -> str:
        told = subject.message if subject.topic == MARKETING else list(subject)
        return _serializer(purpose, self.keys(), now).dumps(told)

    def read(self, purpose: Purpose, token: str, *, now: datetime) -> Opened | Refusal:
        if not token.isascii() or len(token) > _LONGEST:
            return Refusal.INVALID
        opened = self._open(purpose, token, self.keys(), now) or self._open(
            purpose, token, self.keys(in_doubt=True), now
        )
        if opened is None or opened.issued_at > now + CLOCK_SKEW:
            return Refusal.INVALID
        return Refusal.EXPIRED if now - opened.issued_at > WORKS_FOR[purpose] else opened

    @staticmethod
    def _open(purpose: Purpose, token: str, keys: Sequence[str], now: datetime) -> Opened | None:
        try:
            told, issued_at = _serializer(purpose, keys, now).loads(token, return_timestamp=True)
        except BadData:
            return None
        subject = Subject(told) if isinstance(told, str) else Subject(*told)
        return Opened(subject, issued_at.astimezone(UTC))


def _serializer(purpose: Purpose, keys: Sequence[str], now: datetime) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        list(keys),
        salt=f"dampf.{purpose}",
        signer=_SignerAt,
        signer_kwargs={"at": int(now.timestamp()), "key_derivation": "hmac", "digest_method": sha256},
    )


@dataclass(kw_only=True, slots=True)
class SsmKeys:
    """`seconds` tells the age of what was read; a process reads at its first link and then every few minutes."""

    client: Any
    name: str
    seconds: Callable[[], float]
    _keys: tuple[str, ...] = ()
    _read_at: float = 0.0

    def __call__(self, *, in_doubt: bool = False) -> Sequence[str]:
        age = self.seconds() - self._read_at
        if not self._keys or not 0 <= age < (REREAD_IN_DOUBT_AFTER if in_doubt else REREAD_AFTER):
            self._keys, self._read_at = stored_keys(self.client, self.name), self.seconds()
        if not self._keys:
            raise NoTokenKey(self.name)
        return self._keys


# --- what the command line does with them -------------------------------------------------------------------------


def stored_keys(client: Any, name: str) -> tuple[str, ...]:
    """Oldest first; none where the parameter is not there."""
    try:
        value = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    except client.exceptions.ParameterNotFound:
        return ()
    return tuple(value.split())


def create_key(client: Any, name: str) -> bool:
    """Makes the first key; False where there is one already, which stays. Two who do it at once make one."""
    try:
        client.put_parameter(Name=name, Value=token_urlsafe(32), Type="SecureString", Overwrite=False)
    except client.exceptions.ParameterAlreadyExists:
        return False
    return True


def add_key(client: Any, name: str, *, keeping: int) -> int:
    """A new key that signs from now on, after the `keeping` newest of those before; gives how many there are now."""
    keys = (*stored_keys(client, name)[-keeping:], token_urlsafe(32))
    client.put_parameter(Name=name, Value="\n".join(keys), Type="SecureString", Overwrite=True)
    return len(keys)
