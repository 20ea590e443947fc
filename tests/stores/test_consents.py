"""The consent ledger: written with the state, kept as it is, read across merged profiles, gone with the person."""

from datetime import timedelta

from dampf.domain.consents import ConsentEntry
from dampf.domain.state import Erasing
from dampf.stores.rules import MOST_WRITES
from tests.stores.conftest import Stores
from tests.stores.values import MINUTE, NOON, commit, profile, state


def entry(act: str = "granted", at=NOON, **changes) -> ConsentEntry:
    told = {"topic": "marketing", "act": act, "at": at, "arrived_at": at, "name": "Consent Granted", "event": "shop#e1"}
    return ConsentEntry(**{**told, **changes})


GRANT = entry(voice="3f2a9c01", source="checkout", wording="Ja, ich möchte Neuigkeiten.")
WITHDRAWAL = entry("withdrawn", NOON + MINUTE, topic="*", event="shop#e2", name="Unsubscribed")


def test_nobody_said_anything_of_consent(stores: Stores) -> None:
    assert stores.consents.consents(profile()) == ()


def test_entries_come_back_as_they_were_written_in_order_of_what_happened(stores: Stores) -> None:
    assert stores.commit(commit(consents=(WITHDRAWAL,))) == {}
    assert stores.commit(commit(version=1, consents=(GRANT,))) == {}
    assert stores.consents.consents(profile()) == (GRANT, WITHDRAWAL)


def test_a_commit_that_does_not_hold_writes_no_entry(stores: Stores) -> None:
    stores.commit(commit())
    assert set(stores.commit(commit(version=0, consents=(GRANT,)))) == {"anna"}
    assert stores.consents.consents(profile()) == ()


def test_two_that_happened_at_one_instant_are_two(stores: Stores) -> None:
    other = entry(event="shop#e9", topic="care_tips")
    stores.commit(commit(consents=(GRANT, other)))
    assert stores.consents.consents(profile()) == (GRANT, other)


def test_entries_of_merged_profiles_stay_where_they_are_and_are_read_together(stores: Stores) -> None:
    stores.commit(commit("anna", consents=(WITHDRAWAL,)), commit("browser", consents=(GRANT,)))
    assert stores.consents.consents(profile("anna", also=("browser",))) == (GRANT, WITHDRAWAL)
    assert stores.consents.consents(profile("browser")) == (GRANT,)


def test_each_entry_is_one_of_the_writes_that_one_transaction_holds(stores: Stores) -> None:
    many = tuple(entry(event=f"shop#{place}") for place in range(MOST_WRITES))
    assert stores.commit(commit(consents=many))["anna"].refused is not None
    assert stores.commit(commit(consents=many[1:])) == {}


def test_an_erased_person_leaves_no_entry(stores: Stores) -> None:
    stores.commit(commit(consents=(GRANT,)))
    erasing = Erasing(profile="anna", at=NOON + timedelta(days=1))
    assert stores.profiles.begin_erasing(erasing, read_version=1, event_key="shop#erase", now=NOON) is None
    assert stores.profiles.erase(erasing) is True
    assert stores.consents.consents(state().profile) == ()
