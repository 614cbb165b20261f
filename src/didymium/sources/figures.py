"""What a reader of a public source gives: figures in the publisher's own words, each with its place in the file.

A module of this room reads one publication. It has `ORIGINS` (one for each edition it reads) and
`read(path, origin)`, which yields figures. It decides nothing: what the words mean stands in `terms/`, what the
publisher got wrong in `corrections/`, and `intake` applies both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an edition of a publication comes from, and on what terms it may be passed on.

    `importer` is what people type. `source_id` is its row in table `sources`. `body` and `vintage` name the
    publication and its edition; `series` names its claims in the tables that the model reads. `terms` is the table of
    what its series mean. `layout` says what PATH is. `redistributable` is yes, no, or ask: the terms are not plain.
    """

    importer: str
    source_id: str
    body: str
    vintage: str
    series: str
    producer: str
    title: str
    version: str
    published: str
    accessed: str
    url: str
    citation: str
    attribution: str
    licence: str
    redistributable: Literal["yes", "no", "ask"]
    terms: str
    layout: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell of a publication, untouched: what is measured, where, when, and what stands there.

    `series` are the publisher's words, joined by ` / `. `text` is the cell, `flags` are marks that the publisher sets
    beside it (estimated, revised, rounded), `notes` its footnotes. `file`, `line` and `column` say where it stands;
    in a file that has no lines to count (JSON), `line` is 0 and `column` the path to the value.
    """

    series: str
    unit: str
    place: str
    period: str
    text: str
    file: str
    line: int
    column: str
    partner: str = ""
    flags: tuple[str, ...] = ()
    notes: str = ""
    sheet: str = ""

    @property
    def locator(self) -> str:
        """Where the cell stands, in words."""
        if not self.line:
            return f"{self.file}, {self.column}"
        sheet = f"sheet {self.sheet}, " if self.sheet else ""
        return f"{self.file}, {sheet}{'row' if self.sheet else 'line'} {self.line}, column {self.column}"

    @property
    def where(self) -> str:
        """Where the cell stands, as an error message begins."""
        if not self.line:
            return f"{self.file}, {self.column}"
        sheet = f" sheet {self.sheet}" if self.sheet else ""
        return f"{self.file}{sheet} row {self.line}, column {self.column}"


@runtime_checkable
class Dated(Protocol):
    """A reader whose files tell, or must be told, of which day they are: a report, an answer of an API."""

    def edition(self, path: Path, origin: Origin) -> Origin:
        """The origin with the vintage of this file."""
        ...


class Reader(Protocol):
    """A module of this room."""

    ORIGINS: tuple[Origin, ...]

    def read(self, path: Path, origin: Origin) -> Iterator[Figure]:
        """Every figure of the edition at `path`, in file order."""
        ...
