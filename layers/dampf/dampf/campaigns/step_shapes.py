"""What may stand below `steps`, as pydantic models: every kind of step, and its branches."""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from dampf.campaigns import fields as f
from dampf.campaigns import moments as m
from dampf.campaigns.fields import Shape
from dampf.campaigns.nearest import did_you_mean


class StepShape(Shape):
    id: f.Name | None = None


class WaitShape(StepShape):
    wait: f.Duration


class AwaitedMoment(Shape):
    """Either a local time, on certain weekdays if there are any; or a date, and what happens where that is past."""

    at: m.LocalTime | None = None
    on: m.Weekdays = frozenset()
    date: f.Condition = None
    late: Literal["skip", "exit"] | None = None

    @model_validator(mode="after")
    def _time_or_date(self) -> "AwaitedMoment":
        if (self.at is None) == (self.date is None):
            raise f.said("`wait_until` needs either `at`, a time of day, or `date`, an expression")
        if self.date is not None and self.on:
            raise f.said("`on` goes with `at`; a `date` says the day itself")
        if self.date is None and self.late is not None:
            raise f.said("`late` goes with `date`; the next `at` is never past")
        return self


class WaitUntilShape(StepShape):
    wait_until: AwaitedMoment


class AwaitedEvent(Shape):
    event: f.EventName
    when: f.Condition = None
    within: f.Duration


class WaitForShape(StepShape):
    wait_for: AwaitedEvent
    then: "Steps" = Field(default_factory=list)
    otherwise: "Steps" = Field(default_factory=list, alias="else")


class SendShape(StepShape):
    send: f.Name


class SmsShape(StepShape):
    sms: f.Name


class IfShape(StepShape):
    condition: f.Condition = Field(alias="if")
    then: "Steps" = Field(default_factory=list)
    otherwise: "Steps" = Field(default_factory=list, alias="else")


class Case(Shape):
    when: f.Condition
    steps: "Steps" = Field(default_factory=list)


class ChooseShape(StepShape):
    choose: list[Case] = Field(min_length=1)
    default: "Steps" = Field(default_factory=list)


class Arm(Shape):
    name: f.Name
    weight: f.Weight
    steps: "Steps" = Field(default_factory=list)


class SplitShape(StepShape):
    split: list[Arm] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_once(self) -> "SplitShape":
        names = [arm.name for arm in self.split]
        if twice := [name for place, name in enumerate(names) if name in names[:place]]:
            raise f.said(f"two arms of this split are named `{twice[0]}`")
        return self


class SetShape(StepShape):
    set: dict[f.Variable, f.Value] = Field(min_length=1)


class AddShape(StepShape):
    add: dict[f.Variable, f.Value] = Field(min_length=1)


class EmittedEvent(Shape):
    event: f.EventName
    properties: dict[f.Text, f.Value] = Field(default_factory=dict)


class EmitShape(StepShape):
    emit: EmittedEvent


class EnterShape(StepShape):
    enter: f.Name


class ExitShape(StepShape):
    exit: Literal[True] | None = None


STEPS: Final = (
    "wait",
    "wait_until",
    "wait_for",
    "send",
    "sms",
    "if",
    "choose",
    "split",
    "set",
    "add",
    "emit",
    "enter",
    "exit",
)


def _one_kind_of_step(value: object) -> object:
    if isinstance(value, str):
        if value == "exit":
            return {"exit": None}
        raise f.said(f"unknown step `{value}`{did_you_mean(value, STEPS)}")
    if not isinstance(value, dict):
        raise f.expected("a step such as `send: welcome`")
    kinds = [key for key in value if key in STEPS]
    if len(kinds) > 1:
        raise f.said(f"one step does one thing, this one has {f.listed(kinds)}; begin each with its own dash")
    if not kinds:
        unknown = [key for key in value if key not in ("id", "then", "else", "default", "steps")]
        if unknown:
            raise f.said(f"unknown step `{unknown[0]}`{did_you_mean(unknown[0], STEPS)}")
        raise f.said(f"a step needs one of {f.listed(STEPS)}")
    return value


def _step_tag(value: dict[str, Any]) -> str:
    return next(f"<{kind}>" for kind in STEPS if kind in value)


AnyStepShape = (
    WaitShape
    | WaitUntilShape
    | WaitForShape
    | SendShape
    | SmsShape
    | IfShape
    | ChooseShape
    | SplitShape
    | SetShape
    | AddShape
    | EmitShape
    | EnterShape
    | ExitShape
)
AnyStep = Annotated[
    Annotated[
        Annotated[WaitShape, Tag("<wait>")]
        | Annotated[WaitUntilShape, Tag("<wait_until>")]
        | Annotated[WaitForShape, Tag("<wait_for>")]
        | Annotated[SendShape, Tag("<send>")]
        | Annotated[SmsShape, Tag("<sms>")]
        | Annotated[IfShape, Tag("<if>")]
        | Annotated[ChooseShape, Tag("<choose>")]
        | Annotated[SplitShape, Tag("<split>")]
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

TAGGED: Final[dict[str, type[Shape]]] = {
    "<wait>": WaitShape,
    "<wait_until>": WaitUntilShape,
    "<wait_for>": WaitForShape,
    "<send>": SendShape,
    "<sms>": SmsShape,
    "<if>": IfShape,
    "<choose>": ChooseShape,
    "<split>": SplitShape,
    "<set>": SetShape,
    "<add>": AddShape,
    "<emit>": EmitShape,
    "<enter>": EnterShape,
    "<exit>": ExitShape,
}
