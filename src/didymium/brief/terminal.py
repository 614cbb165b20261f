"""Brief → a page of plain text for a terminal: the front page and what is pressing, no figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from didymium.brief.document import Brief, Paragraph, Points, Tiles

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table as Grid


def render_terminal(brief: Brief) -> Group:
    """The summary as something a rich console prints."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table as Grid
    from rich.text import Text

    t = brief.words
    parts: list[RenderableType] = [Text(brief.title, style="bold"), Text(brief.subtitle), Text("")]
    for block in brief.sections[0].blocks:
        if isinstance(block, Tiles):
            grid = Grid(box=None, show_header=False, padding=(0, 2, 0, 0))
            for tile in block.items:
                grid.add_row(
                    Text(tile.label), Text(tile.value, style="bold"), Text(tile.interval), Text(tile.note, style="dim")
                )
            parts += [grid, Text("")]
        elif isinstance(block, Points):
            parts.append(Text(block.heading, style="bold"))
            parts += [Padding(_line(item), (0, 0, 0, 1)) for item in block.items]
        elif isinstance(block, Paragraph):
            parts += [Text(""), Text(block.text, style="bold" if block.tone == "warning" else "dim")]
    runs = ", ".join(f"{run.name} {run.run_id}" for run in brief.runs)
    parts += [
        Text(""),
        Text(t("Dataset: {dataset}", dataset=brief.dataset), style="dim"),
        Text(t("Runs: {runs}", runs=runs), style="dim"),
    ]
    return Group(*parts)


def _line(item: Paragraph) -> Grid:
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=None, show_header=False, padding=(0, 1, 0, 0))
    mark = Text("!", style="yellow") if item.tone == "warning" else Text("-")
    grid.add_row(mark, Text(item.text))
    return grid
