"""One message of a partner's system while it is translated: the events and the remarks it leads to."""

from datetime import datetime
from typing import Any

from dampf.domain.event import CUSTOMER_ID, EMAIL, Event
from dampf.doors.checks import without_nulls
from dampf.doors.envelope import Envelope, Translation, check_size, instant, not_in_future
from dampf.doors.envelope import own_id as checked_id
from dampf.doors.people import address, identifier, tidy_traits


class Telling:
    """`id` is the message's own id in its system, `id_field` where it stands."""

    def __init__(self, envelope: Envelope, message_id: str, *, id_field: str) -> None:
        self.envelope = envelope
        self.id = message_id
        self.id_field = id_field
        self.remarks: list[str] = []
        self.events: list[Event] = []

    def at(self, field: str, *candidates: Any) -> datetime:
        """The first candidate that can be read, else its arrival.

        Malformed dates come from the field; the event is true all the same.
        """
        for told in candidates:
            if told is None or told == "":
                continue
            try:
                moment = instant(told)
            except ValueError as problem:
                self.remarks.append(f"{field}: {problem}, another time taken")
                continue
            return not_in_future(self.envelope, moment, self.remarks, field=field)
        return self.envelope.arrived_at

    def person(self, *, customer_id: str | None = None, email: Any = None, field: str) -> dict[str, str]:
        """Who it is about, as far as these name anybody."""
        identifiers = {}
        if customer := identifier(customer_id, self.remarks, field=field):
            identifiers[CUSTOMER_ID] = customer
        if spelled := address(email):
            identifiers[EMAIL] = spelled
        return identifiers

    def add(
        self,
        name: str,
        *,
        at: datetime,
        identifiers: dict[str, str] | None = None,
        traits: dict[str, Any] | None = None,
        properties: dict[str, Any] | None = None,
        suffix: str = "",
        own_id: str | None = None,
        historical: bool = False,
    ) -> None:
        """`suffix` tells the ids of a message's further events from that of its first; `own_id` is one that several
        messages tell alike.
        """
        event = Event(
            source=self.envelope.source,
            id=checked_id(own_id or f"{self.id}{suffix}", field=self.id_field),
            name=name,
            at=at,
            arrived_at=self.envelope.arrived_at,
            identifiers=identifiers or {},
            properties=properties or {},
            traits=tidy_traits(traits, self.remarks) if traits else {},
            historical=historical,
        )
        check_size(event)
        self.events.append(event)

    def translation(self) -> Translation:
        return Translation(tuple(self.events), tuple(self.remarks))


def compact(**told: Any) -> dict[str, Any]:
    """What was told; these systems spell out every field that they leave empty."""
    kept: dict[str, Any] = without_nulls(told)
    return kept


def language_tag(told: Any) -> str | None:
    return told.replace("_", "-") if isinstance(told, str) and told else None
