"""Every step of every function survives dying on the next line, and running twice.

A scenario is played once undisturbed. Then once for each call of any port: there the function is killed, or the store
fails, before the call or after it; the queues bring the batch again and the clock sweeps. What came of it must be what
came of it undisturbed, but for what is named `sending`, and for a transactional mail that may come twice.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from itertools import count
from random import Random
from typing import Any

import pytest

from dampf.domain.instants import parse_instant
from dampf.domain.message import Message, Reason, Status
from tests.failures.faults import ConnectionLost, Fault, Gate, Killed, Moment
from tests.failures.scenarios import CODES, REFUSED, SCENARIOS, at, shop
from tests.failures.worlds import World

UNTIL = parse_instant(at(0)) + timedelta(hours=8)
SHOP = shop()

WAYS: list[tuple[Moment, type[BaseException]]] = [
    ("before", Killed),
    ("after", Killed),
    ("before", ConnectionLost),
    ("after", ConnectionLost),
]
NAMED = {Status.SENDING, Status.UNKNOWN}


def played(scenario: str, *faults: Fault) -> World:
    world = World(SHOP, Gate(faults))
    world.play(SCENARIOS[scenario], until=UNTIL)
    return world


undisturbed = cache(played)


def every_fault(scenario: str, moment: Moment, kind: type[BaseException]) -> Iterator[World]:
    for number in count(1):
        world = played(scenario, Fault(number, moment, kind))
        if not world.gate.met:
            return
        yield world


@pytest.mark.parametrize("moment, kind", WAYS, ids=lambda value: getattr(value, "__name__", value))
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_one_fault_anywhere_loses_and_doubles_nothing(scenario: str, moment: Moment, kind: type[BaseException]) -> None:
    expected = undisturbed(scenario)
    faults = 0
    for world in every_fault(scenario, moment, kind):
        faults += 1
        assert differences(world, expected) == [], (world.gate.faults, world.gate.met)
    assert faults > 10


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_two_and_three_faults_lose_and_double_nothing(scenario: str) -> None:
    expected = undisturbed(scenario)
    chance = Random(f"two faults: {scenario}")
    for _ in range(400):
        numbers = sorted(chance.sample(range(1, expected.gate.calls + 20), chance.choice([2, 3])))
        world = played(scenario, *(Fault(number, *chance.choice(WAYS)) for number in numbers))
        assert differences(world, expected) == [], (world.gate.faults, world.gate.met)


def test_the_scenarios_reach_every_port_and_do_what_they_say() -> None:
    reached = {
        name for scenario in SCENARIOS for world in every_fault(scenario, "before", Killed) for name in world.gate.met
    }
    assert reached >= {
        "catalogue",
        "store.owners",
        "store.load",
        "store.commit",
        "store.answer",
        "store.merge",
        "store.park",
        "store.begin_erasing",
        "store.erase",
        "store.forget_stop",
        "store.forget_emitted",
        "store.look",
        "store.claim",
        "store.settle",
        "store.stop",
        "store.due",
        "mailbox.put",
        "outbox.put",
        "timers.wake",
        "bus.put",
        "parking.put",
        "dead_letters.put",
        "mailer.send",
        "vouchers.claim",
        "vouchers.release",
        "vouchers.left",
    }
    sent = {
        scenario: sorted(each.message for each in undisturbed(scenario).messages.values()) for scenario in SCENARIOS
    }
    assert sent == {
        "a registration": ["mail"],
        "a forgotten cart": ["mail"],
        "a cart that is bought": ["receipt"],
        "two orders, one twice": ["mail", "receipt", "receipt"],
        "an emitted event": ["mail", "receipt"],
        "a look back and a wait": ["mail"],
        "a login": ["mail", "mail", "mail"],
        "a device and an address that change hands": ["mail", "mail", "mail", "receipt"],
        "a withdrawal": ["mail", "mail"],
        "a mail that cannot be written": ["broken"],
        "more than one transaction holds": ["mail"],
        "an erasure, a late event and a return": ["mail"],
        "a voucher that is redeemed twice": ["gift", "mail", "receipt", "receipt"],
        "a voucher that was passed on": ["gift", "mail", "receipt"],
        "a voucher of a mail that cannot be written goes to somebody else": ["gift", "spoilt_gift"],
        "a list that is at its end": ["gift", "gift"],
        "a voucher that is made": ["made_gift"],
        "malformed among others": ["mail", "mail"],
    }


@pytest.mark.parametrize("moment, kind", WAYS, ids=lambda value: getattr(value, "__name__", value))
def test_a_voucher_of_a_mail_that_is_refused_is_free_again_unless_nobody_knows_that_it_was(
    moment: Moment, kind: type[BaseException]
) -> None:
    endings = set()
    for number in count(1):
        world = World(SHOP, Gate((Fault(number, moment, kind),)))
        world.play(REFUSED, until=UNTIL)
        (message,) = world.messages.values()
        kept = [each.voucher.code for state in world.states for each in state.profile.vouchers]
        endings.add(
            (message.status.value, message.voucher is not None, tuple(kept), world.vouchers.left("few", at_most=9))
        )
        if not world.gate.met:
            break
    assert endings == {("dropped", False, (), 1), ("sending", True, ("ONLY-1",), 0)}


def differences(world: World, expected: World) -> list[str]:
    return [
        *_in_profiles(world, expected),
        *_in_messages(world, expected),
        *_in_vouchers(world, expected),
        *_left_behind(world, expected),
    ]


def _in_profiles(world: World, expected: World) -> Iterator[str]:
    if world.events != expected.events:
        yield f"events: {world.events} instead of {expected.events}"
    known, wanted = (
        [_person(state.profile) for state in world.states],
        [_person(state.profile) for state in expected.states],
    )
    if known != wanted:
        yield f"profiles: {known} instead of {wanted}"
    if world.open_journeys() != expected.open_journeys():
        yield f"journeys: {world.open_journeys()} instead of {expected.open_journeys()}"


def _person(profile: Any) -> tuple[Any, ...]:
    traits = {name: told.value for name, told in profile.traits.items()}
    consent = {topic: word.granted for topic, word in profile.consent.items()}
    dates = {
        name: day for name, day in profile.dates.items() if name != "last_seen_at"
    }  # an emitted event may come late
    return (profile.id, profile.identifiers, profile.also, traits, consent, profile.metrics, dates, profile.cart)


def _in_messages(world: World, expected: World) -> Iterator[str]:
    if set(world.messages) != set(expected.messages):
        yield f"messages: {sorted(world.messages)} instead of {sorted(expected.messages)}"
        return
    for message in world.messages.values():
        mailed, wanted = world.mailed.get(message.id, 0), expected.messages[message.id]
        if not _is_as_wanted(message, mailed, wanted, faults=len(world.gate.met)):
            yield f"{message.message}: {message.status} {message.reason}, mailed {mailed} times, wanted {wanted.status}"


def _in_vouchers(world: World, expected: World) -> Iterator[str]:
    """Each code of the list is free, or one message's: never lost, never two's."""
    borne = [each.voucher.code for each in world.messages.values() if each.voucher is not None]
    free = world.vouchers.left("few", at_most=10)
    if len(set(borne)) != len(borne) or free + sum(code in CODES for code in borne) != len(CODES):
        yield f"codes: {borne} are borne, {free} free"
    known, wanted = (
        [_codes(state.profile) for state in world.states],
        [_codes(each.profile) for each in expected.states],
    )
    if known != wanted:
        yield f"vouchers: {known} instead of {wanted}"
    for message in world.messages.values():
        may_reach = message.status in (Status.SENT, *NAMED)
        if message.message in ("gift", "made_gift") and (message.voucher is not None) is not may_reach:
            yield f"{message.status} with the voucher {message.voucher}"


def _codes(profile: Any) -> list[tuple[str, bool]]:
    return [(given.voucher.code, given.redeemed_at is not None) for given in profile.vouchers]


def _is_as_wanted(message: Message, mailed: int, wanted: Message, *, faults: int) -> bool:
    if wanted.status is not Status.SENT:
        return (message.status, message.reason, mailed) == (wanted.status, wanted.reason, 0)
    if message.transactional:
        return message.status is Status.SENT and 1 <= mailed <= 1 + faults
    if message.status is Status.SENT:
        return mailed == 1
    # A withdrawal may overtake what a fault has held up.
    return (message.status in NAMED and mailed <= 1) or (message.reason is Reason.NO_CONSENT and mailed == 0)


def _left_behind(world: World, expected: World) -> Iterator[str]:
    waiting = [letter.body for queue in (world.arrivals, world.mailbox, world.outbox) for letter in queue.letters]
    if waiting:
        yield f"still in a queue: {waiting}"
    overdue = [due for due in world.store.due(until=UNTIL) if due.row != "state"]
    if overdue:
        yield f"still due: {overdue}"
    if set(world.store.parked) != set(expected.store.parked):
        yield f"parked: {world.store.parked}"
    if {reason for _, reason in world.parking.letters} != {reason for _, reason in expected.parking.letters}:
        yield f"parking queue: {world.parking.letters}"
    if {reason for _, reason in world.dead_letters.letters} != {reason for _, reason in expected.dead_letters.letters}:
        yield f"dead letters: {world.dead_letters.letters}"
