"""A batch decides what its events decide one by one, however they are cut into batches."""

from datetime import timedelta
from typing import Any

import pytest

from dampf.domain.event import ANONYMOUS_ID, CUSTOMER_ID, EMAIL
from dampf.domain.stimulus import EventCame
from tests.builders import MINUTE, NOON, catalogue, event, happened, identified, state
from tests.use_cases.worlds import World

METRICS = "revenue: { add: event.properties.total, on: Order Completed, subtract_on: [Order Refunded] }\n"
THREE_VIEWS = """
title: views
trigger: { event: Product Viewed, when: "history('Product Viewed', within=days(7)) | length == 3" }
entry: { again: always }
steps: [{ send: mail }]
"""
CONTENT = catalogue(
    THREE_VIEWS,
    "title: orders\ntrigger: { metric: revenue, reaches: 10 }\nsteps: [{ send: receipt }]\n",
    metrics=METRICS,
)


def stimuli(*events):
    return [EventCame(profile="anna", event=each) for each in events]


def cut(sequence, size):
    return [sequence[start : start + size] for start in range(0, len(sequence), size)]


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_any_batch_size_gives_the_same(size):
    views = [event("Product Viewed", at=NOON + timedelta(seconds=each), id=f"v{each}") for each in range(4)]
    orders = [
        event("Order Completed", at=NOON + MINUTE, order_id="o1", total=8),
        event("Order Refunded", at=NOON + 2 * MINUTE, order_id="o1", total=3),
        event("Order Completed", at=NOON + 3 * MINUTE, id="second", order_id="o2", total=4),
        event("Order Refunded", at=NOON + 4 * MINUTE, id="refund", order_id="o1"),
        event("Order Completed", at=NOON + 5 * MINUTE, id="third", order_id="o3", total=6),
    ]
    world = World(CONTENT, state())
    for batch in cut([*stimuli(*views, *orders), *stimuli(*views)], size):
        world.evaluate(*batch, now=NOON + 6 * MINUTE)
    assert [message for message, _, _ in world.outcomes] == ["mail", "receipt"]
    assert world.profiles[0].metrics["revenue"].value == 10


def test_a_batch_that_joins_two_people_counts_what_both_did():
    """The last look goes by the history of both, though that of one was asked for before they were joined."""
    world = World(CONTENT)
    world.ingest(happened("Product Viewed", "2026-03-02T11:00:00Z", anonymous="d", id="v1"), now=NOON)
    world.evaluate(now=NOON)
    world.ingest(identified("anna", "2026-03-02T11:01:00Z") | {"id": "i1"}, now=NOON)
    world.evaluate(now=NOON)
    batch = [
        happened("Product Viewed", "2026-03-02T11:30:00Z", "anna", id="v2"),
        identified("anna", "2026-03-02T11:31:00Z", anonymous="d") | {"id": "i2"},
        happened("Consent Granted", "2026-03-02T11:32:00Z", "anna", id="c"),
        happened("Product Viewed", "2026-03-02T11:40:00Z", "anna", id="v3"),
    ]
    world.ingest(*batch, now=NOON)
    world.evaluate(now=NOON)
    assert world.outcomes == [("mail", "requested", None)]
    assert len(world.profiles) == 1


def test_what_a_batch_had_to_store_first_counts_for_what_follows_it():
    """A login in the middle of a batch makes the batch two commits; the views of the first count in the second."""
    world = World(CONTENT)
    world.ingest(
        identified("anna", "2026-03-02T11:00:00Z") | {"id": "i1"},
        happened("Consent Granted", "2026-03-02T11:00:01Z", "anna", id="c"),
        happened("Cart Viewed", "2026-03-02T11:00:02Z", anonymous="d", id="a"),
        now=NOON,
    )
    world.evaluate(now=NOON)
    world.ingest(
        happened("Product Viewed", "2026-03-02T11:10:00Z", "anna", id="v1"),
        happened("Product Viewed", "2026-03-02T11:11:00Z", "anna", id="v2"),
        identified("anna", "2026-03-02T11:12:00Z", anonymous="d") | {"id": "i2"},
        happened("Product Viewed", "2026-03-02T11:13:00Z", "anna", id="v3"),
        now=NOON,
    )
    world.evaluate(now=NOON)
    assert world.outcomes == [("mail", "requested", None)]


def test_an_order_taken_and_refunded_across_a_join_within_one_batch_is_refunded_once():
    world = World(CONTENT, state())
    world.ingest(happened("Cart Viewed", "2026-03-02T11:00:00Z", anonymous="d", id="a"), now=NOON)
    world.ingest(happened("Cart Viewed", "2026-03-02T11:00:00Z", anonymous="e", id="b"), now=NOON)
    world.evaluate(now=NOON)
    world.ingest(
        identified("anna", "2026-03-02T11:01:00Z", anonymous="d") | {"id": "i1"},
        happened("Order Completed", "2026-03-02T11:02:00Z", "anna", id="o", order_id="o1", total=9),
        happened("Order Refunded", "2026-03-02T11:03:00Z", "anna", id="r1", order_id="o1", total=5),
        identified("anna", "2026-03-02T11:04:00Z", anonymous="e") | {"id": "i2"},
        happened("Order Refunded", "2026-03-02T11:05:00Z", "anna", id="r2", order_id="o1", total=5),
        now=NOON,
    )
    world.evaluate(now=NOON)
    assert [each.metrics["revenue"].value for each in world.profiles] == [0]


def test_the_mail_worlds_addresses_join_nobody():
    """Anna's mail was forwarded to Ben, where it was opened: they stay two."""
    content = catalogue("title: j\ntrigger: { event: Product Viewed }\nsteps: [{ send: receipt }, { wait: 1 hour }]\n")
    ben = state("ben", identifiers={EMAIL: ("ben@example.com",)})
    world = World(content, state(identifiers={EMAIL: ("anna@example.com",)}), ben)
    world.evaluate(EventCame(profile="anna", event=event(identifiers={EMAIL: "anna@example.com"})), now=NOON)
    opened = event(
        "Email Opened",
        at=NOON + MINUTE,
        source="aws.ses",
        identifiers={EMAIL: "ben@example.com"},
        email_id=world.messages[0].id,
    )
    world.evaluate(EventCame(profile="anna", event=opened), now=NOON + MINUTE)
    assert [each.identifiers for each in world.profiles] == [
        {EMAIL: ("anna@example.com",)},
        {EMAIL: ("ben@example.com",)},
    ]


def test_feedback_on_somebody_unknown_makes_nobody():
    world = World(CONTENT)
    world.ingest(happened("Email Opened", "2026-03-02T11:00:00Z", email_id="of-another-provider", id="x"), now=NOON)
    world.evaluate(now=NOON)
    assert world.profiles == []


def test_a_poisoned_stimulus_takes_nobody_along():
    class Sick:
        """Content whose one campaign makes the code itself fail."""

        def __init__(self, well):
            self.well = well

        def __getattr__(self, name):
            return getattr(self.well, name)

        def campaigns_on(self, name):
            if name == "Sick":
                raise RuntimeError("a fault in our code")
            return self.well.campaigns_on(name)

    sick: Any = Sick(CONTENT)
    world = World(sick, state(), state("ben"))
    batch = [
        EventCame(profile="anna", event=event("Sick")),
        EventCame(profile="anna", event=event("Product Viewed")),
        EventCame(profile="ben", event=event("Product Viewed", identifiers={CUSTOMER_ID: "ben"}, id="b")),
    ]
    evaluated = world.evaluate(*batch, now=NOON)
    assert [parked.profile for parked in evaluated.parked] == ["anna"]
    assert evaluated.parked[0].reason.startswith("RuntimeError")
    assert all("last_seen_at" in each.dates for each in world.profiles)


def test_an_anonymous_person_is_found_again_by_the_device():
    world = World(CONTENT)
    for number in range(2):
        world.ingest(happened("Product Viewed", "2026-03-02T11:00:00Z", anonymous="d", id=f"v{number}"), now=NOON)
        world.evaluate(now=NOON)
    assert [each.identifiers for each in world.profiles] == [{ANONYMOUS_ID: ("d",)}]


def test_a_join_that_only_the_commit_discovers_brings_the_others_history_along():
    """Both arrive before either is stored: that the device is somebody's is known when the claim fails."""
    world = World(CONTENT, state())
    world.ingest(
        happened("Product Viewed", "2026-03-02T11:10:00Z", anonymous="d", id="v1"),
        happened("Product Viewed", "2026-03-02T11:11:00Z", anonymous="d", id="v2"),
        happened("Product Viewed", "2026-03-02T11:12:00Z", "anna", anonymous="d", id="v3"),
        now=NOON,
    )
    world.evaluate(now=NOON)
    assert world.outcomes == [("mail", "requested", None)]
    assert len(world.profiles) == 1


def test_a_batch_too_large_for_one_commit_counts_its_first_half_in_its_second():
    world = World(catalogue(THREE_VIEWS.replace("== 3", "== 45")), state())
    views = [event("Product Viewed", at=NOON + timedelta(seconds=each), id=f"v{each}") for each in range(60)]
    world.evaluate(*stimuli(*views), now=NOON + MINUTE)
    assert world.outcomes == [("mail", "requested", None)]
