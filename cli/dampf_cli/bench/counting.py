"""What the handlers ask of AWS: calls by service and operation, units and rows, told by boto3's own events."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})


@dataclass(kw_only=True)
class Counts:
    """`calls` by "service Operation"; units as DynamoDB answers them; `rows` that were to be put or updated."""

    calls: Counter[str] = field(default_factory=Counter)
    write_units: float = 0.0
    read_units: float = 0.0
    rows: int = 0

    def of_service(self, service: str) -> int:
        return sum(count for name, count in self.calls.items() if name.partition(" ")[0] == service)


class Counting:
    """Listens to every client that a session makes from now on. Counts nothing until it is told to."""

    def __init__(self, session: Any) -> None:
        self.counts = Counts()
        self.is_on = False
        session.events.register("before-call", self._called)
        session.events.register("provide-client-params.dynamodb", self._ask_for_units)
        session.events.register("after-call.dynamodb", self._answered)

    def begin(self) -> Counts:
        self.counts = Counts()
        return self.counts

    def _called(self, model: Any, **_: Any) -> None:
        if self.is_on:
            self.counts.calls[f"{model.service_model.service_name} {model.name}"] += 1

    def _ask_for_units(self, params: dict[str, Any], model: Any, **_: Any) -> dict[str, Any] | None:
        if not self.is_on:
            return None
        self.counts.rows += _rows_of(model.name, params)
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    def _answered(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if not self.is_on:
            return
        consumed = parsed.get("ConsumedCapacity", [])
        units = sum(each["CapacityUnits"] for each in (consumed if isinstance(consumed, list) else [consumed]))
        if model.name in _WRITES:
            self.counts.write_units += units
        else:
            self.counts.read_units += units


def _rows_of(operation: str, params: dict[str, Any]) -> int:
    match operation:
        case "TransactWriteItems":
            return sum("ConditionCheck" not in item for item in params["TransactItems"])
        case "BatchWriteItem":
            return sum(len(requests) for requests in params["RequestItems"].values())
        case "PutItem" | "UpdateItem" | "DeleteItem":
            return 1
        case _:
            return 0
