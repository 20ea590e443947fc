"""Funnels: how far the journeys of each campaign came, and how they ended."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from dampf.domain.message import Message, Status
from dampf_cli.pages import words
from dampf_cli.pages.charts import Bar, Part, bars, parts_of
from dampf_cli.pages.goals import Reached, reached
from dampf_cli.pages.snapshot import SENT, Snapshot, Way

OPENED = "Email Opened"
CLICKED = "Email Link Clicked"


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignLine:
    """One campaign's funnel, counted in journeys, except `mails` and `dropped`, which count messages.

    `goal` says in words what the goal is and what reaching it brought; empty where the campaign has none.
    """

    name: str
    title: str
    hue: str
    is_paused: bool
    funnel: tuple[Bar, ...]
    endings: tuple[Part, ...]
    under_way: int
    mails: int
    dropped: int
    held_out: int
    goal: str


def campaign_lines(seen: Snapshot) -> tuple[CampaignLine, ...]:
    """Those that sent most come first."""
    ways: dict[str, list[Way]] = defaultdict(list)
    for state in seen.states:
        for way in seen.ways(state):
            ways[way.campaign].append(way)
    messages: dict[str, list[Message]] = {name: [] for name in seen.campaigns}
    for message in seen.messages:
        messages[message.campaign].append(message)
    answered = {name: _answering(seen, name) for name in (OPENED, CLICKED)}
    goals = reached(seen, messages)
    lines = [_line(seen, name, ways[name], messages[name], answered, goals.get(name)) for name in seen.campaigns]
    return tuple(sorted(lines, key=lambda line: (-line.mails, line.title)))


def _line(
    seen: Snapshot,
    name: str,
    ways: list[Way],
    messages: list[Message],
    answered: dict[str, set[str]],
    goal: Reached | None,
) -> CampaignLine:
    went = [message for message in messages if message.status in SENT]
    mailed = {message.journey for message in went}
    funnel = [("Entered", len(ways)), ("Mailed", len(mailed))]
    funnel += [("Opened", len(mailed & answered[OPENED]))] if answered[OPENED] else []
    funnel += [("Clicked", len(mailed & answered[CLICKED]))]
    funnel += [("Goal", len(goal.journeys))] if goal is not None else []
    under_way = sum(way.journey is not None for way in ways)
    hows = Counter(way.ended.how for way in ways if way.ended is not None and way.journey is None)
    others = sum(count for how, count in hows.items() if how not in words.ENDINGS)
    return CampaignLine(
        name=name,
        title=seen.title(name),
        hue=seen.hue(name),
        is_paused=seen.catalogue.is_paused(name),
        funnel=bars(funnel),
        endings=parts_of(
            [
                ("good", words.ENDINGS["finished"], hows["finished"]),
                ("fair", words.ENDINGS["exit"], hows["exit"]),
                ("bad", words.ENDINGS["fault"], hows["fault"]),
                ("none", "ended otherwise", others),
                ("open", "still under way", under_way),
            ]
        ),
        under_way=under_way,
        mails=len(went),
        dropped=sum(message.status is Status.DROPPED for message in messages),
        held_out=sum(message.status is Status.HELD_OUT for message in messages),
        goal=_said(goal) if goal is not None else "",
    )


def _said(goal: Reached) -> str:
    said = f"Goal: {goal.goal.event} within {words.exact(goal.goal.within)} of a mail"
    said += f", {goal.revenue_words} together." if goal.revenue_words else "."
    if goal.held_out:
        said += (
            f" Of {words.plural(goal.held_out, 'journey')} held out, {len(goal.held_out_journeys):,} reached it too."
        )
    return said


def _answering(seen: Snapshot, name: str) -> set[str]:
    """The journeys to whose mails such feedback came."""
    feedback = (event for event in seen.events if event.name == name)
    answered = (seen.answered(event, None if event.email_id else seen.whose(event)) for event in feedback)
    return {message.journey for message in answered if message is not None}
