"""The consent ledger: every request, grant and withdrawal as it came, and what was in force at any moment.

The profile says what is in force now; the ledger can show how it came to that. Entries are never changed.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal, NamedTuple

from dampf.domain.campaign import MARKETING, Shop
from dampf.domain.event import Event
from dampf.domain.identity import stricter, word_on
from dampf.domain.profile import ALL_TOPICS, Profile

Act = Literal["requested", "granted", "withdrawn"]

MERGED: Final = "Profiles Merged"
"""The name of a merge's entries; `source` is `merge`."""

MOST_OF_A_MERGE: Final = 40
"""Entries: what a merge's transaction has room for beside dates and claims. No shop asks about that many topics."""

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

    Of a double opt-in there are two: what was requested, and the confirmation that granted it. A merge leaves one for
    each topic of which both had something else to say: since `at` the word counts that was said at `said_at`.
    """

    topic: str
    act: Act
    at: datetime
    arrived_at: datetime
    name: str
    event: str
    source: str | None = None
    wording: str | None = None
    said_at: datetime | None = None


def consent_entry(event: Event, shop: Shop) -> ConsentEntry | None:
    """What the event says about consent; None where it says nothing."""
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
        source=told.get("source"),
        wording=told.get("wording"),
    )


def of_merge(survivor: Profile, loser: Profile, event: Event) -> tuple[ConsentEntry, ...]:
    """What becomes of the two people's words once the event proves them to be one: the stricter counts from now on."""
    entries: list[ConsentEntry] = []
    for topic in sorted({*survivor.consent, *loser.consent} - {ALL_TOPICS}):
        words = [word for each in (survivor, loser) if (word := word_on(topic, each.consent)) is not None]
        if len({(word.granted, word.at) for word in words}) < 2:
            continue
        counts = stricter(words)
        entries.append(
            ConsentEntry(
                topic=topic,
                act="granted" if counts.granted else "withdrawn",
                at=event.arrived_at,
                arrived_at=event.arrived_at,
                name=MERGED,
                event=f"{event.key}#{loser.id}#{len(entries)}",
                source="merge",
                wording=counts.wording,
                said_at=counts.at,
            )
        )
    return tuple(entries[:MOST_OF_A_MERGE])


def in_order(entries: Iterable[ConsentEntry]) -> tuple[ConsentEntry, ...]:
    """By when they happened; of one instant, by when they arrived."""
    return tuple(sorted(entries, key=lambda entry: (entry.at, entry.arrived_at, entry.event)))


def in_force(entries: Iterable[ConsentEntry], *, at: datetime) -> dict[str, ConsentEntry]:
    """By topic, the last word that had been said by that instant, inclusive: a grant or a withdrawal.

    A withdrawal of everything is the last word on each topic that was spoken of before. A merge's word stands for all
    that had arrived of its topic by then; a withdrawal of everything is never less than that.
    """
    told = [entry for entry in entries if entry.at <= at and entry.act != "requested"]
    words: dict[str, ConsentEntry] = {}
    for topic in {entry.topic for entry in told}:
        said = [entry for entry in told if entry.topic == topic]
        merged = max((entry for entry in said if entry.said_at is not None), key=_latest_merge, default=None)
        if merged is not None:
            said = [merged, *(each for each in said if each.said_at is None and each.arrived_at >= merged.arrived_at)]
        everything = [entry for entry in told if entry.topic == ALL_TOPICS]
        words[topic] = max([*said, *everything], key=_last_said)
    return words


def _latest_merge(entry: ConsentEntry) -> tuple[datetime, bool, datetime]:
    """Of several merges by one event the strictest word is the last."""
    assert entry.said_at is not None
    return entry.arrived_at, entry.act == "withdrawn", entry.said_at


def _last_said(entry: ConsentEntry) -> tuple[datetime, datetime, bool, str]:
    """Of one instant what arrived last; the event that merges speaks after its merge."""
    return entry.said_at or entry.at, entry.arrived_at, entry.said_at is None, entry.event
