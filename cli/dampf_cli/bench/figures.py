"""Figures and their budgets as values, as a table and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

WIDTH: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """`limit` is the most that a figure may be, or the least where `at_least`; `aim` is what we would like."""

    limit: float
    aim: float | None = None
    at_least: bool = False

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """`value` is the one that the budget is for; `alone` the same for batches of one, where there is such a thing."""

    what: str
    value: float
    unit: str = ""
    alone: float | None = None
    budget: Budget | None = None

    @property
    def is_within(self) -> bool:
        return self.budget is None or self.budget.holds(self.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """`notes` say what was measured in words: what a reader would ask first."""

    name: str
    title: str
    figures: Sequence[Figure]
    notes: Sequence[str] = ()


def as_json(sections: Sequence[Section]) -> dict[str, Any]:
    return {
        section.name: {
            "title": section.title,
            "figures": [_figure_as_json(figure) for figure in section.figures],
            "notes": list(section.notes),
        }
        for section in sections
    }


def _figure_as_json(figure: Figure) -> dict[str, Any]:
    said: dict[str, Any] = {"what": figure.what, "value": round(figure.value, 4), "unit": figure.unit}
    if figure.alone is not None:
        said["alone"] = round(figure.alone, 4)
    if figure.budget is not None:
        said["budget"] = {"at_least" if figure.budget.at_least else "at_most": figure.budget.limit}
        if figure.budget.aim is not None:
            said["budget"]["aim"] = figure.budget.aim
        said["within"] = figure.is_within
    return said


def print_table(sections: Sequence[Section]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.width = min(max(console.width, 80), WIDTH) if console.is_terminal else WIDTH
    table = Table(box=SIMPLE_HEAD, expand=True, pad_edge=False)
    table.add_column("")
    for heading in ("measured", "one by one", "budget"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for place, section in enumerate(sections):
        table.add_row(Text(section.title, style="bold"), end_section=False)
        for figure in section.figures:
            table.add_row(
                f"  {figure.what}",
                Text(written(figure.value, figure.unit), style="" if figure.is_within else "bold red"),
                written(figure.alone, figure.unit) if figure.alone is not None else "",
                budget_written(figure),
                Text(verdict(figure), style="" if figure.is_within else "bold red"),
            )
        for note in section.notes:
            table.add_row(Text(f"  {note}", style="dim"))
        if place + 1 < len(sections):
            table.add_row()
    console.print(table)


def verdict(figure: Figure) -> str:
    if figure.budget is None:
        return ""
    return "ok" if figure.is_within else "OVER"


def budget_written(figure: Figure) -> str:
    if figure.budget is None:
        return ""
    limit = ("≥ " if figure.budget.at_least else "≤ ") + written(figure.budget.limit, figure.unit)
    aim = figure.budget.aim
    return limit if aim is None else f"{limit}, aim {written(aim, '')}"


def written(value: float, unit: str) -> str:
    """Three figures that count, as people write them."""
    if value == int(value) or abs(value) >= 100:
        number = f"{value:,.0f}"
    else:
        number = f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    return f"{number} {unit}".strip()
