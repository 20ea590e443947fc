"""A shop's documents, translated into the values that decide.

Takes plain documents as `json` or a YAML reader give them, so functions and the command line share it. Raises
pydantic's `ValidationError`, a ValueError that names every fault of the document with its place.
"""

from collections.abc import Mapping
from typing import Any, Final, assert_never

from pydantic import ConfigDict, TypeAdapter

from dampf.campaigns import fields as f
from dampf.campaigns import shapes
from dampf.campaigns import step_shapes as steps_as
from dampf.campaigns import trigger_shapes as triggers_as
from dampf.domain.brand import Brand
from dampf.domain.campaign import (
    AddToMetrics,
    Campaign,
    Choose,
    DateTrigger,
    Emit,
    EnterCampaign,
    Entry,
    EventTrigger,
    Exit,
    ExitRule,
    Goal,
    If,
    MetricTrigger,
    ScheduleTrigger,
    SegmentTrigger,
    Send,
    SetTraits,
    Split,
    Step,
    Trigger,
    Wait,
    WaitFor,
    WaitUntil,
)
from dampf.domain.catalogue import Metric, MetricRule
from dampf.domain.expression import Expression
from dampf.domain.instants import Span
from dampf.domain.shop import Caps, QuietHours, Shop, Topic, VoucherPool

_WHEN_NEEDED: Final = ConfigDict(defer_build=True)
METRICS: Final = TypeAdapter(dict[f.Variable, shapes.MetricShape], config=_WHEN_NEEDED)
SEGMENTS: Final = TypeAdapter(dict[f.Text, f.Condition], config=_WHEN_NEEDED)


def campaign_from(name: str, document: Mapping[str, Any], version: str) -> Campaign:
    """A step's id is the one that the file gives it, else its place, as `steps/2/then/0`."""
    shape = shapes.CampaignShape.model_validate(document)
    goal = shape.goal
    steps: dict[str, Step] = {}
    first = _chain(shape.steps, "steps", None, steps)
    return Campaign(
        name=name,
        version=version,
        title=shape.title or name,
        triggers=tuple(_trigger(trigger) for trigger in shape.trigger),
        entry=Entry(per=shape.entry.per, again=shape.entry.again, restart=shape.entry.restart),
        exits=tuple(ExitRule(event=event, when=rule.when) for rule in shape.exit for event in rule.event),
        first=first,
        steps=steps,
        goal=Goal(event=goal.event, within=goal.within, when=goal.when) if goal else None,
        holdout=None if shape.holdout is None else shape.holdout / 100,
    )


def shop_from(document: Mapping[str, Any]) -> Shop:
    shape = shapes.ShopShape.model_validate(document)
    quiet, caps = shape.quiet_hours, shape.caps
    brand = shape.brand.model_dump(exclude_none=True) if shape.brand else {}
    return Shop(
        name=shape.name,
        sender=shape.sender,
        timezone=shape.timezone,
        url=shape.url,
        postal_address=shape.postal_address,
        locale=shape.locale or "en",
        double_opt_in=shape.opt_in == "double",
        max_event_age=shape.max_event_age,
        hold_at_most=shape.hold_at_most,
        quiet_hours=QuietHours(start=quiet.start, end=quiet.end) if quiet else None,
        caps=Caps(per_day=caps.per_day, per_week=caps.per_week) if caps else Caps(),
        holdout=shape.holdout / 100,
        currency=shape.currency,
        brand=Brand(**brand),
        topics={name: Topic(title=topic.title, title_de=topic.title_de) for name, topic in shape.topics.items()},
        voucher_pools={name: _pool(name, pool) for name, pool in shape.voucher_pools.items()},
    )


def _pool(name: str, shape: shapes.VoucherPoolShape) -> VoucherPool:
    return VoucherPool(
        name=name, kind=shape.kind, prefix=shape.prefix, valid=shape.valid, value=shape.value, low_at=shape.low_at
    )


def metrics_from(document: Mapping[str, Any]) -> dict[str, Metric]:
    return {
        name: Metric(name=name, rules=tuple(_metric_rules(shape)))
        for name, shape in METRICS.validate_python(document).items()
    }


def segments_from(document: Mapping[str, Any]) -> dict[str, Expression]:
    return SEGMENTS.validate_python(document)


# --- triggers and metrics -----------------------------------------------------------------------------------------


def _trigger(shape: triggers_as.AnyTriggerShape) -> Trigger:
    match shape:
        case triggers_as.EventTriggerShape():
            return EventTrigger(events=tuple(shape.event), when=shape.when)
        case triggers_as.MetricTriggerShape():
            return MetricTrigger(
                metric=shape.metric,
                reaches=shape.reaches,
                every=shape.every,
                falls_below=shape.falls_below,
                when=shape.when,
            )
        case triggers_as.DateTriggerShape():
            every = shape.every or ("once" if shape.after is not None else "year")
            return DateTrigger(
                date=shape.date,
                at=shape.at,
                offset=shape.offset,
                every=None if every == "once" else every,
                after=shape.after or Span(),
                when=shape.when,
            )
        case triggers_as.SegmentTriggerShape():
            return SegmentTrigger(segment=shape.segment, on=shape.on, when=shape.when)
        case triggers_as.ScheduleTriggerShape():
            return ScheduleTrigger(schedule=shape.schedule, audience=shape.audience, local=shape.local, when=shape.when)
        case _:
            assert_never(shape)


def _metric_rules(shape: shapes.CountedMetricShape | shapes.RuledMetricShape) -> list[MetricRule]:
    if isinstance(shape, shapes.CountedMetricShape):
        return [MetricRule(event=event, add=shape.add) for event in shape.on] + [
            MetricRule(event=event, subtract=shape.add) for event in shape.subtract_on or ()
        ]
    return [MetricRule(event=event, add=rule.add, set=rule.set) for rule in shape.rules for event in rule.on]


# --- steps --------------------------------------------------------------------------------------------------------


def _chain(listed: list[steps_as.AnyStepShape], place: str, after: str | None, steps: dict[str, Step]) -> str | None:
    """Adds the steps of one list and of its branches; returns the id of the first, or `after` where the list is empty.

    `after` is what follows the whole list. Built from the end, so that each step knows the id of the next.
    """
    following, beyond = after, after
    latest_first: list[dict[str, Step]] = []
    for index in reversed(range(len(listed))):
        shape = listed[index]
        step_place = f"{place}/{index}"
        branches: dict[str, Step] = {}
        step = _step(shape, shape.id or step_place, step_place, following, beyond, branches)
        latest_first.append({step.id: step, **branches})
        following, beyond = step.id, following
    for step_and_branches in reversed(latest_first):
        if twice := steps.keys() & step_and_branches.keys():
            raise ValueError(f"two steps bear the id `{min(twice)}`")
        steps.update(step_and_branches)
    return following


def _step(
    shape: steps_as.AnyStepShape,
    step_id: str,
    place: str,
    following: str | None,
    beyond: str | None,
    branches: dict[str, Step],
) -> Step:
    """`beyond` is what follows the next step of the same list."""
    match shape:
        case steps_as.WaitShape():
            return Wait(id=step_id, next=following, span=shape.wait)
        case steps_as.WaitUntilShape():
            moment = shape.wait_until
            return WaitUntil(
                id=step_id,
                next=following,
                at=moment.at,
                on=moment.on,
                date=moment.date,
                late=moment.late,
                skipped_to=beyond if moment.late == "skip" else None,
            )
        case steps_as.WaitForShape():
            return WaitFor(
                id=step_id,
                event=shape.wait_for.event,
                when=shape.wait_for.when,
                within=shape.wait_for.within,
                then=_chain(shape.then, f"{place}/then", following, branches),
                otherwise=_chain(shape.otherwise, f"{place}/else", following, branches),
            )
        case steps_as.SendShape():
            return Send(id=step_id, next=following, message=shape.send)
        case steps_as.SmsShape():
            return Send(id=step_id, next=following, message=shape.sms)
        case steps_as.IfShape():
            return If(
                id=step_id,
                condition=shape.condition,
                then=_chain(shape.then, f"{place}/then", following, branches),
                otherwise=_chain(shape.otherwise, f"{place}/else", following, branches),
            )
        case steps_as.ChooseShape():
            return Choose(
                id=step_id,
                cases=tuple(
                    (case.when, _chain(case.steps, f"{place}/choose/{number}/steps", following, branches))
                    for number, case in enumerate(shape.choose)
                ),
                otherwise=_chain(shape.default, f"{place}/default", following, branches),
            )
        case steps_as.SplitShape():
            return Split(
                id=step_id,
                arms=tuple(
                    (arm.name, arm.weight, _chain(arm.steps, f"{place}/split/{number}/steps", following, branches))
                    for number, arm in enumerate(shape.split)
                ),
            )
        case steps_as.SetShape():
            return SetTraits(id=step_id, next=following, traits=shape.set)
        case steps_as.AddShape():
            return AddToMetrics(id=step_id, next=following, amounts=shape.add)
        case steps_as.EmitShape():
            return Emit(id=step_id, next=following, event=shape.emit.event, properties=shape.emit.properties)
        case steps_as.EnterShape():
            return EnterCampaign(id=step_id, next=following, campaign=shape.enter)
        case steps_as.ExitShape():
            return Exit(id=step_id)
        case _:
            assert_never(shape)
