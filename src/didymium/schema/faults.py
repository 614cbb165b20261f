"""One fault of one cell, row or file, in one line: what, where, what next."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

from didymium.errors import one_line

SHOWN_LENGTH = 60


def visible(value: str) -> str:
    """The value in quotes, short, with characters that cannot be seen written as \\uXXXX."""
    shown = value if len(value) <= SHOWN_LENGTH else value[: SHOWN_LENGTH - 1] + "…"
    safe = [
        f"\\u{ord(c):04x}" if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn") else c
        for c in shown
    ]
    return "'" + "".join(safe) + "'"


def storable(value: str) -> str:
    """The value cut to 200 characters, without half characters that no file can hold."""
    return value[:200].encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file, where, and what would be right.

    `row` is the line of the file on which the row begins (header = 1); 0 means the file as a whole.
    `value` is the offending text as it stands. `severity` is error (the file is refused) or warning (it is used,
    and the user is told).
    """

    file: str
    row: int
    column: str
    value: str
    what: str
    cure: str
    severity: str = "error"

    def line(self) -> str:
        """`file row N, column C: what cure`."""
        where = self.file
        if self.row:
            where += f" row {self.row}"
        if self.column:
            where += f", column {self.column if len(self.column) <= SHOWN_LENGTH else visible(self.column)}"
        return one_line(f"{where}: {self.what} {self.cure}")

    def as_dict(self) -> dict[str, Any]:
        """The fault as a flat record, for `--json`; `file` and, of a workbook, `sheet` apart."""
        file, _, sheet = self.file.partition(" sheet ")
        return {**asdict(self), "file": file, "sheet": sheet, "line": self.line()}
