"""The publisher's own mark on each shipped figure that was read from a file: reported, or the publisher's estimate.

The publishers' files are not part of the repository, so their marks are: `shipped_marks.csv` beside this module, one
line for each shipped row whose figure stands in a file that an importer reads. It is written from the importers by
`python -m tools.publisher_marks RAW` and never by hand; `python -m didymium.sources.curated` sets the marks on rows.

The state of a row (`value_status`) is what the publisher says. Its grade is lowered where that is an estimate, never
raised: a row may be graded low for another reason than the mark, such as a sum of reporters that is no world.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from didymium.errors import BadInput
from didymium.schema import TABLES
from didymium.schema.references import key_of

MARKS = Path(__file__).with_name("shipped_marks.csv")
COLUMNS = ("row", "value_status", "importer", "locator")
TABLES_MARKED = ("production", "reserves")

SERIES = {"USGS": "USGS", "WMD": "WMD", "BGS": "BGS"}
"""Series of publishers that mark their estimates, and the publisher as `basis` names it."""
ESTIMATE, REPORT = "publisher-estimate", "publisher-report"
"""Rules that are named on a row whose grade or state its publisher's mark changed."""

Text = dict[str, str]


def name_of(table: str, row: Mapping[str, object]) -> str:
    """The name of a row: its table and its key."""
    return f"{table}:{key_of(row, TABLES[table].key)}"


def read_marks(path: Path = MARKS) -> dict[str, str]:
    """`value_status` by the name of the row. Raises BadInput when the file is not as the tool writes it."""
    cure = "Write it anew: python -m tools.publisher_marks RAW"
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        if tuple(lines.fieldnames or ()) != COLUMNS:
            raise BadInput("the header is not the one that is expected.", where=path.name, cure=cure)
        found = [(line["row"], line["value_status"]) for line in lines]
    wrong = [name for name, status in found if status not in ("reported", "estimated")]
    if wrong or len(dict(found)) < len(found):
        what = f"{wrong[0]} has another mark." if wrong else "a row is marked twice."
        raise BadInput(what, where=path.name, cure=cure)
    return dict(found)


def marked(table: str, row: Text, status: str) -> Text:
    """The row with its publisher's mark, as text; the same row when it says so already.

    A figure that is an estimate is graded medium at most and says whose estimate it is. One that is none is reported,
    and keeps its grade.

    >>> row = {"series": "WMD", "value_status": "reported", "confidence": "high", "basis": "reported", "rule_id": ""}
    >>> marked("production", row, "estimated")["confidence"], marked("production", row, "estimated")["basis"]
    ('medium', 'WMD estimate')
    """
    estimate = status == "estimated"
    grade = "medium" if estimate and row["confidence"] == "high" else row["confidence"]
    if (row["value_status"], row["confidence"]) == (status, grade):
        return row
    changed = {**row, "value_status": status, "confidence": grade, "basis": _basis(table, row, estimate)}
    if "rule_id" in row:
        changed["rule_id"] = row["rule_id"] or (ESTIMATE if estimate else REPORT)
    return changed


def _basis(table: str, row: Text, estimate: bool) -> str:
    basis = row["basis"]
    told = f"{SERIES[row['series']] if table == 'production' else 'USGS'} estimate"
    if basis.startswith("reported/estimated"):
        return basis.replace("reported/estimated", told if estimate else "reported", 1)
    if not estimate or told in basis:
        return basis
    return told if basis in ("reported", "USGS") else f"{basis}; {told}"


def with_marks(table: str, rows: Iterable[Text], marks: Mapping[str, str]) -> list[Text]:
    """All rows of a table, those that the marks name with their publisher's mark.

    Rows of USGS outside the chains are read by no importer; `tools.commodity_rows` takes their mark from the same file,
    so that their state is their mark. Raises BadInput for a mark without a row: the row was renamed or taken out.
    """
    kept = list(rows)
    named = {name_of(table, row) for row in kept}
    lost = [name for name in marks if name.startswith(f"{table}:") and name not in named]
    if lost:
        cure = "Write the marks anew: python -m tools.publisher_marks RAW"
        raise BadInput(f"no shipped row is named {lost[0]}.", where=MARKS.name, cure=cure, faults=lost)
    return [_with_mark(table, row, marks.get(name_of(table, row))) for row in kept]


def _with_mark(table: str, row: Text, status: str | None) -> Text:
    if status is None and table == "production" and row["series"] in SERIES and row["value_status"] == "estimated":
        return marked(table, row, "estimated")
    return row if status is None else marked(table, row, status)
