"""Plays event files on the embedded AWS: the clock jumps from instant to instant, and at each one waits for quiet.

At one instant events come before the calendar, and that before timers. Of one person's events each is worked
off before the next, as in simulation; different people's run side by side.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final, NoReturn

from dampf.domain.instants import parse_instant
from dampf.doors import Malformed, translate
from dampf.stores.keys import DATES_INDEX, DUE_INDEX, is_date_key, parse_date
from dampf.stores.queues import batches, body_size, event_size
from dampf_cli.agenda import A_MOMENT, AFTER_THE_LAST_EVENT, Agenda, Match
from dampf_cli.arrivals import Arrival
from dampf_cli.embedded import VirtualClock
from dampf_cli.errors import CommandError
from dampf_cli.local_stack import LocalStack
from dampf_cli.nights import Nights

LIVE_TICK: Final = 0.5
"""Seconds between two looks at what is due, once the playback is over."""

MOST_WAKINGS: Final = 20
"""How often the clock may find the same instant due before something must be stuck."""

NO_DOOR_OF_OURS: Final = "aws."
"""Sources that AWS keeps to itself; their events go where the rule would put them."""


class Player:
    """`speed` is how many times as fast as life the clock goes; None jumps without waiting."""

    def __init__(self, local: LocalStack, clock: VirtualClock, *, speed: float | None = None) -> None:
        self._local, self._clock, self._speed = local, clock, speed
        self._agenda, self._nights = Agenda(local.catalogue), Nights(local.catalogue)
        self._bus, self._queue = local.stack.outputs["BusName"], local.stack.physical_id("IngestQueue")
        self._events, self._sqs = local.aws.client("events"), local.aws.client("sqs")
        self._lambda, self._dynamodb = local.aws.client("lambda"), local.aws.client("dynamodb")

    def play(
        self,
        arrivals: Sequence[Arrival],
        *,
        until: datetime | None = None,
        progress: Callable[[datetime], None] = lambda now: None,
    ) -> None:
        """Plays the arrivals, which are in order of time, and then what still waits; `until` is inclusive.

        Without it, until nothing is under way any more; a date or a schedule that is still to come is not.
        """
        person_of = people(arrivals)
        last = None
        for at, together in groupby(arrivals, key=lambda arrival: arrival.at):
            if until is not None and at > until:
                break
            self._let_time_pass(before=at)
            self._agenda.begin(at)
            self._nights.something_happened(at)
            last = at
            self._jump(at)
            for wave in waves(together, person_of):
                self._send(wave, at)
                self._local.wait_until_quiet()
                for _ in wave:
                    progress(at)
        if until is not None:
            self._let_time_pass(before=until + A_MOMENT)
        elif last is not None:
            self._let_time_pass(before=last + AFTER_THE_LAST_EVENT + A_MOMENT, while_under_way=True)

    def _let_time_pass(self, *, before: datetime, while_under_way: bool = False) -> None:
        """At one instant the calendar comes before timers: what it tells of is then due together with them."""
        woken: Counter[datetime] = Counter()
        while True:
            due_at = self._next_due_at()
            if while_under_way and due_at is None and not self._agenda.is_first:
                return
            night_at = self._nights.next_at()
            until = min(each for each in (due_at, night_at, before) if each is not None)
            run_at = self._agenda.next_with_match(until, self._dates)
            at = min((each for each in (due_at, run_at, night_at) if each is not None), default=before)
            if at >= before:
                return
            self._jump(at)
            if night_at == at:
                self._invoke("RecommendFunction")
                self._nights.learnt()
            elif run_at == at:
                self._invoke("CalendarFunction")
                self._agenda.ran(at)
            else:
                woken[at] += 1
                if woken[at] > MOST_WAKINGS:
                    raise CommandError(f"what is due at {at:%Y-%m-%dT%H:%M:%SZ} does not go on; --log FILE tells why")
                self._invoke("ClockFunction")

    def _invoke(self, function: str) -> None:
        answer = self._lambda.invoke(FunctionName=self._local.stack.physical_id(function), Payload=b"{}")
        if "FunctionError" in answer:
            raise RuntimeError(f"{function} failed: {answer['Payload'].read().decode()}")
        self._local.wait_until_quiet()

    def _dates(self) -> Match:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._local.stack.physical_id("Profiles"), IndexName=DATES_INDEX
        )
        found: set[tuple[str, str]] = set()
        for page in pages:
            for item in page["Items"]:
                if is_date_key(item["date_key"]["S"]):
                    found.update(parse_date(item["date_key"]["S"], item["date_sort"]["S"]))
        return lambda name, base: (name, base) in found

    def _next_due_at(self) -> datetime | None:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._local.stack.physical_id("Profiles"), IndexName=DUE_INDEX
        )
        due = [item["due_at"]["S"] for page in pages for item in page["Items"] if item["row"]["S"] == "state"]
        return parse_instant(min(due)) if due else None

    def live(self) -> NoReturn:
        """The clock goes on with life from where it stands, until somebody interrupts."""
        begun, start = time.monotonic(), self._clock.now()
        self._agenda.begin(start)
        while True:
            now = start + timedelta(seconds=time.monotonic() - begun)
            self._let_time_pass(before=now + A_MOMENT)
            self._clock.set(now)
            time.sleep(LIVE_TICK)

    def _jump(self, instant: datetime) -> None:
        ahead = (instant - self._clock.now()).total_seconds()
        if self._speed and ahead > 0:
            time.sleep(ahead / self._speed)
        self._clock.set(instant)

    def _send(self, wave: Sequence[Arrival], at: datetime) -> None:
        on_bus = [
            {
                "EventBusName": self._bus,
                "Source": arrival.envelope["source"],
                "DetailType": arrival.envelope["detail-type"],
                "Time": at,
                "Detail": json.dumps(_with_its_own_id_and_time(arrival.envelope)),
            }
            for arrival in wave
            if may_be_put(arrival.envelope)
        ]
        beside = [
            {"Id": str(place), "MessageBody": json.dumps(arrival.envelope)}
            for place, arrival in enumerate(wave)
            if not may_be_put(arrival.envelope)
        ]
        for entries in batches(on_bus, size=event_size):
            answer = self._events.put_events(Entries=entries)
            if answer["FailedEntryCount"]:
                raise RuntimeError(f"the bus refused events: {answer['Entries']}")
        for entries in batches(beside, size=body_size):
            self._sqs.send_message_batch(QueueUrl=self._queue, Entries=entries)


def may_be_put(envelope: dict[str, Any]) -> bool:
    """Whether PutEvents takes it, as the shop would put it there. What is malformed goes straight to ingest."""
    source, name, detail = envelope.get("source"), envelope.get("detail-type"), envelope.get("detail")
    well_formed = bool(source) and bool(name) and isinstance(source, str) and isinstance(name, str)
    return well_formed and isinstance(detail, dict) and not str(source).startswith(NO_DOOR_OF_OURS)


def people(arrivals: Iterable[Arrival]) -> dict[int, str]:
    """Who each arrival may concern: arrivals that share an identifier, however indirectly, have the same name."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    person_of = {}
    for arrival in arrivals:
        try:
            events = translate(arrival.envelope).events
        except Malformed:
            events = ()
        names = [f"{kind}#{value}" for event in events for kind, value in sorted(event.identifiers.items())]
        names += [f"profile#{event.email_id.partition('-')[0]}" for event in events if event.email_id]
        for name in names[1:]:
            leader[find(name)] = find(names[0])
        person_of[arrival.number] = names[0] if names else ""
    return {number: find(name) for number, name in person_of.items()}


def waves(together: Iterable[Arrival], person_of: dict[int, str]) -> Iterator[list[Arrival]]:
    """Arrivals of one instant in rounds: each person once in a round, in their order.

    What names nobody may concern anybody, as a product's news do: it has a round of its own, between the others'.
    """
    rounds: list[list[Arrival]] = []
    turns: dict[str, int] = {}
    first = 0
    for arrival in together:
        person = person_of[arrival.number]
        turn = max(turns.get(person, 0), first) if person else len(rounds)
        turns[person] = turn + 1
        first = first if person else turn + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(arrival)
    yield from rounds


def _with_its_own_id_and_time(envelope: dict[str, Any]) -> dict[str, Any]:
    """The bus gives every event an id of its own; what the file says of id and time must be in the detail."""
    detail = dict(envelope["detail"])
    if not detail.get("messageId") and not detail.get("message_id"):
        detail["messageId"] = envelope["id"]
    if not detail.get("timestamp"):
        detail["timestamp"] = envelope["time"]
    return detail
