"""What a name stands for that no data answers to: one value, `MISSING`, which is never an error.

It compares as false with everything, itself included; arithmetic, calls and item access on it give it again; it
holds nothing and prints as nothing. Ask for it with `is`, since `==` is false.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Missing:
    __slots__ = ()
    _only: Missing | None = None

    def __new__(cls) -> Missing:  # noqa: PYI034  there is one and no other
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __reduce__(self) -> str:
        return "MISSING"

    def __repr__(self) -> str:
        return "missing"

    def __str__(self) -> str:
        return ""

    def __format__(self, specification: str) -> str:
        return ""

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __reversed__(self) -> Iterator[Any]:
        return iter(())

    def __hash__(self) -> int:
        return hash(Missing)

    def _is_false(self, other: object) -> bool:
        return False

    __contains__ = _is_false
    __eq__ = __ne__ = _is_false
    __lt__ = __le__ = __gt__ = __ge__ = _is_false

    def _stays_missing(self, *arguments: object, **named: object) -> Missing:
        return self

    __call__ = __getitem__ = _stays_missing
    __neg__ = __pos__ = __abs__ = __round__ = _stays_missing
    __add__ = __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = _stays_missing
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = _stays_missing


MISSING = Missing()
