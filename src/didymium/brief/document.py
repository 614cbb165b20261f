"""A brief as a plain value: sections of paragraphs, tiles, figures and tables. Others decide how it is printed."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from didymium.figures.theme import Spec
from didymium.i18n import UNKNOWN, Translator


@dataclass(frozen=True, slots=True)
class Interval:
    """A modelled number with the ends of its 10–90% interval; the ends may be unknown."""

    value: float | None
    low: float | None
    high: float | None


Cell = str | int | float | bool | Interval | None
Kind = Literal["text", "number", "count", "share", "year", "month", "date"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, how its cells are written, and its unit (shown in the heading)."""

    label: str
    kind: Kind = "text"
    unit: str = ""
    wide: bool = False

    @property
    def heading(self) -> str:
        return f"{self.label} [{self.unit}]" if self.unit else self.label


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of raw values; `cites` holds the source numbers of each row."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    cites: tuple[tuple[int, ...], ...] = ()
    note: str = ""

    @property
    def is_dense(self) -> bool:
        """Whether the table has so many columns that it needs smaller type."""
        return sum(2 if c.wide else 1 for c in self.columns) > 8

    @property
    def has_cites(self) -> bool:
        return any(self.cites)

    def cited(self) -> tuple[int, ...]:
        """All sources of the table, in order."""
        return tuple(sorted({n for row in self.cites for n in row}))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or a few, with the numbers of its sources. `tone` says what it is for."""

    text: str
    cites: tuple[int, ...] = ()
    tone: Literal["plain", "note", "warning"] = "plain"


@dataclass(frozen=True, slots=True)
class Points:
    """A list of findings or limits."""

    items: tuple[Paragraph, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """One key figure: what it is, the number, its interval, and a word on it."""

    label: str
    value: str
    interval: str
    note: str
    cites: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tiles:
    items: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in two widths and the table that holds the same numbers."""

    id: str
    number: int
    title: str
    subtitle: str
    description: str
    spec: Spec
    narrow: Spec
    table: Table
    run_id: str
    cites: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A numbered source as the reader finds it."""

    number: int
    id: str
    title: str
    producer: str
    url: str
    licence: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run that the brief rests on."""

    command: str
    name: str
    run_id: str


Block = Paragraph | Points | Tiles | Figure | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it; with `own_page` it begins a page."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    own_page: bool = False


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything that is on the pages, in one language and as of one day."""

    id: str
    lang: str
    title: str
    subtitle: str
    parties: tuple[str, ...]
    as_of: datetime.date
    dataset: str
    version: str
    runs: tuple[Run, ...]
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]
    warnings: tuple[str, ...] = ()
    words: Translator = field(default_factory=lambda: Translator("en"))

    def figures(self) -> tuple[Figure, ...]:
        return tuple(b for s in self.sections for b in s.blocks if isinstance(b, Figure))

    def tables(self) -> tuple[Table, ...]:
        """Every table in reading order, those behind the figures too."""
        found: list[Table] = []
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Figure):
                    found.append(block.table)
                elif isinstance(block, Table):
                    found.append(block)
        return tuple(found)


def written(cell: Cell, column: Column, t: Translator) -> str:
    """A cell as a reader sees it; nobody's number is a dash."""
    if isinstance(cell, Interval):
        value = written(cell.value, column, t)
        if cell.value is None or cell.low is None or cell.high is None or cell.low == cell.high == cell.value:
            return value
        scale = 100 if column.kind == "share" else 1
        low, high = (
            t.number(end * scale) if column.kind != "year" else str(round(end)) for end in (cell.low, cell.high)
        )
        return t("{value} ({low}–{high})", value=value, low=low, high=high)
    if cell is None or cell == "":
        return UNKNOWN
    if isinstance(cell, bool):
        return t("yes") if cell else t("no")
    if column.kind in ("date", "month"):
        return t.date(str(cell))
    if column.kind == "year":
        return str(round(float(cell)))
    if isinstance(cell, str):
        return cell
    if column.kind == "share":
        return t.share(float(cell))
    return t.count(round(cell)) if column.kind == "count" else t.number(float(cell))


def is_numeric(column: Column) -> bool:
    """Whether the column is set flush right."""
    return column.kind in ("number", "count", "share")


def cite_groups(cites: Iterable[int]) -> list[tuple[int, str]]:
    """Source numbers as they stand behind a sentence, runs of three and more drawn together: (1, "1–4"), (7, "7")."""
    groups: list[list[int]] = []
    for n in sorted(set(cites)):
        if groups and n == groups[-1][-1] + 1:
            groups[-1].append(n)
        else:
            groups.append([n])
    found: list[tuple[int, str]] = []
    for group in groups:
        found += [(group[0], f"{group[0]}–{group[-1]}")] if len(group) > 2 else [(n, str(n)) for n in group]
    return found
