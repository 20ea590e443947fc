"""The bench: it runs, it says what it must, and the design's call counts hold. What CPU it finds is no matter here."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dampf_cli.bench.__main__ import MEASUREMENTS, names
from dampf_cli.bench.figures import Budget, Figure, Section, as_json, budget_written, print_table, written

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, as `make bench`: it takes boto3, the environment and stdout for itself."""
    command = [sys.executable, "-m", "dampf_cli.bench", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=300)


@cache
def figures_of(measurement: str) -> dict[str, Any]:
    done = bench("--quick", "--json", "--only", measurement)
    assert done.returncode == 0, done.stderr
    sections: dict[str, Any] = json.loads(done.stdout)
    return {figure["what"]: figure for figure in sections[measurement]["figures"]}


@pytest.mark.emulator
def test_a_mail_takes_one_and_a_half_requests_of_dynamodb_and_the_products_of_ten_mails_one() -> None:
    assert 0 < figures_of("mails")["welcome (marketing): DynamoDB requests"]["value"] <= 1.6 + 0.05


@pytest.mark.emulator
def test_ten_orders_that_write_much_take_one_transaction_more() -> None:
    assert 0 < figures_of("mails")["order (transactional): DynamoDB requests"]["value"] <= 1.7 + 0.05


@pytest.mark.emulator
@pytest.mark.parametrize("mail", ["welcome (marketing)", "order (transactional)"])
@pytest.mark.parametrize(
    "requests, most",
    [
        pytest.param("SQS requests", 0.2, id="two queues on the way, ten at a time"),
        pytest.param("SES requests", 1, id="one of SES"),
    ],
)
def test_a_mail_takes_no_more_requests_than_designed(mail: str, requests: str, most: float) -> None:
    """A little more in a hundred mails: content is read once."""
    assert 0 < figures_of("mails")[f"{mail}: {requests}"]["value"] <= most + 0.05


@pytest.mark.parametrize("measurement", ["simulating", "rendering"])
def test_every_figure_with_a_budget_tells_whether_it_is_kept(measurement: str) -> None:
    figures = figures_of(measurement).values()
    assert all(figure["value"] > 0 for figure in figures)
    assert all(isinstance(figure["within"], bool) for figure in figures if "budget" in figure)


def test_what_to_measure_is_named() -> None:
    assert names("mails, carts") == ["mails", "carts"]
    unknown = bench("--only", "mails,speed")
    assert unknown.returncode == 2
    assert all(name in unknown.stderr for name in ("speed", *MEASUREMENTS))


@pytest.mark.parametrize(
    "budget, within, over",
    [
        pytest.param(Budget(limit=1), 1.004, 1.01, id="at most"),
        pytest.param(Budget(limit=1, at_least=True), 0.996, 0.99, id="at least"),
    ],
)
def test_a_budget_is_judged_as_it_is_written(budget: Budget, within: float, over: float) -> None:
    assert budget.holds(within)
    assert not budget.holds(over)


@pytest.mark.parametrize(
    "value, unit, text",
    [(0.4567, "s", "0.46 s"), (12.34, "ms", "12.3 ms"), (20_000, "", "20,000"), (1.0, "x", "1 x"), (0, "", "0")],
)
def test_a_figure_is_written_as_people_write_it(value: float, unit: str, text: str) -> None:
    assert written(value, unit) == text


SECTION = Section(
    name="example",
    title="an example",
    figures=[
        Figure(what="CPU", value=1.5, alone=3.0, unit="s", budget=Budget(limit=0.9, aim=0.45)),
        Figure(what="events a second", value=25_000.0, budget=Budget(limit=20_000, at_least=True)),
        Figure(what="rows", value=3.0),
    ],
    notes=["what was measured"],
)


def test_the_table_shows_the_budget_beside_the_figure(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(SECTION)
    lines = capsys.readouterr().out.splitlines()
    cpu = next(line for line in lines if line.startswith("CPU"))
    assert cpu.split() == ["CPU", "1.50", "s", "3", "s", "≤", "0.90", "s,", "aim", "0.45", "OVER"]
    assert next(line for line in lines if "a second" in line).endswith("ok")
    assert max(map(len, lines)) <= 120


def test_json_has_the_same_figures() -> None:
    figures = as_json([SECTION])["example"]["figures"]
    assert figures[0] == {
        "what": "CPU",
        "value": 1.5,
        "unit": "s",
        "alone": 3.0,
        "budget": {"at_most": 0.9, "aim": 0.45},
        "within": False,
    }
    assert figures[2] == {"what": "rows", "value": 3.0, "unit": ""}
    assert budget_written(SECTION.figures[0]) == "≤ 0.90 s, aim 0.45"
