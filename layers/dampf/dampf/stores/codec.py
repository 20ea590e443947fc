"""Domain values as JSON text and back: exact, small, and written the same whenever the value is the same.

Fields that hold their default are left out; named tuples are arrays; decimals are text, so metrics stay exact. Which
field is stored where is not decided here. Each codec is built when it is first used, so that a function pays only for
the values that it meets.
"""

from functools import cached_property
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import Field, TypeAdapter

from dampf.domain.consents import ConsentEntry
from dampf.domain.decision import Conversion, Ended, EnteredKey, MemoryKey, OrderTaken, Remembered, VoucherKey
from dampf.domain.event import Event
from dampf.domain.identifiers import Joined
from dampf.domain.message import Message
from dampf.domain.product import Product
from dampf.domain.state import Entered, Erasing, State
from dampf.domain.stimulus import Stimulus
from dampf.domain.voucher import GivenVoucher, Voucher
from dampf.use_cases.ports.messages import Outgoing
from dampf.use_cases.ports.queues import AudienceTask, NewsTask

Value = TypeVar("Value")


class Codec(Generic[Value]):
    """`for_queue` writes defaults too, since one tells stimuli apart, and ASCII, since SQS refuses some characters."""

    def __init__(self, kind: Any, *, for_queue: bool = False) -> None:
        self._kind, self._for_queue = kind, for_queue

    @cached_property
    def _adapter(self) -> TypeAdapter[Value]:
        return TypeAdapter(self._kind)

    def write(self, value: Value) -> str:
        text = self._adapter.dump_json(value, exclude_defaults=not self._for_queue, ensure_ascii=self._for_queue)
        return text.decode()

    def read(self, text: str) -> Value:
        return self._adapter.validate_json(text)


STATE: Final = Codec[State](State)
ERASING: Final = Codec[Erasing](Erasing)
EVENT: Final = Codec[Event](Event)
MESSAGE: Final = Codec[Message](Message)
ENDED: Final = Codec[Ended](Ended)
CONSENT: Final = Codec[ConsentEntry](ConsentEntry)
PRODUCT: Final = Codec[Product](Product)
JOINED: Final = Codec[Joined](Joined)
STIMULUS: Final = Codec[Stimulus](Annotated[Stimulus, Field(discriminator="kind")], for_queue=True)
CONVERSION: Final = Codec[Conversion](Conversion)
_ENTERED: Final = Codec[Entered](Entered)
_ORDER: Final = Codec[OrderTaken](OrderTaken)
_OUTGOING: Final = Codec[Outgoing](Outgoing)
_AUDIENCE_TASK: Final = Codec[AudienceTask](AudienceTask)
_NEWS_TASK: Final = Codec[NewsTask](NewsTask)
VOUCHER: Final = Codec[Voucher](Voucher)
GIVEN: Final = Codec[GivenVoucher](GivenVoucher)
_JSON: Final = Codec[dict[str, Any]](dict[str, Any])
_QUEUED: Final = Codec[dict[str, Any]](dict[str, Any], for_queue=True)


def write_remembered(value: Remembered) -> str:
    """One text for one value, since rows are compared by it."""
    if isinstance(value, Entered):
        return _ENTERED.write(value)
    if isinstance(value, GivenVoucher):
        return GIVEN.write(value)
    return _ORDER.write(OrderTaken(dict(sorted(value.brought.items())), dict(sorted(value.asked.items()))))


def read_remembered(key: MemoryKey, text: str) -> Remembered:
    if isinstance(key, EnteredKey):
        return _ENTERED.read(text)
    return GIVEN.read(text) if isinstance(key, VoucherKey) else _ORDER.read(text)


def write_outgoing(outgoing: Outgoing) -> str:
    """An object, not an array: whoever looks into a dead-letter queue can read it."""
    fields = outgoing._asdict()
    if outgoing.event is None:
        del fields["event"]
    else:
        fields["event"] = outgoing.event._asdict()
    return _JSON.write(fields)


def read_outgoing(text: str) -> Outgoing:
    return _OUTGOING.read(text)


def write_audience_task(task: AudienceTask | NewsTask) -> str:
    """An object, not an array, as `write_outgoing`; ASCII, as all that goes into queues."""
    return _QUEUED.write(task._asdict())


def read_audience_task(text: str) -> AudienceTask | NewsTask:
    """A task with an event is of a product's news."""
    told = _JSON.read(text)
    return _NEWS_TASK.read(text) if "event" in told else _AUDIENCE_TASK.read(text)
