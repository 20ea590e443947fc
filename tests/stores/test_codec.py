from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dampf.domain.cart import CartChange, CartLog
from dampf.domain.decision import EnteredKey, OrderKey, OrderTaken
from dampf.domain.journey import Hold, StartingEvent
from dampf.domain.message import Reason, Status
from dampf.domain.profile import MetricChange, MetricValue, Suppression, Told
from dampf.domain.state import Closed, Entered, State
from dampf.domain.stimulus import DateCame, EventCame, MessageFailed, ScheduleCame, Stimulus, TimerDue
from dampf.stores import codec
from dampf.use_cases.ports.messages import Outgoing
from dampf.use_cases.ports.queues import AudienceTask
from tests.stores.values import MINUTE, NOON, a_full_state, event, journey, message, profile

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12)
INSTANTS = st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1))  # noqa: DTZ001
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_a_state_comes_back_equal() -> None:
    full = a_full_state()
    assert codec.STATE.read(codec.STATE.write(full)) == full


def test_what_is_rare_in_a_state_comes_back_too() -> None:
    rare = State(
        profile=profile(
            also=("old",),
            traits={"gone": Told(None, NOON), "tags": Told(["a", {"b": 1}], NOON), "vip": Told(True, NOON)},
            metrics={
                "score": MetricValue(Decimal(1), Decimal(2), Decimal(3), (MetricChange(NOON, "set", Decimal(0)),))
            },
            cart=CartLog(recent=(CartChange(NOON, "add", None, ({"product_id": "1", "quantity": 2},), "cart-1"),)),
            suppressed=Suppression("complaint", NOON),
            bounced={"a@shop.example": NOON},
        ),
        journeys=(journey(step=None, trigger=1, restarts=2),),
        closed=(Closed("j0", NOON),),
        entered=(("welcome", "", Entered(1, NOON)),),
    )
    assert codec.STATE.read(codec.STATE.write(rare)) == rare


def test_a_busy_customers_state_stays_small() -> None:
    assert len(codec.STATE.write(a_full_state()).encode()) < 4096


@given(INSTANTS, AMOUNTS)
def test_instants_and_amounts_are_exact(at: datetime, amount: Decimal) -> None:
    told = State(profile=profile(created_at=at, metrics={"revenue": MetricValue(amount, amount)}))
    read = codec.STATE.read(codec.STATE.write(told))
    assert read == told
    assert str(read.profile.metrics["revenue"].value) == str(amount)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_whatever_json_an_event_brings_is_kept(properties: dict[str, object]) -> None:
    came = EventCame(profile="anna", event=event(properties=properties), owners={"email": "bert"})
    queued = codec.STIMULUS.write(came)
    assert queued.isascii()
    assert codec.STIMULUS.read(queued) == came
    assert codec.EVENT.read(codec.EVENT.write(came.event)) == came.event


@pytest.mark.parametrize(
    "stimulus",
    [
        EventCame(profile="anna", event=event(chain=("welcome",), historical=True)),
        TimerDue(profile="anna", due_at=NOON + timedelta(microseconds=1)),
        DateCame(profile="anna", day=date(2026, 11, 20)),
        ScheduleCame(profile="anna", campaign="xmas", trigger=0, at=NOON),
        ScheduleCame(profile="anna", campaign="xmas", trigger=1, at=NOON.replace(tzinfo=None), local=True),
        MessageFailed(profile="anna", message="anna-m1", journey="j1", reason="render_error"),
    ],
    ids=["event", "timer", "date", "schedule", "local schedule", "message failed"],
)
def test_every_stimulus_is_told_from_the_others(stimulus: Stimulus) -> None:
    assert codec.STIMULUS.read(codec.STIMULUS.write(stimulus)) == stimulus


def test_a_stimulus_of_no_kind_is_refused() -> None:
    with pytest.raises(ValidationError):
        codec.STIMULUS.read('{"profile":"anna","kind":"earthquake"}')


def test_a_message_comes_back_equal() -> None:
    told = message(
        status=Status.DROPPED,
        at=NOON,
        reason=Reason.TOO_LATE,
        held=(Hold(NOON, Reason.QUIET_HOURS),),
        event=StartingEvent("anna", NOON, "shop#e1"),
    )
    assert codec.MESSAGE.read(codec.MESSAGE.write(told)) == told


@pytest.mark.parametrize(
    "key, value",
    [
        (EnteredKey("welcome", ""), Entered(2, NOON)),
        (OrderKey("o1"), OrderTaken({"revenue": Decimal("1.10")}, {"revenue": None, "orders": Decimal(1)})),
        (OrderKey("o1"), OrderTaken({}, {})),
    ],
    ids=["entered", "order", "an order of nothing"],
)
def test_a_memory_comes_back_equal(key: EnteredKey | OrderKey, value: Entered | OrderTaken) -> None:
    assert codec.read_remembered(key, codec.write_remembered(value)) == value


def test_two_equal_orders_are_one_text() -> None:
    one, other = Decimal("1.10"), Decimal(2)
    assert codec.write_remembered(OrderTaken({"a": one, "b": other}, {})) == codec.write_remembered(
        OrderTaken({"b": other, "a": one}, {})
    )


@pytest.mark.parametrize("event", [None, StartingEvent("old", NOON + MINUTE, "shop#e1")], ids=["bare", "with event"])
def test_what_an_outbox_carries_can_be_read_by_people_too(event: StartingEvent | None) -> None:
    outgoing = Outgoing("anna", "anna-m1", False, event)
    text = codec.write_outgoing(outgoing)
    assert text.startswith('{"profile":"anna","message":"anna-m1","transactional":false')
    assert codec.read_outgoing(text) == outgoing


@pytest.mark.parametrize("at, local", [(NOON, False), (NOON.replace(tzinfo=None), True)], ids=["instant", "local time"])
def test_a_task_of_an_audience_is_an_object_that_comes_back_equal(at: datetime, local: bool) -> None:
    task = AudienceTask("xmas", 1, at, local, "7", after="anna")
    written = codec.write_audience_task(task)
    assert written.startswith('{"campaign":"xmas"')
    assert codec.read_audience_task(written) == task
