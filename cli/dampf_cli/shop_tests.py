"""A shop's own tests: scenario files beside the campaigns, and how what came differs from what they expect."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, PlainValidator, ValidationError

from dampf.campaigns import fields as f
from dampf.campaigns.complaints import complaints
from dampf.campaigns.findings import Finding, in_order
from dampf.campaigns.yaml_text import YamlDocument, read_yaml
from dampf.domain.assortment import Telling
from dampf.domain.event import Event
from dampf.domain.instants import format_instant, parse_instant
from dampf.domain.state import State
from dampf_cli.arrivals import Arrival
from dampf_cli.errors import CommandError
from dampf_cli.feeds.importing import telling_of
from dampf_cli.feeds.rows import Broken, Row, told_by
from dampf_cli.profile_files import read_profile

TESTS: Final = "tests"


def _instant(value: object) -> datetime:
    try:
        return parse_instant(value) if isinstance(value, str) else _no_instant()
    except ValueError:
        return _no_instant()


def _no_instant() -> datetime:
    raise f.expected("an instant such as `2026-03-02T12:00:00Z`")


def _who(value: object) -> str:
    """A customer id, which YAML may have read as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.strip():
        return value
    raise f.expected("a customer id")


Instant = Annotated[datetime, PlainValidator(_instant)]
Who = Annotated[str, PlainValidator(_who)]


class EventShape(f.Shape):
    """`traits` are told along; the properties of `identify` are traits too. What is told of products is of nobody."""

    at: Instant
    who: Who | None = None
    event: f.EventName
    properties: dict[str, Any] = Field(default_factory=dict)
    traits: dict[str, Any] = Field(default_factory=dict)
    context: dict[str, Any] = Field(default_factory=dict)


class ExpectationShape(f.Shape):
    who: Who
    message: f.Name
    at: Instant
    outcome: Literal["sent", "dropped", "held_out", "unknown"] = "sent"
    reason: f.Text | None = None


class EmissionShape(f.Shape):
    """An event that a campaign put on the bus; of its properties those that are named here."""

    who: Who
    event: f.EventName
    at: Instant
    properties: dict[str, Any] = Field(default_factory=dict)


class ScenarioShape(f.Shape):
    """`emitted`, where it stands, is exact, too."""

    until: Instant | None = None
    profiles: list[dict[str, Any]] = Field(default_factory=list)
    products: list[dict[str, Any]] = Field(default_factory=list)
    events: Annotated[list[EventShape], Field(min_length=1)]
    expect: list[ExpectationShape]
    emitted: list[EmissionShape] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """One file. `file` is relative to the content folder."""

    file: str
    shape: ScenarioShape
    document: YamlDocument
    profiles: tuple[State, ...]
    products: tuple[Telling, ...] = ()

    def arrivals(self) -> list[Arrival]:
        """In order of time; of one instant in the order of the file."""
        each = (Arrival(event.at, number, _envelope(event, number)) for number, event in enumerate(self.shape.events))
        return sorted(each, key=lambda arrival: (arrival.at, arrival.number))

    def line_of(self, *place: str | int) -> int:
        return self.document.place(place)[0]


def read_scenarios(folder: Path) -> tuple[list[Scenario], list[Finding]]:
    """Those that can be read, and what is wrong with the others, both in the order of their files."""
    paths = sorted((folder / TESTS).glob("*.yaml"))
    if not paths:
        raise CommandError(f"{folder / TESTS}: there are no tests, `NAME.yaml` with `events` and `expect`")
    scenarios: list[Scenario] = []
    findings: list[Finding] = []
    for path in paths:
        read = _scenario(path, f"{TESTS}/{path.name}")
        if isinstance(read, Scenario):
            scenarios.append(read)
        else:
            findings += read
    return scenarios, list(in_order(findings))


def _scenario(path: Path, file: str) -> Scenario | list[Finding]:
    try:
        document = read_yaml(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        return [Finding(file=file, line=1, message="is not UTF-8 text")]
    if document.problems:
        return [
            Finding(file=file, line=each.line, column=each.column, message=each.message) for each in document.problems
        ]
    value = {} if document.value is None else document.value
    try:
        shape = ScenarioShape.model_validate(value)
    except ValidationError as fault:
        return [
            Finding(file=file, line=document.place(each.path)[0], message=each.message)
            for each in complaints(fault, value, ScenarioShape)
        ]
    profiles: list[State] = []
    for number, told in enumerate(shape.profiles):
        line = document.place(("profiles", number))[0]
        try:
            profiles.append(State(profile=read_profile(json.dumps(told), f"{file}:{line}")))
        except CommandError as problem:
            return [Finding(file=file, line=line, message=str(problem).partition(": ")[2])]
    begins_at = min(event.at for event in shape.events)
    products: list[Telling] = []
    for number, told in enumerate(shape.products):
        line = document.place(("products", number))[0]
        product = told_by(Row(number + 1, line, told), now=begins_at)
        if isinstance(product, Broken):
            message = f"{product.field}: {product.reason}"
            return [Finding(file=file, line=document.place(("products", number, product.field))[0], message=message)]
        products.append(telling_of(product, now=begins_at))
    return Scenario(file=file, shape=shape, document=document, profiles=tuple(profiles), products=tuple(products))


def _envelope(event: EventShape, number: int) -> dict[str, Any]:
    at = format_instant(event.at)
    detail: dict[str, Any] = {"timestamp": at, "properties": event.properties}
    if event.who is not None:
        detail["userId"] = event.who
    if event.event == "identify":
        detail |= {"type": "identify", "traits": {**event.properties, **event.traits}}
    context = {**event.context, **({"traits": event.traits} if event.traits else {})}
    if context:
        detail["context"] = context
    return {"id": f"event-{number}", "source": "shop", "detail-type": event.event, "time": at, "detail": detail}


# --- what came of it against what was expected --------------------------------------------------------------------


def differences(scenario: Scenario, outcomes: list[dict[str, Any]]) -> Iterator[Finding]:
    """Exact for mails that were sent, and for each other outcome that the file speaks of."""
    expected = list(enumerate(scenario.shape.expect))
    spoken_of = {"sent", *(each.outcome for _, each in expected)}
    came = [each for each in outcomes if each["outcome"] in spoken_of]
    missing: list[tuple[int, ExpectationShape]] = []
    for number, each in expected:
        match = next((one for one in came if _is(each, one)), None)
        if match is None:
            missing.append((number, each))
        else:
            came.remove(match)
    for number, each in missing:  # a mail at another hour is one difference, not two
        others = [one for one in outcomes if _near(each, one) and (one in came or one["outcome"] not in spoken_of)]
        nearest = min(others, key=lambda one: abs(parse_instant(one["at"]) - each.at), default=None)
        if nearest in came:
            came.remove(nearest)
        found = f"it was {_how(nearest)}" if nearest is not None else "there is none"
        text = f"{each.who}: {each.message}: expected {_wanted(each)}, {found}"
        yield Finding(file=scenario.file, line=scenario.line_of("expect", number), message=text)
    for one in came:
        text = f"{_name(one)}: {one['message']}: not expected, it was {_how(one)}"
        yield Finding(file=scenario.file, line=scenario.line_of("expect"), message=text)


def unlike_emissions(scenario: Scenario, emitted: list[Event]) -> Iterator[Finding]:
    """Which emitted events were expected and did not come, and which came unexpected."""
    if scenario.shape.emitted is None:
        return
    came = list(emitted)
    for number, wanted in enumerate(scenario.shape.emitted):
        match = next((event for event in came if _is_emission(wanted, event)), None)
        if match is None:
            text = f"{wanted.who}: {wanted.event}: expected on the bus at {format_instant(wanted.at)}, there is none"
            yield Finding(file=scenario.file, line=scenario.line_of("emitted", number), message=text)
        else:
            came.remove(match)
    for event in came:
        told = json.dumps(event.properties, ensure_ascii=False)
        text = (
            f"{_whose(event)}: {event.name}: not expected on the bus, it came at {format_instant(event.at)} with {told}"
        )
        yield Finding(file=scenario.file, line=scenario.line_of("emitted"), message=text)


def _is_emission(wanted: EmissionShape, event: Event) -> bool:
    return (_whose(event), event.name, event.at) == (wanted.who, wanted.event, wanted.at) and {
        name: event.properties.get(name) for name in wanted.properties
    } == wanted.properties


def _whose(event: Event) -> str:
    return next((event.identifiers[kind] for kind in ("customer_id", "email") if kind in event.identifiers), "nobody")


def _is(expected: ExpectationShape, came: dict[str, Any]) -> bool:
    return (
        _near(expected, came)
        and parse_instant(came["at"]) == expected.at
        and came["outcome"] == expected.outcome
        and expected.reason in (None, came["reason"])
    )


def _near(expected: ExpectationShape, came: dict[str, Any]) -> bool:
    return _name(came) == expected.who and came["message"] == expected.message


def _name(came: dict[str, Any]) -> str:
    return str(came["customer_id"] or came["email"] or came["profile"])


def _wanted(expected: ExpectationShape) -> str:
    reason = f" ({expected.reason})" if expected.reason else ""
    return f"{expected.outcome.replace('_', ' ')}{reason} at {format_instant(expected.at)}"


def _how(came: dict[str, Any]) -> str:
    reason = f" ({came['reason']})" if came["reason"] else ""
    return f"{came['outcome'].replace('_', ' ')}{reason} at {came['at']}"
