"""The catalogue's twin in memory."""

from collections.abc import Iterable, Iterator, Sequence
from threading import Lock

from dampf.domain.product import Product
from dampf.use_cases.ports.products import ProductChange


class MemoryProducts:
    def __init__(self, products: Iterable[Product] = ()) -> None:
        self._products = {product.id: product for product in products}
        self._lock = Lock()

    def load(self, ids: Iterable[str]) -> dict[str, Product]:
        known = self._products
        return {product: known[product] for product in ids if product in known}

    def put(self, changes: Sequence[ProductChange]) -> frozenset[str]:
        with self._lock:
            lost = frozenset(product.id for product, was in changes if self._products.get(product.id) != was)
            self._products.update((product.id, product) for product, _ in changes if product.id not in lost)
        return lost

    def each(self) -> Iterator[Product]:
        return iter(list(self._products.values()))
