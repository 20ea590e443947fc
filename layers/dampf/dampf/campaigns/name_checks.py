"""Names within the data that nobody gives: `profile.metric`, `journey.messages.helo`, `in_segment('vpi')`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dampf.campaigns.expressions import ExpressionError, compile_expression, looks_in
from dampf.campaigns.nearest import did_you_mean, nearly

DATES: Final = frozenset({"first_order_at", "last_order_at", "registered_at", "last_seen_at", "birthday"})
"""The built-in dates, and the one that shops tell under a name of Segment's spec."""

_FIELDS: Final = {
    "profile": frozenset(
        {"id", "traits", "consent", "metrics", "dates", "cart", "viewed", "purchased", "vouchers", "segments"}
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


def misnamed(source: str, known: Known) -> Iterator[str]:
    """What is wrong with the names of an expression that compiles; nothing for one that does not."""
    try:
        paths, segments = compile_expression(source).paths, looks_in(source).segments
    except ExpressionError:
        return
    yield from misnamed_paths(paths, known)
    for name in segments:
        if known.segments is not None and name not in known.segments:
            yield f"there is no segment `{name}` in segments.yaml{did_you_mean(name, known.segments)}"


def misnamed_paths(paths: frozenset[str], known: Known) -> Iterator[str]:
    told: set[str] = set()
    for path in sorted(paths):
        for message in _misnamed_path(path.split("."), known):
            if message not in told:
                told.add(message)
                yield message


def _misnamed_path(path: list[str], known: Known) -> Iterator[str]:
    for owner, fields in _FIELDS.items():
        depth = owner.count(".") + 1
        if len(path) > depth and ".".join(path[:depth]) == owner and path[depth] not in fields:
            yield f"`{owner}` has no `{path[depth]}`{did_you_mean(path[depth], fields)}"
    match path:
        case ["profile", "metrics", name, *_] if known.metrics is not None and name not in known.metrics:
            yield f"there is no metric `{name}` in metrics.yaml{did_you_mean(name, known.metrics)}"
        case ["profile", "dates", name, *_] if meant := nearly(name, known.dates):
            yield f"the date `{name}` is nearly the known `{meant}`; is that meant?"
        case ["journey", "messages", name, *rest]:
            if known.messages is not None and name not in known.messages:
                yield f"no step of this campaign sends `{name}`{did_you_mean(name, known.messages)}"
            if rest and rest[0] not in _PROGRESS:
                yield f"a message of a journey has no `{rest[0]}`{did_you_mean(rest[0], _PROGRESS)}"
        case ["journey", "split", name, *_] if known.arms is not None and name not in known.arms:
            yield f"this campaign has no split `{name}`{did_you_mean(name, known.arms)}"
