"""Names within the data that nobody gives: `profile.metric`, `journey.messages.helo`, `in_segment('vpi')`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from dampf.campaigns.expressions import ExpressionError, compile_expression, looks_in
from dampf.campaigns.nearest import did_you_mean, nearly

DATES: Final = frozenset({"first_order_at", "last_order_at", "registered_at", "last_seen_at", "birthday"})
"""The built-in dates, and the one that shops tell under a name of Segment's spec."""

_FIELDS: Final = {
    "profile": frozenset(
        {"id", "traits", "consent", "metrics", "dates", "cart", "viewed", "purchased", "wished", "vouchers", "segments"}
    ),
    "profile.cart": frozenset({"id", "items", "value", "updated_at"}),
    "event": frozenset({"name", "at", "properties"}),
    "journey": frozenset({"entered_at", "key", "messages", "split"}),
}
_PROGRESS: Final = frozenset({"id", "sent_at", "delivered", "opened", "clicked"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the shop's files name. None where the file that tells is broken, or where it does not matter."""

    metrics: frozenset[str] | None
    segments: frozenset[str] | None
    dates: frozenset[str]
    messages: frozenset[str] | None = None
    arms: frozenset[str] | None = None


class Misnamed(NamedTuple):
    name: str
    message: str


def misnamed(source: str, known: Known) -> Iterator[Misnamed]:
    """What is wrong with the names of an expression that compiles; nothing for one that does not."""
    try:
        paths, segments = compile_expression(source).paths, looks_in(source).segments
    except ExpressionError:
        return
    yield from misnamed_paths(paths, known)
    for name in segments:
        if known.segments is not None and name not in known.segments:
            yield Misnamed(name, f"there is no segment `{name}` in segments.yaml{did_you_mean(name, known.segments)}")


def misnamed_paths(paths: frozenset[str], known: Known) -> Iterator[Misnamed]:
    """Each once, in the order of the paths."""
    yield from dict.fromkeys(found for path in sorted(paths) for found in _in_path(path.split("."), known))


def _in_path(path: list[str], known: Known) -> Iterator[Misnamed]:
    for owner, fields in _FIELDS.items():
        depth = owner.count(".") + 1
        if len(path) > depth and ".".join(path[:depth]) == owner and path[depth] not in fields:
            name = path[depth]
            yield Misnamed(name, f"`{owner}` has no `{name}`{did_you_mean(name, fields)}")
    match path:
        case ["profile", "metrics", name, *_] if known.metrics is not None and name not in known.metrics:
            hint = did_you_mean(name, known.metrics)
            yield Misnamed(name, f"there is no metric `{name}` in metrics.yaml{hint}")
        case ["profile", "dates", name, *_] if meant := nearly(name, known.dates):
            yield Misnamed(name, f"the date `{name}` is nearly the known `{meant}`; is that meant?")
        case ["journey", "messages", name, *rest]:
            if known.messages is not None and name not in known.messages:
                hint = did_you_mean(name, known.messages)
                yield Misnamed(name, f"no step of this campaign sends `{name}`{hint}")
            if rest and rest[0] not in _PROGRESS:
                hint = did_you_mean(rest[0], _PROGRESS)
                yield Misnamed(rest[0], f"a message of a journey has no `{rest[0]}`{hint}")
        case ["journey", "split", name, *_] if known.arms is not None and name not in known.arms:
            yield Misnamed(name, f"this campaign has no split `{name}`{did_you_mean(name, known.arms)}")
