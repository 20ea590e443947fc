"""Moving a waiting journey to another version of its campaign."""

from dataclasses import replace

from dampf.domain.campaign import Campaign, ScheduleTrigger, Trigger
from dampf.domain.journey import Journey


def moved(journey: Journey, before: Campaign, after: Campaign) -> Journey | None:
    """The journey on the new version, at the same step; None where it has to stay on its own.

    It moves if the step where it waits bears an explicit id, and the new version has a step of that id and kind. It
    waits for as long as it would have; all that comes then is the new version's.
    """
    if journey.waiting is None or journey.step is None or is_a_place(journey.step):
        return None
    here, there = before.steps.get(journey.step), after.steps.get(journey.step)
    if here is None or there is None or type(here) is not type(there):
        return None
    return replace(journey, version=after.version, trigger=_trigger_in(after, before, journey.trigger))


def is_a_place(step: str) -> bool:
    """Whether this id is only where the step stands, such as `steps/2/then/0`; no explicit id looks like that."""
    return "/" in step


def _trigger_in(after: Campaign, before: Campaign, place: int | None) -> int | None:
    """Where the trigger that started a journey stands now: its condition must still hold when something is sent.

    None, which is no condition, where the campaign is not started in this way any more.
    """
    if place is None or place >= len(before.triggers):
        return None
    started = before.triggers[place]
    for there, trigger in enumerate(after.triggers):
        if _without_conditions(trigger) == _without_conditions(started):
            return there
    alike = place < len(after.triggers) and type(after.triggers[place]) is type(started)
    return place if alike else None


def _without_conditions(trigger: Trigger) -> Trigger:
    if isinstance(trigger, ScheduleTrigger):
        return replace(trigger, when=None, audience=None)
    return replace(trigger, when=None)
