"""The ledger in memory: the twin of `dampf.stores.ledger`, and what vouchers are given by."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Final

from dampf.domain.commit import Stored
from dampf.domain.decision import MemoryKey, Remembered, VoucherKey
from dampf.domain.message import Message, Reason, Status
from dampf.domain.state import Tombstone
from dampf.domain.voucher import GivenVoucher, Voucher, canonical
from dampf.stores.due_heap import DueHeap
from dampf.stores.memory_history import HistoryInMemory
from dampf.stores.rules import ANSWERED, SETTLES, UNSETTLED, due_after_claim, due_again
from dampf.use_cases.ports.messages import LastLook, NotGiven, Outgoing, Stop

ABSENT: Final = Stored()


class LedgerInMemory(HistoryInMemory):
    """Part of `InMemory`, whose rows most of these are."""

    _stored: dict[str, Stored]
    _memories: dict[tuple[str, MemoryKey], Remembered]
    _due: DueHeap
    _lock: Lock

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[str, Message] = {}
        """The ledger, in the order in which messages were requested."""
        self._keeps_what_mails_show = True
        self._shown: dict[tuple[str, datetime], str] = {}
        self._stops: dict[str, dict[str | None, Stop]] = {}

    def look(self, outgoing: Sequence[Outgoing]) -> dict[str, LastLook]:
        return {each.message: self._look(each) for each in outgoing}

    def claim(self, message: Message, *, now: datetime, shown: str | None = None) -> bool:
        with self._lock:
            row = self.messages.get(message.id)
            if row is None or not (row.status is Status.REQUESTED or self._may_be_claimed_again(row, now)):
                return False
            if message.voucher is not None and row.voucher != message.voucher:
                return False
            self._put(replace(row, status=Status.SENDING))
            self._due.move(row.profile, "message", row.id, due_after_claim(row, now=now))
            if shown is not None and self._keeps_what_mails_show:
                self._shown[message.id, now.replace(microsecond=0)] = shown
        return True

    def shown(self, message: str, *, at: datetime) -> str | None:
        return self._shown.get((message, at.replace(microsecond=0)))

    def settle(self, messages: Sequence[Message]) -> None:
        with self._lock:
            for message in messages:
                row = self.messages.get(message.id)
                if row is not None and row.status in UNSETTLED:
                    self._put(replace(message, voucher=row.voucher))
                elif row is not None and row.status in ANSWERED:
                    self._put(replace(message, status=row.status, at=message.at or row.at, voucher=row.voucher))

    def feedback(self, message: str, status: Status, *, at: datetime, reason: Reason | None = None) -> bool:
        with self._lock:
            row = self.messages.get(message)
            if row is not None and row.status in SETTLES[status]:
                self._put(replace(row, status=status, at=row.at or at, reason=reason))
        return row is not None and row.is_awaited

    def stop(self, profile: str, stop: Stop) -> None:
        with self._lock:
            stops = self._stops.setdefault(profile, {})
            stops[stop.topic] = _later(stops.get(stop.topic), stop)

    def find(self, message: str) -> Message | None:
        return self.messages.get(message)

    # --- what vouchers are given by: MemoryVouchers ----------------------------------------------------------------

    def given(self, code: str) -> GivenVoucher | None:
        row = self._memories.get(("", VoucherKey(canonical(code))))
        return row if isinstance(row, GivenVoucher) else None

    def give(self, given: GivenVoucher) -> Voucher | NotGiven | None:
        """The voucher that the message has now; None where this code is somebody else's."""
        with self._lock:
            row = self.messages.get(given.message)
            if row is not None and row.voucher is not None:
                return row.voucher
            if row is None or row.status not in UNSETTLED:
                return NotGiven.SETTLED
            if self.given(given.voucher.code) is not None:
                return None
            self._memories["", VoucherKey(canonical(given.voucher.code))] = given
            self.messages[row.id] = replace(row, voucher=given.voucher)
        return given.voucher

    def take_back(self, message: Message, voucher: Voucher) -> bool:
        with self._lock:
            row, given = self.messages.get(message.id), self.given(voucher.code)
            if row is None or (row.status, row.voucher) != (message.status, voucher):
                return False
            if given is None or given.message != message.id or given.redeemed_at is not None:
                return False
            del self._memories["", VoucherKey(canonical(voucher.code))]
            self.messages[row.id] = replace(row, voucher=None)
        return True

    # --- within ---------------------------------------------------------------------------------------------------

    def _may_be_claimed_again(self, row: Message, now: datetime) -> bool:
        due_at = self._due.at(row.profile, "message", row.id)
        return row.status is Status.SENDING and due_at is not None and due_at <= now

    def _put(self, message: Message) -> None:
        self.messages[message.id] = message
        self._due.move(message.profile, "message", message.id, due_again(message))

    def _look(self, outgoing: Outgoing) -> LastLook:
        path = [outgoing.profile]
        stored = self._stored.get(outgoing.profile, ABSENT)
        while isinstance(stored.content, Tombstone):
            path.append(stored.content.into)
            stored = self._stored.get(stored.content.into, ABSENT)
        stops: dict[str | None, Stop] = {}
        for person in path:
            for stop in self._stops.get(person, {}).values():
                stops[stop.topic] = _later(stops.get(stop.topic), stop)
        return LastLook(
            message=self.messages.get(outgoing.message),
            stored=stored,
            stops=tuple(stops[topic] for topic in sorted(stops, key=lambda topic: topic or "")),
            event=self._event(*outgoing.event) if outgoing.event is not None else None,
        )


def _later(one: Stop | None, other: Stop) -> Stop:
    return one if one is not None and (one.at, one.reason) >= (other.at, other.reason) else other
