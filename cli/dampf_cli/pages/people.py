"""The people: everybody at a glance, and one person with all that is known and under way."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from dampf.domain.campaign import Exit, Send
from dampf.domain.message import Message
from dampf.domain.profile import Profile
from dampf.domain.state import State
from dampf.domain.words import ALL_TOPICS
from dampf_cli.pages import words
from dampf_cli.pages.snapshot import Snapshot, Way, moment, name_of
from dampf_cli.pages.timeline import Timeline, timeline_of

PEOPLE_ON_A_PAGE: Final = 100
ORDERS: Final = "orders"


class Mark(NamedTuple):
    """A badge: `kind` is its class."""

    kind: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonLine:
    """`orders` is None where the shop keeps no such metric. `last_at` is when we last heard of or from them."""

    state: State
    name: str
    consent: Mark
    cart_value: Decimal
    orders: Decimal | None
    campaigns: tuple[tuple[str, str], ...]
    mails: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonList:
    people: tuple[PersonLine, ...]
    query: str
    total: int
    number: int
    pages: int


def person_list(seen: Snapshot, *, query: str = "", number: int = 1) -> PersonList:
    """Everybody in whose name or identifiers the query occurs; who was heard of last comes first."""
    wanted = query.strip().casefold()
    found = [state for state in seen.states if not wanted or wanted in _searchable(state)]
    last = {state.profile.id: last_heard(seen, state) for state in found}
    found.sort(key=lambda state: (last[state.profile.id], state.profile.id), reverse=True)
    pages = max(1, -(-len(found) // PEOPLE_ON_A_PAGE))
    number = min(max(1, number), pages)
    some = found[(number - 1) * PEOPLE_ON_A_PAGE : number * PEOPLE_ON_A_PAGE]
    lines = tuple(_line(seen, state, last[state.profile.id]) for state in some)
    return PersonList(people=lines, query=query.strip(), total=len(found), number=number, pages=pages)


def _searchable(state: State) -> str:
    identifiers = [value for values in state.profile.identifiers.values() for value in values]
    return "\n".join([name_of(state), state.profile.email or "", state.profile.id, *identifiers]).casefold()


def _line(seen: Snapshot, state: State, last_at: datetime) -> PersonLine:
    profile = state.profile
    keeps_orders = ORDERS in seen.catalogue.metrics or ORDERS in profile.metrics
    orders = profile.metrics[ORDERS].value if ORDERS in profile.metrics else Decimal(0)
    return PersonLine(
        state=state,
        name=name_of(state),
        consent=consent_mark(profile),
        cart_value=profile.cart.cart.value,
        orders=orders if keeps_orders else None,
        campaigns=tuple(
            (seen.title(journey.campaign, journey.version), seen.hue(journey.campaign)) for journey in state.journeys
        ),
        mails=sum(message.id in seen.mail_of for message in seen.messages_of(state)),
        last_at=last_at,
    )


def consent_mark(profile: Profile) -> Mark:
    """Of all topics together: what a marketing mail would meet with."""
    if profile.is_suppressed:
        return Mark("bad", "suppressed")
    topics = [topic for topic in profile.consent if topic != ALL_TOPICS]
    if any(profile.consents_to(topic) for topic in topics):
        return Mark("good", "consents")
    return Mark("none", "withdrawn" if profile.consent else "no consent")


def last_heard(seen: Snapshot, state: State) -> datetime:
    """The latest instant that the profile and its messages know of; the history is not asked for a list."""
    profile = state.profile
    instants = [profile.created_at, *(told.at for told in profile.traits.values()), *profile.dates.values()]
    instants += [consent.at for consent in profile.consent.values()]
    instants += [product.at for product in (*profile.viewed, *profile.purchased)]
    instants += [journey.entered_at for journey in state.journeys]
    instants += [moment(message) for message in seen.messages_of(state)]
    changed = profile.cart.cart.updated_at
    return max([*instants, changed] if changed is not None else instants)


# --- one person ---------------------------------------------------------------------------------------------------


class StepMark(NamedTuple):
    """One step of a journey: `kind` is `here`, the outcome of its mail (`mail`, `drop`, `open`), or empty."""

    id: str
    words: str
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WayLine:
    """`until` is when the journey goes on at the latest, `share` how much of its time so far has passed, in percent."""

    way: Way
    title: str
    hue: str
    standing: str
    until: datetime | None
    share: float
    steps: tuple[StepMark, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class OnePerson:
    state: State
    name: str
    consent: Mark
    under_way: tuple[WayLine, ...]
    ended: tuple[WayLine, ...]
    messages: tuple[Message, ...]
    mails: int
    timeline: Timeline

    @property
    def journeys(self) -> int:
        return len(self.under_way) + len(self.ended)


def one_person(seen: Snapshot, profile: str) -> OnePerson | None:
    """None where nobody has this id, nor had it before a merge."""
    state = seen.person(profile)
    if state is None:
        return None
    lines = [_way_line(seen, way) for way in seen.ways(state)]
    return OnePerson(
        state=state,
        name=name_of(state),
        consent=consent_mark(state.profile),
        under_way=tuple(line for line in lines if line.way.journey is not None),
        ended=tuple(line for line in lines if line.way.journey is None),
        messages=seen.messages_of(state),
        mails=sum(message.id in seen.mail_of for message in seen.messages_of(state)),
        timeline=timeline_of(seen, state),
    )


def _way_line(seen: Snapshot, way: Way) -> WayLine:
    campaign = seen.catalogue.campaign(way.campaign, way.version)
    here = way.journey.step if way.journey is not None else None
    marks = []
    for step in campaign.steps.values() if campaign is not None else ():
        if isinstance(step, Exit) and step.id != here:
            continue
        kind = _mail_kind(way, step.id) if isinstance(step, Send) else ""
        marks.append(StepMark(step.id, words.step(step), "here" if step.id == here else kind))
    waiting = way.journey.waiting if way.journey is not None else None
    share = 0.0
    if waiting is not None:
        whole = (waiting.due_at - way.entered_at).total_seconds()
        passed = (seen.clock.now - way.entered_at).total_seconds()
        share = round(100 * min(1.0, max(0.0, passed / whole)), 1) if whole > 0 else 100.0
    if way.journey is not None:
        step_here = campaign.steps.get(here) if campaign is not None and here is not None else None
        standing = words.step(step_here) if step_here is not None else f"is at step {here}"
    else:
        standing = words.ENDINGS.get(way.ended.how, way.ended.how) if way.ended is not None else "is over"
    return WayLine(
        way=way,
        title=seen.title(way.campaign, way.version),
        hue=seen.hue(way.campaign),
        standing=standing,
        until=waiting.due_at if waiting is not None else None,
        share=share,
        steps=tuple(marks),
    )


def _mail_kind(way: Way, step: str) -> str:
    message = next((each for each in reversed(way.messages) if each.step == step), None)
    if message is None:
        return ""
    match message.status:
        case "dropped" | "held_out":
            return "drop"
        case "requested" | "sending":
            return "open"
        case _:
            return "mail"
