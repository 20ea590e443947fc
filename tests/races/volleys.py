"""Fifty campaigns want one person at once, again and again, and only so many of their mails may go out.

Events, wake-ups and outgoing mails race as in `racing`. The provider refuses some mails, which frees their places while
others ask for them.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.content import Content
from dampf.domain.message import Message, Reason, Status
from dampf.domain.stimulus import TimerDue
from dampf.use_cases.ports.messages import Answer
from tests import builders
from tests.builders import DAY, HOUR, happened, identified
from tests.races.racing import START, Race, Tables

CAMPAIGNS = 50
EVENTS = 10
PER_DAY, PER_WEEK = 2, 5
VOLLEYS = (START, START + timedelta(minutes=5), START + 6 * DAY)
"""The second comes when those who waited want to mail; the third is held until the first days' mails are a week old."""

ZONE = ZoneInfo("Europe/Berlin")
WEEK = 7 * DAY


def capped_shop() -> PublishedCatalogue:
    return catalogue_of(capped_content())


def capped_content() -> Content:
    """Each event starts five campaigns; every other campaign waits until the second volley comes."""
    return builders.content(
        *(
            f"""
title: c{number}
trigger: {{ event: Product Viewed, when: event.properties.product_id == "{number % EVENTS}" }}
entry: {{ again: always }}
steps: [{"{ wait: 5 minutes }, " if number % 4 > 1 else ""}{{ send: m{number % 5} }}]
"""
            for number in range(CAMPAIGNS)
        ),
        messages={f"m{number}": {"priority": 10 * number} for number in range(5)},
        caps={"per_day": PER_DAY, "per_week": PER_WEEK},
        hold_at_most="72 hours",
    )


def volley(at: datetime, seed: str) -> list[dict[str, Any]]:
    return [
        happened("Product Viewed", at.isoformat(), "anna", id=f"{seed}-{at:%d%M}-{number}", product_id=str(number))
        for number in range(EVENTS)
    ]


class Volleys(Race):
    """Refusing every third mail or so, or none."""

    def __init__(
        self,
        catalogue: PublishedCatalogue,
        tables: Tables,
        seed: str,
        pool: ThreadPoolExecutor | None,
        *,
        refusing: bool,
    ) -> None:
        super().__init__(catalogue, tables, seed, pool)
        self.seed, self.refusing = seed, refusing
        if refusing:
            chance = Random(f"answers-{seed}")
            self.mailer.answers.extend(Answer(chance.choice(["sent", "sent", "refused"])) for _ in range(200))

    def fire(self) -> None:
        known_at = START - HOUR
        known = [
            identified("anna", known_at.isoformat()),
            happened("Consent Granted", known_at.isoformat(), "anna", topic="marketing"),
        ]
        known = [{**envelope, "id": f"{self.seed}-known-{place}"} for place, envelope in enumerate(known)]
        self._settle(known, known_at, alone=True)
        for at in VOLLEYS:
            self._let_time_pass(before=at)
            self._wake(at)
            self._settle(volley(at, self.seed), at)
        self._let_time_pass(before=at + WEEK)

    def _let_time_pass(self, *, before: datetime) -> None:
        while (due := [state.due_at for state in self.tables.states() if state.due_at is not None]) and (
            now := min(due)
        ) < before:
            self._wake(now)
            self._settle([], now)

    def _wake(self, now: datetime) -> None:
        for state in self.tables.states():
            if state.due_at is not None and state.due_at <= now:
                self.mailbox.put([(TimerDue(profile=state.profile.id, due_at=state.due_at), "")])


def broken(race: Volleys) -> Iterator[str]:
    """What does not hold, in words."""
    messages = race.tables.messages()
    sent = sorted(message.at for message in messages if message.status is Status.SENT and message.at is not None)
    for day, count in Counter(at.astimezone(ZONE).date() for at in sent).items():
        if count > PER_DAY:
            yield f"{count} mails on {day}"
    for first in sent:
        count = sum(first <= at < first + WEEK for at in sent)
        if count > PER_WEEK:
            yield f"{count} mails in the week from {first}"
    if not race.refusing and [sum(at < VOLLEYS[-1] for at in sent), len(sent)] != [PER_WEEK, 2 * PER_WEEK]:
        yield f"not all that the caps allow: {sent}"
    yield from _unaccounted(race, messages)


def _unaccounted(race: Volleys, messages: list[Message]) -> Iterator[str]:
    settled = {(Status.SENT, None), (Status.DROPPED, Reason.FREQUENCY_CAP), (Status.DROPPED, Reason.REJECTED)}
    for message in messages:
        if (message.status, message.reason) not in settled:
            yield f"not settled: {message}"
    mailed = Counter(mail.tags["message"] for mail in race.mailer.mails)
    if set(mailed.values()) - {1}:
        yield f"mailed twice: {mailed}"
    asked = Counter(message.campaign for message in messages)
    if len(asked) < CAMPAIGNS or max(asked.values()) > len(VOLLEYS):
        yield f"asked for: {asked}"
    if race.parking.letters:
        yield f"parked: {race.parking.letters}"
