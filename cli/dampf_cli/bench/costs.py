"""What was spent on a number of things, as figures: for full batches, and beside them for batches of one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from dampf_cli.bench.figures import Budget, Figure
from dampf_cli.bench.workshop import FUNCTIONS, Spent

THOUSAND: Final = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    spent: Spent
    count: int

    def each(self, amount: float) -> float:
        return amount / self.count


@dataclass(frozen=True, kw_only=True, slots=True)
class Costs:
    tens: Measured
    alone: Measured

    def cpu(self, what: str, budget: Budget | None = None) -> list[Figure]:
        """Seconds per thousand, altogether and by function."""
        whole = self.figure(what, "s", lambda spent: THOUSAND * spent.cpu, budget)
        by_function = [
            self.figure(f"  {name}", "s", partial(_thousandfold, name))
            for name in FUNCTIONS
            if self.tens.spent.batches[name]
        ]
        return [whole, *by_function]

    def calls(self, what: str, service: str, budget: Budget | None = None) -> Figure:
        return self.figure(what, "", lambda spent: spent.counts.of_service(service), budget)

    def stored(self, prefix: str = "") -> list[Figure]:
        return [
            self.figure(f"{prefix}write units", "", lambda spent: spent.counts.write_units),
            self.figure(f"{prefix}rows written", "", lambda spent: spent.counts.rows),
        ]

    def figure(self, what: str, unit: str, amount: Callable[[Spent], float], budget: Budget | None = None) -> Figure:
        """The amount for each of those that were counted."""
        return Figure(
            what=what,
            unit=unit,
            value=self.tens.each(amount(self.tens.spent)),
            alone=self.alone.each(amount(self.alone.spent)),
            budget=budget,
        )

    def calls_by_operation(self) -> str:
        """For a hundred in full batches, in words."""
        said = sorted(self.tens.spent.counts.calls.items())
        return "calls per 100, in tens: " + ", ".join(
            f"{name} {self.tens.each(100 * count):.0f}" for name, count in said
        )


def _thousandfold(function: str, spent: Spent) -> float:
    return THOUSAND * sum(spent.batches[function])
