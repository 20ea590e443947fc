"""A progress bar on stderr where somebody watches; nothing where nobody does."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime


@contextmanager
def progress_over(total: int, what: str) -> Iterator[Callable[[datetime], None]]:
    """Gives what to call after each of `total` steps, with the instant that was reached."""
    if not sys.stderr.isatty():
        yield lambda now: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[day]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(what),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, day="")

        def advance(now: datetime) -> None:
            bar.update(task, advance=1, day=f"{now:%a %d %b %H:%M}")

        yield advance
