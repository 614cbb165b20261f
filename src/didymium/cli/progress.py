"""A progress bar on stderr: only on a terminal, never with --quiet, and gone when the work is done."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

Progress = Callable[[int, int], None]
"""Called by slow work with the number of steps that are done and the number of all."""


def silent(done: int, of: int) -> None:
    """Progress that nobody watches."""


@contextlib.contextmanager
def progress_bar(title: str, *, quiet: bool) -> Iterator[Progress]:
    """A bar for work that may take more than two seconds."""
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True, highlight=False), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def report(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)

        yield report
