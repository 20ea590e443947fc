"""Products in conditions, audiences and mails: read when they are asked for, together, as they are at that moment."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.content import Content
from dampf.domain.product import Product
from dampf.stores.memory_calendar import MemoryAudienceTasks
from dampf.use_cases.audience import ReachAudience, TaskCame
from dampf.use_cases.ports.products import ProductChange
from dampf.use_cases.ports.queues import AudienceTask
from tests.builders import BODY, HOUR, NOON, content, happened, product, state
from tests.use_cases.worlds import World

AT = "2026-03-02T12:00:00Z"
REMINDER = """
title: reminder
trigger: { event: Product Viewed, when: product(event.properties.product_id).price < 100 }
entry: { per: event.properties.product_id }
steps: [{ send: mail }]
"""
ANYWAY = REMINDER.replace("product(event.properties.product_id).price < 100", "profile.viewed")
LIST = "{% for each in products(profile.viewed) %}[{{ each.name }} {{ each.price }}]{% endfor %}"


def with_mail(text: str, *campaigns: str) -> PublishedCatalogue:
    told: Content = content(*campaigns)
    told.messages["mail"] = {"": {"front": {"subject": "mail"}, "body": BODY.format(text)}}
    return catalogue_of(told)


class Counted:
    """A store of products that notes what it is asked for."""

    def __init__(self, world: World) -> None:
        self.asked: list[list[str]] = []
        self._load = world.products.load
        world.products.load = self.load  # type: ignore[method-assign]

    def load(self, ids: Iterable[str]) -> dict[str, Product]:
        self.asked.append(sorted(ids))
        return self._load(self.asked[-1])


def put(world: World, *products: Product) -> None:
    known = world.products.load(each.id for each in products)
    assert not world.products.put([ProductChange(each, known.get(each.id)) for each in products])


def viewed(who: str, *products: str) -> list[dict[str, Any]]:
    return [happened("Product Viewed", AT, who, id=f"{who}/{each}", product_id=each) for each in products]


def test_a_condition_reads_its_product_and_a_batch_reads_each_product_once():
    world = World(with_mail("", REMINDER), state("anna"), state("ben"))
    put(world, product("p1", price="99"), product("p2", price="100"))
    world.ingest(*viewed("anna", "p1"), *viewed("ben", "p1", "p2"), now=NOON)
    counted = Counted(world)
    world.evaluate(now=NOON)
    assert [message.profile for message in world.messages] == ["anna", "ben"]
    assert counted.asked == [["p1"], ["p2"]]


def test_a_mail_shows_its_products_as_they_are_when_it_is_sent_and_none_that_is_sold_out():
    world = World(with_mail(LIST, REMINDER), state("anna"))
    put(world, product("p1", price="99"), product("p2"), product("p3"))
    world.ingest(*viewed("anna", "p1", "p2", "p3"), now=NOON)
    world.evaluate(now=NOON)
    put(world, product("p1", price="89.5"), product("p2", available=False))
    world.deliver(now=NOON + HOUR)
    assert "[P1 89.5][P3 10]" in world.mailer.mails[-1].text


def test_the_products_of_a_batch_of_mails_are_read_in_one_request():
    world = World(with_mail(LIST, REMINDER), *map(state, ("anna", "ben", "cleo")))
    put(world, *(product(f"p{number}") for number in range(6)))
    for place, who in enumerate(("anna", "ben", "cleo")):
        world.ingest(*viewed(who, f"p{place}", f"p{place + 1}"), now=NOON)
    world.evaluate(now=NOON)
    counted = Counted(world)
    assert len(world.deliver(now=NOON).messages) == 6
    assert counted.asked == [["p0", "p1", "p2", "p3"]]


def test_mails_that_name_no_product_read_none():
    world = World(with_mail("{{ profile.viewed[0].name }}", ANYWAY), state())
    world.ingest(*viewed("anna", "p1"), now=NOON)
    counted = Counted(world)
    world.evaluate(now=NOON)
    assert len(world.deliver(now=NOON).messages) == 1
    assert counted.asked == []


def test_the_condition_is_asked_again_with_the_price_of_that_moment():
    world = World(with_mail("", REMINDER), state("anna"))
    put(world, product("p1", price="99"))
    world.ingest(*viewed("anna", "p1"), now=NOON)
    world.evaluate(now=NOON)
    put(world, product("p1", price="109"))
    world.deliver(now=NOON)
    assert world.outcomes == [("mail", "dropped", "condition_false")]


@pytest.mark.parametrize("text", ["", LIST], ids=["condition", "mail"])
def test_a_catalogue_that_does_not_answer_drops_nothing(text: str):
    world = World(with_mail(text, REMINDER if not text else ANYWAY), state())
    put(world, product("p1", price="99"))
    world.ingest(*viewed("anna", "p1"), now=NOON)
    world.evaluate(now=NOON)

    def fail(ids: Iterable[str]) -> dict[str, Product]:
        raise ConnectionError

    answering, world.products.load = world.products.load, fail  # type: ignore[method-assign]
    delivered = world.deliver(now=NOON)
    assert (delivered.left, [str(each.kind) for each in delivered.troubles]) == (1, ["ConnectionError"])
    assert world.outcomes == [("mail", "requested", None)]
    world.products.load = answering  # type: ignore[method-assign]


def test_an_audience_may_ask_for_products():
    newsletter = """
title: newsletter
trigger: { schedule: "at(2026-03-02T13:00)", audience: "products(profile.viewed)" }
steps: [{ send: mail }]
"""
    world = World(with_mail("", newsletter), state("anna"), state("ben"), state("cleo"))
    put(world, product("p1"), product("p2", available=False))
    world.ingest(*viewed("anna", "p1"), *viewed("ben", "p2"), now=NOON)
    world.evaluate(now=NOON)
    counted = Counted(world)
    audience = ReachAudience(
        people=world.store,
        interests=world.store,
        profiles=world.store,
        products=world.products,
        recommendations=world.recommendations,
        mailbox=world.mailbox,
        tasks=MemoryAudienceTasks(),
        catalogue=lambda: with_mail("", newsletter),
    )
    reached = audience([TaskCame("1", AudienceTask("newsletter", 0, NOON, False, "all"))], now=NOON)
    assert (reached.people, reached.told) == (3, 1)
    assert [stimulus.profile for stimulus in world.mailbox.stimuli] == ["anna"]
    assert counted.asked == [["p1"], ["p2"]]


def test_what_a_product_is_called_is_escaped():
    world = World(with_mail(LIST, REMINDER), state())
    put(world, replace(product("p1", price="1"), name="<b>Drill</b>"))
    world.ingest(*viewed("anna", "p1"), now=NOON)
    world.evaluate(now=NOON)
    world.deliver(now=NOON)
    assert "&lt;b&gt;Drill&lt;/b&gt;" in world.mailer.mails[-1].html
