"""A product's news reach each person whom they concern exactly once, whatever dies and is done again."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from dampf.domain.event import Event
from dampf.domain.profile import ProductSeen
from dampf.domain.state import State
from dampf.stores.memory_queues import MemoryMailbox
from dampf.use_cases.audience import ReachAudience, TaskCame
from dampf.use_cases.ports.queues import NewsTask
from tests.builders import MINUTE, NOON, catalogue, event, happened, state
from tests.use_cases.worlds import World

CONTENT = catalogue(
    """
title: drop
trigger: { event: Product Price Changed }
entry: { per: event.properties.product_id, again: always }
steps: [{ send: mail }]
"""
)
NEWS = Event(
    source="dampf",
    id="1",
    name="Product Price Changed",
    at=NOON,
    arrived_at=NOON,
    properties={"product_id": "p1", "price": 9, "old_price": 10},
)
PEOPLE = [f"p{number}" for number in range(250)]


class Dying(MemoryMailbox):
    """Takes what it is given, and dies before it says so, each third time."""

    def __init__(self, mailbox: MemoryMailbox) -> None:
        super().__init__()
        self.stimuli, self.turn = mailbox.stimuli, 0

    def put(self, stimuli: Any) -> tuple[int, ...]:
        super().put(stimuli)
        self.turn += 1
        if self.turn % 3 == 1:
            raise ConnectionError
        return ()


def audience_of(world: World, mailbox: MemoryMailbox) -> ReachAudience:
    return ReachAudience(
        people=world.store,
        interests=world.store,
        profiles=world.store,
        products=world.products,
        recommendations=world.recommendations,
        mailbox=mailbox,
        tasks=world.audience,
        catalogue=lambda: CONTENT,
    )


def viewed_by(*people: str) -> World:
    world = World(CONTENT, *map(state, people))
    for who in people:
        world.ingest(happened("Product Viewed", "2026-03-02T11:00:00Z", who, id=who, product_id="p1"), now=NOON)
    world.evaluate(now=NOON)
    return world


def spread(world: World, mailbox: MemoryMailbox) -> int:
    """How many tasks were done, those that came again among them."""
    reach, done = audience_of(world, mailbox), 0
    while world.audience.tasks:
        done += 1
        assert done < 50
        task = world.audience.tasks.popleft()
        if reach([TaskCame("1", task)], now=NOON).retry:
            world.audience.tasks.append(task)
    return done


def test_everybody_is_mailed_once_though_pages_die_and_are_done_again():
    world = viewed_by(*PEOPLE)
    world.audience.put([NewsTask(NEWS), NewsTask(NEWS)])
    assert spread(world, Dying(world.mailbox)) > 6
    assert len(world.mailbox.stimuli) > 2 * len(PEOPLE), "nobody was told twice, so this proves nothing"
    world.evaluate(now=NOON)
    assert Counter(message.profile for message in world.messages) == Counter(PEOPLE)


def test_whoever_forgot_the_product_meanwhile_is_not_mailed():
    world = viewed_by("anna", "ben")
    world.audience.put([NewsTask(NEWS)])
    spread(world, world.mailbox)
    later = tuple(ProductSeen(f"x{number}", None, NOON) for number in range(20))
    stored = world.store.load(["ben"])["ben"].content
    assert isinstance(stored, State)
    world.store.put_state(replace(stored, profile=replace(stored.profile, viewed=later)))
    world.evaluate(now=NOON)
    assert [message.profile for message in world.messages] == ["anna"]


def test_the_next_news_of_the_same_product_are_others():
    world = viewed_by("anna")
    for number in (1, 2):
        world.audience.put([NewsTask(replace(NEWS, id=str(number)))])
        spread(world, world.mailbox)
        world.evaluate(now=NOON + number * MINUTE)
    assert len(world.messages) == 2


@pytest.mark.parametrize("more", [{"identifiers": {"customer_id": "ben"}}, {"source": "dampf.browser"}])
def test_news_of_one_person_or_of_a_browser_are_spread_to_nobody_else(more: dict[str, Any]):
    told = event("Product Price Changed", product_id="p1", **more)
    assert told.is_news == (not told.identifiers)
    world = viewed_by("anna")
    envelope = happened("Product Price Changed", "2026-03-02T12:00:00Z", told.identifiers.get("customer_id"), id="n")
    world.ingest({**envelope, "source": told.source}, now=NOON)
    assert list(world.audience.tasks) == []
