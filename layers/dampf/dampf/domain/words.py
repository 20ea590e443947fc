"""Words of consent, weighed by whether we knew that it was one person who spoke.

A word replaces an earlier one only if whoever said the two was proven, by the instant of the later one, to be the same
person. What two people said before they turned out to be one stands beside each other, and the stricter counts, until
one who is known to be both says something new. All of it follows from when things happened, so it comes out the same
in whatever order events arrive.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol, TypeVar

ALL_TOPICS: Final = "*"
_VOICE: Final = 8


class Spoken(Protocol):
    """What a word of consent is, in the profile and in the ledger."""

    @property
    def topic(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def voice(self) -> str: ...


class Consent(NamedTuple):
    """`topic` is `*` where a withdrawal was of all topics; `voice` is whoever said it."""

    topic: str
    granted: bool
    at: datetime
    voice: str = ""
    source: str | None = None
    wording: str | None = None


class Link(NamedTuple):
    """Two voices are one person's; `at` is when that was proven."""

    one: str
    other: str
    at: datetime


Links = tuple[Link, ...]
"""The earliest proofs that connect the voices of one person: a minimum spanning tree of them, by time."""

Word = TypeVar("Word", bound=Spoken)


def voice_of(profile: str) -> str:
    """How whoever an identifier first stood for speaks. `profile` is the one that it has where nobody knows it yet."""
    return profile[:_VOICE]


def linked(links: Links, voices: Sequence[str], at: datetime) -> Links:
    """The links once an event of that instant was heard that all these voices share."""
    first, *others = voices
    for other in others:
        links = _with(links, Link(first, other, at))
    return links


def united(links: Links, others: Iterable[Link]) -> Links:
    for link in others:
        links = _with(links, link)
    return links


def _with(links: Links, link: Link) -> Links:
    path = _between(links, link.one, link.other)
    if path is None:
        return (*links, link)
    latest = max(path, key=_at, default=link)
    return (*(each for each in links if each != latest), link) if latest.at > link.at else links


def without(links: Links, voices: Iterable[str]) -> Links:
    """Without these voices; all others are connected as early as before."""
    for voice in voices:
        own = sorted((link for link in links if voice in (link.one, link.other)), key=_at)
        nearest, *others = [link.other if link.one == voice else link.one for link in own] or [voice]
        bridges = [Link(nearest, other, link.at) for other, link in zip(others, own[1:], strict=True)]
        links = (*(link for link in links if link not in own), *bridges)
    return links


def _between(links: Links, one: str, other: str) -> Links | None:
    """What leads from one voice to the other."""
    ways: dict[str, Links] = {one: ()}
    waiting = [one]
    while waiting and other not in ways:
        here = waiting.pop()
        for link in links:
            if here in (link.one, link.other):
                there = link.other if here == link.one else link.one
                if there not in ways:
                    ways[there] = (*ways[here], link)
                    waiting.append(there)
    return ways.get(other)


def _at(link: Link) -> datetime:
    return link.at


def when(word: Consent) -> tuple[datetime, bool, str, str, str, str]:
    """Sorts words by their instants; of one instant a withdrawal is the last word."""
    return word.at, not word.granted, word.topic, word.voice, word.source or "", word.wording or ""


def both(words: Iterable[Consent], others: Iterable[Consent], links: Links) -> tuple[Consent, ...]:
    return standing(tuple(sorted((*words, *others), key=when)), links)


def standing(words: tuple[Consent, ...], links: Links) -> tuple[Consent, ...]:
    """Those that no later word of their own topic replaced for good."""
    if len(words) < 2:
        return words
    left = tuple(
        word
        for place, word in enumerate(words, start=1)
        if not any(later.topic == word.topic and _replaces(later, word, links) for later in words[place:])
    )
    return left if len(left) < len(words) else words


def counting(words: Sequence[Word], topic: str, links: Links) -> list[Word]:
    """What counts on a topic, by its name or of all, of words in the order of their instants: of each whose voice was
    not known to be that of another the last one."""
    told = [word for word in words if word.topic in (topic, ALL_TOPICS)]
    return [
        word
        for place, word in enumerate(told, start=1)
        if not any(_replaces(later, word, links) for later in told[place:])
    ]


def in_force(words: Sequence[Consent], topic: str, links: Links) -> Consent:
    """The stricter of the words that count, the later of two alike. There must be one."""
    return max(counting(words, topic, links), key=strictness)


def strictness(word: Consent) -> tuple[bool, datetime]:
    return not word.granted, word.at


def _replaces(later: Spoken, word: Spoken, links: Links) -> bool:
    if later.voice == word.voice:
        return True
    path = _between(links, word.voice, later.voice)
    return path is not None and max(link.at for link in path) <= later.at
