"""What a function imports before its first event, beside the libraries that none can do without."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from statistics import median
from typing import Any, Final

from dampf_cli.bench.figures import Budget, Figure, Section
from dampf_cli.embedded.deploying import read_template
from dampf_cli.local_stack import TEMPLATE

RUNS: Final = 5
USE_CASE: Final = {"ingest": "ingest", "evaluate": "evaluate", "deliver": "deliver", "clock": "wake"}
"""What each function asks of `runtime.services()`."""

USES: Final = {"evaluate": {"jinja2", "markupsafe"}, "deliver": {"jinja2", "markupsafe", "mrml", "itsdangerous"}}
"""Libraries beside those that every function has: expressions, and mails with their signed links."""

# pydantic imports most of itself at the first type that it is asked for.
LIBRARIES: Final = """
import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, Field, TypeAdapter
TypeAdapter(int)
"""
FUNCTION: Final = """
import app, boto3
boto3.client = lambda *names, **settings: None
from dampf import runtime
runtime.services().{use_case}
"""
MEASURED: Final = """
import json, sys, time
before = time.process_time()
{imports}
took = time.process_time() - before
print(json.dumps({{"ms": took * 1000, "modules": sorted(sys.modules)}}))
"""


def measure(*, quick: bool) -> Section:
    runs = 1 if quick else RUNS
    # In turn, so that what disturbs one disturbs all.
    taken: dict[str, list[dict[str, Any]]] = {"": [], **{name: [] for name in USE_CASE}}
    for _ in range(runs):
        for name, runs_of_it in taken.items():
            runs_of_it.append(_imported(name))
    libraries = median(run["ms"] for run in taken[""])
    common = _packages(taken[""][0]["modules"])
    figures, notes = [Figure(what="boto3, powertools and pydantic alone", value=libraries, unit="ms")], []
    for name in USE_CASE:
        took = median(run["ms"] for run in taken[name])
        figures.append(
            Figure(
                what=f"{name}: {took:.0f} ms, beside the libraries",
                value=took / libraries,
                unit="x",
                budget=Budget(limit=1.3),
            )
        )
        unused = sorted(_packages(taken[name][0]["modules"]) - common - USES.get(name, set()))
        figures.append(Figure(what=f"{name}: packages that it does not use", value=len(unused), budget=Budget(limit=0)))
        if unused:
            notes.append(f"{name} does not use {', '.join(unused)}")
    return Section(
        name="cold_start",
        title=f"cold start: imports of the app and its use case without clients, CPU, median of {runs}",
        figures=figures,
        notes=notes,
    )


def _imported(function: str) -> dict[str, Any]:
    """One fresh process; without a function only the libraries."""
    imports = FUNCTION.format(use_case=USE_CASE[function]) if function else LIBRARIES
    path = [str(TEMPLATE.parent / "functions" / function), str(TEMPLATE.parent / "layers" / "dampf")]
    answer = subprocess.run(
        [sys.executable, "-c", MEASURED.format(imports=imports)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), **_variables()},
        check=True,
        capture_output=True,
        text=True,
    )
    taken: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return taken


def _variables() -> dict[str, str]:
    """Every variable that template.yaml gives to a function; what they say does not matter before the first event."""
    template = read_template(TEMPLATE)
    given = [template["Globals"]["Function"], *(each["Properties"] for each in template["Resources"].values())]
    names = {name for each in given for name in each.get("Environment", {}).get("Variables", {})}
    return {name: "INFO" if name.endswith("LOG_LEVEL") else "bench" for name in sorted(names)}


def _packages(modules: Iterable[str]) -> set[str]:
    tops = {module.partition(".")[0] for module in modules}
    own = {"app", "dampf", "__main__"}
    return {top for top in tops if top not in sys.stdlib_module_names and top not in own and not top.startswith("_")}
