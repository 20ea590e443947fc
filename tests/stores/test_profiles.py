from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dampf.domain.commit import Commit, Conflict, Merge, Move, Stored
from dampf.domain.decision import Asks, Ended, EnteredKey, Memory, OrderKey, OrderTaken, PastEvents
from dampf.domain.identifiers import Claim, Joined
from dampf.domain.identity import trace_of
from dampf.domain.journey import StartingEvent
from dampf.domain.message import Status
from dampf.domain.state import Entered, Tombstone
from dampf.domain.stimulus import TimerDue
from dampf.stores.dynamodb import Tables
from dampf.stores.profiles import DynamoProfiles
from tests.stores.conftest import Stores
from tests.stores.values import JOINED, MINUTE, NOON, a_full_state, commit, event, message, profile, state

ONCE = EnteredKey("welcome", "")
FIRST, SECOND = Entered(1, NOON), Entered(2, NOON + MINUTE)


def test_a_profile_nobody_knows_has_version_0_and_no_content(stores: Stores) -> None:
    assert stores.profiles.load(["anna", "bert"]) == {"anna": Stored(), "bert": Stored()}


def test_a_state_comes_back_as_it_was_written_one_version_on(stores: Stores) -> None:
    full = a_full_state()
    assert stores.commit(commit(full.profile.id, state=full)) == {}
    assert stores.stored(full.profile.id) == Stored(content=full, version=1)


def test_a_commit_on_a_version_that_moved_on_is_stale_and_writes_nothing(stores: Stores) -> None:
    stores.commit(commit())
    late = commit(version=0, state=state(due_at=NOON), seen=("shop#e1",), messages=(message(),))
    assert stores.commit(late) == {"anna": Conflict(stale=True)}
    assert stores.stored("anna") == Stored(content=state(), version=1)
    assert stores.ledger.find("anna-m1") is None
    assert stores.commit(commit(version=1, seen=("shop#e1",))) == {}


def test_a_commit_on_a_row_that_was_never_there_is_stale(stores: Stores) -> None:
    assert stores.commit(commit(version=3)) == {"anna": Conflict(stale=True)}


def test_an_event_is_seen_once_whoever_it_belongs_to(stores: Stores) -> None:
    stores.commit(commit("anna", seen=("shop#e1",)))
    conflicts = stores.commit(commit("bert", seen=("shop#e1", "shop#e2")))
    assert conflicts == {"bert": Conflict(seen=frozenset({"shop#e1"}))}


def test_an_identifier_that_is_somebody_elses_is_a_conflict_that_names_the_owner(stores: Stores) -> None:
    email, customer = ("email", "a@shop.example"), ("customer_id", "42")
    stores.commit(commit("anna", claims=(email,)))
    assert stores.commit(commit("bert", claims=(email, customer))) == {"bert": Conflict(owned={email: "anna"})}
    assert stores.identities.owners([email, customer], now=NOON) == {email: "anna"}


def test_claiming_ones_own_identifier_again_is_no_conflict(stores: Stores) -> None:
    stores.commit(commit("anna", claims=(("email", "a@shop.example"),)))
    assert stores.commit(commit("anna", version=1, claims=(("email", "a@shop.example"),))) == {}


def test_what_belongs_to_a_profile_merged_into_this_one_may_be_claimed(stores: Stores) -> None:
    stores.commit(commit("bert", claims=(("email", "a@shop.example"),)))
    mine = commit("anna", state=state("anna", also=("bert",)), claims=(("email", "a@shop.example"),))
    assert stores.commit(mine) == {}
    assert stores.identities.owners([("email", "a@shop.example")], now=NOON) == {("email", "a@shop.example"): "anna"}


def test_a_memory_believed_absent_that_is_there_is_a_conflict_that_carries_it(stores: Stores) -> None:
    stores.commit(commit(memories=(Memory(key=ONCE, value=FIRST, was=None),)))
    again = commit(version=1, memories=(Memory(key=ONCE, value=SECOND, was=None),))
    assert stores.commit(again) == {"anna": Conflict(memories={ONCE: FIRST})}
    knowing = commit(version=1, memories=(Memory(key=ONCE, value=SECOND, was=FIRST),))
    assert stores.commit(knowing) == {}


def test_a_memory_believed_to_be_there_that_is_not_is_a_conflict_that_says_so(stores: Stores) -> None:
    believing = commit(memories=(Memory(key=ONCE, value=SECOND, was=FIRST),))
    assert stores.commit(believing) == {"anna": Conflict(memories={ONCE: None})}


def test_what_an_order_brought_is_remembered_exactly(stores: Stores) -> None:
    key, taken = OrderKey("o#1"), OrderTaken({"revenue": Decimal("19.90"), "orders": Decimal(1)}, {"revenue": None})
    stores.commit(commit(memories=(Memory(key=key, value=taken, was=None),)))
    assert stores.profiles.answer(profile(), Asks(memories=frozenset({key}))).memories == {key: taken}
    other_order = OrderTaken(dict(reversed(taken.brought.items())), taken.asked)
    assert stores.commit(commit(version=1, memories=(Memory(key=key, value=taken, was=other_order),))) == {}


def test_everything_that_did_not_hold_is_named_at_once(stores: Stores) -> None:
    held = Memory(key=ONCE, value=FIRST, was=None)
    stores.commit(commit("anna", seen=("shop#e1",), claims=(("email", "a@shop.example"),)))
    stores.commit(commit("bert", memories=(held,)))
    wrong = commit("bert", version=0, seen=("shop#e1",), claims=(("email", "a@shop.example"),), memories=(held,))
    assert stores.commit(wrong) == {
        "bert": Conflict(
            stale=True,
            seen=frozenset({"shop#e1"}),
            owned={("email", "a@shop.example"): "anna"},
            memories={ONCE: FIRST},
        )
    }


def test_one_offender_does_not_stop_the_others(stores: Stores) -> None:
    stores.commit(commit("p3"), commit("p7", seen=("shop#e7",)))
    batch = [commit(f"p{place}", seen=(f"shop#e{place}",)) for place in range(10)]
    batch[7] = replace(batch[7], read_version=1)
    conflicts = stores.commit(*batch)
    assert conflicts == {"p3": Conflict(stale=True), "p7": Conflict(seen=frozenset({"shop#e7"}))}
    versions = {name: stored.version for name, stored in stores.profiles.load(f"p{n}" for n in range(10)).items()}
    assert set(versions.values()) == {1}


def test_two_commits_of_one_batch_that_want_the_same_identifier_do_not_both_get_it(stores: Stores) -> None:
    email = ("email", "a@shop.example")
    conflicts = stores.commit(commit("anna", claims=(email,)), commit("bert", claims=(email,)))
    assert conflicts == {"bert": Conflict(owned={email: "anna"})}


def test_a_batch_of_more_than_100_writes_is_written_whole(stores: Stores) -> None:
    batch = [
        commit(f"p{person}", events=tuple(event(id=f"{person}-{place}") for place in range(40))) for person in range(5)
    ]
    assert stores.commit(*batch) == {}
    asks = Asks(past=frozenset({PastEvents("Product Viewed", NOON)}))
    assert [len(stores.profiles.answer(profile(f"p{n}"), asks).past.popitem()[1]) for n in range(5)] == [40] * 5


def test_a_commit_of_more_than_100_writes_is_refused_and_harms_nobody(stores: Stores) -> None:
    monster = commit("anna", events=tuple(event(id=f"{place}") for place in range(100)))
    conflicts = stores.commit(monster, commit("bert"))
    assert conflicts == {"anna": Conflict(refused="needs 101 writes at once, 100 are possible")}


def test_a_message_that_has_its_row_already_keeps_it_and_the_rest_is_written(stores: Stores) -> None:
    stores.commit(commit(messages=(message(),)))
    stores.ledger.claim(message(), now=NOON)
    replay = commit(version=1, messages=(message(), message("anna-m2")), ended=(ended(),))
    assert stores.commit(replay, commit("bert")) == {}
    first, second = stores.ledger.find("anna-m1"), stores.ledger.find("anna-m2")
    assert first is not None
    assert second is not None
    assert (first.status, second.status) == (Status.SENDING, Status.REQUESTED)


def ended() -> Ended:
    return Ended("j1", "welcome", "v1", NOON, NOON + MINUTE, "finished")


# --- answers ----------------------------------------------------------------------------------------------------------


def test_what_nobody_remembers_is_known_to_be_absent(stores: Stores) -> None:
    gone = StartingEvent("anna", NOON, "shop#e1")
    known = stores.profiles.answer(profile(), Asks(memories=frozenset({ONCE}), events=frozenset({gone})))
    assert (known.memories, known.events) == ({ONCE: None}, {"shop#e1": None})


def test_the_event_that_started_a_journey_is_found(stores: Stores) -> None:
    told = event(properties={"price": 12.5, "tags": ["ä", None, True], "deep": {"n": 10**20}}, traits={"a": 1})
    stores.commit(commit(events=(told,)))
    asked = StartingEvent("anna", NOON, told.key)
    assert stores.profiles.answer(profile(), Asks(events=frozenset({asked}))).events == {told.key: told}


def test_past_events_come_newest_first_and_of_that_name_since_then_only(stores: Stores) -> None:
    def at(minutes: float, **changes: Any) -> Any:
        return event(id=f"at{minutes}", at=NOON + timedelta(minutes=minutes), **changes)

    stores.commit(commit(events=(at(3), at(1), at(2, name="Product Added"), at(0), at(2.5), at(-1))))
    viewed, added = PastEvents("Product Viewed", NOON), PastEvents("Product Added", NOON + MINUTE)
    known = stores.profiles.answer(profile(), Asks(past=frozenset({viewed, added})))
    assert [each.id for each in known.past[viewed]] == ["at3", "at2.5", "at1", "at0"]
    assert [each.id for each in known.past[added]] == ["at2"]


def test_events_of_one_instant_have_an_order_that_does_not_depend_on_arrival(stores: Stores) -> None:
    stores.commit(commit("anna", events=(event(id="b"), event(id="a"), event(id="c"))))
    stores.commit(commit("bert", events=(event(id="c"), event(id="b"), event(id="a"))))
    viewed = PastEvents("Product Viewed", NOON)
    for who in ("anna", "bert"):
        known = stores.profiles.answer(profile(who), Asks(past=frozenset({viewed})))
        assert [each.id for each in known.past[viewed]] == ["c", "b", "a"]


def test_an_answer_counts_the_profiles_merged_into_this_one(stores: Stores) -> None:
    order = OrderKey("o1")
    stores.commit(
        commit(
            "old",
            events=(event(id="old", at=NOON + MINUTE),),
            memories=(
                Memory(key=ONCE, value=Entered(3, NOON), was=None),
                Memory(key=order, value=OrderTaken({"orders": Decimal(1)}, {}), was=None),
            ),
        ),
        commit(
            "anna",
            events=(event(id="first"), event(id="last", at=NOON + 2 * MINUTE)),
            memories=(
                Memory(key=ONCE, value=SECOND, was=None),
                Memory(key=order, value=OrderTaken({}, {"orders": None}), was=None),
            ),
        ),
    )
    viewed = PastEvents("Product Viewed", NOON)
    known = stores.profiles.answer(
        profile(also=("old",)), Asks(memories=frozenset({ONCE, order}), past=frozenset({viewed}))
    )
    assert known.memories == {
        ONCE: Entered(3, NOON + MINUTE),
        order: OrderTaken({"orders": Decimal(1)}, {"orders": None}),
    }
    assert [each.id for each in known.past[viewed]] == ["last", "old", "first"]


def test_what_was_read_of_merged_profiles_may_be_written_on(stores: Stores) -> None:
    stores.commit(commit("old", memories=(Memory(key=ONCE, value=FIRST, was=None),)))
    both = state("anna", also=("old",))
    assert stores.commit(commit(state=both, memories=(Memory(key=ONCE, value=SECOND, was=FIRST),))) == {}
    known = stores.profiles.answer(both.profile, Asks(memories=frozenset({ONCE})))
    assert known.memories == {ONCE: SECOND}


# --- what fades -------------------------------------------------------------------------------------------------------

CART = ("cart_token", "t1")
FADED = NOON + timedelta(days=121)


def at_that_time(stores: Stores, *commits: Commit, now: datetime) -> dict[str, Conflict]:
    return stores.profiles.commit(commits, now=now).conflicts


def test_a_cart_token_that_faded_is_nobodys_whether_its_row_is_deleted_or_not(stores: Stores) -> None:
    stores.commit(commit("anna", claims=(CART, EMAIL)))
    in_time = NOON + timedelta(days=90)
    assert stores.identities.owners([CART, EMAIL], now=in_time) == {CART: "anna", EMAIL: "anna"}
    assert stores.identities.owners([CART, EMAIL], now=FADED) == {EMAIL: "anna"}
    assert stores.identities.claims([CART], now=FADED) == {}
    bens = commit("ben", claims=(CART,))
    assert at_that_time(stores, bens, now=in_time) == {"ben": Conflict(owned={CART: "anna"})}
    named = Joined(FADED, "Cart Viewed", "shop#e9")
    assert at_that_time(stores, replace(bens, claims={CART: named}), now=FADED) == {}
    assert stores.identities.claims([CART], now=FADED + timedelta(days=90)) == {CART: Claim("ben", named)}


def test_dynamodb_is_told_when_a_cart_token_fades_and_nothing_of_what_lasts(tables: Tables) -> None:
    DynamoProfiles(tables=tables).commit([commit("anna", claims=(CART, EMAIL))], now=NOON)
    items = tables.client.scan(TableName=tables.identities)["Items"]
    told = {item["identifier"]["S"]: item.get("expires_at") for item in items}
    assert told == {"cart_token#t1": {"N": "1804032000"}, "email#a@shop.example": None}


def test_a_cart_token_that_is_claimed_anew_lasts_longer(stores: Stores) -> None:
    stores.commit(commit("anna", claims=(CART,)))
    again = commit("anna", version=1)
    later = Joined(NOON + timedelta(days=60), "Cart Viewed", "shop#e9")
    assert stores.commit(replace(again, claims={CART: later})) == {}
    assert stores.identities.owners([CART], now=FADED) == {CART: "anna"}
    assert stores.identities.owners([CART], now=FADED + timedelta(days=60)) == {}


def test_a_cart_token_keeps_its_time_in_a_merge_and_gets_a_new_one_where_it_is_taken(two: Stores) -> None:
    two.commit(commit("old", version=1, claims=(CART,), state=state("old", due_at=NOON)))
    assert two.profiles.merge(merging(loser_version=2, identifiers={EMAIL: "old", CART: "old"}))
    assert two.identities.owners([CART], now=NOON) == {CART: "anna"}
    assert two.identities.owners([CART], now=FADED) == {}
    login = Joined(NOON + timedelta(days=60), "identify", "shop#e2")
    taken = moving(identifier=CART, holder_id="anna", holder_version=2, holder=state("anna"), joined=login)
    assert two.profiles.move(replace(taken, to="ben", taker=state("ben"), taker_version=0))
    assert two.identities.owners([CART], now=FADED) == {CART: "ben"}


# --- merging ----------------------------------------------------------------------------------------------------------

EMAIL = ("email", "a@shop.example")


def merging(**changes: Any) -> Merge:
    told = {"survivor": state("anna", also=("old",)), "survivor_version": 1, "loser": "old", "loser_version": 1}
    return Merge(**{**told, "identifiers": {EMAIL: "old"}, **changes})


@pytest.fixture
def two(stores: Stores) -> Stores:
    stores.commit(commit("anna"), commit("old", claims=(EMAIL,), state=state("old", due_at=NOON)))
    return stores


def test_a_merge_leaves_a_tombstone_that_nothing_wakes_and_moves_the_identifiers(two: Stores) -> None:
    assert two.profiles.merge(merging())
    assert two.stored("old") == Stored(content=Tombstone(profile="old", into="anna"), version=2)
    assert two.stored("anna") == Stored(content=state("anna", also=("old",)), version=2)
    assert two.identities.owners([EMAIL], now=NOON) == {EMAIL: "anna"}
    assert two.due(NOON + MINUTE) == []
    assert two.commit(commit("old", version=1)) == {"old": Conflict(stale=True)}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"survivor_version": 0}, id="the survivor moved on"),
        pytest.param({"loser_version": 2}, id="the loser moved on"),
        pytest.param(
            {"identifiers": {EMAIL: "old", ("email", "b@shop.example"): "old"}}, id="an identifier is not the loser's"
        ),
    ],
)
def test_a_merge_that_does_not_hold_changes_nothing(two: Stores, changes: dict[str, Any]) -> None:
    assert not two.profiles.merge(merging(**changes))
    assert two.stored("anna") == Stored(content=state("anna"), version=1)
    assert two.identities.owners([EMAIL], now=NOON) == {EMAIL: "old"}


def test_a_profile_without_a_row_can_be_merged(stores: Stores) -> None:
    assert stores.profiles.merge(merging(survivor_version=0, loser_version=0, identifiers={}))
    assert stores.stored("old").content == Tombstone(profile="old", into="anna")


def test_a_tombstone_says_by_which_event_it_came_about_and_identifiers_keep_theirs(two: Stores) -> None:
    login = Joined(NOON + MINUTE, "identify", "shop#e2")
    assert two.profiles.merge(merging(joined=login, claims={("customer_id", "42"): login}))
    assert two.stored("old").content == Tombstone(profile="old", into="anna", joined=login)
    assert two.identities.claims([EMAIL, ("customer_id", "42"), ("email", "nobody@shop.example")], now=NOON) == {
        EMAIL: Claim("anna", JOINED),
        ("customer_id", "42"): Claim("anna", login),
    }


def test_a_merge_does_not_claim_what_is_somebody_elses(two: Stores) -> None:
    two.commit(commit("ben", claims=[("customer_id", "42")]))
    assert not two.profiles.merge(merging(claims={("customer_id", "42"): JOINED}))
    assert two.identities.owners([EMAIL], now=NOON) == {EMAIL: "old"}


# --- moving an identifier ---------------------------------------------------------------------------------------------

LOGIN = Joined(NOON + MINUTE, "identify", "shop#e2")


def moving(**changes: Any) -> Move:
    told = {"holder_id": "old", "holder_version": 1, "holder": state("old"), "taker": state("anna"), "taker_version": 1}
    return Move(
        **{
            **told,
            "identifier": EMAIL,
            "owner": changes.get("holder_id", "old"),
            "joined": LOGIN,
            "to": "anna",
            **changes,
        }
    )


def test_an_identifier_that_moves_leaves_the_holder_and_remembers_them(two: Stores) -> None:
    poorer, richer = state("old", due_at=NOON), state("anna", due_at=NOON + MINUTE)
    assert two.profiles.move(moving(holder=poorer, taker=richer, claims={("customer_id", "42"): LOGIN}))
    assert two.identities.claims([EMAIL], now=NOON) == {EMAIL: Claim("anna", LOGIN, frozenset({trace_of("old")}))}
    assert two.identities.owners([("customer_id", "42")], now=NOON) == {("customer_id", "42"): "anna"}
    assert (two.stored("old"), two.stored("anna")) == (
        Stored(content=poorer, version=2),
        Stored(content=richer, version=2),
    )
    assert [each.profile for each in two.due(NOON + MINUTE)] == ["old", "anna"]


def test_it_may_move_back_and_a_later_claim_forgets_nobody(two: Stores) -> None:
    assert two.profiles.move(moving())
    back = moving(
        holder_id="anna", holder=state("anna"), holder_version=2, to="old", taker=state("old"), taker_version=2
    )
    assert two.profiles.move(back)
    assert two.commit(commit("old", version=3, claims=[EMAIL])) == {}
    assert two.identities.claims([EMAIL], now=NOON) == {
        EMAIL: Claim("old", JOINED, frozenset({trace_of("old"), trace_of("anna")}))
    }


def test_it_moves_into_quarantine_where_nobody_takes_it(two: Stores) -> None:
    assert two.profiles.move(moving(to="quarantine", taker=None))
    assert two.identities.owners([EMAIL], now=NOON) == {EMAIL: "quarantine"}
    assert two.stored("anna").version == 1


def test_it_moves_from_a_profile_that_was_merged_into_the_holder_and_from_one_of_whom_nothing_is_stored(
    two: Stores,
) -> None:
    assert two.profiles.merge(merging(identifiers={}))  # its row still leads to the loser
    ben = state("ben")
    held = state("anna", also=("old",))
    assert two.profiles.move(
        moving(owner="old", holder_id="anna", holder=held, holder_version=2, to="ben", taker=ben, taker_version=0)
    )
    assert two.identities.owners([EMAIL], now=NOON) == {EMAIL: "ben"}
    assert two.profiles.move(moving(holder_id="ben", holder=None, to="carla", taker=state("carla"), taker_version=0))
    assert two.identities.owners([EMAIL], now=NOON) == {EMAIL: "carla"}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"holder_version": 0}, id="the holder moved on"),
        pytest.param({"taker_version": 0}, id="the taker moved on"),
        pytest.param({"identifier": ("email", "b@shop.example")}, id="nobody has it"),
        pytest.param({"holder_id": "ben", "holder": None}, id="somebody else has it"),
        pytest.param({"claims": {("customer_id", "ben"): JOINED}}, id="what it claims besides is somebody else's"),
    ],
)
def test_a_move_that_does_not_hold_changes_nothing(two: Stores, changes: dict[str, Any]) -> None:
    two.commit(commit("ben", claims=[("customer_id", "ben")]))
    assert not two.profiles.move(moving(**changes))
    assert two.identities.claims([EMAIL], now=NOON) == {EMAIL: Claim("old", JOINED)}
    assert (two.stored("old").version, two.stored("anna").version) == (1, 1)


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_an_emitted_event_is_kept_until_it_is_forgotten(stores: Stores) -> None:
    printed = event("Postcard Requested", source="dampf", id="x1", chain=("welcome",))
    stores.commit(commit(emitted=(printed,)))
    assert stores.profiles.emitted("anna", printed.key) == printed
    stores.profiles.forget_emitted("anna", [printed])
    stores.profiles.forget_emitted("anna", [printed])
    assert stores.profiles.emitted("anna", printed.key) is None


def test_parking_twice_and_forgetting_nothing_are_harmless(stores: Stores) -> None:
    stimulus = TimerDue(profile="anna", due_at=NOON)
    stores.profiles.park(stimulus, reason="TypeError", now=NOON)
    stores.profiles.park(stimulus, reason="TypeError", now=NOON)
    stores.profiles.forget_emitted("anna", [])


def test_a_parked_wake_up_is_no_longer_due(stores: Stores) -> None:
    stores.commit(commit(state=state(due_at=NOON)))
    assert [each.row for each in stores.due(NOON)] == ["state"]
    stores.profiles.park(TimerDue(profile="anna", due_at=NOON), reason="TypeError", now=NOON)
    assert stores.due(NOON) == []


def test_owners_of_more_identifiers_than_one_request_holds_are_found(stores: Stores) -> None:
    claims = tuple(("anonymous_id", f"a{place}") for place in range(120))
    stores.commit(*(commit(who, claims=claims[40 * place : 40 * place + 40]) for place, who in enumerate("abc")))
    owners = stores.identities.owners([*claims, ("anonymous_id", "nobody")], now=NOON)
    assert len(owners) == 120
    assert (owners[claims[0]], owners[claims[119]]) == ("a", "c")
