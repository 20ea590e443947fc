"""The names that expressions and messages may read, and what is wrong with a source that reads others."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from jinja2 import Environment, nodes

from dampf.campaigns.nearest import nearest
from dampf.campaigns.sandbox import FUNCTIONS

_ASKING_FUNCTIONS: Final = frozenset({"history", "recommendations", "similar", "product", "products", "in_segment"})
_DATA: Final = frozenset({"event", "profile", "journey", "now"})
_MESSAGE_DATA: Final = frozenset(
    {"locale", "shop", "message", "voucher", "confirm_url", "unsubscribe_url", "preferences_url", "view_url"}
)
EXPRESSION_NAMES: Final = _DATA | _ASKING_FUNCTIONS | FUNCTIONS.keys()
MESSAGE_NAMES: Final = EXPRESSION_NAMES | _MESSAGE_DATA | {"namespace"}
DATA_NAMES: Final = _DATA | _MESSAGE_DATA
CONSTANT_NAMES: Final = FUNCTIONS.keys() | {"namespace"}
_TAKING_A_TEST: Final = {"select": 0, "reject": 0, "selectattr": 1, "rejectattr": 1}


class Mistake(NamedTuple):
    line: int
    message: str
    nearest: str | None = None


def unknown_name(name: str, line: int, *, known: frozenset[str], is_called: bool = False) -> Mistake:
    if name in MESSAGE_NAMES:
        return Mistake(line, f"`{name}` can be read in messages only")
    return _unknown("function" if is_called else "name", name, line, known)


def mistakes_in(tree: nodes.Node, environment: Environment) -> Iterator[Mistake]:
    """Filters and tests that do not exist, also where they are named as text: `select('...')`, `map('...')`."""
    for used in tree.find_all((nodes.Filter, nodes.Test)):
        if isinstance(used, nodes.Filter):
            if used.name not in environment.filters:
                yield _unknown("filter", used.name, used.lineno, environment.filters)
            yield from _mistakes_in_arguments(used, environment)
        elif used.name not in environment.tests:
            yield _unknown("test", used.name, used.lineno, environment.tests)


def _mistakes_in_arguments(used: nodes.Filter, environment: Environment) -> Iterator[Mistake]:
    place = 0 if used.name == "map" else _TAKING_A_TEST.get(used.name)
    if place is None or len(used.args) <= place:
        return
    argument = used.args[place]
    if isinstance(argument, nodes.Const) and isinstance(argument.value, str):
        kind, known = ("filter", environment.filters) if used.name == "map" else ("test", environment.tests)
        if argument.value not in known:
            yield _unknown(kind, argument.value, used.lineno, known)


def _unknown(kind: str, name: str, line: int, known: Iterable[str]) -> Mistake:
    close = nearest(name, known)
    return Mistake(line, f"unknown {kind} `{name}`" + (f", did you mean `{close}`?" if close else ""), close)
