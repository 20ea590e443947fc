"""The consent ledger: every request, grant and withdrawal as it came, and what was in force at any moment.

The profile says what is in force now; the ledger can show how it came to that. Entries are never changed.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal, NamedTuple

from dampf.domain.event import Event
from dampf.domain.identity import speaker_in
from dampf.domain.shop import MARKETING, Shop
from dampf.domain.words import ALL_TOPICS, Consent, Links, counting, strictness, when

Act = Literal["requested", "granted", "withdrawn"]

_SUBSCRIBED: Final = "Newsletter Subscribed"
_ACTS: Final[dict[str, Act]] = {
    _SUBSCRIBED: "granted",
    "Subscription Confirmed": "granted",
    "Consent Granted": "granted",
    "Consent Withdrawn": "withdrawn",
    "Unsubscribed": "withdrawn",
}


class ConsentEntry(NamedTuple):
    """`topic` is `*` where a withdrawal was of all topics. `name` and `event` are the event's, by name and key.

    Of a double opt-in there are two: what was requested, and the confirmation that granted it. `voice` is who said it:
    see `words`.
    """

    topic: str
    act: Act
    at: datetime
    arrived_at: datetime
    name: str
    event: str
    voice: str = ""
    source: str | None = None
    wording: str | None = None

    @property
    def word(self) -> Consent:
        return Consent(self.topic, self.act == "granted", self.at, self.voice, self.source, self.wording)


def consent_entry(
    event: Event, shop: Shop, profile: str, *, not_theirs: frozenset[str] = frozenset()
) -> ConsentEntry | None:
    """What the event says about consent; None where it says nothing. Identifiers in `not_theirs` do not speak."""
    act = _ACTS.get(event.name)
    if act is None:
        return None
    if event.name == _SUBSCRIBED and shop.double_opt_in:
        act = "requested"
    told = event.properties
    return ConsentEntry(
        topic=told.get("topic") or (ALL_TOPICS if act == "withdrawn" else MARKETING),
        act=act,
        at=event.at,
        arrived_at=event.arrived_at,
        name=event.name,
        event=event.key,
        voice=speaker_in(event, profile, not_theirs),
        source=told.get("source"),
        wording=told.get("wording"),
    )


def in_order(entries: Iterable[ConsentEntry]) -> tuple[ConsentEntry, ...]:
    """By when they happened; of one instant, by when they arrived."""
    return tuple(sorted(entries, key=lambda entry: (entry.at, entry.arrived_at, entry.event)))


def in_force(entries: Iterable[ConsentEntry], links: Links, *, at: datetime) -> dict[str, ConsentEntry]:
    """By topic, the word that counted at that instant, inclusive: a grant or a withdrawal, weighed as the profile does.

    `links` are those of the person as known by now.
    """
    told = sorted(
        (entry for entry in entries if entry.at <= at and entry.act != "requested"),
        key=lambda entry: when(entry.word),
    )
    topics = {entry.topic for entry in told}
    return {topic: max(counting(told, topic, links), key=lambda entry: strictness(entry.word)) for topic in topics}
