"""Audience: goes through the people, a page at a time, and tells those for whom a schedule is that it has come.

Of a product's news it tells those whom an index names: they viewed it, or have it in the cart or on the wish list.
Of a date that no campaign used before (by itself, or compared in a segment) it tells everybody who has one, so that
`evaluate` puts it into the index, and finds out when time alone moves them; where no campaign heard of products' news
before, everybody who has products on their mind.
One task is one page of one shard; it ends by asking for the next one. Whatever dies leaves its task in the queue, and
the page is done again: the mailbox takes each person's occurrence once, and `decide` enters it once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from dampf.domain.campaign import EventTrigger, ScheduleTrigger, Trigger
from dampf.domain.catalogue import Catalogue
from dampf.domain.decision import Asks, Fault, PastEvents
from dampf.domain.expression import Expression, ExpressionFailed
from dampf.domain.profile import BEGINNING, Profile
from dampf.domain.scope import JUST_AFTER, event_view, profile_view
from dampf.domain.state import State
from dampf.domain.stimulus import DateCame, EventCame, ScheduleCame, Stimulus
from dampf.use_cases.calendar import begun_day, dates_of
from dampf.use_cases.ports.contents import CatalogueInForce
from dampf.use_cases.ports.occasions import Interests, People
from dampf.use_cases.ports.products import Products, Recommendations
from dampf.use_cases.ports.profiles import Profiles
from dampf.use_cases.ports.queues import AudienceTask, AudienceTasks, Mailbox, NewsTask
from dampf.use_cases.shelf import Shelf
from dampf.use_cases.troubles import SentBack, Trouble

PATIENCE: Final = 3
"""How often a task is received before a campaign that nobody knows counts as gone: it may just be published."""


class TaskCame(NamedTuple):
    """One message of the queue: its id, what it asks for, and how often it was received."""

    id: str
    task: AudienceTask | NewsTask
    tries: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """How many people were asked about and how many told; `retry` and `troubles` as everywhere."""

    people: int = 0
    told: int = 0
    faults: tuple[Fault, ...] = ()
    retry: dict[str, int] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()


class NotTold(Exception):
    """Mailboxes did not take all of a page; it is done again."""


class _NotKnownYet(Exception):
    """The campaign, or its trigger, is not there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReachAudience:
    people: People
    interests: Interests
    profiles: Profiles
    products: Products
    recommendations: Recommendations
    mailbox: Mailbox
    tasks: AudienceTasks
    catalogue: CatalogueInForce

    def __call__(self, came: Sequence[TaskCame], *, now: datetime) -> Reached:
        back = SentBack()
        people = told = 0
        faults: list[Fault] = []
        for each in came:
            with back.on_fault([each]):
                if isinstance(each.task, NewsTask):
                    concerned_by_news = self._spread(each.task)
                    people, told = people + concerned_by_news, told + concerned_by_news
                    continue
                try:
                    trigger = _trigger_of(self.catalogue(), each.task)
                except _NotKnownYet:
                    if each.tries < PATIENCE:
                        back.again([each])
                    continue
                page, after = self.people.page(each.task.shard, each.task.after)
                concerned, failed = self._concerned(page, trigger, each.task, now)
                self._tell(concerned, trigger, each.task)
                if after is not None:
                    self.tasks.put([each.task._replace(after=after)])
                people, told = people + len(page), told + len(concerned)
                faults += failed
        return Reached(people=people, told=told, faults=tuple(faults), retry=back.retry, troubles=tuple(back.troubles))

    def _spread(self, task: NewsTask) -> int:
        """How many were told; whom the product no longer concerns finds out in the mailbox."""
        product, shards = str(task.event.properties.get("product_id", "")), self.interests.interest_shards()
        told = 0
        for shard in shards[shards.index(task.shard) if task.shard is not None else 0 :]:
            after = task.after if shard == task.shard else None
            profiles, more = self.interests.interested(product, shard, after)
            stimuli = [(EventCame(profile=who, event=task.event), f"{task.event.key}/{who}") for who in profiles]
            if stimuli and self.mailbox.put(stimuli):
                raise NotTold(task.event.name)
            told += len(stimuli)
            if more is not None:
                self.tasks.put([task._replace(shard=shard, after=more)])
                return told
        return told

    def _tell(self, profiles: Sequence[str], trigger: Trigger, task: AudienceTask) -> None:
        at = task.at.isoformat()
        told: list[tuple[Stimulus, str]] = []
        for profile in profiles:
            stimulus: Stimulus
            if isinstance(trigger, ScheduleTrigger):
                stimulus = ScheduleCame(
                    profile=profile, campaign=task.campaign, trigger=task.trigger, at=task.at, local=task.local
                )
            else:
                stimulus = DateCame(profile=profile, day=begun_day(task.at))
            told.append((stimulus, f"{task.campaign}/{task.trigger}/{at}/{profile}"))
        if told and self.mailbox.put(told):
            raise NotTold(task.campaign)

    def _concerned(
        self, page: Iterable[State], trigger: Trigger, task: AudienceTask, now: datetime
    ) -> tuple[list[str], list[Fault]]:
        """Those for whom it holds. An expression that fails for somebody leaves them out and nobody else."""
        if isinstance(trigger, EventTrigger):
            return [state.profile.id for state in page if state.profile.interests], []
        if not isinstance(trigger, ScheduleTrigger):
            names = dates_of(trigger, self.catalogue())
            return [state.profile.id for state in page if not names.isdisjoint(state.profile.all_dates())], []
        concerned, faults = [], []
        shelf = Shelf(self.products, self.recommendations)
        for state in page:
            audience = trigger.audience
            try:
                is_over = task.since is not None and self._came_at(task, state.profile) <= task.since
                if not is_over and (audience is None or self._holds(audience, state.profile, shelf, now)):
                    concerned.append(state.profile.id)
            except ExpressionFailed as problem:
                shelf.raise_fault()
                faults.append(Fault(campaign=task.campaign, journey=None, step="audience", reason=str(problem)))
        return concerned, faults

    def _came_at(self, task: AudienceTask, profile: Profile) -> datetime:
        return task.at.replace(tzinfo=profile.zone(self.catalogue().shop)) if task.local else task.at

    def _holds(self, expression: Expression, profile: Profile, shelf: Shelf, now: datetime) -> bool:
        catalogue = self.catalogue()

        def in_segment(name: str) -> bool:
            segment = catalogue.segments.get(name)
            return segment is not None and self._holds(segment, profile, shelf, now + JUST_AFTER)

        def history(name: str, within: timedelta | None = None) -> list[dict[str, Any]]:
            question = PastEvents(name, now - within if within is not None else BEGINNING)
            known = self.profiles.answer(profile, Asks(past=frozenset({question})))
            return [event_view(event) for event in known.past.get(question, ())]

        scope = {
            "now": now,
            "zone": profile.zone(catalogue.shop),
            "profile": profile_view(profile, catalogue, in_segment),
            "in_segment": in_segment,
            "history": history,
            **shelf.functions(profile, now=now),
        }
        return bool(expression(scope))


def _trigger_of(catalogue: Catalogue, task: AudienceTask) -> Trigger:
    campaign = catalogue.campaign(task.campaign)
    trigger = campaign.triggers[task.trigger] if campaign and task.trigger < len(campaign.triggers) else None
    if trigger is None:
        raise _NotKnownYet
    return trigger
