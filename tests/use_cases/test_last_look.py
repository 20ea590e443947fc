"""What happens between the request of a mail and its sending: an order one second earlier wins."""

from dataclasses import replace

import pytest

from dampf.domain.stimulus import EventCame, TimerDue
from tests.builders import HOUR, MINUTE, NOON, catalogue, event, happened, state
from tests.use_cases.worlds import World

JOURNEY = """
title: journey
trigger: { event: Product Viewed, when: profile.traits.size > 3 or not profile.traits.size }
exit: [{ event: Order Completed }]
steps: [{ send: mail }, { send: receipt }, { wait: 1 hour }, { send: other }]
"""
VIEWED = EventCame(profile="anna", event=event("Product Viewed"))


def came(name, **more):
    return EventCame(profile="anna", event=event(name, at=NOON + MINUTE, **more))


@pytest.fixture
def world():
    """Anna's two mails were requested and wait in the outbox."""
    world = World(catalogue(JOURNEY), state())
    world.evaluate(VIEWED, now=NOON)
    assert world.outcomes == [("mail", "requested", None), ("receipt", "requested", None)]
    return world


def reasons(world):
    return {message: reason or status for message, status, reason in world.outcomes}


def test_nothing_happened(world):
    world.deliver(now=NOON)
    assert reasons(world) == {"mail": "sent", "receipt": "sent"}


def test_a_journey_left_through_an_exit_sends_nothing_more(world):
    world.evaluate(came("Order Completed", order_id="o1"), now=NOON + MINUTE)
    world.deliver(now=NOON + MINUTE)
    assert reasons(world) == {"mail": "journey_closed", "receipt": "journey_closed"}


def test_a_condition_that_is_no_longer_true_drops(world):
    world.evaluate(came("identify", traits={"size": 2}), now=NOON + MINUTE)
    world.deliver(now=NOON + MINUTE)
    assert reasons(world) == {"mail": "condition_false", "receipt": "condition_false"}


def test_a_condition_that_fails_drops_and_ends_the_journey(world):
    world.evaluate(came("identify", traits={"size": "XL"}), now=NOON + MINUTE)
    world.deliver(now=NOON + MINUTE)
    assert reasons(world) == {"mail": "condition_false", "receipt": "condition_false"}
    assert [fault.journey for fault in world.evaluate(now=NOON + MINUTE).faults] != []
    world.evaluate(TimerDue(profile="anna", due_at=NOON + HOUR), now=NOON + HOUR)
    assert set(reasons(world)) == {"mail", "receipt"}


@pytest.mark.parametrize(
    "name, mail, receipt",
    [
        ("Unsubscribed", "no_consent", "sent"),
        ("Consent Withdrawn", "no_consent", "sent"),
        ("Email Marked as Spam", "suppressed", "suppressed"),
    ],
)
@pytest.mark.parametrize("is_decided", [True, False], ids=["decided", "still in the mailbox"])
def test_a_withdrawal_overtakes_what_is_on_its_way(world, name, mail, receipt, is_decided):
    world.ingest(happened(name, "2026-03-02T12:01:00Z", "anna", id="w"), now=NOON + MINUTE)
    if is_decided:
        world.evaluate(now=NOON + MINUTE)
    world.deliver(now=NOON + MINUTE)
    assert reasons(world) == {"mail": mail, "receipt": receipt}


def test_another_topics_withdrawal_stops_nothing(world):
    world.ingest(happened("Unsubscribed", "2026-03-02T12:01:00Z", "anna", id="w", topic="news"), now=NOON + MINUTE)
    world.deliver(now=NOON + MINUTE)
    assert reasons(world) == {"mail": "sent", "receipt": "sent"}


def test_a_later_consent_lifts_an_earlier_withdrawal(world):
    world.ingest(happened("Unsubscribed", "2026-03-02T12:01:00Z", "anna", id="w"), now=NOON + MINUTE)
    world.ingest(happened("Consent Granted", "2026-03-02T12:02:00Z", "anna", id="g"), now=NOON + 2 * MINUTE)
    world.evaluate(now=NOON + 2 * MINUTE)
    world.deliver(now=NOON + 2 * MINUTE)
    assert reasons(world) == {"mail": "sent", "receipt": "sent"}


def test_a_finished_journeys_last_mail_is_still_delivered_after_an_exits_event():
    short = JOURNEY[: JOURNEY.index("steps")] + "steps: [{ send: mail }]\n"
    world = World(catalogue(short), state())
    world.evaluate(VIEWED, now=NOON)
    world.evaluate(came("Order Completed", order_id="o1"), now=NOON + MINUTE)
    world.deliver(now=NOON + MINUTE)
    assert reasons(world) == {"mail": "sent"}


def test_the_mail_goes_to_the_address_that_somebody_has_now(world):
    world.evaluate(came("identify", traits={"email": "new@example.com"}), now=NOON + MINUTE)
    world.deliver(now=NOON + MINUTE)
    assert {mail.to for mail in world.mailer.mails} == {"new@example.com"}


def test_a_profile_that_was_merged_meanwhile_gets_its_mail():
    content = catalogue("title: j\ntrigger: { event: Product Viewed }\nsteps: [{ send: receipt }]\n")
    anonymous = replace(state().profile, id="device", identifiers={"anonymous_id": ("d",)})
    world = World(content, state(identifiers={"customer_id": ("anna",)}), replace(state(), profile=anonymous))
    world.ingest(happened("Product Viewed", "2026-03-02T12:00:00Z", anonymous="d", id="v"), now=NOON)
    world.evaluate(now=NOON)
    world.ingest(happened("Cart Viewed", "2026-03-02T12:00:01Z", "anna", anonymous="d", id="l"), now=NOON)
    world.evaluate(now=NOON)
    assert len(world.profiles) == 1
    world.deliver(now=NOON + MINUTE)
    assert reasons(world) == {"receipt": "sent"}
