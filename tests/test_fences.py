"""The fences of the house: imports point inward, and the clock, the environment and AWS have one door each.

What a part may import stands in `MAY_IMPORT`; the rest of this file only reads the sources.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
LAYER = ROOT / "layers" / "dampf"
CLI = ROOT / "cli"
FUNCTIONS = ROOT / "functions"
RUNTIME = "dampf.runtime"


class Fence(NamedTuple):
    """`ours`: modules of ours and what lies below them. `libraries`: top-level packages beside the standard library."""

    ours: tuple[str, ...]
    libraries: tuple[str, ...] = ()


MAY_IMPORT = {
    "dampf": Fence(ours=()),
    "dampf.domain": Fence(ours=("dampf.domain",)),
    "dampf.campaigns": Fence(
        ours=("dampf.domain", "dampf.campaigns"),
        libraries=("babel", "jinja2", "markupsafe", "mrml", "pydantic", "pydantic_core", "typing_extensions", "ruamel"),
    ),
    "dampf.doors": Fence(
        ours=("dampf.domain", "dampf.doors"), libraries=("pydantic", "pydantic_core", "typing_extensions")
    ),
    "dampf.pages": Fence(ours=("dampf.domain", "dampf.pages"), libraries=("jinja2",)),
    "dampf.use_cases": Fence(ours=("dampf.domain", "dampf.campaigns", "dampf.doors", "dampf.pages", "dampf.use_cases")),
    "dampf.stores": Fence(
        # A mail is what the port `Mailer` takes.
        ours=(
            "dampf.domain",
            "dampf.use_cases.ports",
            "dampf.campaigns.mail",
            "dampf.campaigns.text_message",
            "dampf.stores",
        ),
        libraries=("boto3", "botocore", "itsdangerous", "pydantic", "pydantic_core"),
    ),
    RUNTIME: Fence(ours=("dampf",), libraries=("boto3", "botocore", "aws_lambda_powertools")),
    # codec: a handler parses what its queue carries.
    "functions": Fence(ours=(RUNTIME, "dampf.use_cases", "dampf.stores.codec"), libraries=("aws_lambda_powertools",)),
}
"""The longest name that a module begins with is its fence. The CLI, where everything comes together, has none."""

NO_CHANCE_NO_CLOCK_NO_IO = frozenset(
    {"asyncio", "http", "io", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3"}
    | {"subprocess", "sys", "tempfile", "threading", "time", "urllib"}
)
"""Of the standard library, what the domain does without."""

ONLY_THERE = {
    "ruamel": "dampf.campaigns.yaml_text",
    "mrml": "dampf.campaigns",
    "babel": "dampf.campaigns.locale_filters",
}
"""Libraries of one module (and what lies below it): functions load JSON and never pay for a YAML reader."""

DRAWERS = frozenset({"util", "utils", "helper", "helpers", "common", "misc", "tools"})


@dataclass(frozen=True, kw_only=True)
class Module:
    name: str
    path: Path
    tree: ast.Module

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full name. `from dampf import domain` names `dampf.domain`, `from dampf.domain.event import Event`
        names `dampf.domain.event`, whichever of its names are asked for."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node.lineno, alias.name
            elif isinstance(node, ast.ImportFrom):
                origin = node.module or ""
                names_a_package = (ROOT / "layers/dampf" / origin.replace(".", "/")).is_dir() and origin
                for alias in node.names:
                    yield node.lineno, f"{origin}.{alias.name}" if names_a_package else origin

    def at(self, line: int) -> str:
        return f"{self.path.relative_to(ROOT)}:{line}"


def modules_below(folder: Path, prefix: str = "") -> Iterator[Module]:
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(part for part in (prefix, *parts) if part and part != "__init__")
        yield Module(name=name, path=path, tree=ast.parse(path.read_text(), filename=str(path)))


SHIPPED = [*modules_below(LAYER), *modules_below(FUNCTIONS, "functions")]
EVERYTHING = [*SHIPPED, *modules_below(CLI)]


def is_below(name: str, parent: str) -> bool:
    return name == parent or name.startswith(f"{parent}.")


def fence_of(name: str) -> Fence:
    return MAY_IMPORT[max((part for part in MAY_IMPORT if is_below(name, part)), key=len)]


def crossings(module: Module) -> Iterator[str]:
    fence = fence_of(module.name)
    for line, imported in module.imports():
        top = imported.partition(".")[0]
        if top in sys.stdlib_module_names:
            if is_below(module.name, "dampf.domain") and top in NO_CHANCE_NO_CLOCK_NO_IO:
                yield f"{module.at(line)}: the domain has no use for {imported}"
        elif top in ("dampf", "functions", "dampf_cli"):
            if not any(is_below(imported, ours) for ours in fence.ours):
                yield f"{module.at(line)}: {module.name} may not import {imported}"
        elif top not in fence.libraries:
            yield f"{module.at(line)}: {module.name} may not import the library {imported}"


def test_there_is_a_house_to_look_at() -> None:
    assert len(SHIPPED) > 10


@pytest.mark.parametrize("module", SHIPPED, ids=lambda module: module.name)
def test_imports_point_inward(module: Module) -> None:
    assert list(crossings(module)) == []


@pytest.mark.parametrize("library, home", ONLY_THERE.items())
def test_a_library_with_one_home_stays_there(library: str, home: str) -> None:
    strays = [
        module.at(line)
        for module in SHIPPED
        for line, imported in module.imports()
        if is_below(imported, library) and not is_below(module.name, home)
    ]
    assert strays == []


def test_only_the_command_line_draws_on_a_terminal() -> None:
    assert [m.at(line) for m in SHIPPED for line, imported in m.imports() if is_below(imported, "rich")] == []


def test_only_runtime_reads_the_environment() -> None:
    assert uses({"os.environ", "os.getenv", "os.environb", "os.putenv"}) == []


def test_only_runtime_builds_clients() -> None:
    assert uses({"boto3.client", "boto3.resource", "boto3.session", "boto3.Session", "botocore.session"}) == []


def uses(names: set[str]) -> list[str]:
    """Where shipped code outside runtime reads one of these dotted names, as an attribute or as an import."""
    return [
        module.at(line)
        for module in SHIPPED
        if module.name != RUNTIME
        for line, name in dotted_names(module.tree)
        if name in names
    ]


def dotted_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def test_one_line_reads_the_clock_and_it_is_in_runtime() -> None:
    clock = re.compile(r"\b(datetime\.now|datetime\.utcnow|date\.today|time\.time)\b\(")
    lines = [module.name for module in SHIPPED for line in module.path.read_text().splitlines() if clock.search(line)]
    assert lines in ([RUNTIME], []), lines
    if any(module.name == RUNTIME for module in SHIPPED):
        assert lines == [RUNTIME]


def test_nothing_is_kept_in_a_drawer() -> None:
    drawers = [module.name for module in EVERYTHING if DRAWERS & set(module.name.split("."))]
    assert drawers == []


def test_a_function_is_its_handler_alone() -> None:
    """Lambda ships the folder of one function; what two of them share belongs into the layer."""
    assert [m.name for m in SHIPPED if is_below(m.name, "functions") and not m.name.endswith(".app")] == []


EXAMPLES = [
    pytest.param("dampf.domain.x", "import random", "no use for random", id="the domain knows no chance"),
    pytest.param("dampf.domain.x", "import pydantic", "library pydantic", id="the domain knows no library"),
    pytest.param("dampf.domain.x", "from dampf import stores", "may not import dampf.stores", id="inward only"),
    pytest.param(
        "dampf.stores.x", "from dampf.use_cases.ingest import ingest", "dampf.use_cases.ingest", id="ports only"
    ),
    pytest.param("functions.a.app", "from functions.b import app", "functions.b", id="functions do not meet"),
    pytest.param("functions.a.app", "def f():\n    import dampf.stores.queues", "dampf.stores", id="lazily neither"),
    pytest.param("dampf.runtime", "import dampf_cli", "dampf_cli", id="the layer never sees the command line"),
]


@pytest.mark.parametrize("name, source, complaint", EXAMPLES)
def test_a_fence_holds(name: str, source: str, complaint: str) -> None:
    module = Module(name=name, path=ROOT / "example.py", tree=ast.parse(source))
    assert complaint in "".join(crossings(module))
