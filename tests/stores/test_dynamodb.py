"""What only the tables on AWS can get wrong: how items look, how many requests it takes, and how requests fail."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dampf.domain.commit import Conflict, Merge
from dampf.domain.decision import Asks, Ended, EnteredKey, Memory, OrderKey, OrderTaken
from dampf.domain.event import Event
from dampf.domain.message import Status
from dampf.domain.profile import MetricValue
from dampf.domain.state import Entered, State
from dampf.domain.stimulus import TimerDue
from dampf.stores.dynamodb import Tables, read_many
from dampf.stores.identities import DynamoIdentities
from dampf.stores.ledger import DynamoLedger, NotSettled
from dampf.stores.profiles import DynamoProfiles
from dampf.use_cases.ports.messages import Outgoing, Stop
from tests.stores.tables import interfering, requests
from tests.stores.values import MINUTE, NOON, commit, event, message, profile, state


@pytest.fixture
def profiles(tables: Tables) -> DynamoProfiles:
    return DynamoProfiles(tables=tables)


@pytest.fixture
def ledger(tables: Tables) -> DynamoLedger:
    return DynamoLedger(tables=tables)


def items(tables: Tables, table: str) -> list[dict[str, Any]]:
    found = tables.client.scan(TableName=table)["Items"]
    return sorted(found, key=lambda item: str(item.get("row", item.get("identifier"))))


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code, "Message": f"{code} it was"} if code != "None" else {"Code": "None"} for code in codes]
    response = {"Error": {"Code": "TransactionCanceledException", "Message": "..."}, "CancellationReasons": reasons}
    return ClientError(response, "TransactWriteItems")  # type: ignore[arg-type]


def failing_first(tables: Tables, *failures: ClientError) -> Tables:
    """The first transactions fail so; later ones are carried out."""
    left = list(failures)

    def transact(**request: Any) -> Any:
        if left:
            raise left.pop(0)
        return tables.client.transact_write_items(**request)

    return interfering(tables, transact_write_items=transact)


# --- items ------------------------------------------------------------------------------------------------------------


def test_a_commit_is_these_items(tables: Tables, profiles: DynamoProfiles) -> None:
    came = Event(
        source="shop",
        id="e#1",
        name="Order Completed",
        at=NOON,
        arrived_at=NOON + MINUTE,
        identifiers={"customer_id": "42"},
        properties={"total": 19.9, "note": "Grüße"},
    )
    told = State(profile=profile(metrics={"revenue": MetricValue(Decimal("19.90"), Decimal("19.90"))}))
    profiles.commit(
        [
            commit(
                state=told,
                seen=(came.key,),
                events=(came,),
                claims=(("customer_id", "42"),),
                messages=(message(),),
                memories=(
                    Memory(key=EnteredKey("welcome", "cart#1"), value=Entered(1, NOON), was=None),
                    Memory(key=OrderKey("o1"), value=OrderTaken({"revenue": Decimal("19.90")}, {}), was=None),
                ),
                emitted=(event("Postcard Requested", source="dampf", id="x1"),),
                ended=(Ended("j0", "welcome", "v1", NOON, NOON, "exit"),),
                dates={"birthday": date(1992, 2, 29), "name#day": None},
            )
        ],
        now=NOON,
    )
    anna = {"profile": {"S": "anna"}}
    due = {"due_shard": {"S": "7"}, "due_at": {"S": "2026-11-20T12:02:00.000000Z"}}
    assert items(tables, tables.profiles) == [
        {
            **anna,
            "row": {"S": "date#birthday"},
            "date_key": {"S": "birthday#02-29#1"},
            "date_sort": {"S": "1992#anna"},
        },
        {
            **anna,
            **due,
            "row": {"S": "emit#dampf#x1"},
            "body": {
                "S": '{"source":"dampf","id":"x1","name":"Postcard Requested","at":"2026-11-20T12:00:00Z",'
                '"arrived_at":"2026-11-20T12:00:00Z"}'
            },
        },
        {
            **anna,
            "row": {"S": "ended#j0"},
            "body": {"S": '["j0","welcome","v1","2026-11-20T12:00:00Z","2026-11-20T12:00:00Z","exit"]'},
        },
        {**anna, "row": {"S": "entered#welcome#cart#1"}, "body": {"S": '[1,"2026-11-20T12:00:00Z"]'}},
        {
            **anna,
            **due,
            "row": {"S": "message#anna-m1"},
            "status": {"S": "requested"},
            "body": {
                "S": '{"id":"anna-m1","profile":"anna","campaign":"welcome","version":"v1","journey":"j1",'
                '"step":"steps/0","message":"welcome","transactional":false,"topic":"marketing",'
                '"requested_at":"2026-11-20T12:00:00Z","key":"","entered_at":"2026-11-20T12:00:00Z"}'
            },
        },
        {**anna, "row": {"S": "order#o1"}, "body": {"S": '[{"revenue":"19.90"},{}]'}},
        {
            **anna,
            "row": {"S": "state"},
            "version": {"N": "1"},
            "people_shard": {"S": "7"},
            "body": {
                "S": '{"profile":{"id":"anna","created_at":"2026-11-20T12:00:00Z",'
                '"metrics":{"revenue":["19.90","19.90","0",[]]}}}'
            },
        },
    ]
    assert items(tables, tables.identities) == [
        {
            "identifier": {"S": "customer_id#42"},
            **anna,
            "joined": {"S": '["2026-11-20T12:00:00Z","Product Viewed","shop#e1"]'},
        },
        {"identifier": {"S": "event#shop#e#1"}, **anna, "expires_at": {"N": "1798200000"}},
    ]
    assert items(tables, tables.history) == [
        {
            **anna,
            "row": {"S": "2026-11-20T12:00:00.000000Z#shop#e#1"},
            "name": {"S": "Order Completed"},
            "expires_at": {"N": "1829736000"},
            "body": {
                "S": '{"source":"shop","id":"e#1","name":"Order Completed","at":"2026-11-20T12:00:00Z",'
                '"arrived_at":"2026-11-20T12:01:00Z","identifiers":{"customer_id":"42"},'
                '"properties":{"total":19.9,"note":"Grüße"}}'
            },
        }
    ]


def test_a_state_that_waits_is_in_the_index_and_a_tombstone_has_no_body(
    tables: Tables, profiles: DynamoProfiles
) -> None:
    profiles.commit([commit(state=state(due_at=NOON))], now=NOON)
    [waiting] = items(tables, tables.profiles)
    assert (waiting["due_shard"], waiting["due_at"]) == ({"S": "7"}, {"S": "2026-11-20T12:00:00.000000Z"})
    profiles.merge(Merge(survivor=state("bert"), survivor_version=0, loser="anna", loser_version=1, identifiers={}))
    tombstone, _ = sorted(items(tables, tables.profiles), key=lambda item: item["profile"]["S"])
    assert tombstone == {
        "profile": {"S": "anna"},
        "row": {"S": "state"},
        "version": {"N": "2"},
        "into": {"S": "bert"},
    }


def test_parked_and_stop_rows_say_why(tables: Tables, profiles: DynamoProfiles, ledger: DynamoLedger) -> None:
    profiles.park(TimerDue(profile="anna", due_at=NOON), reason="TypeError: no", now=NOON)
    ledger.stop("anna", Stop(NOON, None, "complained"))
    ledger.stop("anna", Stop(NOON, "news", "unsubscribed"))
    assert items(tables, tables.profiles) == [
        {
            "profile": {"S": "anna"},
            "row": {"S": "parked#timer#2026-11-20T12:00:00.000000Z"},
            "body": {"S": '{"profile":"anna","due_at":"2026-11-20T12:00:00Z","kind":"timer"}'},
            "reason": {"S": "TypeError: no"},
            "at": {"S": "2026-11-20T12:00:00.000000Z"},
        },
        {
            "profile": {"S": "anna"},
            "row": {"S": "stop"},
            "all": {"S": "2026-11-20T12:00:00.000000Z complained"},
            "topic#news": {"S": "2026-11-20T12:00:00.000000Z unsubscribed"},
        },
    ]


def test_a_claim_notes_when_and_takes_the_row_out_of_the_index(
    tables: Tables, profiles: DynamoProfiles, ledger: DynamoLedger
) -> None:
    profiles.commit([commit(messages=(message(),))], now=NOON)
    ledger.claim(message(), now=NOON)
    row = next(item for item in items(tables, tables.profiles) if item["row"]["S"] == "message#anna-m1")
    assert row["status"] == {"S": "sending"}
    assert row["claimed_at"] == {"S": "2026-11-20T12:00:00.000000Z"}
    assert not {"due_shard", "due_at"} & set(row)


# --- requests ---------------------------------------------------------------------------------------------------------


def test_ten_profiles_cost_one_read_and_one_write(tables: Tables, profiles: DynamoProfiles) -> None:
    people = [f"p{place}" for place in range(10)]
    batch = [
        commit(
            who, seen=(f"shop#{who}",), events=(event(id=who),), claims=(("email", who),), messages=(message(who=who),)
        )
        for who in people
    ]
    with requests(tables) as called:
        profiles.load(people)
        profiles.commit(batch, now=NOON)
    assert called == ["BatchGetItem", "TransactWriteItems"]


def test_ten_mails_cost_one_look_ten_claims_and_one_settlement(
    tables: Tables, profiles: DynamoProfiles, ledger: DynamoLedger
) -> None:
    asked = [message(f"p{place}-m1", who=f"p{place}") for place in range(10)]
    profiles.commit([commit(each.profile, messages=(each,)) for each in asked], now=NOON)
    with requests(tables) as called:
        ledger.look([Outgoing(each.profile, each.id, False) for each in asked])
        for each in asked:
            ledger.claim(each, now=NOON)
        ledger.settle([message(each.id, who=each.profile, status=Status.SENT, at=NOON) for each in asked])
    assert called == ["BatchGetItem", *["UpdateItem"] * 10, "TransactWriteItems"]


def test_a_tombstone_costs_one_more_look(tables: Tables, profiles: DynamoProfiles, ledger: DynamoLedger) -> None:
    profiles.commit([commit("old"), commit("bert")], now=NOON)
    profiles.merge(Merge(survivor=state("anna"), survivor_version=0, loser="old", loser_version=1, identifiers={}))
    with requests(tables) as called:
        ledger.look([Outgoing("old", "old-m1", False), Outgoing("bert", "bert-m1", False)])
    assert called == ["BatchGetItem", "BatchGetItem"]


def test_large_events_are_split_before_a_transaction_bursts(tables: Tables, profiles: DynamoProfiles) -> None:
    large = {"text": "x" * 32_000}
    batch = [
        commit(f"p{person}", events=tuple(event(id=f"{person}-{n}", properties=large) for n in range(40)))
        for person in range(4)
    ]
    with requests(tables) as called:
        assert profiles.commit(batch, now=NOON).conflicts == {}
    assert called == ["TransactWriteItems"] * 2


# --- failures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_who_met_somebody_elses_transaction_is_stale_and_the_others_are_written(tables: Tables, code: str) -> None:
    profiles = DynamoProfiles(tables=failing_first(tables, cancelled("None", code, "None")))
    answer = profiles.commit([commit("anna"), commit("bert"), commit("carl")], now=NOON)
    assert answer.written == {"anna", "carl"}
    assert answer.conflicts == {"bert": Conflict(stale=True)}


def test_what_dynamodb_will_never_take_is_refused(tables: Tables) -> None:
    profiles = DynamoProfiles(tables=failing_first(tables, cancelled("ValidationError", "None")))
    answer = profiles.commit([commit("anna"), commit("bert")], now=NOON)
    assert answer.written == {"bert"}
    assert answer.conflicts == {"anna": Conflict(refused="ValidationError it was")}


def test_who_was_kept_from_it_twice_has_to_look_again(tables: Tables) -> None:
    twice = failing_first(
        tables, cancelled("None", "TransactionConflict", "None"), cancelled("None", "TransactionConflict")
    )
    answer = DynamoProfiles(tables=twice).commit([commit("anna"), commit("bert"), commit("carl")], now=NOON)
    assert answer.written == frozenset()
    assert answer.conflicts == {who: Conflict(stale=True) for who in ("anna", "bert", "carl")}


def test_a_fault_of_the_store_is_no_conflict(tables: Tables) -> None:
    throttled = ClientError({"Error": {"Code": "ThrottlingException"}}, "TransactWriteItems")
    with pytest.raises(ClientError):
        DynamoProfiles(tables=failing_first(tables, throttled)).commit([commit()], now=NOON)


def test_a_settlement_survives_somebody_elses_transaction(tables: Tables, profiles: DynamoProfiles) -> None:
    profiles.commit([commit(messages=(message(), message("anna-m2")))], now=NOON)
    ledger = DynamoLedger(tables=failing_first(tables, cancelled("TransactionConflict", "None")))
    ledger.settle([message(each, status=Status.SENT, at=NOON) for each in ("anna-m1", "anna-m2")])
    found = [ledger.find("anna-m1"), ledger.find("anna-m2")]
    assert all(each is not None and each.status is Status.SENT for each in found)


def test_feedback_that_keeps_coming_between_its_tries_keeps_no_batch_from_being_settled(
    tables: Tables, profiles: DynamoProfiles, ledger: DynamoLedger
) -> None:
    """Each mail of a newsletter is answered while its neighbours are still being written down."""
    names = [f"anna-m{place}" for place in range(10)]
    profiles.commit([commit(messages=tuple(message(each) for each in names))], now=NOON)
    unanswered = list(names)

    def overtaken(**request: Any) -> Any:
        if unanswered:
            ledger.feedback(unanswered.pop(), Status.DELIVERED, at=NOON)
        return tables.client.transact_write_items(**request)

    settling = DynamoLedger(tables=interfering(tables, transact_write_items=overtaken))
    settling.settle([message(each, status=Status.SENT, at=NOON, subject="Hello") for each in names])
    assert unanswered == []
    found = [ledger.find(each) for each in names]
    assert {each and (each.status, each.subject) for each in found} == {(Status.DELIVERED, "Hello")}


def test_a_settlement_that_is_never_let_through_says_so(tables: Tables) -> None:
    ledger = DynamoLedger(tables=failing_first(tables, *[cancelled("TransactionConflict")] * 9))
    with pytest.raises(NotSettled):
        ledger.settle([message(status=Status.SENT, at=NOON)])


def test_asking_for_nothing_costs_nothing(tables: Tables, profiles: DynamoProfiles, ledger: DynamoLedger) -> None:
    with requests(tables) as called:
        profiles.load([])
        profiles.commit([], now=NOON)
        profiles.answer(profile(), Asks())
        profiles.forget_emitted("anna", [])
        ledger.look([])
        ledger.settle([])
        DynamoIdentities(tables=tables).owners([], now=NOON)
        read_many(tables, {tables.profiles: []})
    assert called == []
