"""Tables that fit a desktop: which columns a page shows, and which it leaves to the page of each row.

Widths are estimated from the words, on the wide side, for a window of 1280 pixels and the style of `app.css`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from didymium.app.tables import MANY, Cell, Head, Table
from didymium.studies.lineage import KEYS

if TYPE_CHECKING:
    from didymium.i18n import Translator

T = TypeVar("T")

ROOM = 1000.0
"""Pixels for a table beside the list of pages, in a window 1280 pixels wide."""
LEAST_SHOWN, MOST_SHOWN = 3, 6
"""Columns from the left that are always shown: those that say what a row is, if they are between so many."""
MINOR = ("source_id", "evidence", "confidence", "basis", "notes", "note", "layer")
"""Columns that go first where nobody says which: how sure, and from where, stands on the page of the row."""
_LATIN, _CJK, _BOLD = 0.62, 1.0, 1.08
"""Width of a character over the size of its type, and how much wider bold ones are."""
_STYLE = {False: (14.1, 16.0, 72.0, 176.0), True: (13.2, 11.2, 54.4, 160.0)}
"""Pixels by whether columns are many: size of type, padding, least width, least width of a long text."""
_JA_LEAST = 5.0
"""A Japanese text may break anywhere; this many characters stand beside each other at least."""
_BREAKS = re.compile(r"[\s_|]|(?<=-)")


def fitted(
    table: Table,
    t: Translator,
    *,
    all_columns: str,
    lead: Callable[[int], str] | None = None,
    aside: Sequence[str] = (),
    first: int | None = None,
) -> Table:
    """The table itself if it fits; else without what says the same in all rows and without its minor columns.

    `all_columns` is the address where all of them are shown, `lead` gives the address of the page of a row by its
    number, `aside` names columns that may go before others, and the `first` ones stay.
    """
    names = [one.name for one in table.head]
    if first is None:
        keys = next((n for n, name in enumerate(names) if name not in KEYS or name in aside), len(names))
        first = min(max(keys, LEAST_SHOWN), MOST_SHOWN)
    widths = [_width(table, n, t.lang) for n in range(len(table.head))]
    if sum(widths) <= ROOM or not table.lines:
        return table
    room = ROOM - (_STYLE[True][2] if lead else 0.0)
    shown = list(range(len(table.head)))
    same = [n for n in shown[first:] if len(table.lines) > 1 and len({line[n].text for line in table.lines}) == 1]
    order = [*same, *(names.index(c) for c in (*aside, *MINOR) if c in names), *reversed(shown)]
    gone: list[int] = []

    def left() -> float:
        return room - sum(widths[n] for n in shown if n not in gone)

    for n in dict.fromkeys(order):
        if left() >= 0:
            break
        if n >= first:
            gone.append(n)
    for n in reversed(gone):  # a wide one that went last has made room for others
        if left() >= widths[n]:
            gone = [k for k in gone if k != n]
    if not gone:
        return table
    kept = [n for n in shown if n not in gone]
    leads: list[tuple[Cell, ...]] = [()] * len(table.lines)
    if lead is not None:
        leads = [(Cell("→", where=lead(n), label=t("Row {n}", n=t.count(n))),) for n in table.numbers]
    return replace(
        table,
        head=(*((Head(t("Row")),) if lead else ()), *_of(table.head, kept)),
        lines=tuple((*before, *_of(line, kept)) for before, line in zip(leads, table.lines, strict=True)),
        same=tuple(
            (table.head[n].text, replace(table.lines[0][n], text=table.lines[0][n].text or t.number(None)))
            for n in sorted(gone)
            if n in same
        ),
        folded=tuple(table.head[n].text for n in shown if n in gone and n not in same),
        all_columns=all_columns,
    )


def ordered(table: Table, first: Sequence[str]) -> Table:
    """The table with these columns first."""
    names = [one.name for one in table.head]
    order = [names.index(c) for c in first] + [n for n, c in enumerate(names) if c not in first]
    lines = tuple(_of(line, order) for line in table.lines)
    return replace(table, head=_of(table.head, order), lines=lines)


def _of(values: Sequence[T], numbers: Iterable[int]) -> tuple[T, ...]:
    return tuple(values[n] for n in numbers)


def _width(table: Table, n: int, lang: str) -> float:
    """How wide a column is at least, in pixels."""
    size, padding, least, long = _STYLE[len(table.head) > MANY]
    words = max((_text(word) for word in _words(table.head[n].text, lang)), default=0.0) * size * _BOLD + padding
    return max(words, *(_cell(line[n], lang, size, padding, least, long) for line in table.lines))


def _cell(cell: Cell, lang: str, size: float, padding: float, least: float, long: float) -> float:
    if cell.kind == "number":
        wide = max(_text(piece) for piece in cell.pieces) * size + padding
        return wide if lang == "ja" else max(least, wide)
    if cell.kind == "short":
        return max(0.0 if lang == "ja" else least, _text(cell.text) * size + padding)
    wide = max((_text(word) for word in _words(cell.text, lang)), default=0.0) * size + padding
    return max(long if cell.kind == "long" else least, wide)


def _words(text: str, lang: str) -> list[str]:
    """What a line cannot be broken within."""
    if lang == "ja" and any(unicodedata.east_asian_width(c) in "WF" for c in text):
        return [text[: int(_JA_LEAST)]]
    return _BREAKS.split(text)


@lru_cache(maxsize=8192)
def _text(text: str) -> float:
    """Width of a text over the size of its type."""
    return sum(_CJK if unicodedata.east_asian_width(c) in "WF" else _LATIN for c in text)
