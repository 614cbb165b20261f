"""A workbook as text, opened in a child process with bounded memory and time, without network and without files.

Excel's formats are too easy to turn against the program that opens them: a file of three kilobytes can ask for half a
terabyte. The child (`sandbox_child`) may be killed by its limits; the file is then refused with a sentence, and this
process never notices more than a few seconds.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from didymium.errors import BadInput
from didymium.schema.cells import MOST_SIGNS
from didymium.schema.faults import visible

CellKind = Literal["number", "text", "flag", "date", "error", "formula"]
CHILD = Path(__file__).with_name("sandbox_child.py")
_IS_CONFINED: ContextVar[bool] = ContextVar("is_confined", default=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on a workbook. Anything beyond them is refused, never cut."""

    file_bytes: int = 64 << 20
    unpacked_bytes: int = 512 << 20
    ratio: int = 200
    members: int = 2000
    sheets: int = 200
    rows: int = 200_000
    columns: int = 1000
    cells: int = 2_000_000
    text: int = MOST_SIGNS
    all_text: int = 64 << 20
    memory_bytes: int = 2 << 30
    cpu_seconds: int = 60


@dataclass(frozen=True, slots=True)
class SheetCell:
    """A cell as text. `kind` says what Excel held; the text of a formula is its last computed value, "" if none."""

    kind: CellKind
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: what its cells hold, by row and column counted from 1. Empty cells are left out."""

    name: str
    hidden: bool
    cells: Mapping[tuple[int, int], SheetCell] = field(repr=False)

    @property
    def last_row(self) -> int:
        """Number of the last row that holds something; 0 for an empty sheet."""
        return max((row for row, _ in self.cells), default=0)

    @property
    def last_column(self) -> int:
        """Number of the last column that holds something; 0 for an empty sheet."""
        return max((column for _, column in self.cells), default=0)

    def text(self, row: int, column: int) -> str:
        """The text of a cell, "" when it is empty."""
        cell = self.cells.get((row, column))
        return cell.text if cell else ""


def column_letters(column: int) -> str:
    """The letters of a column, as Excel shows them.

    >>> column_letters(1), column_letters(28)
    ('A', 'AB')
    """
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def read_workbook(path: Path, limits: Limits | None = None) -> tuple[Sheet, ...]:
    """All sheets of an .xlsx file as text. Raises BadInput with sheet, row and column where the file is refused."""
    caps = limits or Limits()
    if path.exists() and not path.is_file():
        raise BadInput("is no file: it cannot be read as one.", where=path.name or str(path), cure="Name the file.")
    try:
        with path.open("rb") as file:
            data = file.read(caps.file_bytes + 1)
    except OSError as error:
        raise BadInput(f"the file cannot be read ({error.strerror}).", where=path.name, cure="Check it.") from error
    if len(data) > caps.file_bytes:
        raise BadInput(
            f"the file is larger than {caps.file_bytes:,} bytes.", where=path.name, cure="Split it, or save it as CSV."
        )
    return read_bytes(data, path.name, caps)


def read_bytes(data: bytes, name: str, limits: Limits | None = None) -> tuple[Sheet, ...]:
    """The same for bytes at hand; `name` is what messages call the file."""
    caps = limits or Limits()
    if _IS_CONFINED.get():
        from didymium.schema import sandbox_child

        return _sheets(sandbox_child.answer(data, asdict(caps)), name)
    command = [sys.executable, "-I", "-B", str(CHILD), json.dumps(asdict(caps))]
    # The child's own clock counts its work; this one is for a machine that gives it none.
    patience = 60 + 4 * caps.cpu_seconds
    quiet = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=patience, env=quiet, check=False)
    except subprocess.TimeoutExpired:
        raise _refused("the workbook takes too long to read.", name, "Split it, or save it as CSV.") from None
    if done.returncode:
        what = "the workbook needs more time or memory than a workbook may take"
        if done.returncode > 0:
            told = done.stderr.decode("utf-8", "replace").strip().splitlines()
            what = f"the workbook could not be read ({told[-1][:120] if told else 'no word'})"
        elif -done.returncode in (signal.SIGSEGV, signal.SIGABRT):
            what = "the workbook broke the program that read it"
        raise _refused(f"{what}.", name, "Split it, or save it as CSV.")
    return _sheets(json.loads(done.stdout), name)


@contextlib.contextmanager
def read_here() -> Iterator[None]:
    """Read workbooks in this process: for a process that is itself a confined child, and may start no other."""
    token = _IS_CONFINED.set(True)
    try:
        yield
    finally:
        _IS_CONFINED.reset(token)


def _sheets(found: Mapping[str, Any], name: str) -> tuple[Sheet, ...]:
    """The sheets that the reader of a workbook told, or the refusal."""
    if refused := found.get("refused"):
        place = [name]
        if refused["sheet"]:
            place.append(f"sheet {visible(refused['sheet'])}")
        if refused["row"]:
            place.append(f"row {refused['row']}")
        where = " ".join(place)
        if refused["column"]:
            where += f", column {column_letters(refused['column'])}"
        shown = f" ({visible(refused['value'])})" if refused["value"] else ""
        raise _refused(f"{refused['what']}{shown}", where, refused["cure"])
    return tuple(
        Sheet(
            sheet["name"],
            sheet["hidden"],
            {(row, column): SheetCell(kind, text) for row, column, kind, text in sheet["cells"]},
        )
        for sheet in found["sheets"]
    )


def _refused(what: str, where: str, cure: str) -> BadInput:
    return BadInput(what, where=where, cure=cure)
