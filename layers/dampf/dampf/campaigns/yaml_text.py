"""YAML 1.2 as JSON values, with the line of every key and value. Only the command line reads YAML.

The core schema and nothing more: `on`, `no`, `21:00` and `2026-01-01` are text; no tags, merge keys or dates.
"""

import re
from dataclasses import dataclass, field
from io import StringIO
from math import isfinite
from typing import Any, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

Path = tuple[str | int, ...]

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_OTHER_BASES: Final = re.compile(r"0o[0-7]{1,18}|0x[0-9a-fA-F]{1,14}")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CONSTANTS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_PLAIN_WORDS: Final = (
    ("'\\t' that cannot start any token", "a tab; indent with spaces"),
    ("that cannot start any token", "text that begins with a special character needs quotes"),
    ("mapping values are not allowed here", "a second colon at this place; put quotes around text that has a colon"),
    ("could not find expected ':'", "a line without `key: value`, or one that is not indented like its neighbours"),
    ("found undefined alias", "text that begins with `*` needs quotes"),
    ("expected <block end>", "this line is not indented like its neighbours"),
    ("found another document", "a second `---` document; one file holds one document"),
)
_LARGEST: Final = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class YamlProblem:
    line: int
    column: int
    message: str


@dataclass(kw_only=True, slots=True)
class YamlDocument:
    """`value` is what could be read, None where the text is broken or empty. Lines and columns count from 1."""

    value: Any = None
    is_broken: bool = False
    problems: list[YamlProblem] = field(default_factory=list)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def place(self, path: Path) -> tuple[int, int]:
        """Where the key or list item at this path stands; where there is none, the nearest one that encloses it."""
        while path:
            if found := self.keys.get(path) or self.values.get(path):
                return found
            path = path[:-1]
        return self.values.get((), (1, 1))

    def value_place(self, path: Path) -> tuple[int, int]:
        return self.values.get(path) or self.place(path)

    def break_at(self, line: int, column: int, message: str) -> None:
        self.value, self.is_broken = None, True
        self.problems.append(YamlProblem(line=line, column=column, message=message))


def read_yaml(text: str, *, first_line: int = 1) -> YamlDocument:
    """Never raises: what is wrong is in `problems`. `first_line` is where the text begins in its file."""
    document = YamlDocument()
    shift = first_line - 1
    try:
        root = YAML(typ="rt", pure=True).compose(StringIO(text))
        if root is not None:
            document.value = _Walk(document, shift).value_of(root, ())
    except MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        document.break_at(line + first_line, column + 1, _in_plain_words(fault.problem or "cannot be read"))
    except ReaderError as fault:
        line = text.count("\n", 0, fault.position)
        document.break_at(line + first_line, 1, "broken YAML: a character that no text file has")
    except RecursionError:
        document.break_at(first_line, 1, "broken YAML: nested too deeply")
    return document


def _in_plain_words(problem: str) -> str:
    plain = next((plain for words, plain in _PLAIN_WORDS if words in problem), problem)
    return f"broken YAML: {plain}"


def _text(node: ScalarNode) -> str:
    """JSON spells a character beyond the first 65,536 as two escapes, a surrogate pair, and JSON is YAML."""
    text = str(node.value)
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        words = "half a character; `\\ud800` to `\\udfff` come in pairs"
        raise MarkedYAMLError(problem=words, problem_mark=node.start_mark) from None


class _Walk:
    """Turns composed nodes into values and notes where each stands."""

    def __init__(self, document: YamlDocument, shift: int) -> None:
        self._document, self._shift = document, shift
        self._count = 0
        self._open: set[int] = set()

    def value_of(self, node: Node, path: Path) -> Any:
        self._count += 1
        if self._count > _LARGEST:
            raise MarkedYAMLError(problem="more than 20,000 values", problem_mark=node.start_mark)
        if id(node) in self._open:
            raise MarkedYAMLError(problem="an alias that stands for itself", problem_mark=node.start_mark)
        self._document.values.setdefault(path, self._position(node))
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        self._open.add(id(node))
        value = (
            self._mapping(node, path)
            if isinstance(node, MappingNode)
            else self._sequence(cast(SequenceNode, node), path)
        )
        self._open.discard(id(node))
        return value

    def _position(self, node: Node) -> tuple[int, int]:
        return node.start_mark.line + 1 + self._shift, node.start_mark.column + 1

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise MarkedYAMLError(
                    problem="a key that is not plain text; put quotes around text that has braces",
                    problem_mark=key_node.start_mark,
                )
            key = _text(key_node)
            line, column = self._position(key_node)
            if key in mapping:
                self._document.problems.append(
                    YamlProblem(line=line, column=column, message=f"the key `{key}` stands here twice")
                )
                continue
            self._document.keys[(*path, key)] = line, column
            mapping[key] = self.value_of(value_node, (*path, key))
        return mapping

    def _sequence(self, node: SequenceNode, path: Path) -> list[Any]:
        return [self.value_of(item, (*path, index)) for index, item in enumerate(node.value)]

    def _scalar(self, node: ScalarNode) -> Any:
        text = _text(node)
        if node.style == ">":  # ruamel marks with a bell where a folded line was broken
            return text.replace("\a", "")
        if node.style is not None and node.style != "":  # quoted or a block: always text
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _OTHER_BASES.fullmatch(text):
            return int(text, 0)
        if _FLOAT.fullmatch(text) and isfinite(number := float(text)):
            return number
        return text
