"""Identifiers as they are kept beside the profiles: whose each is, and by which event it became theirs."""

from datetime import datetime
from typing import NamedTuple

Identifier = tuple[str, str]
"""Kind and normalised value."""


class Joined(NamedTuple):
    """The event that proved a connection: when it happened, its name and its key."""

    at: datetime
    event: str
    key: str


class Claim(NamedTuple):
    """Whose an identifier is. `former` are traces of the customers that it belonged to before."""

    profile: str
    joined: Joined | None = None
    former: frozenset[str] = frozenset()
