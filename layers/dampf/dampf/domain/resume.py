"""Letting go of messages that are held because their campaign, or the whole shop, was switched off."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from dampf.domain.journey import Journey
from dampf.domain.message import Reason
from dampf.domain.state import State


def let_go(state: State, *, is_paused: Callable[[str], bool], at: datetime) -> State | None:
    """The state in which what was held as paused, and is so no more, asks again at that instant; None if nothing was.

    What asks again sooner by itself is left to it.
    """
    journeys = tuple(
        _asking_at(journey, at) if not is_paused(journey.campaign) else journey for journey in state.journeys
    )
    return replace(state, journeys=journeys) if journeys != state.journeys else None


def _asking_at(journey: Journey, at: datetime) -> Journey:
    waiting = journey.waiting
    if waiting is None or not waiting.held or waiting.kind != "held" or waiting.due_at <= at:
        return journey
    last = waiting.held[-1]
    if last.reason != Reason.PAUSED:
        return journey
    held = (*waiting.held[:-1], last._replace(until=at))
    return replace(journey, waiting=replace(waiting, due_at=at, held=held))
