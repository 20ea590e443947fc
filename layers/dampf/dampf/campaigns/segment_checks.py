"""Segments: whether they can be told at all, and whether the clocks of those that start campaigns can be foreseen."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dampf.campaigns.clocks import Looks
from dampf.campaigns.expressions import ExpressionError, looks_in

FORESEEABLE: Final = "a segment that starts a campaign may look at the clock only as `now - profile.dates.X > days(90)`"
_UNNOTICED: Final = "what `within` forgets moves nobody by time alone; this starts campaigns only when an event comes"
_UNTOLD: Final = "a segment asks for others by name, as `in_segment('vip')`"


def segment_findings(segments: Mapping[str, Any], watched: frozenset[str]) -> Iterator[tuple[str, bool, str]]:
    """Name, whether it is an error, and what is wrong. `watched` are those that start campaigns."""
    looks = dict(_looks(segments))
    for name, look in looks.items():
        if look.any_segment:
            yield name, True, _UNTOLD
        elif ring := _ring(name, looks):
            way = " and ".join(f"`{each}`" for each in ring[:-1])
            yield name, True, f"`{name}` asks for itself{f', by way of {way}' if way else ''}"
    behind = {each for name in watched for each in _through(name, looks)}
    for name in sorted(behind & looks.keys()):
        if looks[name].elsewhere:
            yield name, True, FORESEEABLE
        elif looks[name].within:
            yield name, False, _UNNOTICED


def _looks(segments: Mapping[str, Any]) -> Iterator[tuple[str, Looks]]:
    for name, source in segments.items():
        if isinstance(source, str):
            try:
                yield name, looks_in(source)
            except ExpressionError:
                continue


def _through(name: str, looks: Mapping[str, Looks]) -> set[str]:
    """This segment and all that it asks for."""
    met, waiting = set[str](), [name]
    while waiting:
        each = waiting.pop()
        if each not in met:
            met.add(each)
            waiting += looks[each].segments if each in looks else ()
    return met


def _ring(name: str, looks: Mapping[str, Looks]) -> list[str]:
    """The way from this segment back to it, without its beginning; empty where there is none."""
    ways, met = [[each] for each in looks[name].segments], set[str]()
    while ways:
        way = ways.pop(0)
        if way[-1] == name:
            return way
        if way[-1] not in met and way[-1] in looks:
            met.add(way[-1])
            ways += [[*way, each] for each in looks[way[-1]].segments]
    return []
