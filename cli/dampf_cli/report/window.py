"""A finished simulation, seen through the pages' window. Its mails are not kept, but for a sample of each message."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain

from dampf.domain.catalogue import Catalogue
from dampf.domain.decision import Conversion, Ended
from dampf.domain.event import Event
from dampf.domain.message import Message
from dampf.domain.profile import BEGINNING
from dampf.domain.state import State
from dampf_cli.embedded.mailbox import SentMail
from dampf_cli.pages.snapshot import moment
from dampf_cli.simulation import Simulation


class SimulatedWindow:
    def __init__(self, simulation: Simulation, *, until: datetime | None = None) -> None:
        self._simulation, self._until = simulation, until

    def catalogue(self) -> Catalogue:
        return self._simulation.catalogue

    def now(self) -> datetime:
        """`until`, else the last instant of which anything is known."""
        events = (event.arrived_at for event in self._simulation.store.events())
        over = (ended.at for journeys in self.ended().values() for ended in journeys)
        latest = max(chain(events, over, map(moment, self.messages())), default=BEGINNING)
        return self._until or latest

    def states(self) -> Sequence[State]:
        return list(self._simulation.store.states())

    def messages(self) -> Sequence[Message]:
        return list(self._simulation.store.messages.values())

    def ended(self) -> Mapping[str, Sequence[Ended]]:
        return self._simulation.store.ended

    def conversions(self) -> Sequence[Conversion]:
        return self._simulation.store.conversions

    def mails(self) -> Sequence[SentMail]:
        return ()

    def events(self) -> Sequence[Event]:
        return list(self._simulation.store.events())

    def history(self, profile: str) -> Sequence[Event]:
        return self._simulation.store.history(profile)
