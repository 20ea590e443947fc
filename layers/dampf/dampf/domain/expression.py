"""An expression as the domain knows it: something to call. Compiling one is `dampf.campaigns`' work."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol


class Expression(Protocol):
    """A compiled expression; calling it with the names in scope gives a value, or MISSING where it is undefined.

    Raises `ExpressionFailed` for a real fault such as comparing text with a number.
    """

    @property
    def source(self) -> str: ...
    @property
    def names(self) -> frozenset[str]: ...
    @property
    def paths(self) -> frozenset[str]: ...
    @property
    def clocks(self) -> tuple[tuple[str, timedelta], ...]:
        """Names of the profile's dates that it compares with the clock, each with how long after it that turns."""
        ...

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments that it asks for by name."""
        ...

    def __call__(self, scope: Mapping[str, Any]) -> Any: ...


class ExpressionFailed(Exception):
    """The expression cannot be evaluated on this data."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source, self.reason = source, reason
