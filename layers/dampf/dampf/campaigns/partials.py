"""The texts of messages and their partials as trees, with all that checking and compiling ask of them.

Partials are read once for all messages that use them; a message is read by itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

from jinja2 import DictLoader, TemplateSyntaxError, meta, nodes

from dampf.campaigns.names import DATA_NAMES, MESSAGE_NAMES, Mistake, mistakes_in, unknown_name
from dampf.campaigns.nearest import did_you_mean
from dampf.campaigns.sandbox import Sandbox, read_paths

BUILT_IN: Final = frozenset({"self", "super", "caller", "varargs", "kwargs"})


class MessageError(Exception):
    """The message does not compile. `line` counts from the top of `file`: a partial, or None for the message's own."""

    def __init__(self, line: int, message: str, file: str | None = None) -> None:
        super().__init__(message)
        self.line, self.message, self.file = line, message, file


class Use(NamedTuple):
    """A partial that a text uses; None where it is not named in quotes."""

    partial: str | None
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """One text. `undeclared` are the names that it reads and does not set itself, `assigned` those that partials which
    it includes may read besides, `paths` the data that it reads. With `mistakes` (filters and tests that do not exist)
    nobody knows what it reads.
    """

    text: str
    tree: nodes.Template
    uses: tuple[Use, ...]
    undeclared: frozenset[str]
    assigned: frozenset[str]
    paths: frozenset[str]
    mistakes: tuple[Mistake, ...]


class Partials(Mapping[str, str]):
    """Texts by file name, and what becomes of them in one environment."""

    def __init__(self, texts: Mapping[str, str], *, escapes: bool = True) -> None:
        self._texts = dict(texts)
        self._parsed: dict[str, Parsed] = {}
        self.environment = Sandbox(autoescape=escapes, loader=DictLoader(self._texts))

    def __getitem__(self, file: str) -> str:
        return self._texts[file]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def parsed(self, file: str) -> Parsed:
        if file not in self._parsed:
            self._parsed[file] = parse(self.environment, self._texts[file], 1, file=file)
        return self._parsed[file]


def family(partials: Partials, body: str, body_line: int) -> Iterator[tuple[str | None, Parsed]]:
    """The message and then each partial that it uses, however indirectly, in the order of use."""
    waiting: list[str | None] = [None]
    met: set[str | None] = {None}
    while waiting:
        file = waiting.pop(0)
        first_line = body_line if file is None else 1
        parsed = parse(partials.environment, body, body_line) if file is None else partials.parsed(file)
        for partial, used_on in parsed.uses:
            line = used_on + first_line - 1
            if partial is None:
                raise MessageError(line, "a partial is named by its file name in quotes", file)
            if partial not in partials:
                raise MessageError(line, f"there is no partial `{partial}`{did_you_mean(partial, partials)}", file)
            if partial not in met:
                met.add(partial)
                waiting.append(partial)
        yield file, parsed


def parse(environment: Sandbox, text: str, first_line: int, *, prefix: str = "", file: str | None = None) -> Parsed:
    try:
        tree = environment.parse(text)
    except TemplateSyntaxError as fault:
        raise MessageError(fault.lineno + first_line - 1, prefix + (fault.message or "syntax error"), file) from fault
    except RecursionError as fault:
        raise MessageError(first_line, prefix + "nested too deeply", file) from fault
    mistakes = tuple(mistakes_in(tree, environment))
    return Parsed(
        text=text,
        tree=tree,
        uses=tuple(_uses(tree)),
        undeclared=frozenset(meta.find_undeclared_variables(tree)) if not mistakes else frozenset(),
        assigned=_assigned(tree),
        paths=frozenset(".".join(path) for path in read_paths(tree) if path[0] in DATA_NAMES),
        mistakes=mistakes,
    )


def check(
    parsed: Parsed, first_line: int, file: str | None = None, *, prefix: str = "", given: Iterable[str] = ()
) -> None:
    """Raises MessageError for the first mistake. `given` are names that whoever includes it has set."""
    mistakes = parsed.mistakes
    unknown = parsed.undeclared - MESSAGE_NAMES - BUILT_IN - set(given) if not mistakes else frozenset()
    if unknown:
        called = {id(call.node) for call in parsed.tree.find_all(nodes.Call)}
        mistakes = tuple(
            unknown_name(name.name, name.lineno, known=MESSAGE_NAMES, is_called=id(name) in called)
            for name in parsed.tree.find_all(nodes.Name)
            if name.name in unknown
        )
    for mistake in mistakes:
        raise MessageError(mistake.line + first_line - 1, prefix + mistake.message, file)
    for switch in parsed.tree.find_all(nodes.ScopedEvalContextModifier):
        raise MessageError(switch.lineno + first_line - 1, prefix + "values are always escaped", file)


def _uses(tree: nodes.Template) -> Iterator[Use]:
    for used in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        named = cast(nodes.Include, used).template
        partial = named.value if isinstance(named, nodes.Const) else None
        yield Use(partial if isinstance(partial, str) else None, used.lineno)


def _assigned(tree: nodes.Template) -> frozenset[str]:
    """Loop variables, `set`, macros, imports."""
    names = {name.name for name in tree.find_all(nodes.Name) if name.ctx in ("store", "param")}
    names |= {macro.name for macro in tree.find_all(nodes.Macro)} | {
        used.target for used in tree.find_all(nodes.Import)
    }
    for used in tree.find_all(nodes.FromImport):
        names |= {name if isinstance(name, str) else name[1] for name in used.names}
    return frozenset(names)
