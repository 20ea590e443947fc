"""What is wrong, or looks wrong, in a content folder: one line each, at its place."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """`file` is relative to the content folder; lines and columns count from 1."""

    file: str
    line: int
    column: int | None = None
    level: Literal["error", "warning"] = "error"
    message: str

    @property
    def is_error(self) -> bool:
        return self.level == "error"

    def __str__(self) -> str:
        level = "" if self.is_error else "warning: "
        return f"{self.file}:{self.line}: {level}{self.message}"


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """By file and line, each once."""
    return tuple(
        sorted(set(findings), key=lambda finding: (finding.file, finding.line, finding.column or 0, finding.message))
    )
