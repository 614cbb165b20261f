"""An answer for programs and spreadsheets: JSON, CSV, Excel, Parquet and the long format of the IAMC."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didymium.errors import BadInput, UnknownTerm
from didymium.schema.spreadsheet import escaped

if TYPE_CHECKING:
    from didymium.questions.question import Question
    from didymium.results import Result

Rows = Sequence[Mapping[str, Any]]


def chosen(result: Result, table: str | None) -> Rows:
    """The main rows, or those of a further table. Raises UnknownTerm with the tables that the answer has."""
    if table is None:
        return result.rows
    if table not in result.tables:
        known = ", ".join(result.tables) or "none"
        raise UnknownTerm("table", table, result.tables, cure=f"This answer has: {known}.")
    return result.tables[table]


def picked(rows: Rows, question: Question) -> Rows:
    """The rows that a terminal shows; a pick that would leave nothing is not made."""
    for column, values in question.shows.items():
        rows = [row for row in rows if row.get(column) in values] or rows
    return rows


def json_text(whole: Any) -> str:
    return json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def csv_text(rows: Rows) -> str:
    import csv

    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def _csv_cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        value = ";".join(str(part) for part in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escaped(value) if isinstance(value, str) else value


def workbook(whole: Any, sheets: Mapping[str, Rows]) -> bytes:
    """A sheet for each table, and in front what they are and who may see them."""
    from didymium.results import layer_notices
    from didymium.results.export import workbook as written

    dataset = whole.get("dataset") or {}
    about = [*layer_notices(dataset), f"didymium {whole.get('command', '')}"]
    about += [f"Data {dataset.get('version', '')} ({dataset.get('id', '')})"] if dataset else []
    about += [f"Run {whole['run_id']}"] if whole.get("run_id") else []
    about += [note for note in whole.get("warnings", ()) if note not in about]
    about += [f"{name}: {note}" for name, note in whole.get("unit_notes", {}).items()]
    return written(sheets, about=about, title=f"Didymium {whole.get('command', '')}")


def long_rows(whole: Any, rows: Rows) -> Rows:
    """The rows in the long format of the IAMC."""
    from didymium import __version__
    from didymium.results.export import iamc

    request = whole.get("request") or {}
    story = request.get("scenario", request.get("event"))
    scenario = story.get("id", "base") if isinstance(story, dict) else "base"
    start = str(story.get("start", "")) if isinstance(story, dict) else ""
    version = str((whole.get("dataset") or {}).get("version", "0"))
    year = request.get("year") or int((start or version)[:4] or 0)
    units = {
        name: note.rpartition(" [")[2].removesuffix("]")
        for name, note in whole.get("unit_notes", {}).items()
        if note.endswith("]")
    }
    subject = str(whole.get("command", "")).removeprefix("data table ")
    kept = [row for row in rows if row.get("preferred", True)]
    return iamc(kept, model=f"Didymium {__version__}", subject=subject, scenario=scenario, year=year, units=units)


def parquet(rows: Rows) -> bytes:
    import tempfile

    import duckdb
    import pandas as pd

    if not rows:
        raise BadInput("the answer has no rows, and Parquet needs at least one.", cure="Use --json or --csv.")
    frame = pd.DataFrame.from_records([dict(row) for row in rows])
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config=settings) as session:
        path = Path(folder) / "rows.parquet"
        session.register("answer", frame)
        quoted = str(path).replace("'", "''")
        session.execute(f"COPY answer TO '{quoted}' (FORMAT parquet)")
        return path.read_bytes()
