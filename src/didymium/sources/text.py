"""Strict reading of a publisher's CSV file: declared encoding and header, rows of one width. Nothing is guessed."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from didymium.errors import BadInput
from didymium.schema.faults import visible

MOST_BYTES = 32 << 20
"""Ten times the largest of these files. Streams of millions of rows have readers of their own."""

MOST_IN_A_CELL = 20_000


@dataclass(frozen=True, slots=True)
class Line:
    """One record: the line on which it begins, and its cells by column name, spaces at the ends gone."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


def tidy(text: str) -> str:
    """The text with every run of white space as one plain space, and none at the ends.

    >>> tidy(" United\\xa0States  and Canada ")
    'United States and Canada'
    """
    return " ".join(text.split())


def read_lines(path: Path, *, encoding: str, header: Sequence[str], in_order: bool = True) -> list[Line]:
    """All records of the file. Raises BadInput, with every fault that can be told at once.

    `in_order=False` is for a service that writes its columns in any order.
    """
    text = decoded(file_bytes(path), path.name, encoding)
    records = split(text, path.name)
    if not records:
        raise BadInput("the file is empty.", where=path.name, cure=f"Expected a header: {', '.join(header[:4])}, …")
    given = [tidy(cell) for cell in records[0][1]]
    if not in_order and sorted(given) == sorted(header):
        header = given
    if given != list(header):
        raise _other_header(given, header, path.name)
    lines, faults = [], []
    for number, cells in records[1:]:
        if len(cells) != len(header):
            what = f"the row has {len(cells)} cells, the header {len(header)}."
            faults.append(f"{path.name} row {number}: {what} Quote cells that hold a comma.")
            continue
        lines.append(Line(number, dict(zip(header, (tidy(cell) for cell in cells), strict=True))))
        faults += _unseen(cells, header, number, path.name)
    if faults:
        more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise BadInput(f"{faults[0]}{more}", faults=faults)
    return lines


def file_bytes(path: Path, *, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file of a size that a publication has. The name is a name, never a pattern."""
    if path.exists() and not path.is_file():
        raise BadInput("is no file: it cannot be read as one.", where=path.name or str(path), cure="Name the file.")
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise BadInput(f"the file cannot be read ({error.strerror}).", where=path.name, cure="Check it.") from error
    if len(data) > most:
        raise BadInput(f"the file is larger than {most:,} bytes.", where=path.name, cure="Is it the right file?")
    return data


def decoded(data: bytes, name: str, encoding: str) -> str:
    """The text of bytes in the encoding that the publisher uses; anything else is refused."""
    cure = f"Expected the publisher's own file, in {encoding}."
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadInput("the bytes are UTF-16.", where=f"{name} row 1", cure=cure)
    if b"\x00" in data:
        line = data[: data.index(b"\x00")].count(b"\n") + 1
        raise BadInput("a NUL byte: the file is cut or not text.", where=f"{name} row {line}", cure=cure)
    if encoding == "cp1252" and not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            raise BadInput("the bytes are UTF-8.", where=name, cure=cure)
    try:
        text = data.decode(encoding, "strict")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        bad = data[error.start : error.start + 4].hex(" ")
        raise BadInput(f"bytes {bad} are not {encoding}.", where=f"{name} row {line}", cure=cure) from None
    bare = text.replace("\r\n", "\n").find("\r")
    if bare >= 0:
        line = text.replace("\r\n", "\n")[:bare].count("\n") + 1
        raise BadInput("a line ends in CR alone.", where=f"{name} row {line}", cure="End lines with LF or CR LF.")
    if encoding == "cp1252":
        _western(text, name, cure)
    return text


# What the editors of an English publication in Windows-1252 type: Latin letters and typographer's signs. Bytes of a
# Japanese or Chinese file read as Windows-1252 give other signs, and would pass as notes without this.
_TYPED = frozenset("‘’“”–—…•½¼¾®©°±×µ·§¶¢£€™²³ \n\r\t\xa0")


def _western(text: str, name: str, cure: str) -> None:
    odd = sorted({c for c in text if not c.isascii() and c not in _TYPED and not "À" <= c <= "ÿ"})
    if odd:
        line = text[: text.index(odd[0])].count("\n") + 1
        what = f"{visible(''.join(odd[:12]))}: signs that this publisher does not use."
        raise BadInput(what, where=f"{name} row {line}", cure=cure)


def split(text: str, name: str) -> list[tuple[int, list[str]]]:
    """All records with the line on which each begins."""
    found: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(len(cell) > MOST_IN_A_CELL for cell in cells):
                what = f"a cell has more than {MOST_IN_A_CELL:,} characters."
                raise BadInput(what, where=f"{name} row {begins}", cure="Is a quote missing?")
            found.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        what = f"the row cannot be split into cells ({error})."
        raise BadInput(what, where=f"{name} row {begins}", cure='Quote as "a ""b"" c".') from None
    return found


def _unseen(cells: Sequence[str], header: Sequence[str], number: int, name: str) -> list[str]:
    faults = []
    for column, cell in zip(header, cells, strict=True):
        if cell.isascii() and cell.isprintable():
            continue
        bad = [
            c for c in cell if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
        ]
        if bad:
            what = f"{visible(cell)} holds a character that cannot be seen."
            faults.append(f"{name} row {number}, column {column}: {what} Delete it.")
    return faults


def _other_header(given: Sequence[str], header: Sequence[str], name: str) -> BadInput:
    missing = [column for column in header if column not in given]
    extra = [visible(column) for column in given if column not in header]
    parts = []
    if missing:
        parts.append(f"missing: {', '.join(missing[:6])}")
    if extra:
        parts.append(f"not known: {', '.join(extra[:6])}")
    told = "; ".join(parts) or "the columns stand in another order"
    cure = "Expected the publisher's file as it is; a new layout needs a new reader."
    return BadInput(f"the header is not that of this publication ({told}).", where=f"{name} row 1", cure=cure)
