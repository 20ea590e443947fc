"""A campaign as a value: its triggers, entry, exits and steps.

The steps form a graph: each step knows the id of the one that follows it, so a journey's place is one step id
and going on never searches. Reading YAML into these values is `dampf.campaigns`' work.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from typing import Literal

from dampf.domain.expression import Expression
from dampf.domain.instants import Span

# --- triggers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class EventTrigger:
    events: tuple[str, ...]
    when: Expression | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricTrigger:
    """Exactly one of `reaches`, `every` and `falls_below` is given."""

    metric: str
    reaches: Decimal | None = None
    every: Decimal | None = None
    falls_below: Decimal | None = None
    when: Expression | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DateTrigger:
    """On the local day of a profile's date, `offset` moved, at that local time.

    `every` is year or month; None is once, `after` the date. The day itself is never an occurrence, the first is one
    period after it.
    """

    date: str
    at: time = time(9)
    offset: Span = Span()
    every: Literal["year", "month"] | None = "year"
    after: Span = Span()
    when: Expression | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentTrigger:
    """When a profile's change, or time alone, moves it into the segment or out of it."""

    segment: str
    on: Literal["enter", "leave"]
    when: Expression | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Cron:
    """EventBridge's six fields as the sets of values that they admit; `days` and `weekdays` see `recurrence`."""

    source: str
    minutes: frozenset[int] = field(compare=False)
    hours: frozenset[int] = field(compare=False)
    days: str = field(compare=False)
    months: frozenset[int] = field(compare=False)
    weekdays: str = field(compare=False)
    years: frozenset[int] | None = field(compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleTrigger:
    """Once, at a local time without a zone, or again and again; for each profile that `audience` holds for.

    `local` takes the profile's zone instead of the shop's.
    """

    schedule: datetime | Cron
    audience: Expression | None
    local: bool = False
    when: Expression | None = None


Trigger = EventTrigger | MetricTrigger | DateTrigger | SegmentTrigger | ScheduleTrigger


# --- entry and exit -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """`per` None: one journey per profile. `again`: False never, True always, a Span after the last entry."""

    per: Expression | None = None
    again: bool | Span = False
    restart: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ExitRule:
    event: str
    when: Expression | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """Reached by an event within a span after the journey's last message; it measures and ends nothing."""

    event: str
    within: Span
    when: Expression | None = None


# --- steps --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    id: str
    next: str | None
    span: Span


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitUntil:
    """Until the next such local time, on one of these weekdays (Monday is 0) where there are any; or until a date.

    `late` says what a date in the past does: None goes on, `skip` goes on at `skipped_to`, `exit` ends the journey.
    """

    id: str
    next: str | None
    at: time | None = None
    on: frozenset[int] = frozenset()
    date: Expression | None = None
    late: Literal["skip", "exit"] | None = None
    skipped_to: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """Each arm: its name, its weight, and the id of the step to go on with."""

    id: str
    arms: tuple[tuple[str, Decimal, str | None], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitFor:
    """`then` and `otherwise` are the ids of the steps to go on with; an empty branch leads to what follows."""

    id: str
    event: str
    when: Expression | None
    within: Span
    then: str | None
    otherwise: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Send:
    """Through which channel, the message says; `check` sees to it that `send` and `sms` name one of their own."""

    id: str
    next: str | None
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class If:
    id: str
    condition: Expression
    then: str | None
    otherwise: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Choose:
    """The first case whose condition holds, else `otherwise`."""

    id: str
    cases: tuple[tuple[Expression, str | None], ...]
    otherwise: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SetTraits:
    id: str
    next: str | None
    traits: dict[str, Expression]


@dataclass(frozen=True, kw_only=True, slots=True)
class AddToMetrics:
    id: str
    next: str | None
    amounts: dict[str, Expression]


@dataclass(frozen=True, kw_only=True, slots=True)
class Emit:
    id: str
    next: str | None
    event: str
    properties: dict[str, Expression]


@dataclass(frozen=True, kw_only=True, slots=True)
class EnterCampaign:
    id: str
    next: str | None
    campaign: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Exit:
    id: str


Step = Wait | WaitUntil | WaitFor | Send | If | Choose | Split | SetTraits | AddToMetrics | Emit | EnterCampaign | Exit


@dataclass(frozen=True, kw_only=True, slots=True)
class Campaign:
    """One version of one campaign file. `version` is the content hash; `first` the id of the first step."""

    name: str
    version: str
    title: str
    triggers: tuple[Trigger, ...]
    entry: Entry
    exits: tuple[ExitRule, ...]
    first: str | None
    steps: dict[str, Step]
    goal: Goal | None = None
    holdout: Decimal | None = None

    def expressions(self) -> Iterator[Expression]:
        """Every expression of it, in no particular order."""
        candidates: list[Expression | None] = [self.entry.per]
        candidates += [trigger.when for trigger in self.triggers]
        candidates += [trigger.audience for trigger in self.triggers if isinstance(trigger, ScheduleTrigger)]
        candidates += [rule.when for rule in self.exits]
        candidates.append(self.goal.when if self.goal else None)
        for step in self.steps.values():
            match step:
                case WaitFor(when=when):
                    candidates.append(when)
                case WaitUntil(date=date):
                    candidates.append(date)
                case If(condition=condition):
                    candidates.append(condition)
                case Choose(cases=cases):
                    candidates += [when for when, _ in cases]
                case SetTraits(traits=values) | AddToMetrics(amounts=values) | Emit(properties=values):
                    candidates += values.values()
        return (expression for expression in candidates if expression is not None)
