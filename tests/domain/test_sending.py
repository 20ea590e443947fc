"""What becomes of requests when something around them changes."""

from dataclasses import replace
from datetime import datetime

from dampf.domain.message import Status
from dampf.domain.state import State
from dampf.domain.stimulus import MessageFailed
from tests.builders import HOUR, NOON, catalogue, decided, event, mails, state, timer

CAMPAIGN = "title: T\ntrigger: { event: Product Viewed }\nentry: { again: always }\nsteps: [{ send: gone }]\n"
QUIET = {"quiet_hours": {"from": "12:00", "to": "15:00"}}


def wakes_at(state: State) -> datetime:
    assert state.due_at is not None
    return state.due_at


def test_a_held_message_that_is_not_published_any_more_ends_its_journey():
    before = catalogue(CAMPAIGN, messages={"gone": {}}, **QUIET)
    held = decided(state(), event(), before)
    assert held.messages == ()
    released = decided(held.state, timer(NOON + 2 * HOUR), catalogue(CAMPAIGN, **QUIET))
    assert released.state.journeys == ()
    assert "not published" in released.faults[0].reason


def test_a_message_dropped_at_the_last_look_frees_its_cap_and_the_journey_goes_on():
    content = catalogue(CAMPAIGN, messages={"gone": {}}, caps={"per_day": 1})
    first = decided(state(), event(), content)
    (message,) = first.messages
    failed = MessageFailed(
        profile="anna", message=message.id, journey=message.journey, reason="no_consent", ends_journey=False
    )
    told = decided(first.state, failed, content, now=NOON)
    assert told.faults == ()
    again = decided(told.state, event(at=NOON + HOUR), content)
    assert [each.status for each in again.messages] == [Status.REQUESTED]


def test_a_shop_that_is_paused_holds_and_the_first_look_after_it_sends():
    content = catalogue(CAMPAIGN, messages={"gone": {}})
    paused = type(content)(content._manifest, content._compiled, shop_is_paused=True)
    held = decided(state(), event(), paused)
    looks = [held.state]
    while wakes_at(looks[-1]) < NOON + 6 * HOUR:
        looks.append(decided(looks[-1], timer(wakes_at(looks[-1])), paused).state)
    assert len(looks) < 12
    sent = decided(looks[-1], timer(wakes_at(looks[-1])), content)
    assert mails(sent) == [("gone", None)]
    assert [hold.reason for hold in sent.messages[0].held] == ["paused"]


def test_what_stays_paused_is_dropped_when_hold_at_most_is_over_and_the_journey_goes_on():
    content = catalogue(
        CAMPAIGN.replace("gone }", "gone }, { send: receipt }"), messages={"gone": {}}, hold_at_most="5 hours"
    )
    paused = type(content)(content._manifest, content._compiled, paused=frozenset({"T"}))
    now = decided(state(), event(), paused)
    while not now.messages:
        now = decided(now.state, timer(wakes_at(now.state)), paused)
    assert [(message.at, message.reason) for message in now.messages] == [(NOON + 5 * HOUR, "paused")]
    assert now.state.journeys[0].step == "steps/1"  # the transactional message waits for the pause too


def test_another_campaign_is_not_paused_with_it():
    content = catalogue(CAMPAIGN, messages={"gone": {}})
    paused = type(content)(content._manifest, content._compiled, paused=frozenset({"U"}))
    assert mails(decided(state(), event(), paused)) == [("gone", None)]


def test_a_journey_is_left_alone_by_events_that_happened_before_it_began():
    """A journey that no event started counts from its entry."""
    text = (
        "title: T\ntrigger: { date: profile.dates.registered_at, every: month, at: '13:00' }\n"
        "exit: { event: Order Completed }\nsteps: [{ wait: 1 day }, { send: gone }]\n"
    )
    content = catalogue(text, messages={"gone": {}})
    told = decided(state(), event("Customer Registered", at=NOON - 28 * 24 * HOUR, arrived_at=NOON - HOUR), content)
    begun = decided(told.state, timer(NOON), content)
    late = event("Order Completed", at=NOON - HOUR, arrived_at=NOON + HOUR)
    assert len(decided(begun.state, late, content).state.journeys) == 1
    on_time = replace(late, at=NOON + HOUR, id="another")
    assert decided(begun.state, on_time, content).state.journeys == ()
