"""A progress bar on stderr where somebody watches; nothing where nobody does."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime


@contextmanager
def progress_over(total: int, what: str) -> Iterator[Callable[[datetime], None]]:
    """Gives what to call after each of `total` steps, with the instant that was reached."""
    with _bar(total, what) as advance:
        yield lambda now: advance(1, f"{now:%a %d %b %H:%M}")


@contextmanager
def progress_through(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Gives what to call with how many more of `total` were gone through."""
    with _bar(total, what) as advance:
        yield lambda count: advance(count, "")


@contextmanager
def _bar(total: int, what: str) -> Iterator[Callable[[int, str], None]]:
    if not sys.stderr.isatty():
        yield lambda count, said: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[said]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(what),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, said="")

        def advance(count: int, said: str) -> None:
            bar.update(task, advance=count, said=said)

        yield advance
