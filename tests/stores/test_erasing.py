"""Erasing in both stores: what stands in for a person, what goes, and what keeps them out afterwards."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws

from dampf.domain.commit import Conflict, Stored
from dampf.domain.decision import Asks, Ended, EnteredKey, Memory, OrderKey, OrderTaken, VoucherKey
from dampf.domain.identifiers import Joined
from dampf.domain.message import Status
from dampf.domain.shop import VoucherPool
from dampf.domain.state import Entered, Erasing
from dampf.domain.stimulus import TimerDue
from dampf.domain.voucher import GivenVoucher, Voucher
from dampf.stores import erasing as erasing_store
from dampf.stores.dynamodb import Tables
from dampf.stores.profiles import DynamoProfiles
from dampf.stores.secrets import ERASURE, StackSecret
from dampf.use_cases.ports.messages import Stop
from tests.stores.conftest import Stores
from tests.stores.values import NOON, commit, event, message, profile, state

LATER = NOON + timedelta(hours=1)
WHO = {"customer_id": "42", "email": "anna@example.com"}
CLAIMS = tuple(WHO.items())
ANNA = Erasing(profile="anna", at=LATER, also=("old",), identifiers=CLAIMS)


@pytest.fixture
def known(stores: Stores) -> Stores:
    """Anna, into whom `old` was merged, with a row of every kind under both; and Bert."""
    for who, claims in (("anna", CLAIMS), ("old", (("anonymous_id", "a1"),))):
        stores.commit(
            commit(
                who,
                state=state(who, due_at=LATER, also=("old",) if who == "anna" else ()),
                seen=(f"shop#{who}",),
                events=(event(id=who, identifiers={**dict(claims), "order_id": f"order-{who}"}),),
                claims=(*claims, ("order_id", f"order-{who}")),
                dates={"birthday": NOON.date()},
                messages=(message(f"{who}-m1", who=who, email="anna@example.com"),),
                memories=(
                    Memory(key=EnteredKey("welcome", ""), was=None, value=Entered(1, NOON)),
                    Memory(key=OrderKey("o1"), was=None, value=OrderTaken({}, {})),
                ),
                emitted=(event("Emitted", id=f"emitted-{who}", identifiers=dict(claims)),),
                ended=(Ended(journey="j0", campaign="c", version="v", entered_at=NOON, at=NOON, how="end"),),
            )
        )
        stores.ledger.stop(who, Stop(at=NOON, topic=None, reason="Unsubscribed"))
        stores.profiles.park(TimerDue(profile=who, due_at=NOON), reason="why", now=NOON)
    stores.commit(commit("bert", claims=(("customer_id", "43"),), events=(event(id="b"),), seen=("shop#b",)))
    return stores


def begin(stores: Stores, erasing: Erasing = ANNA, *, version: int = 1, key: str = "shop#r1") -> Conflict | None:
    return stores.profiles.begin_erasing(erasing, read_version=version, event_key=key, now=LATER)


def test_from_the_request_on_nobody_sees_the_person_and_nothing_is_due(known: Stores) -> None:
    assert begin(known) is None
    assert known.stored("anna") == Stored(content=ANNA, version=2)
    assert ("anna", "state") not in [(due.profile, due.row) for due in known.due(LATER)]
    assert known.commit(commit("anna", version=1)) == {"anna": Conflict(stale=True)}


def test_a_request_is_refused_where_the_person_moved_on_and_where_it_was_seen(known: Stores) -> None:
    assert begin(known, version=7) == Conflict(stale=True)
    assert begin(known) is None
    assert begin(known, version=2) == Conflict(seen=frozenset({"shop#r1"}))


def test_nothing_is_left_under_any_profile_of_the_person(known: Stores) -> None:
    begin(known)
    assert known.profiles.erase(ANNA)
    assert known.stored("anna") == known.stored("old") == Stored()
    assert [known.ledger.find(each) for each in ("anna-m1", "old-m1")] == [None, None]
    assert known.due(LATER + timedelta(days=1)) == []
    assert list(known.calendar.with_date("birthday", NOON.date().isoformat()[5:])) == []
    assert known.identities.owners([*CLAIMS, ("anonymous_id", "a1"), ("order_id", "order-old")], now=NOON) == {}
    assert known.identities.owners([("customer_id", "43")], now=NOON) == {("customer_id", "43"): "bert"}
    assert isinstance(known.stored("bert").version, int)
    assert known.profiles.emitted("anna", "shop#emitted-anna") is None


def test_a_faded_row_that_still_lies_there_goes_too(known: Stores) -> None:
    cart, long_ago = ("cart_token", "t1"), NOON - timedelta(days=200)
    joined = Joined(long_ago, "Cart Viewed", "shop#cart")
    known.commit(replace(commit("anna", version=1, state=state("anna", also=("old",))), claims={cart: joined}))
    assert known.identities.owners([cart], now=long_ago) == {cart: "anna"}
    begin(known, replace(ANNA, identifiers=(*CLAIMS, cart)), version=2)
    assert known.profiles.erase(replace(ANNA, identifiers=(*CLAIMS, cart)))
    assert known.identities.owners([cart], now=long_ago) == {}


def test_erasing_twice_changes_nothing(known: Stores) -> None:
    begin(known)
    assert known.profiles.erase(ANNA)
    assert known.profiles.erase(ANNA)
    assert known.stored("anna") == Stored()


def test_whoever_begins_anew_in_between_is_not_taken_for_the_remains(known: Stores) -> None:
    begin(known)
    known.profiles.erase(ANNA)
    known.commit(commit("anna"))
    known.profiles.erase(ANNA)
    assert known.stored("anna").version == 1


@pytest.mark.parametrize("identifier", [*CLAIMS, ("anonymous_id", "a1"), ("order_id", "order-anna")])
def test_an_identifier_of_an_erased_person_cannot_be_claimed(known: Stores, identifier: tuple[str, str]) -> None:
    if identifier[0] == "anonymous_id":
        erasing = Erasing(profile="anna", at=LATER, also=("old",), identifiers=(*CLAIMS, identifier))
    else:
        erasing = ANNA
    begin(known, erasing)
    known.profiles.erase(erasing)
    assert known.profiles.erased([identifier, ("email", "bert@example.com")]) == {identifier: LATER}
    assert known.commit(commit("new", claims=(identifier,))) == {"new": Conflict(erased={identifier: LATER})}
    assert known.identities.owners([identifier], now=NOON) == {}


def test_who_comes_back_claims_the_identifier_and_the_hash_is_gone(known: Stores) -> None:
    begin(known)
    known.profiles.erase(ANNA)
    assert known.commit(commit("new", claims=CLAIMS, returning=frozenset(CLAIMS))) == {}
    assert known.profiles.erased(CLAIMS) == {}
    assert known.identities.owners(CLAIMS, now=NOON) == dict.fromkeys(CLAIMS, "new")


def test_no_hash_is_left_of_who_registered_after_the_request(known: Stores) -> None:
    erasing = Erasing(profile="anna", at=LATER, also=("old",), identifiers=CLAIMS, leaves_hash=False)
    begin(known, erasing)
    assert known.profiles.erase(erasing)
    assert known.profiles.erased(CLAIMS) == {}
    assert known.commit(commit("new", claims=CLAIMS)) == {}


def test_what_belongs_to_somebody_else_stays_theirs(known: Stores) -> None:
    erasing = Erasing(profile="anna", at=LATER, identifiers=(*CLAIMS, ("customer_id", "43")))
    begin(known, erasing)
    known.profiles.erase(erasing)
    assert known.identities.owners([("customer_id", "43")], now=NOON) == {("customer_id", "43"): "bert"}
    assert known.profiles.erased([("customer_id", "43")]) == {}


def test_one_whom_nobody_knows_is_kept_out(stores: Stores) -> None:
    nobody = Erasing(profile="nobody", at=NOON, identifiers=CLAIMS)
    assert begin(stores, nobody, version=0) is None
    assert stores.profiles.erase(nobody)
    assert stores.profiles.erased(CLAIMS) == dict.fromkeys(CLAIMS, NOON)


def test_feedback_and_a_sender_that_come_too_late_write_no_row(known: Stores) -> None:
    begin(known)
    known.profiles.erase(ANNA)
    known.ledger.feedback("anna-m1", Status.DELIVERED, at=LATER)
    known.ledger.settle([message("anna-m1", status=Status.SENT, at=LATER)])
    assert not known.ledger.claim(message("anna-m1"), now=LATER)
    assert known.ledger.find("anna-m1") is None
    known.ledger.stop("anna", Stop(at=LATER, topic=None, reason="Unsubscribed"))
    known.profiles.forget_stop("anna")
    begin(known, version=0, key="shop#r2")
    known.profiles.erase(ANNA)


def test_a_voucher_of_an_erased_person_stays_given_and_says_no_more_to_whom(known: Stores) -> None:
    pool = VoucherPool(name="comeback", kind="generated", prefix="BACK-", value="10 %")
    voucher = known.vouchers.claim(message("anna-m1"), pool, expires_at=None, now=NOON)
    assert isinstance(voucher, Voucher)
    begin(known)
    known.profiles.erase(ANNA)
    place = VoucherKey(voucher.code)
    told = known.profiles.answer(profile("bert"), Asks(memories=frozenset({place}))).memories[place]
    assert told == GivenVoucher(voucher, "welcome", "")


def rows_in(tables: Tables) -> list[dict[str, Any]]:
    names = (tables.profiles, tables.identities, tables.history, tables.content, tables.catalogue)
    return [item for name in names for item in tables.client.scan(TableName=name)["Items"]]


def test_the_tables_name_neither_the_person_nor_what_they_did(tables: Tables) -> None:
    """By a scan: the hashes, the request and nothing else."""
    profiles = DynamoProfiles(tables=tables)
    told = event(id="anna", identifiers={**WHO, "order_id": "o1"}, properties={"note": "anna@example.com"})
    profiles.commit([commit("anna", seen=("shop#anna",), events=(told,), claims=CLAIMS)], now=NOON)
    profiles.begin_erasing(ANNA, read_version=1, event_key="shop#r1", now=NOON)
    profiles.erase(ANNA)
    left = rows_in(tables)
    assert sorted(item["identifier"]["S"].partition("#")[0] for item in left) == ["erased", "erased", "event"]
    assert not any(word in repr(left) for word in ("anna", "'42'", "#42", "o1"))


def test_a_long_history_goes_in_several_calls_and_what_stands_in_goes_last(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing_store, "MOST_ROWS", 20)
    profiles = DynamoProfiles(tables=tables)
    for version in range(3):
        told = tuple(event(id=f"e{version}-{place}") for place in range(12))
        profiles.commit([commit(version=version, seen=tuple(each.key for each in told), events=told)], now=NOON)
    erasing = Erasing(profile="anna", at=NOON)
    profiles.begin_erasing(erasing, read_version=3, event_key="shop#r1", now=NOON)
    assert not profiles.erase(erasing)
    assert profiles.load(["anna"])["anna"].content == erasing
    assert profiles.erase(erasing)
    assert [item["identifier"]["S"] for item in rows_in(tables)] == ["event#shop#r1"]


def test_the_secret_is_made_once_and_is_another_for_each_purpose() -> None:
    import boto3

    with mock_aws():
        client = boto3.client("ssm", region_name="eu-central-1")
        one, other = (StackSecret(client=lambda: client, name="/shop/secret") for _ in range(2))
        assert one(ERASURE) == other(ERASURE)
        assert one(ERASURE) != one("tokens")
        assert client.get_parameter(Name="/shop/secret")["Parameter"]["Type"] == "SecureString"
        assert StackSecret(client=lambda: client, name="/other/secret")(ERASURE) != one(ERASURE)
