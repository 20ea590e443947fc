from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from dampf.domain.commit import Conflict
from dampf.domain.decision import Asks, Memory, VoucherKey
from dampf.domain.message import Message, Status
from dampf.domain.shop import VoucherPool
from dampf.domain.state import Erasing
from dampf.domain.voucher import GivenVoucher, Voucher
from dampf.stores.memory_vouchers import MemoryVouchers
from dampf.stores.vouchers import DynamoVouchers
from dampf.use_cases.ports.messages import NotGiven, Offered
from tests.stores.conftest import Stores
from tests.stores.values import MINUTE, NOON, commit, message, profile

MADE = VoucherPool(name="comeback", kind="generated", prefix="BACK-", value="10 %")
LIST = VoucherPool(name="tenth", kind="list", value="20 EUR", size=3)
CODES = ("Ten-a1", "Ten-b2", "Ten-c3")
EXPIRES = NOON + timedelta(days=14)


def requested(stores: Stores, *people: str) -> list[Message]:
    rows = [message(f"{who}-m1", who=who) for who in people]
    for row in rows:
        stores.commit(commit(row.profile, messages=(row,)))
    return rows


def claimed(stores: Stores, row: Message, pool: VoucherPool = LIST) -> Voucher | NotGiven:
    return stores.vouchers.claim(row, pool, expires_at=EXPIRES, now=NOON)


def with_code(stores: Stores, row: Message, pool: VoucherPool = LIST) -> Message:
    """The message as deliver knows it once it has its voucher."""
    voucher = claimed(stores, row, pool)
    assert isinstance(voucher, Voucher)
    return replace(row, voucher=voucher)


def row_of(stores: Stores, row: Message) -> Message:
    found = stores.ledger.find(row.id)
    assert found is not None
    return found


def left(stores: Stores) -> int:
    return stores.vouchers.left("tenth", at_most=100)


def given_rows(stores: Stores, *codes: str) -> list[object]:
    known = stores.profiles.answer(profile(), Asks(memories=frozenset(VoucherKey(code) for code in codes)))
    return [known.memories[VoucherKey(code)] for code in codes]


@pytest.mark.parametrize("pool", [MADE, LIST], ids=["made", "from a list"])
def test_a_message_gets_one_code_however_often_it_asks(stores: Stores, pool: VoucherPool) -> None:
    stores.vouchers.offer("tenth", CODES)
    anna, ben = requested(stores, "anna", "ben")
    voucher = claimed(stores, anna, pool)
    assert isinstance(voucher, Voucher)
    assert voucher._replace(code="") == Voucher(pool.name, "", pool.value, NOON, EXPIRES)
    assert stores.vouchers.claim(anna, pool, expires_at=None, now=NOON + MINUTE) == voucher
    assert row_of(stores, anna).voucher == voucher
    assert claimed(stores, ben, pool) != voucher


def test_a_list_ends(stores: Stores) -> None:
    assert stores.vouchers.offer("tenth", CODES) == Offered(added=3, free=3)
    rows = requested(stores, "anna", "ben", "cleo", "dora")
    given = [claimed(stores, row) for row in rows]
    assert sorted(each.code for each in given if isinstance(each, Voucher)) == ["Ten-a1", "Ten-b2", "Ten-c3"]
    assert given[3] is NotGiven.EXHAUSTED
    assert left(stores) == 0


def test_both_engines_take_the_same_code_off_a_list(stores: Stores) -> None:
    stores.vouchers.offer("tenth", [f"T-{number:03}" for number in range(50)])
    rows = requested(stores, "anna", "ben", "cleo", "dora")
    given = [claimed(stores, row) for row in rows]
    assert [each.code for each in given if isinstance(each, Voucher)] == ["T-004", "T-025", "T-047", "T-019"]


def test_a_settled_message_gets_none(stores: Stores) -> None:
    stores.vouchers.offer("tenth", CODES)
    (anna,) = requested(stores, "anna")
    stores.ledger.settle([replace(anna, status=Status.DROPPED, at=NOON)])
    assert claimed(stores, anna) is NotGiven.SETTLED
    assert claimed(stores, message("nobody-m1", who="nobody")) is NotGiven.SETTLED
    assert left(stores) == 3


class TestGivingBack:
    def test_the_code_is_free_again_and_the_row_bears_none(self, stores: Stores) -> None:
        stores.vouchers.offer("tenth", CODES[:1])
        anna, ben = requested(stores, "anna", "ben")
        anna = with_code(stores, anna)
        assert claimed(stores, ben) is NotGiven.EXHAUSTED
        assert stores.vouchers.release(anna, LIST)
        assert (row_of(stores, anna).voucher, left(stores)) == (None, 1)
        assert given_rows(stores, "TEN-A1") == [None]
        assert isinstance(claimed(stores, ben), Voucher)

    def test_twice_gives_it_back_once(self, stores: Stores) -> None:
        stores.vouchers.offer("tenth", CODES[:1])
        anna, ben = requested(stores, "anna", "ben")
        anna = with_code(stores, anna)
        assert stores.vouchers.release(anna, LIST)
        ben = with_code(stores, ben)
        assert not stores.vouchers.release(anna, LIST)
        assert (row_of(stores, ben).voucher, left(stores)) == (ben.voucher, 0)

    def test_a_made_code_is_nobodys(self, stores: Stores) -> None:
        (anna,) = requested(stores, "anna")
        anna = with_code(stores, anna, MADE)
        assert anna.voucher is not None
        assert stores.vouchers.release(anna, MADE)
        assert given_rows(stores, anna.voucher.code.upper()) == [None]
        assert left(stores) == 0

    def test_not_what_somebody_else_is_sending(self, stores: Stores) -> None:
        stores.vouchers.offer("tenth", CODES)
        (anna,) = requested(stores, "anna")
        anna = with_code(stores, anna)
        assert stores.ledger.claim(anna, now=NOON)
        assert not stores.vouchers.release(anna, LIST)
        assert stores.vouchers.release(replace(anna, status=Status.SENDING), LIST)

    def test_not_what_was_redeemed(self, stores: Stores) -> None:
        stores.vouchers.offer("tenth", CODES)
        (anna,) = requested(stores, "anna")
        anna = with_code(stores, anna)
        redeem(stores, anna)
        assert not stores.vouchers.release(anna, LIST)

    def test_a_message_without_a_code_has_nothing_to_give(self, stores: Stores) -> None:
        (anna,) = requested(stores, "anna")
        assert not stores.vouchers.release(anna, LIST)

    def test_a_message_whose_code_was_given_back_is_not_sent_with_it(self, stores: Stores) -> None:
        stores.vouchers.offer("tenth", CODES)
        (anna,) = requested(stores, "anna")
        anna = with_code(stores, anna)
        stores.vouchers.release(anna, LIST)
        assert not stores.ledger.claim(anna, now=NOON)
        assert stores.ledger.claim(replace(anna, voucher=None), now=NOON)


def test_settling_a_message_leaves_its_code_with_it(stores: Stores) -> None:
    stores.vouchers.offer("tenth", CODES)
    (anna,) = requested(stores, "anna")
    anna = with_code(stores, anna)
    stores.ledger.settle([replace(anna, voucher=None, status=Status.SENT, at=NOON)])
    assert row_of(stores, anna).voucher == anna.voucher


# --- redemption ---------------------------------------------------------------------------------------------------


def redeem(stores: Stores, row: Message, *, by: str = "zoe", version: int = 0) -> dict[str, Conflict]:
    assert row.voucher is not None
    was = GivenVoucher(row.voucher, row.campaign, row.id)
    memory = Memory(key=VoucherKey(row.voucher.code.upper()), value=was._replace(redeemed_at=NOON), was=was)
    return stores.profiles.commit([commit(by, version=version, memories=(memory,))], now=NOON).conflicts


def test_a_given_code_is_known_whoever_asks_and_others_are_not(stores: Stores) -> None:
    stores.vouchers.offer("tenth", CODES[:1])
    (anna,) = requested(stores, "anna")
    anna = with_code(stores, anna)
    assert anna.voucher is not None
    assert given_rows(stores, "TEN-A1", "TEN-B2") == [GivenVoucher(anna.voucher, "welcome", "anna-m1"), None]


def test_of_two_who_redeem_one_code_the_second_learns_who_was_first(stores: Stores) -> None:
    stores.vouchers.offer("tenth", CODES[:1])
    (anna,) = requested(stores, "anna")
    anna = with_code(stores, anna)
    assert redeem(stores, anna) == {}
    conflict = redeem(stores, anna, by="yan")["yan"]
    told = conflict.memories[VoucherKey("TEN-A1")]
    assert isinstance(told, GivenVoucher)
    assert told.redeemed_at == NOON


def test_a_code_of_an_erased_person_stays_given_but_not_to_whom(stores: Stores) -> None:
    stores.vouchers.offer("tenth", CODES[:1])
    anna, ben = requested(stores, "anna", "ben")
    anna = with_code(stores, anna)
    erasing = Erasing(profile="anna", at=NOON)
    assert stores.profiles.begin_erasing(erasing, read_version=1, event_key="shop#r", now=NOON) is None
    assert stores.profiles.erase(erasing)
    assert anna.voucher is not None
    assert given_rows(stores, "TEN-A1") == [GivenVoucher(anna.voucher, "welcome", "")]
    stores.vouchers.offer("tenth", CODES[:1])
    assert claimed(stores, ben) is NotGiven.EXHAUSTED


# --- publishing a list --------------------------------------------------------------------------------------------


class TestPublishing:
    def test_twice_adds_once(self, stores: Stores) -> None:
        stores.vouchers.offer("tenth", CODES)
        assert stores.vouchers.offer("tenth", CODES) == Offered(free=3)

    def test_what_was_given_stays_given(self, stores: Stores) -> None:
        stores.vouchers.offer("tenth", CODES)
        anna, ben = requested(stores, "anna", "ben")
        given = claimed(stores, anna)
        assert isinstance(given, Voucher)
        assert stores.vouchers.offer("tenth", [given.code.lower(), "Ten-d4"]) == Offered(added=1, withdrawn=2, free=1)
        last = claimed(stores, ben)
        assert isinstance(last, Voucher)
        assert last.code == "Ten-d4"

    def test_a_code_that_was_struck_off_and_came_back_is_taken_out_the_next_time(self, stores: Stores) -> None:
        stores.vouchers.offer("tenth", CODES[:1])
        (anna,) = requested(stores, "anna")
        anna = with_code(stores, anna)
        stores.vouchers.offer("tenth", CODES[1:])
        stores.vouchers.release(anna, LIST)
        assert left(stores) == 3
        assert stores.vouchers.offer("tenth", CODES[1:]) == Offered(withdrawn=1, free=2)

    def test_a_longer_list_than_one_request_holds(self, stores: Stores) -> None:
        told: list[int] = []
        codes = [f"T-{number:03}" for number in range(230)]
        assert stores.vouchers.offer("tenth", codes, progress=told.append) == Offered(added=230, free=230)
        assert sum(told) == 230
        assert left(stores) == 100

    def test_each_pool_has_its_own(self, stores: Stores) -> None:
        stores.vouchers.offer("tenth", CODES)
        stores.vouchers.offer("other", ["X-1"])
        assert stores.vouchers.offer("other", ["X-2"]) == Offered(added=1, withdrawn=1, free=1)
        assert left(stores) == 3


def test_a_pool_is_low_below_its_share_or_its_number_and_a_made_one_never() -> None:
    assert replace(LIST, size=1000).low == 100
    assert replace(LIST, size=3).low == 1
    assert replace(LIST, size=1000, low_at=25).low == 25
    assert replace(LIST, size=7, low_at=Decimal("0.5")).low == 4
    assert MADE.low == 0


# --- on DynamoDB alone --------------------------------------------------------------------------------------------


def test_a_list_that_was_put_there_in_part_is_put_there_whole_the_next_time(stores: Stores, monkeypatch) -> None:
    if isinstance(stores.vouchers, MemoryVouchers):
        pytest.skip("in memory it is done at once")
    stores.vouchers.offer("tenth", CODES)
    with monkeypatch.context() as dying:
        dying.setattr("dampf.stores.vouchers.put_many", lost)
        with pytest.raises(ConnectionError):
            stores.vouchers.offer("tenth", ["Ten-d4"])
    assert left(stores) == 0
    assert stores.vouchers.offer("tenth", CODES) == Offered(added=3, free=3)


def lost(*_: object) -> None:
    raise ConnectionError


def test_a_code_that_was_given_and_stands_on_the_list_all_the_same_is_not_given_twice(stores: Stores) -> None:
    if not isinstance(stores.vouchers, DynamoVouchers):
        pytest.skip("in memory a list is put there at once")
    from dampf.stores import rows

    anna, ben = requested(stores, "anna", "ben")
    stores.vouchers.offer("tenth", CODES[:1])
    with_code(stores, anna)
    tables = stores.vouchers.tables
    tables.client.put_item(TableName=tables.catalogue, Item=rows.free_item("tenth", "Ten-a1"))
    assert claimed(stores, ben) is NotGiven.EXHAUSTED
    assert left(stores) == 0


def test_a_made_code_that_is_there_already_is_drawn_again(stores: Stores) -> None:
    if not isinstance(stores.vouchers, DynamoVouchers):
        pytest.skip("in memory codes derive from messages")
    anna, ben = requested(stores, "anna", "ben")
    draws = iter([7, 7, 8])
    vouchers = DynamoVouchers(tables=stores.vouchers.tables, draw=lambda *_: next(draws))
    codes = [vouchers.claim(row, MADE, expires_at=None, now=NOON) for row in (anna, ben)]
    assert [each.code for each in codes if isinstance(each, Voucher)] == ["BACK-MCCC-CCCC-CCCC", "BACK-NCCC-CCCC-CCCC"]
