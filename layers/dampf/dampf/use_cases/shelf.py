"""The shelf: the products that the mails, or the conditions, of one batch ask for, each read once.

What is foreseen is read together with the first that is asked for. An expression takes any exception for its own
failure, so a store's is kept here, to be raised by whoever evaluated.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from dampf.domain.event import Event
from dampf.domain.product import Product
from dampf.domain.profile import Profile
from dampf.domain.scope import product_functions, product_ids
from dampf.use_cases.ports import Products

_OF_THE_PROFILE: Final[dict[str, Callable[[Profile], Iterable[Any]]]] = {
    "profile.viewed": lambda profile: [each.product_id for each in profile.viewed],
    "profile.purchased": lambda profile: [each.product_id for each in profile.purchased],
    "profile.cart.items": lambda profile: list(profile.cart.cart.items),
}
_FUNCTIONS: Final = frozenset({"product", "products"})


class Shelf:
    def __init__(self, products: Products) -> None:
        self._products = products
        self._found: dict[str, Product | None] = {}
        self._foreseen: set[str] = set()
        self._fault: Exception | None = None
        self.functions: Mapping[str, Callable[..., Any]] = product_functions(self._find)
        """What expressions and templates call, by name."""

    def foresee(self, ids: Iterable[str]) -> None:
        self._foreseen.update(ids)

    def raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault

    def _find(self, ids: tuple[str, ...]) -> Mapping[str, Product | None]:
        if not self._found.keys() >= set(ids):
            wanted = (self._foreseen | set(ids)) - self._found.keys()
            try:
                found = self._products.load(sorted(wanted))
            except Exception as fault:
                self._fault = fault
                raise
            self._found |= {product: found.get(product) for product in wanted}
        return self._found


def foreseen(names: frozenset[str], paths: frozenset[str], profile: Profile, event: Event | None) -> Iterator[str]:
    """The products that something with these names and paths will likely ask for: those of the lists that it reads."""
    if _FUNCTIONS.isdisjoint(names):
        return
    for path, listed in _OF_THE_PROFILE.items():
        if path in paths:
            yield from product_ids(listed(profile))
    if event is not None and "event.properties.product_id" in paths:
        yield from product_ids([event.properties.get("product_id")])
    if event is not None and "event.properties.products" in paths:
        yield from product_ids(event.properties.get("products"))
