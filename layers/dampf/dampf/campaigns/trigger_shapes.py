"""What may stand below `trigger`, as pydantic models: the five kinds of triggers."""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Discriminator, Tag, model_validator

from dampf.campaigns import fields as f
from dampf.campaigns import moments as m
from dampf.campaigns.fields import Shape
from dampf.campaigns.nearest import did_you_mean
from dampf.domain.instants import Span


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


class DateTriggerShape(Shape):
    """`after` alone means once."""

    date: m.ProfileDate
    at: m.LocalTime = m.NINE_O_CLOCK
    offset: m.Offset = Span()
    every: m.Period | None = None
    after: m.Days | None = None
    when: f.Condition = None

    @model_validator(mode="after")
    def _once(self) -> "DateTriggerShape":
        if self.after is not None and self.every not in (None, "once"):
            raise f.said(f"`after` goes with `every: once`, not with `every: {self.every}`")
        return self


class SegmentTriggerShape(Shape):
    segment: f.Text
    on: Literal["enter", "leave"]
    when: f.Condition = None


class ScheduleTriggerShape(Shape):
    schedule: m.Schedule
    audience: m.Audience = None
    local: bool = False
    when: f.Condition = None


TRIGGERS: Final = ("event", "metric", "date", "segment", "schedule")


def _one_kind_of_trigger(value: object) -> object:
    if not isinstance(value, dict):
        raise f.expected("a trigger such as `event: Order Completed`")
    kinds = [key for key in value if key in TRIGGERS]
    if len(kinds) > 1:
        raise f.said(f"one trigger watches one thing, this one has {f.listed(kinds)}; write a list for several")
    if not kinds:
        misspelt = next((hint for key in value if (hint := did_you_mean(key, TRIGGERS))), "")
        raise f.said(f"a trigger needs `event`, `metric`, `date`, `segment` or `schedule`{misspelt}")
    return value


def _tag(value: dict[str, Any]) -> str:
    return next(f"<{kind}>" for kind in TRIGGERS if kind in value)


AnyTriggerShape = EventTriggerShape | MetricTriggerShape | DateTriggerShape | SegmentTriggerShape | ScheduleTriggerShape
TriggerShape = Annotated[
    Annotated[
        Annotated[EventTriggerShape, Tag("<event>")]
        | Annotated[MetricTriggerShape, Tag("<metric>")]
        | Annotated[DateTriggerShape, Tag("<date>")]
        | Annotated[SegmentTriggerShape, Tag("<segment>")]
        | Annotated[ScheduleTriggerShape, Tag("<schedule>")],
        Discriminator(_tag),
    ],
    BeforeValidator(_one_kind_of_trigger),
]

TAGGED: Final[dict[str, type[Shape]]] = {
    "<event>": EventTriggerShape,
    "<metric>": MetricTriggerShape,
    "<date>": DateTriggerShape,
    "<segment>": SegmentTriggerShape,
    "<schedule>": ScheduleTriggerShape,
}
