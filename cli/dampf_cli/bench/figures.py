"""Figures and their budgets as values, as a table and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

NARROWEST: Final = 80
WIDEST: Final = 110


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """`limit` is the most that a figure may be, or the least where `at_least`; `aim` is what we would like."""

    limit: float
    aim: float | None = None
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Judged as it is written: a request in a thousand more, for content that is read anew, is no matter."""
        written = round(value, 2)
        return written >= self.limit if self.at_least else written <= self.limit


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


def print_table(section: Section) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    console.width = min(max(console.width, NARROWEST), WIDEST) if console.is_terminal else WIDEST
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, width=console.width - 1)
    table.add_column("", ratio=1)
    for heading, width in (("measured", 10), ("one by one", 10), ("budget", 19), ("", 4)):
        table.add_column(heading, justify="right", no_wrap=True, width=width)
    for figure in section.figures:
        style = "" if figure.is_within else "bold red"
        table.add_row(
            figure.what,
            Text(written(figure.value, figure.unit), style=style),
            written(figure.alone, figure.unit) if figure.alone is not None else "",
            budget_written(figure),
            Text(verdict(figure), style=style),
        )
    console.print(Text(section.title, style="bold"))
    console.print(table)
    for note in section.notes:
        console.print(Padding(Text(note, style="dim"), (0, 0, 0, 1)))
    console.print()


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
