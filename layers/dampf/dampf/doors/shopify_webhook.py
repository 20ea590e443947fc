"""One Shopify webhook while it is translated: the time it tells, the events and the remarks it leads to."""

from datetime import datetime
from typing import Any

from dampf.domain.event import Event
from dampf.doors.checks import without_nulls
from dampf.doors.envelope import Envelope, Translation, check_size, first_id, instant, not_in_future, own_id
from dampf.doors.shopify_shapes import Metadata


class Webhook:
    def __init__(self, envelope: Envelope, metadata: Metadata) -> None:
        self.envelope = envelope
        self.metadata = metadata
        self.id = first_id(envelope, metadata.get("webhook_id"), field="detail.metadata.X-Shopify-Webhook-Id")
        self.remarks: list[str] = []
        self.events: list[Event] = []

    def at(self, field: str, *candidates: Any) -> datetime:
        """The first candidate that can be read, else when Shopify sent it, else its arrival.

        Malformed dates come from the field; the event is true all the same.
        """
        for told in (*candidates, self.metadata.get("triggered_at")):
            if told is None or told == "":
                continue
            try:
                moment = instant(told)
            except ValueError as problem:
                self.remarks.append(f"detail.payload.{field}: {problem}, another time taken")
                continue
            return not_in_future(self.envelope, moment, self.remarks, field=f"detail.payload.{field}")
        return self.envelope.arrived_at

    def add(
        self,
        name: str,
        *,
        at: datetime,
        identifiers: dict[str, str] | None = None,
        traits: dict[str, Any] | None = None,
        properties: dict[str, Any] | None = None,
        suffix: str = "",
    ) -> None:
        """`suffix` tells the ids of a webhook's further events from that of its first."""
        event = Event(
            source=self.envelope.source,
            id=own_id(f"{self.id}{suffix}", field="detail.metadata.X-Shopify-Webhook-Id"),
            name=name,
            at=at,
            arrived_at=self.envelope.arrived_at,
            identifiers=identifiers or {},
            properties=properties or {},
            traits=traits or {},
        )
        check_size(event)
        self.events.append(event)

    def translation(self) -> Translation:
        return Translation(tuple(self.events), tuple(self.remarks))


def compact(**told: Any) -> dict[str, Any]:
    """What was told; Shopify spells out every field that it leaves empty."""
    kept: dict[str, Any] = without_nulls(told)
    return kept
