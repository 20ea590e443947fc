"""What may stand in a shop's files, as pydantic models: every key that the language has, and no other.

Keys of the language that this version does not carry out are read where leaving them out harms nobody (`goal`, voucher
pools that no message uses), and refused where it would change who is mailed.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from dampf.campaigns import fields as f
from dampf.campaigns.nearest import did_you_mean


class Shape(BaseModel):
    """Validators are built when a document of their kind is first read: no function reads all kinds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


# --- triggers -----------------------------------------------------------------------------------------------------


class EventTriggerShape(Shape):
    event: f.EventNames
    when: f.Condition = None


class MetricTriggerShape(Shape):
    metric: f.Variable
    reaches: f.NumberAboveZero | None = None
    every: f.NumberAboveZero | None = None
    falls_below: f.Number | None = None
    when: f.Condition = None

    @model_validator(mode="after")
    def _one_threshold(self) -> "MetricTriggerShape":
        if sum(threshold is not None for threshold in (self.reaches, self.every, self.falls_below)) != 1:
            raise f.said("a `metric` trigger needs exactly one of `reaches`, `every` and `falls_below`")
        return self


TRIGGERS: Final = ("event", "metric")
TRIGGERS_TO_COME: Final = ("date", "schedule", "segment")


def _one_kind_of_trigger(value: object) -> object:
    if not isinstance(value, dict):
        raise f.expected("a trigger such as `event: Order Completed`")
    kinds = [key for key in value if key in TRIGGERS]
    if to_come := [key for key in value if key in TRIGGERS_TO_COME]:
        raise f.not_yet(f"`{to_come[0]}` triggers")
    if len(kinds) > 1:
        raise f.said("a trigger is either an `event` or a `metric`; write a list for several")
    if not kinds:
        misspelt = next((hint for key in value if (hint := did_you_mean(key, TRIGGERS + TRIGGERS_TO_COME))), "")
        raise f.said(f"a trigger needs `event` or `metric`{misspelt}")
    return value


def _trigger_tag(value: dict[str, Any]) -> str:
    return "<event>" if "event" in value else "<metric>"


TriggerShape = Annotated[
    Annotated[
        Annotated[EventTriggerShape, Tag("<event>")] | Annotated[MetricTriggerShape, Tag("<metric>")],
        Discriminator(_trigger_tag),
    ],
    BeforeValidator(_one_kind_of_trigger),
]


# --- steps --------------------------------------------------------------------------------------------------------


class StepShape(Shape):
    id: f.Name | None = None


class WaitShape(StepShape):
    wait: f.Duration


class AwaitedEvent(Shape):
    event: f.EventName
    when: f.Condition = None
    within: f.Duration


class WaitForShape(StepShape):
    wait_for: AwaitedEvent
    then: "Steps" = []
    otherwise: "Steps" = Field(default=[], alias="else")


class SendShape(StepShape):
    send: f.Name


class IfShape(StepShape):
    condition: f.Condition = Field(alias="if")
    then: "Steps" = []
    otherwise: "Steps" = Field(default=[], alias="else")


class Case(Shape):
    when: f.Condition
    steps: "Steps" = []


class ChooseShape(StepShape):
    choose: list[Case] = Field(min_length=1)
    default: "Steps" = []


class SetShape(StepShape):
    set: dict[f.Variable, f.Value] = Field(min_length=1)


class AddShape(StepShape):
    add: dict[f.Variable, f.Value] = Field(min_length=1)


class EmittedEvent(Shape):
    event: f.EventName
    properties: dict[f.Text, f.Value] = {}


class EmitShape(StepShape):
    emit: EmittedEvent


class EnterShape(StepShape):
    enter: f.Name


class ExitShape(StepShape):
    exit: Literal[True] | None = None


STEPS: Final = ("wait", "wait_for", "send", "if", "choose", "set", "add", "emit", "enter", "exit")
STEPS_TO_COME: Final = ("wait_until", "sms", "split")


def _one_kind_of_step(value: object) -> object:
    if isinstance(value, str):
        if value == "exit":
            return {"exit": None}
        raise f.said(f"unknown step `{value}`{did_you_mean(value, STEPS)}")
    if not isinstance(value, dict):
        raise f.expected("a step such as `send: welcome`")
    if to_come := [key for key in value if key in STEPS_TO_COME]:
        raise f.not_yet(f"`{to_come[0]}` steps")
    kinds = [key for key in value if key in STEPS]
    if len(kinds) > 1:
        raise f.said(f"one step does one thing, this one has {_listed(kinds)}; begin each with its own dash")
    if not kinds:
        unknown = [key for key in value if key not in ("id", "then", "else", "default", "steps")]
        if unknown:
            raise f.said(f"unknown step `{unknown[0]}`{did_you_mean(unknown[0], STEPS + STEPS_TO_COME)}")
        raise f.said(f"a step needs one of {_listed(STEPS)}")
    return value


def _listed(names: list[str] | tuple[str, ...]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]


def _step_tag(value: dict[str, Any]) -> str:
    return next(f"<{kind}>" for kind in STEPS if kind in value)


AnyStepShape = (
    WaitShape
    | WaitForShape
    | SendShape
    | IfShape
    | ChooseShape
    | SetShape
    | AddShape
    | EmitShape
    | EnterShape
    | ExitShape
)
AnyStep = Annotated[
    Annotated[
        Annotated[WaitShape, Tag("<wait>")]
        | Annotated[WaitForShape, Tag("<wait_for>")]
        | Annotated[SendShape, Tag("<send>")]
        | Annotated[IfShape, Tag("<if>")]
        | Annotated[ChooseShape, Tag("<choose>")]
        | Annotated[SetShape, Tag("<set>")]
        | Annotated[AddShape, Tag("<add>")]
        | Annotated[EmitShape, Tag("<emit>")]
        | Annotated[EnterShape, Tag("<enter>")]
        | Annotated[ExitShape, Tag("<exit>")],
        Discriminator(_step_tag),
    ],
    BeforeValidator(_one_kind_of_step),
]
Steps = Annotated[list[AnyStep], BeforeValidator(f.nothing_is_an_empty_list)]


# --- campaigns ----------------------------------------------------------------------------------------------------


class EntryShape(Shape):
    per: f.Condition = None
    again: f.Again = False
    restart: bool = False


class ExitRuleShape(Shape):
    event: f.EventNames
    when: f.Condition = None


class GoalShape(Shape):
    event: f.EventNames
    within: f.Duration | None = None
    when: f.Condition = None


class CampaignShape(Shape):
    title: f.Text | None = None
    trigger: Annotated[list[TriggerShape], Field(min_length=1), BeforeValidator(f.one_or_more)]
    entry: EntryShape = Field(default_factory=EntryShape)
    exit: Annotated[list[ExitRuleShape], BeforeValidator(f.one_or_more)] = []
    goal: GoalShape | None = None
    holdout: f.NoHoldoutYet = f.NOTHING_HELD_OUT
    steps: Annotated[list[AnyStep], Field(min_length=1)]


# --- the shop -----------------------------------------------------------------------------------------------------


class VoucherPoolShape(Shape):
    kind: Literal["generated", "list"]
    prefix: f.Text | None = None
    file: f.Text | None = None
    valid: f.Duration | None = None
    value: Any = None


class ShopShape(Shape):
    name: f.Text
    sender: f.Sender
    timezone: f.TimeZone
    url: f.Url | None = None
    postal_address: f.Text | None = None
    locale: f.Locale | None = None
    opt_in: Literal["single", "double"] = "double"
    hold_at_most: f.ExactDuration = f.TWO_DAYS
    max_event_age: f.ExactDuration = f.ONE_DAY
    holdout: f.NoHoldoutYet = f.NOTHING_HELD_OUT
    quiet_hours: f.refused_until_supported("`quiet_hours`") = None  # type: ignore[valid-type]
    caps: f.refused_until_supported("`caps`") = None  # type: ignore[valid-type]
    voucher_pools: dict[f.Name, VoucherPoolShape] = {}


# --- metrics ------------------------------------------------------------------------------------------------------


class MetricRuleShape(Shape):
    on: f.EventNames
    add: f.Amount = None
    set: f.Number | None = None

    @model_validator(mode="after")
    def _add_or_set(self) -> "MetricRuleShape":
        if (self.add is None) == (self.set is None):
            raise f.said("a rule needs either `add` or `set`")
        return self


class CountedMetricShape(Shape):
    """`subtract_on`: on these events the same amount is taken back."""

    add: f.Amount
    on: f.EventNames
    subtract_on: f.EventNames | None = None


class RuledMetricShape(Shape):
    rules: list[MetricRuleShape] = Field(min_length=1)


def _mapping(value: object) -> object:
    if not isinstance(value, dict):
        raise f.expected("a metric such as `{add: 1, on: Order Completed}`")
    return value


def _metric_tag(value: dict[str, Any]) -> str:
    return "<rules>" if "rules" in value else "<counted>"


MetricShape = Annotated[
    Annotated[
        Annotated[CountedMetricShape, Tag("<counted>")] | Annotated[RuledMetricShape, Tag("<rules>")],
        Discriminator(_metric_tag),
    ],
    BeforeValidator(_mapping),
]


class MessageFront(Shape):
    """The front matter of one message, in one locale."""

    subject: f.Text
    preheader: f.Text | None = None
    sender: f.Sender | None = None
    class_: Literal["marketing", "transactional"] = Field(default="marketing", alias="class")
    topic: f.Name = "marketing"
    priority: int = 50
    voucher: f.refused_until_supported("vouchers") = None  # type: ignore[valid-type]
    voucher_group: f.refused_until_supported("voucher groups") = None  # type: ignore[valid-type]


TAGGED: Final[dict[str, type[Shape]]] = {
    "<event>": EventTriggerShape,
    "<metric>": MetricTriggerShape,
    "<wait>": WaitShape,
    "<wait_for>": WaitForShape,
    "<send>": SendShape,
    "<if>": IfShape,
    "<choose>": ChooseShape,
    "<set>": SetShape,
    "<add>": AddShape,
    "<emit>": EmitShape,
    "<enter>": EnterShape,
    "<exit>": ExitShape,
    "<counted>": CountedMetricShape,
    "<rules>": RuledMetricShape,
}
"""The model behind each tag that pydantic puts into the place of an error."""
