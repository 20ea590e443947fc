"""Event files on their way into a player: read, in order of arrival, with what could not be read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from dampf.domain.decision import Fault
from dampf.doors import Malformed, translate
from dampf.doors.envelope import instant
from dampf.doors.event_file import read_events
from dampf.use_cases.evaluate import Evaluated
from dampf_cli.errors import WrongUse
from dampf_cli.sample_week import sample_week


class Arrival(NamedTuple):
    """An envelope and when it arrived; `number` is its place among all lines, `place` its file and line."""

    at: datetime
    number: int
    envelope: dict[str, Any]
    place: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrivals:
    """`problems` are lines that are no envelopes, each as `file:line: what was expected`."""

    arrivals: list[Arrival]
    problems: list[str]

    def end(self, until: datetime | None) -> datetime:
        """When a playback is over, for those who ask what is true then: its end, else its last event."""
        return until or max((arrival.at for arrival in self.arrivals), default=datetime.now(UTC))


def read(paths: Iterable[Path]) -> Arrivals:
    """All events of these files, sorted by (time, line). Raises WrongUse where a file cannot be read."""
    arrivals: list[Arrival] = []
    problems: list[str] = []
    for path in paths:
        try:
            for line in read_events(path):
                if line.envelope is None:
                    problems.append(f"{path}:{line.number}: {line.error}")
                    continue
                at = arrived_at(line.envelope)
                if at is None:
                    problems.append(f"{path}:{line.number}: time: an ISO 8601 instant expected")
                    continue
                arrivals.append(Arrival(at, len(arrivals), line.envelope, f"{path}:{line.number}"))
        except OSError as problem:
            raise WrongUse(f"{path}: {problem.strerror or problem}") from None
    arrivals.sort(key=lambda arrival: (arrival.at, arrival.number))
    return Arrivals(arrivals=arrivals, problems=problems)


def refusals(arrivals: Iterable[Arrival]) -> list[str]:
    """What no door will take, each as `file:line: field: what was expected`."""
    refused = []
    for arrival in arrivals:
        try:
            translate(arrival.envelope)
        except Malformed as problem:
            refused.append(f"{arrival.place}: {problem}")
    return refused


def of_sample_week() -> Arrivals:
    """The synthetic week that the demo plays."""
    envelopes = enumerate(sample_week())
    arrivals = [Arrival(instant(envelope["time"]), number, envelope) for number, envelope in envelopes]
    return Arrivals(arrivals=sorted(arrivals, key=lambda arrival: (arrival.at, arrival.number)), problems=[])


def arrived_at(envelope: dict[str, Any]) -> datetime | None:
    """The envelope's time; None where it has none that can be read."""
    try:
        at = instant(envelope.get("time"))
    except (ValueError, TypeError):
        return None
    return at.astimezone(UTC)


def faults_of(evaluated: Iterable[Evaluated], undelivered: Iterable[Fault] = ()) -> list[str]:
    """What went wrong while deciding and delivering, a line each."""
    lines = [f"{fault.campaign}: {fault.step}: {fault.reason}" for fault in undelivered]
    for each in evaluated:
        lines += [f"{fault.campaign}: {fault.step or 'trigger'}: {fault.reason}" for fault in each.faults]
        lines += [
            f"{quarantined.profile}: a value of {quarantined.kind} joins too many people and names nobody from now on"
            for quarantined in each.quarantined
        ]
        lines += [f"parked for {parked.profile}: {parked.reason}" for parked in each.parked]
    return lines
