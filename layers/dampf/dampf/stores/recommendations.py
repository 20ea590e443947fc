"""What goes with what, and what was learnt of it, in the Catalogue table.

Each row's value is one JSON text, `body`. The rows `alike#...` and `best` are all that mails read: a job of another
kind may write them instead of `recommend`, in the shape of `Alike` and `Bestsellers`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from dampf.domain.affinity import Alike, Bestsellers, Meetings
from dampf.stores import keys
from dampf.stores.codec import Codec
from dampf.stores.dynamodb import MOST_READS, Item, Tables, batch_get, chunks, put_many, text
from dampf.use_cases.ports import Night

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
        found: list[Value] = []
        for some in chunks(dict.fromkeys(places), MOST_READS):
            wanted = [{"kind": text(kind), "id": text(name)} for kind, name in some]
            request: Any = {self.tables.catalogue: {"Keys": wanted, "ConsistentRead": True}}
            found += [codec.read(item["body"]["S"]) for _, item in batch_get(self.tables, request)]
        return found


def _item(place: tuple[str, str], body: str) -> Item:
    return {"kind": text(place[0]), "id": text(place[1]), "body": text(body)}
