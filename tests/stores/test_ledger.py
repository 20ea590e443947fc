from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dampf.domain.commit import Merge, Stored
from dampf.domain.journey import StartingEvent
from dampf.domain.message import Message, Reason, Status
from dampf.stores.memory import InMemory
from dampf.use_cases.ports.messages import LastLook, Outgoing, Stop
from dampf.use_cases.ports.occasions import Due
from tests.stores.conftest import Stores
from tests.stores.values import MINUTE, NOON, commit, event, message, state

SENT: dict[str, Any] = {"status": Status.SENT, "at": NOON + MINUTE, "subject": "Welcome, Anna", "locale": "en"}


@pytest.fixture
def requested(stores: Stores) -> Stores:
    stores.commit(commit(messages=(message(),)))
    return stores


def found(stores: Stores, which: str = "anna-m1") -> Message:
    row = stores.ledger.find(which)
    assert row is not None
    return row


def test_a_message_comes_back_as_it_was_requested(stores: Stores) -> None:
    asked = message(event=StartingEvent("anna", NOON, "shop#e1"), customer_id="42", email="a@shop.example", trigger=0)
    dropped = message("anna-m2", status=Status.DROPPED, at=NOON, reason=Reason.NO_CONSENT)
    stores.commit(commit(messages=(asked, dropped)))
    assert (found(stores), found(stores, "anna-m2")) == (asked, dropped)
    assert stores.ledger.find("anna-m3") is None


def test_a_message_is_claimed_once(requested: Stores) -> None:
    assert requested.ledger.claim(message(), now=NOON)
    assert not requested.ledger.claim(message(), now=NOON)
    assert found(requested).status is Status.SENDING


@pytest.mark.parametrize(
    "transactional, minutes, claimed",
    [
        pytest.param(True, 1, False, id="a confirmation just claimed"),
        pytest.param(True, 2, True, id="a confirmation whose sender must have died"),
        pytest.param(False, 60, False, id="marketing is never sent on a guess"),
    ],
)
def test_only_a_transactional_message_is_claimed_again_after_a_crash(
    stores: Stores, transactional: bool, minutes: int, claimed: bool
) -> None:
    asked = message(transactional=transactional)
    stores.profiles.commit([commit(messages=(asked,))], now=NOON)
    assert stores.ledger.claim(asked, now=NOON)
    assert stores.ledger.claim(asked, now=NOON + timedelta(minutes=minutes)) is claimed
    due = list(stores.wakeups.due(until=NOON + timedelta(days=1)))
    assert [each.name for each in due if each.row == "message"] == ([asked.id] if transactional else [])


def test_of_two_that_claim_at_once_one_gets_it(stores: Stores) -> None:
    if not isinstance(stores.ledger, InMemory):
        pytest.skip("moto evaluates conditions without a lock; tests/embedded races the tables")
    for place in range(10):
        who = f"p{place}"
        asked = message(f"{who}-m1", who=who)
        stores.commit(commit(who, messages=(asked,)))
        with ThreadPoolExecutor(2) as callers:
            claims = callers.map(lambda _, asked=asked: stores.ledger.claim(asked, now=NOON), range(2))
        assert sorted(claims) == [False, True]


def test_what_is_not_there_cannot_be_claimed(stores: Stores) -> None:
    assert not stores.ledger.claim(message(), now=NOON)
    stores.commit(commit(messages=(message("anna-m2", status=Status.HELD_OUT, at=NOON),)))
    assert not stores.ledger.claim(message("anna-m2"), now=NOON)


def test_settling_writes_what_became_of_each(stores: Stores) -> None:
    asked = [message(f"anna-m{place}") for place in range(3)]
    stores.commit(commit(messages=tuple(asked)))
    for each in asked[:2]:
        stores.ledger.claim(each, now=NOON)
    settled = [
        replace(asked[0], **SENT),
        replace(asked[1], status=Status.UNKNOWN, at=NOON),
        replace(asked[2], status=Status.DROPPED, reason=Reason.NO_CONSENT, at=NOON),
    ]
    stores.ledger.settle(settled)
    assert [found(stores, each.id) for each in asked] == settled


def test_feedback_that_came_first_is_not_overwritten_and_yet_the_subject_is_written_down(stores: Stores) -> None:
    asked = [message(f"anna-m{place}") for place in range(3)]
    stores.commit(commit(messages=tuple(asked)))
    for each in asked:
        stores.ledger.claim(each, now=NOON)
    stores.ledger.feedback("anna-m1", Status.BOUNCED, at=NOON + 2 * MINUTE)
    stores.ledger.settle([replace(each, **SENT) for each in asked])
    sent = [replace(each, **SENT) for each in asked]
    sent[1] = replace(sent[1], status=Status.BOUNCED)
    assert [found(stores, each.id) for each in asked] == sent


def test_what_is_settled_stays_settled(requested: Stores) -> None:
    requested.ledger.settle([message(status=Status.DROPPED, reason=Reason.NO_CONSENT, at=NOON)])
    requested.ledger.settle([message(**SENT)])
    assert found(requested).status is Status.DROPPED


def test_settling_nothing_or_one_message_twice_or_one_that_is_gone_is_harmless(requested: Stores) -> None:
    requested.ledger.settle([])
    requested.ledger.settle([message("anna-gone", **SENT), message(**SENT), message(**SENT)])
    assert found(requested) == message(**SENT)


def test_a_message_given_back_can_be_claimed_again_and_is_due_later_each_time(requested: Stores) -> None:
    for tries, minutes in ((1, 4), (2, 8), (3, 16)):
        assert requested.ledger.claim(message(), now=NOON)
        requested.ledger.settle([message(tries=tries)])
        assert requested.due(NOON + timedelta(days=1)) == [Due("anna", "message", NOON + minutes * MINUTE, "anna-m1")]
    assert found(requested).tries == 3


SETTLING = [
    pytest.param([Status.SENT], Status.SENT, id="sent settles sending"),
    pytest.param([Status.DELIVERED], Status.DELIVERED, id="delivered before anybody said sent"),
    pytest.param([Status.SENT, Status.DELIVERED, Status.SENT], Status.DELIVERED, id="sent comes late"),
    pytest.param([Status.BOUNCED, Status.DELIVERED], Status.BOUNCED, id="delivered comes after the bounce"),
    pytest.param([Status.DELIVERED, Status.COMPLAINED], Status.COMPLAINED, id="who got it may complain"),
    pytest.param([Status.COMPLAINED, Status.BOUNCED], Status.COMPLAINED, id="a complaint is the last word"),
    pytest.param([Status.SOFT_BOUNCED], Status.SOFT_BOUNCED, id="turned away"),
    pytest.param([Status.SOFT_BOUNCED, Status.DELIVERED], Status.DELIVERED, id="delivered at another try"),
    pytest.param([Status.DELIVERED, Status.SOFT_BOUNCED], Status.DELIVERED, id="an auto-reply to what was delivered"),
    pytest.param([Status.SOFT_BOUNCED, Status.BOUNCED], Status.BOUNCED, id="turned away for good"),
    pytest.param([Status.DROPPED, Status.SENT], Status.DROPPED, id="rejected before anybody said sent"),
    pytest.param([Status.DELIVERED, Status.DROPPED], Status.DELIVERED, id="what was delivered was sent"),
]


@pytest.mark.parametrize("feedback, stands", SETTLING)
@pytest.mark.parametrize("before", [Status.SENDING, Status.UNKNOWN, Status.SENT])
def test_feedback_only_moves_forward(requested: Stores, before: Status, feedback: list[Status], stands: Status) -> None:
    requested.ledger.claim(message(), now=NOON)
    if before is not Status.SENDING:
        requested.ledger.settle([message(status=before, at=NOON)])
    for each in feedback:
        requested.ledger.feedback("anna-m1", each, at=NOON + MINUTE)
    assert found(requested).status is stands
    assert found(requested).at == (NOON + MINUTE if before is Status.SENDING else NOON)


@pytest.mark.parametrize("status", [Status.DROPPED, Status.HELD_OUT])
def test_feedback_does_not_touch_what_was_never_sent(stores: Stores, status: Status) -> None:
    stores.commit(commit(messages=(message(status=status, at=NOON),)))
    stores.ledger.feedback("anna-m1", Status.DELIVERED, at=NOON)
    assert found(stores).status is status


def test_a_rejection_bears_its_reason(requested: Stores) -> None:
    requested.ledger.claim(message(), now=NOON)
    requested.ledger.settle([message(**SENT)])
    requested.ledger.feedback("anna-m1", Status.DROPPED, at=NOON + MINUTE, reason=Reason.REJECTED)
    assert found(requested) == message(**SENT | {"status": Status.DROPPED, "reason": Reason.REJECTED})


@pytest.mark.parametrize("is_awaited", [True, False])
def test_feedback_says_whether_the_profile_awaits_it_however_often_it_is_told(stores: Stores, is_awaited: bool) -> None:
    stores.commit(commit(messages=(message(is_awaited=is_awaited),)))
    assert found(stores).is_awaited is is_awaited
    told = [stores.ledger.feedback("anna-m1", Status.DELIVERED, at=NOON) for _ in range(2)]
    assert told == [is_awaited, is_awaited]


def test_feedback_takes_a_message_that_was_given_back_out_of_the_queue(requested: Stores) -> None:
    requested.ledger.feedback("anna-m1", Status.DELIVERED, at=NOON)
    assert requested.due(NOON + MINUTE * 60) == []
    assert not requested.ledger.claim(message(), now=NOON)


def test_feedback_on_a_message_nobody_knows_makes_no_row(stores: Stores) -> None:
    assert stores.ledger.feedback("anna-m1", Status.DELIVERED, at=NOON) is False
    assert stores.ledger.find("anna-m1") is None


# --- the last look ----------------------------------------------------------------------------------------------------


def test_a_last_look_sees_message_state_stops_and_event(stores: Stores) -> None:
    viewed = event()
    asked = message(event=StartingEvent("anna", NOON, viewed.key))
    stores.commit(commit(messages=(asked,), events=(viewed,)), commit("bert"))
    stores.ledger.stop("anna", Stop(NOON, "marketing", "unsubscribed"))
    looks = stores.ledger.look(
        [
            Outgoing("anna", "anna-m1", False, asked.event),
            Outgoing("bert", "bert-m1", True),
            Outgoing("carl", "carl-m1", True),
        ]
    )
    assert looks == {
        "anna-m1": LastLook(
            message=asked,
            stored=Stored(content=state("anna"), version=1),
            stops=(Stop(NOON, "marketing", "unsubscribed"),),
            event=viewed,
        ),
        "bert-m1": LastLook(message=None, stored=Stored(content=state("bert"), version=1)),
        "carl-m1": LastLook(message=None, stored=Stored()),
    }


def test_a_last_look_follows_tombstones_and_hears_every_stop_on_the_way(stores: Stores) -> None:
    asked = message("first-m1", who="first")
    stores.commit(commit("first", messages=(asked,)), commit("second"), commit("third"))
    stores.profiles.merge(merge("first", into="second", version=1))
    stores.profiles.merge(merge("second", into="third", version=1, loser_version=2))
    stores.ledger.stop("first", Stop(NOON, None, "complained"))
    stores.ledger.stop("second", Stop(NOON, "news", "unsubscribed"))
    stores.ledger.stop("third", Stop(NOON + MINUTE, "news", "unsubscribed"))
    look = stores.ledger.look([Outgoing("first", "first-m1", False)])["first-m1"]
    assert look.message == asked
    assert look.stored == Stored(content=state("third"), version=2)
    assert look.stops == (Stop(NOON, None, "complained"), Stop(NOON + MINUTE, "news", "unsubscribed"))


def merge(loser: str, *, into: str, version: int, loser_version: int = 1) -> Merge:
    return Merge(
        survivor=state(into), survivor_version=version, loser=loser, loser_version=loser_version, identifiers={}
    )


def test_a_batch_of_more_rows_than_one_request_holds_is_looked_at(stores: Stores) -> None:
    people = [f"p{place}" for place in range(60)]
    for half in (people[:30], people[30:]):
        stores.commit(*(commit(who, messages=(message(f"{who}-m1", who=who),)) for who in half))
    looks = stores.ledger.look([Outgoing(who, f"{who}-m1", False) for who in people])
    assert sum(look.message is not None and look.stored.version == 1 for look in looks.values()) == 60


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "out of order"])
def test_of_two_stops_the_later_stays(stores: Stores, order: tuple[int, int]) -> None:
    stops = (Stop(NOON, "marketing", "unsubscribed"), Stop(NOON + timedelta(microseconds=1), "marketing", "complained"))
    for place in order:
        stores.ledger.stop("anna", stops[place])
    assert stores.ledger.look([Outgoing("anna", "anna-m1", False)])["anna-m1"].stops == (stops[1],)


# --- what is due ------------------------------------------------------------------------------------------------------


def test_only_what_waits_is_due_and_the_earliest_comes_first(stores: Stores) -> None:
    def waits(who: str, due_at: datetime | None) -> None:
        stores.commit(commit(who, state=state(who, due_at=due_at)))

    waits("nobody", None)
    waits("later", NOON + 3 * MINUTE)
    waits("half", NOON + timedelta(seconds=0.5))
    waits("noon", NOON)
    assert stores.due(NOON + 2 * MINUTE) == [
        Due("noon", "state", NOON),
        Due("half", "state", NOON + timedelta(seconds=0.5)),
    ]
    assert [due.profile for due in stores.due(NOON + 3 * MINUTE)] == ["noon", "half", "later"]


def test_of_one_shard_what_is_due_comes_earliest_first(stores: Stores) -> None:
    for minutes in (3, 1, 2):
        asked = message(f"anna-m{minutes}", requested_at=NOON + minutes * MINUTE)
        stores.commit(commit(version=stores.stored("anna").version, messages=(asked,)))
    assert [due.name for due in stores.wakeups.due(until=NOON + 60 * MINUTE)] == ["anna-m1", "anna-m2", "anna-m3"]


def test_a_state_is_due_once_at_its_latest_word(stores: Stores) -> None:
    for version, due_at in enumerate((NOON, NOON + MINUTE, None, NOON + MINUTE)):
        stores.commit(commit(version=version, state=state(due_at=due_at)))
    assert stores.due(NOON + 60 * MINUTE) == [Due("anna", "state", NOON + MINUTE)]


def test_a_request_nobody_claims_and_an_event_nobody_forgets_are_due_after_two_minutes(stores: Stores) -> None:
    emitted = event(source="dampf", id="x1")
    stores.commit(commit(messages=(message(),), emitted=(emitted,)))
    assert stores.due(NOON + 2 * MINUTE - timedelta(seconds=1)) == []
    assert stores.due(NOON + 2 * MINUTE) == [
        Due("anna", "emit", NOON + 2 * MINUTE, "dampf#x1"),
        Due("anna", "message", NOON + 2 * MINUTE, "anna-m1"),
    ]
    stores.ledger.claim(message(), now=NOON)
    stores.profiles.forget_emitted("anna", [emitted])
    assert stores.due(NOON + 60 * MINUTE) == []


def test_a_dropped_message_is_never_due(stores: Stores) -> None:
    stores.commit(commit(messages=(message(status=Status.DROPPED, at=NOON),)))
    assert stores.due(NOON + 60 * MINUTE) == []
