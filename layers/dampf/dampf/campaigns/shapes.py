"""What may stand in a shop's files, as pydantic models: every key that the language has, and no other.

Keys of the language that this version does not carry out are read where leaving them out harms nobody (voucher pools
that no message uses), and refused where it would change who is mailed.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from dampf.campaigns import fields as f
from dampf.campaigns import moments as m
from dampf.campaigns import step_shapes as steps
from dampf.campaigns import trigger_shapes as triggers
from dampf.campaigns.fields import Shape
from dampf.domain.shop import SMS

# --- campaigns ----------------------------------------------------------------------------------------------------


class EntryShape(Shape):
    per: f.Condition = None
    again: f.Again = False
    restart: bool = False


class ExitRuleShape(Shape):
    event: f.EventNames
    when: f.Condition = None


class GoalShape(Shape):
    event: f.EventName
    within: f.Duration = f.SEVEN_DAYS
    when: f.Condition = None


class CampaignShape(Shape):
    title: f.Text | None = None
    trigger: Annotated[list[triggers.TriggerShape], Field(min_length=1), BeforeValidator(f.one_or_more)]
    entry: EntryShape = Field(default_factory=EntryShape)
    exit: Annotated[list[ExitRuleShape], BeforeValidator(f.one_or_more)] = Field(default_factory=list)
    goal: GoalShape | None = None
    holdout: f.Percentage | None = None
    steps: Annotated[list[steps.AnyStep], Field(min_length=1)]


# --- the shop -----------------------------------------------------------------------------------------------------


class VoucherPoolShape(Shape):
    """`low_at`: a list with fewer codes left, or a smaller share of its codes, raises the alarm."""

    kind: Literal["generated", "list"]
    prefix: f.CodePrefix = ""
    file: f.CodesFile | None = None
    valid: f.Duration | None = None
    value: f.VoucherValue | None = None
    low_at: f.LowAt = f.A_TENTH

    @model_validator(mode="after")
    def _a_list_has_a_file(self) -> "VoucherPoolShape":
        told = self.model_fields_set
        if self.kind == "list" and self.file is None:
            raise f.said("a `list` needs its `file`, such as `vouchers/tenth.csv`")
        if self.kind == "list" and "prefix" in told:
            raise f.said("`prefix` is for generated codes; those of a list stand as they are")
        if self.kind == "generated" and (alien := [key for key in ("file", "low_at") if key in told]):
            raise f.said(f"`{alien[0]}` is for lists; a generated pool never runs out")
        return self


class QuietHoursShape(Shape):
    start: m.LocalTime = Field(alias="from")
    end: m.LocalTime = Field(alias="to")

    @model_validator(mode="after")
    def _some_are_loud(self) -> "QuietHoursShape":
        if self.start == self.end:
            raise f.said("`quiet_hours` begin and end at one time, so nothing would ever be sent or ever be held")
        return self


class CapsShape(Shape):
    per_day: f.Count | None = None
    per_week: f.Count | None = None


class BrandShape(Shape):
    color: f.Color | None = None
    logo_url: f.SecureUrl | None = None


class TopicShape(Shape):
    title: f.Text
    title_de: f.Text | None = None


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
    holdout: f.Percentage = f.NOTHING_HELD_OUT
    quiet_hours: QuietHoursShape | None = None
    caps: CapsShape | None = None
    currency: f.Currency = "EUR"
    topics: dict[f.Name, TopicShape] = Field(default_factory=dict)
    brand: BrandShape | None = None
    voucher_pools: dict[f.Name, VoucherPoolShape] = Field(default_factory=dict)


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
    voucher: f.Name | None = None
    voucher_group: f.Name | None = None


class TextMessageFront(Shape):
    """The front matter of one text message. `sender` is one of the shop's numbers, sender ids or pools; a subject is
    read, since messages have one, and shown to nobody."""

    subject: f.Text | None = None
    sender: f.TextSender | None = None
    class_: Literal["marketing", "transactional"] = Field(default="marketing", alias="class")
    topic: f.Name = SMS
    priority: int = 50
    voucher: f.Name | None = None
    voucher_group: f.Name | None = None


TAGGED: Final[dict[str, type[Shape]]] = {
    **triggers.TAGGED,
    **steps.TAGGED,
    "<counted>": CountedMetricShape,
    "<rules>": RuledMetricShape,
}
"""The model behind each tag that pydantic puts into the place of an error."""
