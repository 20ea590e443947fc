"""The twin in memory of what goes with what, and of what was learnt of it."""

from collections.abc import Iterable, Sequence

from dampf.domain.affinity import Alike, Bestsellers, Meetings
from dampf.use_cases.ports.products import Night


class MemoryRecommendations:
    """Fills the ports Recommendations and Lessons."""

    def __init__(self) -> None:
        self._alike: dict[str, Alike] = {}
        self._best: dict[str, Bestsellers] = {}
        self._meetings: dict[str, Meetings] = {}
        self._night: Night | None = None

    def alike(self, products: Iterable[str]) -> dict[str, Alike]:
        return {product: self._alike[product] for product in products if product in self._alike}

    def best(self, categories: Iterable[str]) -> dict[str, Bestsellers]:
        return {category: self._best[category] for category in categories if category in self._best}

    def say(self, alike: Sequence[Alike], best: Sequence[Bestsellers]) -> None:
        self._alike.update((each.product_id, each) for each in alike)
        self._best.update((each.category, each) for each in best)

    def night(self) -> Night | None:
        return self._night

    def write_down(self, night: Night) -> None:
        self._night = night

    def meetings(self, products: Iterable[str]) -> dict[str, Meetings]:
        return {product: self._meetings[product] for product in products if product in self._meetings}

    def remember(self, meetings: Sequence[Meetings]) -> None:
        self._meetings.update((each.product_id, each) for each in meetings)
