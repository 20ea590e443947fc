"""Ports to what the shop sells, and to what goes with what."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dampf.domain.affinity import Alike, Bestsellers, Meetings
from dampf.domain.product import Product

if TYPE_CHECKING:  # a mail brings the whole template engine along; most functions never see one
    pass


class ProductChange(NamedTuple):
    """A product as it is to be, on condition that it still is as it `was` read (None: that it is not there)."""

    product: Product
    was: Product | None


class Products(Protocol):
    """The catalogue of what the shop sells."""

    def load(self, ids: Iterable[str]) -> dict[str, Product]:
        """Those that are known, read consistently; one request for up to 100."""
        ...

    def put(self, changes: Sequence[ProductChange]) -> frozenset[str]:
        """Writes them, each product once; gives the ids of those that have changed meanwhile: look again."""
        ...

    def each(self) -> Iterable[Product]:
        """All of them. For the operator's program, which may read all."""
        ...


class Recommendations(Protocol):
    """What goes with what, and what sells. `recommend` fills it every night; another job may do so instead."""

    def alike(self, products: Iterable[str]) -> dict[str, Alike]:
        """What is said of these products; one request for up to 100. Of most products nothing is."""
        ...

    def best(self, categories: Iterable[str]) -> dict[str, Bestsellers]:
        """The bestsellers of these categories; `EVERYTHING` is one of them."""
        ...

    def say(self, alike: Sequence[Alike], best: Sequence[Bestsellers]) -> None:
        """Replaces what is said of these products and categories."""
        ...


class Night(NamedTuple):
    """One lesson: of what happened after `since`, up to and with `until`."""

    since: datetime
    until: datetime
    is_over: bool


class Lessons(Protocol):
    """What `recommend` remembers from night to night."""

    def night(self) -> Night | None:
        """The night that was begun last; None where there was none."""
        ...

    def write_down(self, night: Night) -> None: ...

    def meetings(self, products: Iterable[str]) -> dict[str, Meetings]: ...

    def remember(self, meetings: Sequence[Meetings]) -> None: ...
