"""What campaigns do over time: rings of campaigns that start each other, and more mails than the caps let through.

Looks at the graph of sound campaigns; a campaign with errors is passed over, they come first.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from dampf.domain.campaign import (
    AddToMetrics,
    Campaign,
    Choose,
    Emit,
    EnterCampaign,
    EventTrigger,
    Exit,
    If,
    MetricTrigger,
    Send,
    Split,
    Step,
    Wait,
    WaitFor,
    WaitUntil,
)
from dampf.domain.instants import Span
from dampf.domain.shop import Caps

HALF_A_DAY: Final = timedelta(hours=12)
A_WEEK: Final = timedelta(hours=168)
_AT_ONCE: Final = timedelta(0)
_MOST_WATCHED: Final = 50

Finding = tuple[str, str, str]
"""Campaign, step id, what is wrong."""


class Start(NamedTuple):
    """A step that may start another campaign at the instant at which its own began."""

    campaign: str
    step: str
    started: str
    by: str


# --- rings --------------------------------------------------------------------------------------------------------


def rings(campaigns: Mapping[str, Campaign]) -> Iterator[Finding]:
    starts = [start for campaign in campaigns.values() for start in _starts(campaign, campaigns)]
    for start in starts:
        if start.started == start.campaign:
            continue
        way = _way(start.started, start.campaign, starts)
        if way is not None:
            through = f", by way of {' and '.join(f'`{each}`' for each in way)}" if way else ""
            leads = f"{start.by} `{start.started}`, which leads back here without a wait{through}"
            yield start.campaign, start.step, f"{leads}; no campaign starts twice in one chain"


def _starts(campaign: Campaign, campaigns: Mapping[str, Campaign]) -> Iterator[Start]:
    for step in _before_any_wait(campaign):
        match step:
            case EnterCampaign(campaign=target) if target in campaigns:
                yield Start(campaign.name, step.id, target, "enters")
            case Emit(event=event):
                for other in campaigns.values():
                    if any(isinstance(each, EventTrigger) and event in each.events for each in other.triggers):
                        yield Start(campaign.name, step.id, other.name, f"emits `{event}`, which starts")
            case AddToMetrics(amounts=amounts):
                for other in campaigns.values():
                    if any(isinstance(each, MetricTrigger) and each.metric in amounts for each in other.triggers):
                        yield Start(campaign.name, step.id, other.name, "changes a metric, which may start")
            case _:
                continue


def _before_any_wait(campaign: Campaign) -> Iterator[Step]:
    waiting, met = [campaign.first], set[str | None]()
    while waiting:
        step_id = waiting.pop()
        step = campaign.steps.get(step_id or "")
        if step is None or step_id in met:
            continue
        met.add(step_id)
        yield step
        waiting += [
            target for target, elapsed in _onward(step) if elapsed == _AT_ONCE and not isinstance(step, WaitFor)
        ]


def _way(begin: str, end: str, starts: list[Start]) -> list[str] | None:
    """The campaigns between the first and the last of the shortest way; None where there is none."""
    ways, met = [[begin]], set[str]()
    while ways:
        way = ways.pop(0)
        if way[-1] == end:
            return way[1:-1]
        if way[-1] not in met:
            met.add(way[-1])
            ways += [[*way, start.started] for start in starts if start.campaign == way[-1]]
    return None


# --- caps ---------------------------------------------------------------------------------------------------------


def beyond_caps(campaign: Campaign, marketing: frozenset[str], caps: Caps) -> Iterator[Finding]:
    """Sends of one journey that come so close after each other that policy will hold them.

    A journey's day is not known, so those count as on one day that follow within half of it.
    """
    most = min(max(caps.per_day or 0, caps.per_week or 0), _MOST_WATCHED)
    since: dict[str, list[timedelta]] = {campaign.first: []} if campaign.first else {}
    for step_id, step in campaign.steps.items():  # every step stands before those that it leads to
        before = since.get(step_id)
        if before is None:
            continue
        if isinstance(step, Send) and step.message in marketing:
            if message := _too_many(before, caps):
                yield campaign.name, step_id, message
            before = [_AT_ONCE, *before][:most]
        for target, elapsed in _onward(step):
            if target is not None and elapsed is not None:
                arrived = [each + elapsed for each in before]
                since[target] = _sooner(since.get(target), arrived)
            elif target is not None:
                since[target] = _sooner(since.get(target), [])


def _too_many(before: list[timedelta], caps: Caps) -> str | None:
    """`before`: how long ago the last message was sent, the one before it, and so on."""
    if caps.per_day is not None and len(before) >= caps.per_day and before[caps.per_day - 1] < HALF_A_DAY:
        when = "at one instant" if before[caps.per_day - 1] == _AT_ONCE else "within twelve hours"
        return (
            f"here one journey may send {caps.per_day + 1} messages {when}, "
            f"and `caps` let through {caps.per_day} a day; the last will be held"
        )
    if caps.per_week is not None and len(before) >= caps.per_week and before[caps.per_week - 1] < A_WEEK:
        return (
            f"here one journey may send {caps.per_week + 1} messages within seven days, "
            f"and `caps` let through {caps.per_week}; the last will be held or dropped"
        )
    return None


def _sooner(known: list[timedelta] | None, arrived: list[timedelta]) -> list[timedelta]:
    """Of two ways to a step, for each number of messages the one that sends them closer together."""
    if known is None:
        return arrived
    longer, shorter = (known, arrived) if len(known) >= len(arrived) else (arrived, known)
    return [min(pair) for pair in zip(longer, shorter, strict=False)] + longer[len(shorter) :]


def _onward(step: Step) -> list[tuple[str | None, timedelta | None]]:
    """Where a journey goes from here, and how soon at the soonest; None where that may be any time."""
    match step:
        case Wait(next=following, span=span):
            return [(following, _length(span))]
        case WaitUntil(next=following, at=at, skipped_to=skipped, late=late):
            elapsed = None if at is None else HALF_A_DAY
            return [(following, elapsed), *([(skipped, _AT_ONCE)] if late == "skip" else [])]
        case WaitFor(then=then, otherwise=otherwise, within=within):
            return [(then, _AT_ONCE), (otherwise, _length(within))]
        case If(then=then, otherwise=otherwise):
            return [(then, _AT_ONCE), (otherwise, _AT_ONCE)]
        case Choose(cases=cases, otherwise=otherwise):
            return [*((target, _AT_ONCE) for _, target in cases), (otherwise, _AT_ONCE)]
        case Split(arms=arms):
            return [(target, _AT_ONCE) for _, _, target in arms]
        case Exit():
            return []
        case _:
            return [(step.next, _AT_ONCE)]


def _length(span: Span) -> timedelta:
    return timedelta(days=30 * span.months + span.days) + span.exact
