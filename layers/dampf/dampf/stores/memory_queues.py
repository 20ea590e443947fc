"""The queues', the bus's, the mailer's, the texter's and the published content's twins in memory.

What was put lies in a deque for whoever plays the part of AWS. Nothing is refused and nothing is put twice: whoever
receives must be able to cope with repetition anyway, so deduplication is not imitated.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dampf.campaigns.mail import Mail
from dampf.campaigns.text_message import TextMessage
from dampf.domain.event import Event
from dampf.domain.stimulus import Stimulus
from dampf.stores.rules import LONGEST_DELAY
from dampf.use_cases.ports.contents import InForce, Release
from dampf.use_cases.ports.messages import Answer, Outgoing


class MemoryMailbox:
    def __init__(self) -> None:
        self.stimuli: deque[Stimulus] = deque()

    def put(self, stimuli: Sequence[tuple[Stimulus, str]]) -> tuple[int, ...]:
        self.stimuli.extend(stimulus for stimulus, _ in stimuli)
        return ()


class MemoryOutboxes:
    def __init__(self) -> None:
        self.transactional: deque[Outgoing] = deque()
        self.marketing: deque[Outgoing] = deque()

    def put(self, outgoing: Sequence[Outgoing]) -> None:
        for each in outgoing:
            (self.transactional if each.transactional else self.marketing).append(each)


class MemoryTimers:
    def __init__(self) -> None:
        self.wakeups: deque[tuple[str, datetime]] = deque()

    def wake(self, wakeups: Sequence[tuple[str, datetime]], *, now: datetime) -> None:
        self.wakeups.extend(wakeup for wakeup in wakeups if wakeup[1] - now <= LONGEST_DELAY)


class MemoryDeadLetters:
    def __init__(self) -> None:
        self.letters: deque[tuple[Any, str]] = deque()

    def put(self, envelope: Any, *, reason: str) -> None:
        self.letters.append((envelope, reason))


class MemoryBus:
    def __init__(self) -> None:
        self.events: deque[Event] = deque()

    def put(self, events: Sequence[Event]) -> None:
        self.events.extend(events)


class MemoryMailer:
    """Answers `sent`, unless other answers were laid down for it."""

    def __init__(self, answers: Iterable[Answer] = ()) -> None:
        self.mails: list[Mail] = []
        self.answers = deque(answers)

    def send(self, mail: Mail) -> Answer:
        self.mails.append(mail)
        return self.answers.popleft() if self.answers else Answer("sent")


class MemoryTexter:
    """Answers `sent`, unless other answers were laid down for it."""

    def __init__(self, answers: Iterable[Answer] = ()) -> None:
        self.texts: list[TextMessage] = []
        self.answers = deque(answers)

    def send(self, text: TextMessage) -> Answer:
        self.texts.append(text)
        return self.answers.popleft() if self.answers else Answer("sent")


class MemoryContents:
    def __init__(self) -> None:
        self._documents: dict[tuple[str, str, str], dict[str, object]] = {}
        self._in_force = InForce()
        self._releases: list[Release] = []

    def in_force(self) -> InForce:
        return self._in_force

    def load(self, kind: str, name: str, version: str) -> dict[str, object]:
        """Raises LookupError where there is no such document."""
        if (kind, name, version) not in self._documents:
            raise LookupError(f"no {kind} {name} of version {version}")
        return self._documents[kind, name, version]

    def put(self, documents: Iterable[tuple[str, str, str, Mapping[str, object]]]) -> None:
        for kind, name, version, body in documents:
            self._documents.setdefault((kind, name, version), dict(body))

    def release(self, release: Release) -> bool:
        if release.number != self._in_force.release + 1:
            return False
        self._in_force = self._in_force._replace(release=release.number, manifest=release.manifest)
        self._releases.insert(0, release)
        return True

    def releases(self) -> Sequence[Release]:
        return tuple(self._releases)

    def switch(self, campaign: str | None, *, paused: bool) -> None:
        if campaign is None:
            self._in_force = self._in_force._replace(shop_is_paused=paused)
        else:
            rest = self._in_force.paused - {campaign}
            self._in_force = self._in_force._replace(paused=rest | {campaign} if paused else rest)
