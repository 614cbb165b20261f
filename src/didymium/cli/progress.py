"""A progress bar on stderr: only on a terminal, never with --quiet, and gone when the work is done."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

Progress = Callable[[float, str], None]
"""Called by slow work with the share that is done, 0–1, and what is being done."""


def silent(share: float, doing: str) -> None:
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
        TextColumn("{task.fields[title]}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Bar(*columns, console=Console(stderr=True, highlight=False), transient=True) as bar:
        task = bar.add_task("", total=1.0, title=title)

        def report(share: float, doing: str) -> None:
            bar.update(task, completed=share, description=doing)

        yield report
