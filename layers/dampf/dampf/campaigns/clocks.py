"""Where an expression looks at the clock, so that a segment's change by time alone can be foreseen.

Only `now - profile.dates.X` compared with a duration written out has a moment that a date index can find.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from jinja2 import nodes

from dampf.campaigns.sandbox import FUNCTIONS, static_path
from dampf.domain.expression import Expression

Clock = tuple[str, timedelta]
"""A name among the profile's dates, and how long after it the comparison turns."""

_COMPARISONS: Final = frozenset({"gt", "gteq", "lt", "lteq"})
_DURATIONS: Final = FUNCTIONS.keys() - {"range"}


class Looks(NamedTuple):
    """`clocks` are foreseeable; `elsewhere` says whether `now` stands anywhere else too.

    `segments` are those that it asks for by name; `any_segment` says whether it may ask for others.
    """

    clocks: tuple[Clock, ...]
    elsewhere: bool
    within: bool
    segments: tuple[str, ...]
    any_segment: bool


def looks_of(tree: nodes.Expr) -> Looks:
    whole = nodes.Tuple([tree], "load")
    clocks: dict[Clock, None] = {}
    foreseen = 0
    for comparison in whole.find_all(nodes.Compare):
        for left, symbol, right in _pairs(comparison):
            clock = _clock(left, right) or _clock(right, left)
            if clock is not None and symbol in _COMPARISONS:
                clocks[clock] = None
        foreseen += _foreseen(comparison)
    spoken = sum(name.name == "now" for name in whole.find_all(nodes.Name))
    segments, any_segment = _segments(whole)
    return Looks(
        clocks=tuple(clocks),
        elsewhere=spoken > foreseen,
        within=any(
            _asks(call, "history") and (len(call.args) > 1 or call.kwargs) for call in whole.find_all(nodes.Call)
        ),
        segments=segments,
        any_segment=any_segment,
    )


def clocks_through(expression: Expression, segments: Mapping[str, Expression]) -> tuple[Clock, ...]:
    """Its own clocks and those of the segments that it asks for, and so on."""
    clocks: dict[Clock, None] = {}
    waiting, met = [expression], set[str]()
    while waiting:
        each = waiting.pop(0)
        clocks.update(dict.fromkeys(each.clocks))
        fresh = [name for name in each.segments if name in segments and name not in met]
        met.update(fresh)
        waiting += [segments[name] for name in fresh]
    return tuple(clocks)


def _pairs(comparison: nodes.Compare) -> Iterator[tuple[nodes.Expr, str, nodes.Expr]]:
    left = comparison.expr
    for operand in comparison.ops:
        yield left, operand.op, operand.expr
        left = operand.expr


def _foreseen(comparison: nodes.Compare) -> int:
    """How many of its `now` stand where they may: all comparisons that touch them are with durations."""
    touching: dict[int, list[bool]] = {}
    for left, symbol, right in _pairs(comparison):
        for one, other in ((left, right), (right, left)):
            if _since(one) is not None:
                touching.setdefault(id(one), []).append(symbol in _COMPARISONS and _duration(other) is not None)
    return sum(all(may) for may in touching.values())


def _clock(date: nodes.Expr, duration: nodes.Expr) -> Clock | None:
    name, length = _since(date), _duration(duration)
    return (name, length) if name is not None and length is not None else None


def _since(node: nodes.Expr) -> str | None:
    """X of `now - profile.dates.X`."""
    match node:
        case nodes.Sub(left=nodes.Name(name="now"), right=right):
            path = static_path(right)
            return path[2] if len(path) == 3 and path[:2] == ("profile", "dates") and path[2] else None
    return None


def _duration(node: nodes.Expr) -> timedelta | None:
    """What `days(90)` says, where the number is written out."""
    match node:
        case nodes.Call(node=nodes.Name(name=name), args=[nodes.Const(value=amount)], kwargs=[]) if (
            name in _DURATIONS and isinstance(amount, int | float) and not isinstance(amount, bool)
        ):
            try:
                return timedelta(**{name: amount})
            except OverflowError:
                return None
    return None


def _segments(tree: nodes.Node) -> tuple[tuple[str, ...], bool]:
    names: dict[str, None] = {}
    any_segment = any(
        static_path(node)[:2] == ("profile", "segments") for node in tree.find_all((nodes.Getattr, nodes.Getitem))
    )
    named = 0
    for call in tree.find_all(nodes.Call):
        match call:
            case nodes.Call(node=nodes.Name(name="in_segment"), args=[nodes.Const(value=str() as name)], kwargs=[]):
                names[name] = None
                named += 1
    spoken = sum(name.name == "in_segment" for name in tree.find_all(nodes.Name))
    return tuple(names), any_segment or spoken > named


def _asks(call: nodes.Call, function: str) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name == function
