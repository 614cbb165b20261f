"""Writing workbooks and CSV that no spreadsheet program takes for formulas, and that come back as they were.

CSV has no way to say "this is text". A text that starts with one of `= + - @`, TAB or CR, with or without apostrophes
in front, gets one apostrophe more on its way out, and loses one on its way in: `escaped` and `unescaped` undo each
other. A workbook says of each cell what it is: there the text stands as it is, marked as text.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_QUOTED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")
_EPOCH = (1980, 1, 1, 0, 0, 0)
DAY = "2000-01-01T00:00:00Z"
SIGNIFICANT = 15
"""Digits that a spreadsheet program keeps of a number that somebody edits."""


def escaped(text: str) -> str:
    """The text as a CSV cell that is never run.

    >>> escaped("=1+1"), escaped("'=1+1"), escaped("it's")
    ("'=1+1", "''=1+1", "it's")
    """
    return f"'{text}" if FORMULA.match(text) else text


def unescaped(text: str) -> str:
    """The inverse of `escaped`.

    >>> unescaped("'=1+1"), unescaped("-5"), unescaped("'tis")
    ('=1+1', '-5', "'tis")
    """
    return text[1:] if _QUOTED.match(text) else text


def put(cell: Any, value: str | float | int | bool | None) -> None:
    """Set a cell of openpyxl: text is text whatever it looks like; a number that Excel would shorten is text too."""
    if value is None or value == "":
        return
    if isinstance(value, bool):
        cell.value = int(value)
        return
    if isinstance(value, int | float) and float(f"{value:.{SIGNIFICANT}g}") == value:
        cell.value = value
        return
    text = value if isinstance(value, str) else repr(value)
    cell.value = _storable(text)
    cell.data_type = "s"
    if FORMULA.match(text):
        cell.quotePrefix = True


def _storable(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    return str(ILLEGAL_CHARACTERS_RE.sub("\ufffd", text))


def settled(book: Any) -> bytes:
    """The bytes of a workbook of openpyxl, without the clock: the same content gives the same bytes."""
    packed, made = io.BytesIO(), io.BytesIO()
    book.save(packed)
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>" + DAY.encode("ascii"), content)
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            new.writestr(entry, content)
    return made.getvalue()
