"""What is printed for people: as wide as the terminal; a file or a pipe gets each line whole."""

from typing import Final

from rich.console import Console

_WIDE_ENOUGH: Final = 10_000


def printer() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE_ENOUGH
    return console
