"""What goes with what, and what was learnt of it, in the Catalogue table.

Each row's value is one JSON text, `body`. The rows `alike#...` and `best` are all that mails read: a job of another
kind may write them instead of `recommend`, in the shape of `Alike` and `Bestsellers`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from dampf.domain.affinity import Alike, Bestsellers, Meetings
from dampf.stores import keys, rows
from dampf.stores.codec import Codec
from dampf.stores.dynamodb import Item, Tables, put_many, read_many, text
from dampf.use_cases.ports.products import Night

_ALIKE: Final = Codec[Alike](Alike)
_BEST: Final = Codec[Bestsellers](Bestsellers)
_MEETINGS: Final = Codec[Meetings](Meetings)
_NIGHT: Final = Codec[Night](Night)

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoRecommendations:
    """Fills the ports Recommendations and Lessons."""

    tables: Tables

    def alike(self, products: Iterable[str]) -> dict[str, Alike]:
        return {each.product_id: each for each in self._load(_ALIKE, map(keys.alike_key, products))}

    def best(self, categories: Iterable[str]) -> dict[str, Bestsellers]:
        return {each.category: each for each in self._load(_BEST, map(keys.best_key, categories))}

    def say(self, alike: Sequence[Alike], best: Sequence[Bestsellers]) -> None:
        items = [_item(keys.alike_key(each.product_id), _ALIKE.write(each)) for each in alike]
        items += [_item(keys.best_key(each.category), _BEST.write(each)) for each in best]
        put_many(self.tables, self.tables.catalogue, items)

    def night(self) -> Night | None:
        return next(iter(self._load(_NIGHT, [keys.LAST_NIGHT])), None)

    def write_down(self, night: Night) -> None:
        put_many(self.tables, self.tables.catalogue, [_item(keys.LAST_NIGHT, _NIGHT.write(night))])

    def meetings(self, products: Iterable[str]) -> dict[str, Meetings]:
        return {each.product_id: each for each in self._load(_MEETINGS, map(keys.meetings_key, products))}

    def remember(self, meetings: Sequence[Meetings]) -> None:
        items = [_item(keys.meetings_key(each.product_id), _MEETINGS.write(each)) for each in meetings]
        put_many(self.tables, self.tables.catalogue, items)

    def _load(self, codec: Codec[Value], places: Iterable[tuple[str, str]]) -> list[Value]:
        found = read_many(self.tables, {self.tables.catalogue: places})[self.tables.catalogue]
        return [codec.read(item["body"]["S"]) for item in found.values()]


def _item(place: tuple[str, str], body: str) -> Item:
    return rows.catalogue_key(*place) | {"body": text(body)}
