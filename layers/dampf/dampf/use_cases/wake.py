"""Wake: what the clock does every minute with the index of what is due.

What falls due soon goes to the delayed queue, to its very second; what is overdue was lost on its way and goes again.
Every row found here is only a hint: whoever gets it looks whether something is really due.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from dampf.domain.message import Message, Status
from dampf.use_cases.ports.messages import Ledger, Outgoing
from dampf.use_cases.ports.occasions import Due, Wakeups
from dampf.use_cases.ports.profiles import Profiles
from dampf.use_cases.ports.queues import Bus, Outbox, Timers

AHEAD: Final = timedelta(minutes=4)
SWEEP_EVERY: Final = 5
"""Minutes between two looks at what is overdue."""


class Woken(NamedTuple):
    wakeups: int
    messages: int
    emitted: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Wake:
    wakeups: Wakeups
    ledger: Ledger
    profiles: Profiles
    outbox: Outbox
    timers: Timers
    bus: Bus

    def __call__(self, *, now: datetime) -> Woken:
        due = list(self.wakeups.due(until=now + AHEAD))
        if now.minute % SWEEP_EVERY:
            due = [each for each in due if each.due_at > now - timedelta(minutes=1)]
        profiles = [(each.profile, each.due_at) for each in due if each.row == "state"]
        if profiles:
            self.timers.wake(profiles, now=now)
        overdue = [each for each in due if each.due_at <= now]
        lost = [self.ledger.find(each.name) for each in overdue if each.row == "message"]
        emitted = [each for each in overdue if each.row == "emit"]
        return Woken(
            wakeups=len(profiles),
            messages=self._request_again(message for message in lost if message is not None),
            emitted=self._emit_again(emitted),
        )

    def _request_again(self, messages: Iterable[Message]) -> int:
        outgoing = [
            Outgoing(message.profile, message.id, message.transactional, message.event)
            for message in messages
            if message.status in (Status.REQUESTED, Status.SENDING)
        ]
        if outgoing:
            self.outbox.put(outgoing)
        return len(outgoing)

    def _emit_again(self, rows: Iterable[Due]) -> int:
        count = 0
        for row in rows:
            event = self.profiles.emitted(row.profile, row.name)
            if event is not None:
                self.bus.put([event])
                self.profiles.forget_emitted(row.profile, [event])
                count += 1
        return count
