"""Tables as pages show them: sorted by a link, numbers that open what stands behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from didymium.figures import theme
from didymium.questions.words import KINDS, cell, heading
from didymium.studies.lineage import KEYS

if TYPE_CHECKING:
    from didymium.i18n import Translator

SHOWN = 200
"""Rows of a table on a page; all are in its twins."""
SHORT = 14
"""Half-width characters up to which a text stays on one line; a kanji counts two."""
LONG = 60
MANY = 8
"""Columns above which they are set close together."""
HIDDEN = ("source_ids", "row_ids")
_ENDS = ("_p10", "_p90", "_p50", "_mean", "_se", "_ja")

Numbered = Sequence[tuple[int, Mapping[str, Any]]]
"""Rows with their number in the answer, from 1: `explain` finds them by it."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands over the column `name`, and the address that sorts by it. `state` as `aria-sort` has it."""

    text: str
    where: str = ""
    state: str = ""
    is_number: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in words, and the address of what stands behind it or of its page. `label` reads a sign aloud."""

    text: str
    is_number: bool = False
    where: str = ""
    label: str = ""

    @property
    def kind(self) -> str:
        """Its class: a number, a text too short to break, or one that needs room."""
        return "number" if self.is_number else _breadth(self.text)

    @property
    def pieces(self) -> tuple[str, str]:
        """What the cell says and, of a number, the band in brackets: it may take a line of its own.

        >>> Cell("5,660 (2,770–8,130)", is_number=True).pieces
        ('5,660', '(2,770–8,130)')
        """
        said, mark, band = self.text.partition(" (") if self.is_number else (self.text, "", "")
        return said, mark.strip() + band


@lru_cache(maxsize=4096)
def _breadth(text: str) -> str:
    width = theme.columns(text)
    return "short" if width <= SHORT else "long" if width > LONG else ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page. `whole`: rows there are; fewer may be shown. `numbers`: those of the rows in the answer.

    Of columns that are not shown, `same` holds what they say in all rows, `folded` how they are called, and
    `all_columns` the address that shows them.
    """

    title: str
    head: tuple[Head, ...]
    lines: tuple[tuple[Cell, ...], ...]
    whole: int
    numbers: tuple[int, ...] = ()
    same: tuple[tuple[str, Cell], ...] = ()
    folded: tuple[str, ...] = ()
    all_columns: str = ""

    @property
    def is_wordy(self) -> bool:
        """Whether it holds sentences: a phone then shows each row as a card."""
        return any(one.kind == "long" for line in self.lines for one in line)

    @property
    def is_many(self) -> bool:
        """Whether its columns are set close together."""
        return len(self.head) > MANY or bool(self.all_columns)

    @property
    def shown(self) -> int:
        return len(self.lines)


def all_columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns of rows that a page shows where nobody chose any: those first that say which row it is.

    Bands are left out: they stand in brackets.

    >>> all_columns([{"gap_t": 2.0, "gap_t_p10": 1.0, "party": "JPN", "stage": "metal"}])
    ['party', 'stage', 'gap_t']
    """
    columns = [c for c in (rows[0] if rows else {}) if c not in HIDDEN and not c.endswith(_ENDS)]
    return sorted(columns, key=lambda c: KEYS.index(c) if c in KEYS else len(KEYS))


def sorted_by(rows: Numbered, sort: str) -> list[tuple[int, Mapping[str, Any]]]:
    """Rows by a column, `-column` from above; what is not known comes last either way.

    >>> [n for n, _ in sorted_by([(1, {"t": 2.0}), (2, {"t": None}), (3, {"t": 5.0})], "-t")]
    [3, 1, 2]
    """
    column = sort.removeprefix("-")
    known = [r for r in rows if r[1].get(column) is not None]
    unknown = [r for r in rows if r[1].get(column) is None]
    are_numbers = all(is_number(row[column]) for _, row in known)
    known.sort(key=lambda r: r[1][column] if are_numbers else str(r[1][column]), reverse=sort.startswith("-"))
    return known + unknown


def table(
    rows: Numbered,
    columns: Sequence[str],
    t: Translator,
    *,
    title: str,
    run_id: str = "",
    name: str = "",
    words: Mapping[str, str] = {},
    here: str = "",
    asked: Mapping[str, str] = {},
    sort: str = "",
    most: int = SHOWN,
    pages: Mapping[str, tuple[str, str]] = {},
    base: str = "",
) -> Table:
    """A table of rows of an answer, or of the data, whose numbers lead to their row.

    `run_id` and `name` (of a further table) say where numbers and dates are explained, or `base` does, for an answer
    that is not kept; `words`: vocabularies by column. `here` and `asked` are the page and its fields, for links that
    sort (none without `here`). `pages`: columns that lead to a page of their own: what stands before its address, and
    the column that ends it.
    """
    base = base or (f"/explain/{run_id}" if run_id else "")
    ordered = sorted_by(rows, sort) if sort.removeprefix("-") in columns else list(rows)
    kinds = {**KINDS, **words}
    numbers = {c for c in columns if any(is_number(row.get(c)) for _, row in rows)}
    lines = []
    for number, row in ordered[:most]:
        line = []
        for column in columns:
            value, where = row.get(column), ""
            if column in pages and value not in (None, "") and not (base and is_number(value)):
                before, by = pages[column]
                where = f"{before}{row[by]}{'&' if '?' in before else '?'}{urlencode({'lang': t.lang})}"
            elif base and is_told(column, value):
                where = behind(base, number, column, t.lang, name)
            elif "row_id" in row and is_told(column, value):
                where = row_address(str(row["row_id"]), t.lang)
            line.append(Cell(cell(row, column, t, kinds), column in numbers, where))
        if "row_id" in row and line and not any(one.where for one in line):
            line[0] = replace(line[0], where=row_address(str(row["row_id"]), t.lang))
        lines.append(tuple(line))
    heads = []
    for column in columns:
        counts = column in numbers
        state = {column: "ascending", f"-{column}": "descending"}.get(sort, "")
        other = column if state == "descending" or (not state and not counts) else f"-{column}"
        where = f"{here}?{urlencode({**asked, 'sort': other, 'lang': t.lang})}" if here else ""
        heads.append(Head(heading(column, t), where, state, counts, column))
    return Table(title, tuple(heads), tuple(lines), len(rows), tuple(n for n, _ in ordered[:most]))


def is_told(column: str, value: Any) -> bool:
    """Whether a reader may ask what stands behind a value: a number or a date."""
    return is_number(value) or (column.endswith("date") and isinstance(value, str) and value != "")


def behind(base: str, number: int, column: str, lang: str, table: str = "") -> str:
    """The address of what stands behind a value: `base` names the answer, row and column the value in it.

    >>> behind("/explain/r1", 3, "gap_t", "en")
    '/explain/r1?row=3&column=gap_t&lang=en'
    """
    return f"{base}{'&' if '?' in base else '?'}row={number}{_column(column, lang, table)}"


@cache
def _column(column: str, lang: str, table: str) -> str:
    given = {"column": column, "table": table, "lang": lang}
    return "&" + urlencode({k: v for k, v in given.items() if v})


def row_address(row_id: str, lang: str) -> str:
    """The page of a row of the data.

    >>> row_address("places:JPN", "en")
    '/data/places/JPN?lang=en'
    """
    table, _, key = row_id.partition(":")
    return f"/data/{table}/{quote(key, safe='')}?{urlencode({'lang': lang})}"


def numbered(rows: Iterable[Mapping[str, Any]]) -> list[tuple[int, Mapping[str, Any]]]:
    """Rows with their number in the answer."""
    return list(enumerate(rows, start=1))


def is_number(value: Any) -> bool:
    """Whether a value is a number, which yes and no are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
