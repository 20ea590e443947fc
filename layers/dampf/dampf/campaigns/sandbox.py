"""The Jinja environment that expressions and messages share: what a dot reads, what may be called, what it may cost.

Dots read data and never Python: mappings by key, lists by index, a few fields of instants. Everything else is
`MISSING`. Work is bounded per operation (lengths, powers, ranges), not per template.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from jinja2 import BaseLoader, Environment, Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.parser import Parser
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from dampf.campaigns.filters import FILTERS, TESTS, Group, contains, lacks
from dampf.campaigns.numbers import LONGEST_LIST, Refused, bounded, calculate, number, seen
from dampf.domain.missing import MISSING

_TEMPLATE_OBJECTS: Final = (LoopContext, Namespace, TemplateModule, Macro, Group)
_CLOCK_FIELDS: Final = frozenset({"hour", "minute"})
_CALENDAR_FIELDS: Final = frozenset({"year", "month", "day"})


class _Weekday(int):
    """Monday is 0. Reads as the number it gives when called."""

    def __call__(self) -> int:
        return int(self)


class _NoUndefined(Undefined):
    """Jinja asks for an instance of its own class; it gets `MISSING`."""

    def __new__(cls, *arguments: Any, **named: Any) -> Any:
        return MISSING


def _duration(unit: str) -> Callable[[Any], Any]:
    def duration(amount: Any) -> Any:
        return timedelta(**{unit: float(amount) if isinstance(amount, Decimal) else amount})

    duration.__name__ = unit
    return duration


def _bounded_range(*limits: Any) -> range:
    numbers = range(*limits)
    if len(numbers) > LONGEST_LIST:
        raise Refused(f"a range holds at most {LONGEST_LIST} numbers")
    return numbers


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **{unit: _duration(unit) for unit in ("minutes", "hours", "days", "weeks")},
    "range": _bounded_range,
}


class SandboxGenerator(CodeGenerator):
    """Jinja's compiler, with what would bypass the sandbox or raise for something undefined rerouted to it.

    Imported partials see the message's names, as included ones do.
    """

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        if not any(operand.op in ("in", "notin") for operand in node.ops):
            super().visit_Compare(node, frame)
            return
        if len(node.ops) > 1:
            self.fail("`in` cannot be chained with other comparisons; join them with `and`", node.lineno)
        self.write(f"environment.{'contains' if node.ops[0].op == 'in' else 'lacks'}(")
        self.visit(node.ops[0].expr, frame)
        self.write(", ")
        self.visit(node.expr, frame)
        self.write(")")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        if not isinstance(node.arg, nodes.Slice):
            super().visit_Getitem(node, frame)
            return
        self.write("environment.getslice(")
        self.visit(node.node, frame)
        for bound in (node.arg.start, node.arg.stop, node.arg.step):
            self.write(", ")
            self.visit(bound or nodes.Const(None), frame)
        self.write(")")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write("environment.bounded(")
        super().visit_Concat(node, frame)
        self.write(")")

    def visit_Import(self, node: nodes.Import, frame: Frame) -> None:
        node.with_context = True
        super().visit_Import(node, frame)

    def visit_FromImport(self, node: nodes.FromImport, frame: Frame) -> None:
        node.with_context = True
        super().visit_FromImport(node, frame)

    def visit_CondExpr(self, node: nodes.CondExpr, frame: Frame) -> None:
        super().visit_CondExpr(
            nodes.CondExpr(
                node.test,
                node.expr1,
                node.expr2 or nodes.EnvironmentAttribute("missing"),
                lineno=node.lineno,
                environment=self.environment,
            ),
            frame,
        )

    def visit_Const(self, node: nodes.Const, frame: Frame) -> None:
        if isinstance(node.value, float):
            self.write(f"environment.decimals[{self.environment.remembered_decimal(node.value)!r}]")  # type: ignore[attr-defined]
        else:
            super().visit_Const(node, frame)


class Sandbox(ImmutableSandboxedEnvironment):
    code_generator_class = SandboxGenerator
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})
    contains = staticmethod(contains)
    lacks = staticmethod(lacks)
    bounded = staticmethod(bounded)
    missing = MISSING

    def __init__(self, *, autoescape: bool = False, loader: BaseLoader | None = None) -> None:
        super().__init__(
            undefined=_NoUndefined,
            autoescape=autoescape,
            loader=loader,
            optimized=False,
            finalize=_printed,
            auto_reload=False,
        )
        self.filters = dict(FILTERS)
        self.tests = dict(TESTS)
        self.globals = {**FUNCTIONS, "namespace": Namespace}
        self.decimals: dict[str, Any] = {}

    def remembered_decimal(self, literal: float) -> str:
        self.decimals[repr(literal)] = number(literal)
        return repr(literal)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict or isinstance(obj, Mapping):
            value: Any = obj.get(attribute)
            kind = type(value)
            if kind is float or kind is Decimal:
                return number(value)
            return MISSING if value is None else value
        if isinstance(obj, date):
            return _field_of(obj, attribute)
        if isinstance(obj, _TEMPLATE_OBJECTS):
            return super().getattr(obj, attribute)
        return MISSING

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        if isinstance(obj, Mapping):
            return seen(obj.get(argument)) if isinstance(argument, int | Decimal) else MISSING
        if isinstance(obj, list | tuple | str) and isinstance(argument, int):
            return seen(obj[argument]) if -len(obj) <= argument < len(obj) else MISSING
        return MISSING

    def getslice(self, obj: Any, start: Any, stop: Any, step: Any) -> Any:
        if not isinstance(obj, list | tuple | str) or start is MISSING or stop is MISSING or step is MISSING:
            return MISSING
        return obj[start:stop:step]

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        return calculate(operator, left, right)

    def call(self, context: Any, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        if called is MISSING:
            return MISSING
        if called is Namespace or isinstance(getattr(called, "__self__", called), Macro | LoopContext):
            return context.call(called, *args, **kwargs)
        if MISSING in args or MISSING in kwargs.values():
            return MISSING
        if isinstance(context, Context):
            return seen(context.call(called, *args, **kwargs))
        return seen(called(*args, **kwargs))


def _field_of(day: date, name: str) -> Any:
    is_instant = isinstance(day, datetime)
    if isinstance(day, datetime) and day.tzinfo is None:
        return MISSING
    if name in _CALENDAR_FIELDS or (is_instant and name in _CLOCK_FIELDS):
        return getattr(day, name)
    return _Weekday(day.weekday()) if name == "weekday" else MISSING


def _printed(value: Any) -> Any:
    return number(value) if isinstance(value, float) else "" if value is None else value


# --- what a source names ------------------------------------------------------------------------------------------


def parse_expression(environment: Environment, source: str) -> nodes.Expr:
    parser = Parser(environment, source, state="variable")
    expression = parser.parse_expression()
    if not parser.stream.eos:
        parser.fail(f"unexpected {parser.stream.current.value!r} after the expression")
    expression.set_environment(environment)
    return expression


def static_path(node: nodes.Node) -> tuple[str, ...]:
    """The dotted names from a root on, as far as they are written out; empty where it does not start at a name."""
    match node:
        case nodes.Name():
            return (node.name,)
        case nodes.Getattr():
            path = static_path(node.node)
            return (*path, node.attr) if path and path[-1] else path
        case nodes.Getitem(arg=nodes.Const(value=str() as key)):
            path = static_path(node.node)
            return (*path, key) if path and path[-1] else path
        case nodes.Getitem():
            path = static_path(node.node)
            return (*path, "") if path and path[-1] else path
    return ()


def read_paths(tree: nodes.Node) -> Iterator[tuple[str, ...]]:
    """Every longest path that is read; an index ends a path."""
    path = tuple(part for part in static_path(tree) if part)
    if path:
        yield path
        children: Iterable[nodes.Node] = [tree.arg] if isinstance(tree, nodes.Getitem) else ()
        inner: nodes.Node = tree
        while isinstance(inner, nodes.Getattr | nodes.Getitem):
            inner = inner.node
            if isinstance(inner, nodes.Getitem):
                children = [*children, inner.arg]
    else:
        children = tree.iter_child_nodes()
    for child in children:
        yield from read_paths(child)
