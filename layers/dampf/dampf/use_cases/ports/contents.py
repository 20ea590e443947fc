"""Ports to what is published."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dampf.domain.catalogue import Catalogue

if TYPE_CHECKING:  # a mail brings the whole template engine along; most functions never see one
    pass


CatalogueInForce = Callable[[], Catalogue]
"""What is published now; a function reads the pointer anew every 30 s."""


class InForce(NamedTuple):
    """The release whose manifest is in force (0: none yet), and what is switched off meanwhile."""

    release: int = 0
    manifest: str | None = None
    paused: frozenset[str] = frozenset()
    shop_is_paused: bool = False


class Release(NamedTuple):
    """One flip of the pointer. `before` is the release to which rolling this one back leads; 0: to none."""

    number: int
    manifest: str
    at: datetime
    by: str
    before: int = 0


class Contents(Protocol):
    """Published documents, immutable by (kind, name, version); what of them is in force; and every release."""

    def in_force(self) -> InForce:
        """One request: switches lie beside the pointer."""
        ...

    def load(self, kind: str, name: str, version: str) -> dict[str, object]: ...

    def put(self, documents: Iterable[tuple[str, str, str, Mapping[str, object]]]) -> None:
        """Writes (kind, name, version, body) rows that are not there. Nobody reads them before a release names them."""
        ...

    def release(self, release: Release) -> bool:
        """Puts a manifest in force and its release on record, at once. False where another release came meanwhile."""
        ...

    def releases(self) -> Sequence[Release]:
        """All of them, the newest first."""
        ...

    def switch(self, campaign: str | None, *, paused: bool) -> None:
        """Switches a campaign, or the whole shop (None), off or on; whoever does so at the same time loses nothing."""
        ...
