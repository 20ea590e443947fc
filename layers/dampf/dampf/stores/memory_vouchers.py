"""Voucher codes' twin in memory: the lists' free codes, on their rings. No chance: new codes derive from messages."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from threading import Lock

from dampf.domain.message import Message
from dampf.domain.shop import VoucherPool
from dampf.domain.voucher import GivenVoucher, Voucher, canonical, code_of, number_for, position
from dampf.stores.memory import InMemory
from dampf.use_cases.ports.messages import NotGiven, Offered

Place = tuple[str, str, str]
"""On the ring; the code in capitals and as the shop wrote it."""


class MemoryVouchers:
    """`store` holds the ledger, and what became of the codes that were given."""

    def __init__(self, store: InMemory, lists: Mapping[str, Sequence[str]] | None = None) -> None:
        self._store = store
        self._free: dict[str, list[Place]] = {}
        self._lock = Lock()
        for pool, codes in (lists or {}).items():
            self.offer(pool, codes)

    def claim(
        self, message: Message, pool: VoucherPool, *, expires_at: datetime | None, now: datetime
    ) -> Voucher | NotGiven:
        for code in self._candidates(message, pool):
            voucher = Voucher(pool.name, code, pool.value, now, expires_at)
            answer = self._store.give(GivenVoucher(voucher, message.campaign, message.id))
            if answer == voucher:
                self._forget(pool.name, code)
            if answer is not None:
                return answer
        return NotGiven.EXHAUSTED

    def release(self, message: Message, pool: VoucherPool | None) -> bool:
        if message.voucher is None or not self._store.take_back(message, message.voucher):
            return False
        if pool is not None and pool.kind == "list":
            with self._lock:
                insort(self._free.setdefault(pool.name, []), _place(message.voucher.code))
        return True

    def left(self, pool: str, *, at_most: int) -> int:
        return min(at_most, len(self._free.get(pool, ())))

    def offer(self, pool: str, codes: Sequence[str], *, progress: Callable[[int], None] = lambda _: None) -> Offered:
        with self._lock:
            before = self._free.get(pool, [])
            self._free[pool] = sorted(_place(code) for code in codes if self._store.given(code) is None)
            there, known = {place[1] for place in self._free[pool]}, {place[1] for place in before}
        progress(len(codes))
        return Offered(added=len(there - known), withdrawn=len(known - there), free=len(there))

    def _candidates(self, message: Message, pool: VoucherPool) -> Iterator[str]:
        if pool.kind == "generated":
            yield from (code_of(pool.prefix, number_for(message.id, attempt)) for attempt in count())
        free = list(self._free.get(pool.name, ()))
        start = bisect_left(free, (position(message.id),))
        yield from (code for _, _, code in (*free[start:], *free[:start]))

    def _forget(self, pool: str, code: str) -> None:
        with self._lock:
            free = self._free.get(pool, [])
            place = _place(code)
            if place in free:
                free.remove(place)


def _place(code: str) -> Place:
    return position(canonical(code)), canonical(code), code
