"""Merges and moves while something else of the same people is under way."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from dampf.domain.identity import profile_id
from dampf.domain.message import Status
from dampf.domain.profile import Profile
from dampf.domain.state import State, Tombstone
from dampf.domain.stimulus import EventCame, Stimulus, TimerDue
from dampf.use_cases.evaluate import Delivery
from tests.builders import HOUR, MINUTE, NOON, catalogue, event, happened, identified
from tests.failures.faults import Killed
from tests.races.test_races_on_dynamodb import DynamoTables, tables
from tests.use_cases.worlds import World

__all__ = ["tables"]

SHOP = catalogue(
    "title: cart\ntrigger: { event: Product Added }\nsteps: [{ wait: 10 minutes }, { send: mail }]\n",
    "title: order\ntrigger: { event: Order Completed }\nentry: { again: always }\nsteps: [{ send: receipt }]\n",
    metrics="views: { add: 1, on: Product Viewed }\n",
)
AT = "2026-03-02T12:00:0{}Z"
NOBODY = profile_id("anonymous_id", "laptop")
ANNA = profile_id("customer_id", "anna")


@pytest.fixture(scope="module")
def at_once() -> Iterator[Callable[..., None]]:
    """Calls all of them at the same moment, each in a thread of its own."""
    patience = sys.getswitchinterval()
    sys.setswitchinterval(2e-5)
    with ThreadPoolExecutor(8) as pool:

        def run(*calls: Callable[[], object]) -> None:
            barrier = threading.Barrier(len(calls))

            def begin(call: Callable[[], object]) -> None:
                barrier.wait(timeout=30)
                call()

            for done in [pool.submit(begin, call) for call in calls]:
                done.result()

        yield run
    sys.setswitchinterval(patience)


@pytest.fixture(params=["memory", pytest.param("dynamodb", marks=pytest.mark.emulator)])
def rounds(request: pytest.FixtureRequest) -> Callable[[int], Iterator[tuple[int, World]]]:
    """So many worlds with nobody in them, one after the other; a tenth of them over DynamoDB's own tables."""
    if request.param == "memory":
        return lambda most: ((number, World(SHOP)) for number in range(most))
    on_dynamodb: DynamoTables = request.getfixturevalue("tables")

    def fresh(most: int) -> Iterator[tuple[int, World]]:
        for number in range(max(most // 10, 1)):
            on_dynamodb.forget()
            yield number, World(SHOP, tables=on_dynamodb)

    return fresh


Rounds = Callable[[int], Iterator[tuple[int, World]]]


def settled(world: World, stimuli: list[Stimulus], at_once: Callable[..., None], now: datetime = NOON) -> None:
    """Each stimulus to a function of its own at once, and what comes of that in peace."""
    left: list[Stimulus] = []

    def take(stimulus: Stimulus) -> None:
        done = world.evaluate_once([Delivery("d", stimulus)], now=now)
        left.extend([stimulus] if done.retry else [])

    at_once(*(partial(take, stimulus) for stimulus in stimuli))
    world.mailbox.stimuli.extend(left)
    while world.mailbox.stimuli:
        world.evaluate(now=now)


def came(world: World) -> list[Stimulus]:
    stimuli = list(world.mailbox.stimuli)
    world.mailbox.stimuli.clear()
    return stimuli


def bearers(world: World, identifier: str) -> list[Profile]:
    return [each for each in world.profiles if any(identifier in values for values in each.identifiers.values())]


def test_of_two_logins_on_one_device_at_once_the_later_one_has_it(rounds: Rounds, at_once: Callable[..., None]) -> None:
    for number, world in rounds(60):
        logins = [
            happened("Signed In", AT.format(1 + place), who, anonymous="laptop", id=f"{number}-{who}")
            for place, who in enumerate(("anna", "ben"))
        ]
        world.ingest(
            happened("Product Viewed", AT.format(0), anonymous="laptop", id="v"), *logins[: number % 2], now=NOON
        )
        world.evaluate(now=NOON)
        world.ingest(*logins, now=NOON)
        settled(world, came(world), at_once)
        (owner,) = bearers(world, "laptop")
        assert owner.identifiers["customer_id"] == ("ben",)
        assert sorted(profile.identifiers["customer_id"] for profile in world.profiles) == [("anna",), ("ben",)]
        assert sum(int(each.metrics["views"].value) for each in world.profiles if "views" in each.metrics) == 1


def test_one_into_another_while_the_other_into_the_one(rounds: Rounds, at_once: Callable[..., None]) -> None:
    for number, world in rounds(60):
        alone = [
            happened("Product Viewed", AT.format(place), anonymous=device, id=device)
            for place, device in enumerate(("laptop", "tablet"))
        ]
        world.ingest(*alone, now=NOON)
        world.evaluate(now=NOON)
        first, second = profile_id("anonymous_id", "laptop"), profile_id("anonymous_id", "tablet")
        both = {"anonymous_id": "laptop", "card": "c"}, {"anonymous_id": "tablet", "card": "c"}
        stimuli: list[Stimulus] = [
            EventCame(profile=profile, event=event(id=f"{number}-{profile}", identifiers=named))
            for profile, named in zip((first, second), both, strict=True)
        ]
        settled(world, stimuli * 2, at_once)
        assert len(world.profiles) == 1
        assert world.profiles[0].metrics["views"].value == 4


def visitor(world: World) -> None:
    """Somebody with an address and consent, whom nobody knows by name, with a cart."""
    named = {"email": "anna@example.com"}
    world.ingest(
        happened("Consent Granted", AT.format(0), anonymous="laptop", topic="marketing", traits=named, id="c"),
        happened("Product Added", AT.format(1), anonymous="laptop", product_id="drill", id="a"),
        now=NOON,
    )
    world.evaluate(now=NOON)


def waiting(world: World) -> State:
    (state,) = [state for state in world.states if state.due_at is not None]
    return state


def test_the_losers_timer_is_the_survivors(rounds: Rounds, at_once: Callable[..., None]) -> None:
    for number, world in rounds(40):
        visitor(world)
        before = waiting(world)
        assert before.due_at is not None
        now = before.due_at
        world.ingest(identified("anna", AT.format(9)) | {"id": f"login{number}"}, now=now)
        timer = TimerDue(profile=before.profile.id, due_at=now)
        settled(world, [*came(world), timer, timer], at_once, now)
        survivor = bearers(world, "anna")[0]
        world.evaluate(TimerDue(profile=survivor.id, due_at=now), now=now)
        world.deliver(now=now)
        assert world.outcomes == [("mail", "sent", None)]
        assert isinstance(world.stored(before.profile.id).content, Tombstone)


def test_the_losers_mail_and_its_feedback_find_the_survivor(rounds: Rounds, at_once: Callable[..., None]) -> None:
    for number, world in rounds(40):
        visitor(world)
        before = waiting(world)
        now = NOON + HOUR
        world.evaluate(TimerDue(profile=before.profile.id, due_at=before.due_at or now), now=now)
        world.ingest(identified("anna", AT.format(9)) | {"id": f"login{number}"}, now=now)
        (login,) = came(world)
        at_once(partial(settled_alone, world, login), partial(world.deliver, now=now))
        while world.mailbox.stimuli:
            world.evaluate(now=now)
        (message,) = world.messages
        assert message.status is Status.SENT
        complaint = happened("Email Marked as Spam", "2026-03-02T13:05:00Z", email_id=message.id, id="spam")
        world.ingest(complaint, now=now + MINUTE)
        world.evaluate(now=now + MINUTE)
        assert world.messages[0].status is Status.COMPLAINED
        (anna,) = bearers(world, "anna")
        assert anna.suppressed is not None


def killed(world: World, envelope: dict[str, Any]) -> None:
    """Ingest dies between what must overtake any backlog and the mailbox."""
    put = world.mailbox.put

    def die(*arguments: Any) -> None:
        raise Killed

    world.mailbox.put = die  # type: ignore[assignment, method-assign]
    with pytest.raises(Killed):
        world.ingest(envelope, now=NOON + HOUR)
    world.mailbox.put = put  # type: ignore[method-assign]


def test_a_withdrawal_whose_ingest_is_killed_while_profiles_merge_stops_the_mail_and_is_kept(
    rounds: Rounds, at_once: Callable[..., None]
) -> None:
    for number, world in rounds(40):
        visitor(world)
        before = waiting(world)
        now = NOON + HOUR
        world.evaluate(TimerDue(profile=before.profile.id, due_at=before.due_at or now), now=now)
        world.ingest(identified("anna", AT.format(9)) | {"id": f"login{number}"}, now=now)
        (login,) = came(world)
        withdrawn = happened("Unsubscribed", "2026-03-02T12:30:00Z", email="anna@example.com", id=f"stop{number}")
        at_once(partial(settled_alone, world, login), partial(killed, world, withdrawn))
        world.deliver(now=now)
        assert world.outcomes == [("mail", "dropped", "no_consent")]
        while world.mailbox.stimuli:
            world.evaluate(now=now)
        world.ingest(withdrawn, now=now + MINUTE)  # the queue brings it again
        world.evaluate(now=now + MINUTE)
        (anna,) = bearers(world, "anna")
        assert not anna.consents_to("marketing")


def settled_alone(world: World, stimulus: Stimulus) -> None:
    done = world.evaluate_once([Delivery("d", stimulus)], now=NOON + HOUR)
    world.mailbox.stimuli.extend([stimulus] if done.retry else [])


def test_a_repetition_from_before_the_merge_counts_once(rounds: Rounds) -> None:
    ((_, world),) = rounds(1)
    view = happened("Product Viewed", AT.format(0), anonymous="laptop", id="v")
    world.ingest(view, now=NOON)
    before = list(world.mailbox.stimuli)
    world.evaluate(now=NOON)
    world.ingest(happened("Signed In", AT.format(1), "anna", anonymous="laptop", id="login"), now=NOON)
    world.evaluate(now=NOON)
    evaluated = world.evaluate(*before, now=NOON)  # to the loser's mailbox, which is a tombstone's by now
    assert evaluated.duplicates == 1
    world.ingest(view, now=NOON)
    world.evaluate(now=NOON)
    assert [int(each.metrics["views"].value) for each in world.profiles] == [1]


@pytest.mark.parametrize("turned", [False, True])
def test_both_profiles_in_one_batch_become_one(rounds: Rounds, turned: bool) -> None:
    ((_, world),) = rounds(1)
    told = [
        happened("Product Viewed", AT.format(0), anonymous="laptop", id="v0"),
        happened("Product Viewed", AT.format(1), "anna", id="v1"),
        happened("Signed In", AT.format(2), "anna", anonymous="laptop", id="login"),
        happened("Product Viewed", AT.format(3), anonymous="laptop", id="v2"),
    ]
    world.ingest(*told[:2], now=NOON)
    world.evaluate(now=NOON)
    world.ingest(*(reversed(told) if turned else told), now=NOON)
    world.evaluate(now=NOON)
    assert [int(each.metrics["views"].value) for each in world.profiles] == [3]
    assert isinstance(world.stored(NOBODY).content, Tombstone)
    assert world.profiles[0].id == ANNA
