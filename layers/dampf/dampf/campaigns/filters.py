"""The filters and tests of the campaign language: Jinja's names and meanings, less what is unsafe or left to chance.

Differences from Jinja: an undefined value or argument passes through instead of raising; filters that give a sequence
give a list, so that it can be counted and be false; `round` rounds halves up; nothing outgrows the sandbox.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import wraps
from typing import Any, Final, NamedTuple, cast
from urllib.parse import quote, urlencode

from jinja2 import Environment, filters, pass_context, pass_environment
from jinja2.tests import TESTS as JINJA_TESTS
from markupsafe import Markup, escape

from dampf.campaigns.locale_filters import day, hour, money
from dampf.campaigns.numbers import LONGEST_LIST, LONGEST_TEXT, Refused, bounded, decimal, number, rounded, seen, whole
from dampf.domain.missing import MISSING

_WIDE_FORMAT = re.compile(r"%[^a-zA-Z%]*(\*|\d{4})")


class Group(NamedTuple):
    grouper: Any
    list: list[Any]


def _passing_missing(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def tolerant(value: Any, *arguments: Any, **named: Any) -> Any:
        if value is MISSING or MISSING in arguments or MISSING in named.values():
            return MISSING
        return function(value, *arguments, **named)

    return tolerant


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def default(value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    return default_value if value is MISSING or value is None or (boolean and not value) else value


def replace(value: Any, old: Any, new: Any, count: int = -1) -> str:
    text, old, new = _text(value), _text(old), _text(new)
    if len(text) + text.count(old) * len(new) > LONGEST_TEXT:
        raise Refused("the result is too long")
    return text.replace(old, new, count)


def truncate(value: Any, length: int = 255, killwords: bool = False, end: str = "...", leeway: int = 0) -> str:
    text = _text(value)
    if len(text) <= length + leeway:
        return text
    kept = text[: max(length - len(end), 0)]
    return (kept if killwords else kept.rsplit(" ", 1)[0]) + end


def url_encoded(value: Any) -> str:
    """Text for a place in a URL, or a mapping as a query; lone surrogates, which JSON may carry, become `?`."""
    if isinstance(value, Mapping):
        return urlencode({_text(key): _text(entry) for key, entry in value.items()}, errors="replace")
    return quote(_text(value), errors="replace")


def format_text(value: Any, *arguments: Any, **named: Any) -> str:
    text = _text(value)
    if _WIDE_FORMAT.search(text):
        raise Refused("the format is too wide")
    return str(bounded(text % (named or arguments)))


@pass_environment
def join(environment: Environment, value: Any, separator: str = "", attribute: Any = None) -> str:
    read = _reader(environment, attribute)
    parts = [part if hasattr(part, "__html__") else _text(part) for part in map(read, value)]
    if sum(map(len, parts)) + len(separator) * len(parts) > LONGEST_TEXT:
        raise Refused("the result is too long")
    if any(hasattr(part, "__html__") for part in parts):
        return escape(separator).join(parts)
    return separator.join(parts)


# --- sequences ----------------------------------------------------------------------------------------------------


def _reader(environment: Environment, attribute: Any) -> Callable[[Any], Any]:
    """Reads a dotted name from an item, or the item itself; `MISSING` where there is nothing."""
    if attribute is None:
        return seen
    parts = [int(part) if part.isdigit() else part for part in str(attribute).split(".")]

    def read(item: Any) -> Any:
        for part in parts:
            item = environment.getitem(item, part)
        return item

    return read


def _comparable(value: Any, case_sensitive: bool) -> Any:
    return value.lower() if isinstance(value, str) and not case_sensitive else value


def _chosen(environment: Environment, arguments: tuple[Any, ...], named: dict[str, Any]) -> Callable[[Any], bool]:
    if not arguments:
        return bool
    test, *rest = arguments
    return lambda item: bool(environment.call_test(test, item, rest, named))


@pass_environment
def select(environment: Environment, value: Iterable[Any], *arguments: Any, **named: Any) -> list[Any]:
    holds = _chosen(environment, arguments, named)
    return [item for item in value if holds(seen(item))]


@pass_environment
def reject(environment: Environment, value: Iterable[Any], *arguments: Any, **named: Any) -> list[Any]:
    holds = _chosen(environment, arguments, named)
    return [item for item in value if not holds(seen(item))]


@pass_environment
def selectattr(
    environment: Environment, value: Iterable[Any], attribute: str, *arguments: Any, **named: Any
) -> list[Any]:
    read, holds = _reader(environment, attribute), _chosen(environment, arguments, named)
    return [item for item in value if holds(read(item))]


@pass_environment
def rejectattr(
    environment: Environment, value: Iterable[Any], attribute: str, *arguments: Any, **named: Any
) -> list[Any]:
    read, holds = _reader(environment, attribute), _chosen(environment, arguments, named)
    return [item for item in value if not holds(read(item))]


@pass_context
def map_items(context: Any, value: Iterable[Any], *arguments: Any, **named: Any) -> list[Any]:
    environment = context.environment
    if arguments:
        name, *rest = arguments
        return [environment.call_filter(name, seen(item), rest, named, context=context) for item in value]
    if "attribute" not in named or named.keys() - {"attribute", "default"}:
        raise TypeError("map needs the name of a filter, or attribute=")
    read, otherwise = _reader(environment, named["attribute"]), named.get("default", MISSING)
    return [otherwise if (found := read(item)) is MISSING else found for item in value]


@pass_environment
def sort(
    environment: Environment,
    value: Iterable[Any],
    reverse: bool = False,
    case_sensitive: bool = False,
    attribute: Any = None,
) -> list[Any]:
    """Items without the attribute come last, whichever way the others go."""
    readers = (
        [_reader(environment, name.strip()) for name in str(attribute).split(",")] if attribute is not None else [seen]
    )
    keyed = [([_comparable(read(item), case_sensitive) for read in readers], item) for item in value]
    known = [pair for pair in keyed if all(part is not MISSING for part in pair[0])]
    known.sort(key=lambda pair: pair[0], reverse=bool(reverse))
    return [item for _, item in known] + [item for key, item in keyed if any(part is MISSING for part in key)]


@pass_environment
def unique(
    environment: Environment, value: Iterable[Any], case_sensitive: bool = False, attribute: Any = None
) -> list[Any]:
    """The first of each, in their order."""
    read, kept = _reader(environment, attribute), dict[Any, Any]()
    for item in value:
        kept.setdefault(_comparable(read(item), case_sensitive), item)
    return list(kept.values())


@pass_environment
def group_by(
    environment: Environment, value: Iterable[Any], attribute: Any, default: Any = MISSING, case_sensitive: bool = False
) -> list[Group]:
    """In the order in which the groups first appear."""
    read, groups = _reader(environment, attribute), dict[Any, Group]()
    for item in value:
        grouper = read(item)
        grouper = default if grouper is MISSING else grouper
        key = None if grouper is MISSING else _comparable(grouper, case_sensitive)
        groups.setdefault(key, Group(grouper, [])).list.append(item)
    return list(groups.values())


def _extreme(pick: Callable[..., Any]) -> Callable[..., Any]:
    @pass_environment
    def extreme(
        environment: Environment, value: Iterable[Any], case_sensitive: bool = False, attribute: Any = None
    ) -> Any:
        read = _reader(environment, attribute)
        pairs = [(key, item) for item in value if (key := _comparable(read(item), case_sensitive)) is not MISSING]
        return seen(pick(pairs, key=lambda pair: pair[0])[1]) if pairs else MISSING

    return extreme


@pass_environment
def total(environment: Environment, value: Iterable[Any], attribute: Any = None, start: Any = 0) -> Any:
    """What is missing counts nothing."""
    read = _reader(environment, attribute)
    found = sum((_exact(part) for item in value if (part := read(item)) is not MISSING), _exact(start))
    return number(found) if isinstance(found, Decimal) else found


def _exact(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value


def first(value: Iterable[Any]) -> Any:
    return seen(next(iter(value), None))


def last(value: Iterable[Any]) -> Any:
    items = list(value)
    return seen(items[-1]) if items else MISSING


def reverse(value: Any) -> Any:
    return value[::-1] if isinstance(value, str) else list(value)[::-1]


def batch(value: Iterable[Any], size: int, fill_with: Any = None) -> list[list[Any]]:
    return list(filters.do_batch(list(value), _in_range(size), fill_with))


def _in_range(count: int) -> int:
    if not 0 < count <= LONGEST_LIST:
        raise Refused("the number of parts is out of range")
    return count


def pairs(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []


def sorted_pairs(
    value: Any, case_sensitive: bool = False, by: str = "key", reverse: bool = False
) -> list[tuple[Any, Any]]:
    return filters.do_dictsort(value, case_sensitive, by, reverse) if isinstance(value, Mapping) else []  # type: ignore[arg-type]


# --- numbers and time ---------------------------------------------------------------------------------------------


def round_number(value: Any, precision: int = 0, method: str = "common") -> Any:
    return rounded(value, precision, method)


@pass_context
def local(context: Any, value: Any) -> Any:
    """An instant in the profile's zone, which the scope holds under the reserved name `zone`."""
    zone = context.resolve_or_missing("zone")
    if value is MISSING or not hasattr(zone, "utcoffset"):
        return MISSING
    return value.astimezone(zone)


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "abs": _passing_missing(abs),
    "batch": batch,
    "capitalize": _passing_missing(filters.do_capitalize),
    "count": len,
    "d": default,
    "date": day,
    "default": default,
    "dictsort": sorted_pairs,
    "e": escape,
    "escape": escape,
    "first": first,
    "float": decimal,
    "format": _passing_missing(format_text),
    "groupby": group_by,
    "int": whole,
    "items": pairs,
    "join": join,
    "last": last,
    "length": len,
    "list": list,
    "local": local,
    "lower": _passing_missing(filters.do_lower),
    "map": map_items,
    "max": _extreme(max),
    "min": _extreme(min),
    "money": money,
    "reject": reject,
    "rejectattr": rejectattr,
    "replace": _passing_missing(replace),
    "reverse": reverse,
    "round": _passing_missing(round_number),
    "select": select,
    "selectattr": selectattr,
    "sort": sort,
    "string": _passing_missing(_text),
    "striptags": _passing_missing(lambda value: Markup(_text(value)).striptags()),  # noqa: S704  gives plain text
    "sum": total,
    "time": hour,
    "title": _passing_missing(filters.do_title),
    "trim": _passing_missing(filters.do_trim),
    "truncate": _passing_missing(truncate),
    "unique": unique,
    "upper": _passing_missing(filters.do_upper),
    "urlencode": _passing_missing(url_encoded),
    "wordcount": _passing_missing(lambda value: len(_text(value).split())),
}


def contains(container: Any, value: Any) -> bool:
    """What is undefined is in nothing, and nothing is in it."""
    if container is MISSING or value is MISSING or container is None:
        return False
    if isinstance(value, Decimal) and not isinstance(container, Mapping):
        return any(seen(item) == value for item in container)
    return value in container


def lacks(container: Any, value: Any) -> bool:
    """`not in` compares like `!=`: with something undefined it is false too."""
    return container is not MISSING and value is not MISSING and not contains(container, value)


_UNSAFE_TESTS: Final = {"callable", "filter", "test", "escaped"}
TESTS: Final[dict[str, Callable[..., Any]]] = {
    **{name: cast(Callable[..., Any], test) for name, test in JINJA_TESTS.items() if name not in _UNSAFE_TESTS},
    "defined": lambda value: value is not MISSING,
    "undefined": lambda value: value is MISSING,
    "none": lambda value: value is None or value is MISSING,
    "float": lambda value: isinstance(value, float | Decimal),
    "in": lambda value, container: contains(container, value),
}
