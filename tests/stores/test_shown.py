"""What a mail showed: written with its claim and never without it, read back to the letter, gone with the person."""

from datetime import timedelta
from typing import Any

import pytest

from dampf.domain.links import WORKS_FOR, Purpose
from dampf.domain.message import Status
from dampf.domain.state import Erasing
from dampf.stores import erasing as erasing_store
from dampf.stores import keys
from dampf.stores.dynamodb import Tables, delete_many
from dampf.stores.ledger import DynamoLedger
from dampf.stores.memory import InMemory
from dampf.stores.profiles import DynamoProfiles
from tests.stores.conftest import Stores
from tests.stores.tables import interfering, requests
from tests.stores.test_dynamodb import cancelled, items
from tests.stores.values import MINUTE, NOON, commit, message

HTML = "<!doctype html>\r\n<p>Grüße, “Anna”\u00a0– 5\u202f€ \U0001f6e0</p>\n"
ANNA = Erasing(profile="anna", at=NOON + MINUTE)


@pytest.fixture
def requested(stores: Stores) -> Stores:
    stores.commit(commit(messages=(message(), message("anna-m2", transactional=True))))
    return stores


def test_what_was_shown_comes_back_to_the_letter_and_to_the_second(requested: Stores) -> None:
    claimed_at = NOON + timedelta(milliseconds=700)
    assert requested.ledger.claim(message(), now=claimed_at, shown=HTML)
    assert requested.ledger.shown("anna-m1", at=NOON) == HTML
    assert requested.ledger.shown("anna-m1", at=claimed_at) == HTML
    row = requested.ledger.find("anna-m1")
    assert row is not None
    assert row.status is Status.SENDING


def test_what_was_never_shown_or_at_another_instant_or_by_another_mail_is_not_there(requested: Stores) -> None:
    assert requested.ledger.claim(message(), now=NOON, shown=HTML)
    assert requested.ledger.claim(message("anna-m2"), now=NOON)
    assert requested.ledger.shown("anna-m2", at=NOON) is None
    assert requested.ledger.shown("anna-m1", at=NOON + timedelta(seconds=1)) is None
    assert requested.ledger.shown("nobody-m1", at=NOON) is None


@pytest.mark.parametrize("which", ["anna-m1", "anna-gone"])
def test_who_may_not_send_it_leaves_nothing(requested: Stores, which: str) -> None:
    requested.ledger.claim(message(), now=NOON)
    assert not requested.ledger.claim(message(which), now=NOON + MINUTE, shown=HTML)
    assert requested.ledger.shown(which, at=NOON + MINUTE) is None


def test_each_try_keeps_what_it_showed(requested: Stores) -> None:
    asked = message("anna-m2", transactional=True)
    for minutes, html in ((0, "first"), (3, "second")):
        assert requested.ledger.claim(asked, now=NOON + minutes * MINUTE, shown=html)
    assert [requested.ledger.shown(asked.id, at=NOON + each * MINUTE) for each in (0, 3)] == ["first", "second"]


def test_it_goes_with_the_person(requested: Stores) -> None:
    requested.ledger.claim(message(), now=NOON, shown=HTML)
    requested.profiles.begin_erasing(ANNA, read_version=1, event_key="shop#r1", now=NOON)
    assert requested.profiles.erase(ANNA)
    assert requested.ledger.shown("anna-m1", at=NOON) is None
    assert not requested.ledger.claim(message(), now=NOON + MINUTE, shown=HTML)
    assert requested.ledger.shown("anna-m1", at=NOON + MINUTE) is None


def test_a_simulation_keeps_none_of_it() -> None:
    store = InMemory(keeps_what_mails_show=False)
    store.commit([commit(messages=(message(),))], now=NOON)
    assert store.claim(message(), now=NOON, shown=HTML)
    assert store.shown("anna-m1", at=NOON) is None


# --- on DynamoDB ------------------------------------------------------------------------------------------------------


@pytest.fixture
def ledger(tables: Tables) -> DynamoLedger:
    DynamoProfiles(tables=tables).commit([commit(messages=(message(),))], now=NOON)
    return DynamoLedger(tables=tables)


def test_it_costs_no_further_request_and_is_forgotten_when_its_link_is(tables: Tables, ledger: DynamoLedger) -> None:
    with requests(tables) as called:
        ledger.claim(message(), now=NOON, shown=HTML * 1000)
    assert called == ["TransactWriteItems"]
    (row,) = [item for item in items(tables, tables.profiles) if item["row"]["S"].startswith(keys.SHOWN)]
    assert row["row"] == {"S": "shown#anna-m1#1795176000"}
    assert row["expires_at"] == {"N": str(int((NOON + WORKS_FOR[Purpose.VIEW]).timestamp()))}
    assert set(row) == {"profile", "row", "html", "expires_at"}
    assert len(row["html"]["B"]) < 1000


def test_whoever_meets_another_write_of_the_row_claims_again_and_gives_up_in_the_end(tables: Tables) -> None:
    answers = [cancelled("TransactionConflict", "None")] * 2
    calls: list[Any] = []

    def meet(**request: Any) -> Any:
        calls.append(request)
        if len(calls) <= len(answers):
            raise answers[len(calls) - 1]
        return {}

    ledger = DynamoLedger(tables=interfering(tables, transact_write_items=meet))
    assert ledger.claim(message(), now=NOON, shown=HTML)
    assert len(calls) == 3
    answers += [answers[0]] * 20
    assert not ledger.claim(message(), now=NOON, shown=HTML)


def test_a_sender_between_the_search_for_rows_and_their_removal_leaves_nothing(
    tables: Tables, ledger: DynamoLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked before the erasure began: what it shows is written beside its message's row, which is about to go."""
    claims = iter([NOON + MINUTE])

    def claim_first(tables: Tables, table: str, named: Any) -> None:
        for at in claims if table == tables.profiles else ():
            assert ledger.claim(message(), now=at, shown=HTML)
        delete_many(tables, table, named)

    monkeypatch.setattr(erasing_store, "delete_many", claim_first)
    profiles = DynamoProfiles(tables=tables)
    profiles.begin_erasing(ANNA, read_version=1, event_key="shop#r1", now=NOON)
    assert profiles.erase(ANNA)
    assert items(tables, tables.profiles) == []


def test_keys_of_what_was_shown_are_read_as_they_were_written() -> None:
    assert keys.parse_shown(keys.shown_row("anna-m1", NOON + timedelta(seconds=5.5))) == (
        "anna-m1",
        NOON + timedelta(seconds=5),
    )
