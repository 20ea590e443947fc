"""Erasing in memory: the twin of `dampf.stores.erasing`, all at once."""

from collections.abc import Iterable
from datetime import date, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from dampf.domain.commit import Conflict, Stored
from dampf.domain.consents import ConsentEntry
from dampf.domain.decision import Conversion, Ended, MemoryKey, Remembered, VoucherKey
from dampf.domain.event import Event
from dampf.domain.identifiers import Claim, Identifier
from dampf.domain.message import Message, profile_of
from dampf.domain.state import Erasing
from dampf.domain.voucher import GivenVoucher, canonical
from dampf.stores.due_heap import DueHeap
from dampf.stores.memory_calendar import DateIndex, InterestIndex
from dampf.use_cases.ports.messages import Stop

if TYPE_CHECKING:
    from dampf.stores.memory import Parked


class ErasesInMemory:
    """Part of `InMemory`, whose rows these are; hashes are the identifiers themselves, for nobody else looks here."""

    messages: dict[str, Message]
    ended: dict[str, list[Ended]]
    _consents: dict[str, list[ConsentEntry]]
    parked: dict[tuple[str, str], "Parked"]
    _shown: dict[tuple[str, datetime], str]
    _stored: dict[str, Stored]
    _claims: dict[Identifier, Claim]
    _seen: set[str]
    _history: dict[str, list[Event]]
    _memories: dict[tuple[str, MemoryKey], Remembered]
    _emitted: dict[tuple[str, str], Event]
    _stops: dict[str, dict[str | None, Stop]]
    _due: DueHeap
    _dates: DateIndex
    conversions: list[Conversion]
    _interests: InterestIndex
    _met_on: dict[date, set[str]]
    _by_name: list[str] | None
    _lock: Lock

    def __init__(self) -> None:
        super().__init__()
        self._erased: dict[Identifier, datetime] = {}

    def begin_erasing(self, erasing: Erasing, *, read_version: int, event_key: str, now: datetime) -> Conflict | None:
        with self._lock:
            if event_key in self._seen:
                return Conflict(seen=frozenset({event_key}))
            if self._stored.get(erasing.profile, Stored()).version != read_version:
                return Conflict(stale=True)
            self._seen.add(event_key)
            self._stored[erasing.profile] = Stored(content=erasing, version=read_version + 1)
            self._due.move(erasing.profile, "state", "", None)
        return None

    def erase(self, erasing: Erasing) -> bool:
        with self._lock:
            if not isinstance(self._stored.get(erasing.profile, Stored()).content, Erasing):
                return True
            owned = {each for each, claim in self._claims.items() if claim.profile in erasing.persons}
            unowned = {each for each in erasing.identifiers if each not in self._claims}
            if erasing.leaves_hash:
                self._erased.update(dict.fromkeys(owned | unowned, erasing.at))
            for identifier in owned:
                del self._claims[identifier]
            for person in erasing.persons:
                self._erase_person(person)
            self._by_name = None
        return True

    def erased(self, identifiers: Iterable[Identifier]) -> dict[Identifier, datetime]:
        return {each: self._erased[each] for each in identifiers if each in self._erased}

    def forget_stop(self, profile: str) -> None:
        self._stops.pop(profile, None)

    def _erase_person(self, person: str) -> None:
        self._seen.difference_update(event.key for event in self._history.pop(person, ()))
        for message in [each for each in self.messages.values() if each.profile == person]:
            self._nobodys(message)
            del self.messages[message.id]
            self._due.move(person, "message", message.id, None)
        for shown in [each for each in self._shown if profile_of(each[0]) == person]:
            del self._shown[shown]
        for _, key in _of(person, self._emitted):
            self._due.move(person, "emit", key, None)
        for rows in (self._emitted, self._memories, self.parked):
            for place in _of(person, rows):
                del rows[place]
        for kept in (self.ended, self._consents, self._stops, self._stored):
            kept.pop(person, None)
        self.conversions[:] = [each for each in self.conversions if profile_of(each.message) != person]
        self._dates.forget(person)
        self._interests.forget(person)
        for people in self._met_on.values():
            people.discard(person)

    def _nobodys(self, message: Message) -> None:
        """Its voucher's code stays given, to nobody."""
        place = ("", VoucherKey(canonical(message.voucher.code))) if message.voucher is not None else None
        if place is not None and isinstance(given := self._memories.get(place), GivenVoucher):
            self._memories[place] = given._replace(message="")


def _of(person: str, rows: dict[tuple[str, Any], Any]) -> list[tuple[str, Any]]:
    return [place for place in rows if place[0] == person]
