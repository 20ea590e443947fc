"""Changing the states of people who are on their way, while others change them too."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from dampf.campaigns.catalogue import PublishedCatalogue
from dampf.domain.commit import Commit
from dampf.domain.journey import Journey, Waiting
from dampf.domain.state import State
from dampf.stores.memory import InMemory
from dampf.use_cases.ports.profiles import Committed
from dampf.use_cases.under_way import KeepsChanging, migrate, people_under_way
from tests.builders import HOUR, NOON, catalogue, state

CAMPAIGN = "{title: look, trigger: {event: Product Viewed}, steps: [{id: quiet, wait: 1 hour}, {send: mail}]}"
BEFORE, AFTER = catalogue(CAMPAIGN), catalogue(CAMPAIGN.replace("send: mail", "send: other"))


class Raced(InMemory):
    """Somebody else changes the first who is to be written, each time before we do, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times
        self.rounds = 0

    def commit(self, commits: Sequence[Commit], *, now: datetime) -> Committed:
        self.rounds += 1
        if self.times:
            self.times -= 1
            self.put_elsewhere(commits[0].profile)
        return super().commit(commits, now=now)

    def put_elsewhere(self, profile: str) -> None:
        stored = self.load([profile])[profile]
        assert isinstance(stored.content, State)
        seen = replace(stored.content, segments={**stored.content.segments, f"changed{self.times}": True})
        super().commit([Commit(profile=profile, state=seen, read_version=stored.version)], now=NOON)


def version(published: PublishedCatalogue) -> str:
    campaign = published.campaign("look")
    assert campaign is not None
    return campaign.version


def on_the_way(store: InMemory, people: Iterable[str]) -> None:
    for who in people:
        journey = Journey(
            id=f"{who}1",
            campaign="look",
            version=version(BEFORE),
            key="",
            ordinal=1,
            entered_at=NOON,
            step="quiet",
            trigger=0,
            waiting=Waiting(kind="wait", due_at=NOON + HOUR),
        )
        store.put_state(replace(state(who), journeys=(journey,)))


def migrated(store: InMemory) -> Any:
    people = people_under_way(store)
    return migrate(people, store, version_of=BEFORE.campaign, catalogue=AFTER, now=NOON)


def test_a_state_that_moved_on_is_read_again_and_nothing_of_it_is_lost():
    store = Raced(times=2)
    on_the_way(store, ["anna", "bert"])
    assert migrated(store) == {"look": 2}
    assert store.rounds == 3
    states = {each.profile.id: each for each in store.states()}
    assert {journey.version for each in states.values() for journey in each.journeys} == {version(AFTER)}
    assert sum(len(each.segments) for each in states.values()) == 2


def test_who_never_holds_still_is_left_and_said():
    store = Raced(times=100)
    on_the_way(store, ["anna"])
    with pytest.raises(KeepsChanging, match="1 people kept changing"):
        migrated(store)


def test_more_people_than_one_request_takes_are_all_reached():
    store = InMemory()
    on_the_way(store, [f"p{number}" for number in range(250)])
    counted: list[int] = []
    people = people_under_way(store)
    moved = migrate(people, store, version_of=BEFORE.campaign, catalogue=AFTER, now=NOON, progress=counted.append)
    assert (moved, counted) == ({"look": 250}, [100, 100, 50])


def test_nobody_is_read_who_has_nothing_under_way():
    store = InMemory()
    on_the_way(store, ["anna"])
    store.put_state(state("bert"))
    assert people_under_way(store) == ["anna"]
