"""The shelf: products, and what goes with them, as the mails or conditions of one batch ask for them, each read once.

What is foreseen is read together with the first that is asked for. An expression takes any exception for its own
failure, so a store's is kept here, to be raised by whoever evaluated.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from dampf.domain.affinity import Alike, Bestsellers
from dampf.domain.event import Event
from dampf.domain.product import Product
from dampf.domain.profile import Profile
from dampf.domain.scope import product_functions, product_ids, recommending_functions
from dampf.use_cases.ports.products import Products, Recommendations

_OF_THE_PROFILE: Final[dict[str, Callable[[Profile], Iterable[Any]]]] = {
    "profile.viewed": lambda profile: [each.product_id for each in profile.viewed],
    "profile.purchased": lambda profile: [each.product_id for each in profile.purchased],
    "profile.wished": lambda profile: [each.product_id for each in profile.wished],
    "profile.cart.items": lambda profile: list(profile.cart.cart.items),
}
_OF_THE_EVENT: Final[dict[str, Callable[[Event], Any]]] = {
    "event.properties.product_id": lambda event: [event.properties.get("product_id")],
    "event.properties.products": lambda event: event.properties.get("products"),
}
_FUNCTIONS: Final = frozenset({"product", "products"})

Answer = TypeVar("Answer")


class Shelf:
    """A source of products and of what is said of them."""

    def __init__(self, products: Products, recommendations: Recommendations) -> None:
        self._products, self._recommendations = products, recommendations
        self._found: dict[str, Product | None] = {}
        self._alike: dict[str, Alike | None] = {}
        self._best: dict[str, Bestsellers | None] = {}
        self._foreseen: set[str] = set()
        self._fault: Exception | None = None

    def functions(self, profile: Profile, *, now: datetime) -> dict[str, Callable[..., Any]]:
        """What expressions and templates about this person call, by name."""
        return {**product_functions(self._find), **recommending_functions(profile, self, now=now)}

    def foresee(self, ids: Iterable[str]) -> None:
        self._foreseen.update(ids)

    def raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault

    def products(self, ids: Iterable[str]) -> dict[str, Product]:
        named = tuple(ids)
        found = self._find(named)
        return {each: product for each in named if (product := found.get(each)) is not None}

    def alike(self, products: Iterable[str]) -> dict[str, Alike]:
        return self._look_up(tuple(products), self._alike, self._recommendations.alike)

    def best(self, categories: Iterable[str]) -> dict[str, Bestsellers]:
        return self._look_up(tuple(categories), self._best, self._recommendations.best)

    def _find(self, ids: tuple[str, ...]) -> Mapping[str, Product | None]:
        if not self._found.keys() >= set(ids):
            self._look_up((*ids, *sorted(self._foreseen)), self._found, self._products.load)
        return self._found

    def _look_up(
        self,
        names: Sequence[str],
        found: dict[str, Answer | None],
        load: Callable[[Iterable[str]], Mapping[str, Answer]],
    ) -> dict[str, Answer]:
        """Those that there are; each is asked for once, whether there is one or not."""
        wanted = sorted(set(names) - found.keys())
        if wanted:
            try:
                loaded = load(wanted)
            except Exception as fault:
                self._fault = fault
                raise
            found |= {name: loaded.get(name) for name in wanted}
        return {name: answer for name in names if (answer := found[name]) is not None}


def foreseen(names: frozenset[str], paths: frozenset[str], profile: Profile, event: Event | None) -> Iterator[str]:
    """The products that something with these names and paths will likely ask for: those of the lists that it reads."""
    if _FUNCTIONS.isdisjoint(names):
        return
    for path, listed in _OF_THE_PROFILE.items():
        if path in paths:
            yield from product_ids(listed(profile))
    for path, told in _OF_THE_EVENT.items():
        if event is not None and not paths.isdisjoint((path, "event.properties")):  # or all of them were handed on
            yield from product_ids(told(event))
