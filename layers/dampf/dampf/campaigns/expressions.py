"""The expressions of campaigns: Jinja2's, compiled once to one Python function and evaluated on plain data.

Nothing here fetches: what an expression reads stands in `names` and `paths`, and its callables come with the scope.
The scope is a mapping of the root names to mappings, lists, text, numbers, aware instants and functions; `zone` is
reserved for the profile's tzinfo, which the filter `local` needs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from io import StringIO
from typing import Any, Final

from jinja2 import TemplateError, nodes
from jinja2.compiler import Frame
from jinja2.nodes import EvalContext
from jinja2.runtime import markup_join, str_join
from markupsafe import Markup

from dampf.campaigns.clocks import Clock, Looks, looks_of
from dampf.campaigns.names import CONSTANT_NAMES, DATA_NAMES, EXPRESSION_NAMES, Mistake, mistakes_in, unknown_name
from dampf.campaigns.numbers import Refused
from dampf.campaigns.sandbox import FUNCTIONS, Sandbox, SandboxGenerator, parse_expression, read_paths
from dampf.domain.expression import ExpressionFailed
from dampf.domain.missing import MISSING

LONGEST_SOURCE: Final = 4_000
_TOO_NESTED: Final = "the expression is nested too deeply"


class ExpressionError(Exception):
    """The expression does not compile. `nearest` is the right name for a misspelt one, if one is close."""

    def __init__(self, message: str, nearest: str | None = None) -> None:
        super().__init__(message)
        self.message, self.nearest = message, nearest


class _Context:
    """What Jinja's filters need to know of the evaluation under way."""

    __slots__ = ("_scope", "environment")

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self._scope, self.environment = scope, _ENVIRONMENT

    def resolve_or_missing(self, name: str) -> Any:
        return self._scope.get(name, MISSING)


@dataclass(frozen=True, slots=True)
class Expression:
    source: str
    names: frozenset[str] = field(compare=False)
    paths: frozenset[str] = field(compare=False)
    clocks: tuple[Clock, ...] = field(compare=False)
    segments: tuple[str, ...] = field(compare=False)
    _evaluate: Callable[[Callable[[str, Any], Any], _Context], Any] = field(compare=False, repr=False)

    def __call__(self, scope: Mapping[str, Any]) -> Any:
        """The value, or `MISSING`; a number is an int or a Decimal unless it stands inside a list or mapping."""
        try:
            value = self._evaluate(scope.get, _Context(scope))
        except Exception as fault:
            raise ExpressionFailed(self.source, reason_of(fault)) from fault
        return MISSING if value is None else value


def reason_of(fault: Exception) -> str:
    """Why it failed, without the data on which it failed: reasons are logged."""
    if isinstance(fault, TypeError | ZeroDivisionError | Refused | TemplateError):
        return str(fault)
    if isinstance(fault, RecursionError):
        return "nested too deeply"
    return {"OverflowError": "a number is too large", "Overflow": "a number is too large"}.get(
        type(fault).__name__, f"a value is not allowed here ({type(fault).__name__})"
    )


class _ExpressionGenerator(SandboxGenerator):
    """Writes one Python expression: roots come from `get`, functions, filters and tests from the namespace."""

    def visit_Name(self, node: nodes.Name, frame: Frame) -> None:
        self.write(node.name if node.name in FUNCTIONS else f"get({node.name!r}, MISSING)")


def _namespace() -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    filters = {name: f"filter_{place}" for place, name in enumerate(_ENVIRONMENT.filters)}
    tests = {name: f"test_{place}" for place, name in enumerate(_ENVIRONMENT.tests)}
    namespace = {
        "environment": _ENVIRONMENT,
        "MISSING": MISSING,
        "Markup": Markup,
        "markup_join": markup_join,
        "str_join": str_join,
        **FUNCTIONS,
        **{alias: _ENVIRONMENT.filters[name] for name, alias in filters.items()},
        **{alias: _ENVIRONMENT.tests[name] for name, alias in tests.items()},
    }
    return namespace, filters, tests


_ENVIRONMENT: Final = Sandbox()
_NAMESPACE, _FILTER_ALIASES, _TEST_ALIASES = _namespace()


@lru_cache(maxsize=4096)
def compile_expression(source: str) -> Expression:
    if len(source) > LONGEST_SOURCE:
        raise ExpressionError(f"an expression has at most {LONGEST_SOURCE} characters")
    try:
        tree = parse_expression(_ENVIRONMENT, source)
        mistake = _first_mistake(tree)
        if mistake:
            raise ExpressionError(mistake.message, mistake.nearest)
        paths = frozenset(".".join(path) for path in read_paths(tree) if path[0] in DATA_NAMES)
        evaluate = _function_from(tree)
    except TemplateError as fault:
        raise ExpressionError(fault.message or str(fault)) from fault
    except (RecursionError, SyntaxError, MemoryError) as fault:
        raise ExpressionError(_TOO_NESTED) from fault
    names = frozenset(name.name for name in _names_in(tree)) - CONSTANT_NAMES
    looks = looks_of(tree)
    return Expression(source, names, paths, looks.clocks, looks.segments, evaluate)


def clocks_of(source: str) -> tuple[Clock, ...]:
    """The dates that it compares with the clock, each with its distance. Raises `ExpressionError`."""
    return compile_expression(source).clocks


def looks_in(source: str) -> Looks:
    """How the source of an expression looks at clock and segments. Raises `ExpressionError`."""
    compile_expression(source)
    return looks_of(parse_expression(_ENVIRONMENT, source))


def _names_in(tree: nodes.Expr) -> list[nodes.Name]:
    return [tree] if isinstance(tree, nodes.Name) else list(tree.find_all(nodes.Name))


def _first_mistake(tree: nodes.Expr) -> Mistake | None:
    called = {id(call.node) for call in nodes.Tuple([tree], "load").find_all(nodes.Call)}
    for name in _names_in(tree):
        if name.name not in EXPRESSION_NAMES:
            return unknown_name(name.name, name.lineno, known=EXPRESSION_NAMES, is_called=id(name) in called)
    return next(mistakes_in(nodes.Tuple([tree], "load"), _ENVIRONMENT), None)


def _function_from(tree: nodes.Expr) -> Callable[..., Any]:
    generator = _ExpressionGenerator(_ENVIRONMENT, None, None)
    generator.filters, generator.tests = _FILTER_ALIASES, _TEST_ALIASES
    generator.stream = written = StringIO()
    generator.write("def evaluate(get, context): return ")
    generator.visit(tree, Frame(EvalContext(_ENVIRONMENT)))
    namespace = dict(_NAMESPACE)
    exec(compile(written.getvalue(), "<expression>", "exec"), namespace)  # noqa: S102  the sandbox's own output
    evaluate: Callable[..., Any] = namespace["evaluate"]
    return evaluate
