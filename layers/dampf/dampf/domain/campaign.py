"""What a shop publishes, as values: the shop's defaults, metrics, and campaigns with their triggers and steps.

A campaign's steps form a graph: each step knows the id of the one that follows it, so a journey's place is one step id
and going on never searches. Reading YAML into these values is `dampf.campaigns`' work.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from math import ceil
from typing import Any, Final, Literal, Protocol
from zoneinfo import ZoneInfo

from dampf.domain.brand import Brand

MARKETING: Final = "marketing"
SMS: Final = "sms"
"""The channel of text messages, and the topic to which they belong where they name none."""

Channel = Literal["email", "sms"]


class Expression(Protocol):
    """A compiled expression; calling it with the names in scope gives a value, or MISSING where it is undefined.

    Raises `ExpressionFailed` for a real fault such as comparing text with a number.
    """

    @property
    def source(self) -> str: ...
    @property
    def names(self) -> frozenset[str]: ...
    @property
    def paths(self) -> frozenset[str]: ...
    @property
    def clocks(self) -> tuple[tuple[str, timedelta], ...]:
        """Names of the profile's dates that it compares with the clock, each with how long after it that turns."""
        ...

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments that it asks for by name."""
        ...

    def __call__(self, scope: Mapping[str, Any]) -> Any: ...


class ExpressionFailed(Exception):
    """The expression cannot be evaluated on this data."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source, self.reason = source, reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A length of time as shops write it: months (years are twelve) and days (weeks are seven) of the local calendar,
    and an exact rest of hours and minutes.
    """

    months: int = 0
    days: int = 0
    exact: timedelta = timedelta(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class QuietHours:
    """Local times; where `end` is the earlier of the two, the night between them is quiet."""

    start: time
    end: time


@dataclass(frozen=True, kw_only=True, slots=True)
class Caps:
    """The most marketing messages per local calendar day, and within any 168 hours; None where there is no such cap."""

    per_day: int | None = None
    per_week: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VoucherPool:
    """Where a message's code comes from: made for it, or one of a `list` of `size` codes that the shop wrote down.

    `value` is as the shop wrote it (`10 %`, `20 EUR`). `low_at` says from how few codes on a list is low: a number of
    them, or a share of the list from 0 to below 1.
    """

    name: str
    kind: Literal["generated", "list"]
    prefix: str = ""
    valid: Span | None = None
    value: str | None = None
    low_at: int | Decimal = Decimal("0.1")
    size: int = 0

    @property
    def low(self) -> int:
        """The list is low where fewer codes than this are left; 0 for a pool that never ends."""
        if self.kind == "generated":
            return 0
        return self.low_at if isinstance(self.low_at, int) else ceil(self.low_at * self.size)


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """What people call a topic that they may consent to; `title_de` in German."""

    title: str
    title_de: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shop:
    """shop.yaml; `hold_at_most` and `max_event_age` have the language page's defaults, `holdout` is from 0 to 1,
    `currency` (ISO 4217) is that of amounts that name none, `topics` by name, in the order in which people are offered
    them.
    """

    name: str
    sender: str
    timezone: ZoneInfo
    url: str | None = None
    postal_address: str | None = None
    locale: str = "en"
    double_opt_in: bool = True
    max_event_age: timedelta = timedelta(hours=24)
    hold_at_most: timedelta = timedelta(hours=48)
    quiet_hours: QuietHours | None = None
    caps: Caps = Caps()
    holdout: Decimal = Decimal(0)
    currency: str = "EUR"
    brand: Brand = field(default_factory=Brand)
    voucher_pools: Mapping[str, VoucherPool] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)


# --- metrics ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricRule:
    """On this event, add an amount, subtract it, or set the metric."""

    event: str
    add: Expression | Decimal | None = None
    subtract: Expression | Decimal | None = None
    set: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A number kept per profile; `rules` in the order in which they stand in metrics.yaml."""

    name: str
    rules: tuple[MetricRule, ...]

    @property
    def remembers_orders(self) -> bool:
        """Whether what an order brought must be known when it is cancelled or refunded."""
        return any(rule.subtract is not None for rule in self.rules)


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
    minutes: frozenset[int]
    hours: frozenset[int]
    days: str
    months: frozenset[int]
    weekdays: str
    years: frozenset[int] | None


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


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageSettings:
    """What deciding about a message needs of its front matter; `campaigns.messages` holds the template itself.

    `voucher` names the pool of its codes; `voucher_group` is None for a message that counts in none.
    """

    name: str
    transactional: bool = False
    channel: Channel = "email"
    topic: str = MARKETING
    priority: int = 50
    voucher: str | None = None
    voucher_group: str | None = None
    names_event: bool = False


class Catalogue(Protocol):
    """Everything published, as one immutable state; content is addressed by hash, so reading late reads the same."""

    @property
    def shop(self) -> Shop: ...
    @property
    def metrics(self) -> Mapping[str, Metric]: ...
    @property
    def segments(self) -> Mapping[str, Expression]: ...
    @property
    def events_listened_to(self) -> frozenset[str]:
        """Events that a published campaign names anywhere, and those that change a metric."""
        ...

    def metrics_on(self, event: str) -> tuple[Metric, ...]:
        """The metrics that this event changes."""
        ...

    def campaigns_on(self, event: str) -> tuple[Campaign, ...]:
        """The campaigns of which a trigger names this event, by name."""
        ...

    def campaigns_with_metric(self, metric: str) -> tuple[Campaign, ...]:
        """The campaigns of which a trigger watches this metric, by name."""
        ...

    def campaigns_by_date(self) -> tuple[Campaign, ...]:
        """The campaigns with a date trigger, by name."""
        ...

    def campaigns_by_segment(self) -> tuple[Campaign, ...]:
        """The campaigns with a segment trigger, by name."""
        ...

    def campaigns_by_schedule(self) -> tuple[Campaign, ...]:
        """The campaigns with a schedule, by name."""
        ...

    @property
    def dates_in_use(self) -> frozenset[str]:
        """Names of dates that a date trigger uses, or that the clock of a watched segment compares."""
        ...

    @property
    def recommends(self) -> bool:
        """Whether anything published asks for recommendations or similar products."""
        ...

    def clocks_of_segment(self, name: str) -> tuple[tuple[str, timedelta], ...]:
        """Its clocks and those of the segments that it asks for; time alone can move a profile only when one turns."""
        ...

    def campaign(self, name: str, version: str | None = None) -> Campaign | None:
        """That version, or the published one; None where there is none."""
        ...

    def message(self, name: str) -> MessageSettings | None: ...

    def voucher_pool(self, name: str) -> VoucherPool | None:
        """With the size of its list."""
        ...

    def is_paused(self, campaign: str) -> bool: ...
