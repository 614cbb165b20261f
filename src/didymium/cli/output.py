"""Answers on their way out: JSON, CSV and Parquet for programs, a table for people, to the terminal or to a file."""

from __future__ import annotations

import contextlib
import io
import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didymium.cli.options import Shared
from didymium.errors import BadInput, UnknownTerm
from didymium.schema.spreadsheet import escaped

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from didymium.cli.catalogue import Question
    from didymium.results import Result

Rows = Sequence[Mapping[str, Any]]

_UNBOUND = 10_000  # characters in a line


_OF_DRAWS = (
    "_p10",
    "_p50",
    "_p90",
    "_mean",
    "_se",
    "_cvar",
    "cvar_alpha",
    "_pawn",
    "_first_order_low",
    "_first_order_high",
)
"""Ends of columns that a terminal has no room for; all are in --json and --csv."""


def show_answer(result: Result, question: Question, shared: Shared, table: str | None) -> None:
    """Show an answer, or one of its further tables, in the form that was asked for."""
    if table and shared.form == "json":
        raise click.UsageError("--json holds all tables of the answer: leave --table out.")
    rows = chosen(result, table)
    if shared.form is not None:
        pack = result.tables if question.above and table is None else {}
        write(shared, whole=result.as_dict(), rows=rows, beside=pack)
        return
    from didymium.i18n import translator

    t = translator(shared.lang)
    columns = [c for c in question.columns if rows and c in rows[0]]
    if table is not None or not columns:
        columns = [c for c in (rows[0] if rows else {}) if c != "source_ids" and not c.endswith(_OF_DRAWS)]
        other = {c.removesuffix("_ja") if t.lang == "ja" else c for c in columns if c.endswith("_ja")}
        columns = [c for c in columns if c not in other]
    from didymium.cli.sheet import sheet
    from didymium.results import layer_notices

    said = layer_notices(result.dataset)
    for notice in layer_notices(result.dataset, t):
        click.echo(notice)
    notes = [t("Note: {text}", text=t.fact(warning)) for warning in result.warnings if warning not in said]
    shown = limited(picked(rows, question) if table is None and shared.limit is not None else rows, shared)
    if len(shown) < len(rows):
        notes.insert(0, t("Shown: {n} of {all} rows. All: --rows 0, --csv or --json", n=len(shown), all=len(rows)))
    version, dataset_id = str(result.dataset.get("version", "")), str(result.dataset["id"])[:12]
    kept = t("Data {version} ({id}). Run {run}.", version=version, id=dataset_id, run=result.run_id)
    for name, heads in question.above.items() if table is None else ():
        if result.tables.get(name):
            console().print(sheet(result.tables[name], heads, t, question.words))
            click.echo()
    show_table(
        sheet(shown, columns, t, question.words) if rows else None, shared, notes=[*notes, kept], then=question.then
    )


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


def limited(rows: Rows, shared: Shared) -> Rows:
    """As many rows as people asked to see."""
    return rows[: shared.limit] if shared.limit is not None else rows


def show_table(table: Table | None, shared: Shared, *, notes: Sequence[str] = (), then: str = "") -> None:
    """A table for people on stdout, its notes, and as the last line the command that a reader may want next."""
    from didymium.i18n import translator

    t = translator(shared.lang)
    out = console()
    if table is None:
        out.print(t("Nothing to show."))
    else:
        out.print(table)
    for note in notes:
        out.print(note, soft_wrap=True)
    if then and not shared.quiet:
        out.print(t("Next: {command}", command=then), soft_wrap=True)


def console(width: int = _UNBOUND) -> Console:
    """Where people read. Nobody can widen a pipe: there a line may be `width` characters long."""
    from rich.console import Console

    on_terminal = Console().is_terminal
    return Console(highlight=False, markup=False, emoji=False, width=None if on_terminal else width)


def write(shared: Shared, *, whole: Any, rows: Rows, beside: Mapping[str, Rows] | None = None) -> None:
    """Write `whole` as JSON, or `rows` in another form, to stdout or to the file of --output.

    `beside` are further tables that a workbook holds on sheets of their own.
    """
    if shared.form == "iamc":
        rows = _iamc(whole, rows)
    if shared.form == "parquet":
        body = _parquet(rows)
    elif shared.form == "xlsx" or (shared.form == "iamc" and shared.output and shared.output.suffix == ".xlsx"):
        body = _workbook(whole, {"rows": rows, **(beside or {})})
    else:
        body = (_json(whole) if shared.form == "json" else _csv(rows)).encode("utf-8")
    if shared.output is None:
        _to_stdout(body)
        return
    into_place({shared.output: body})
    if not shared.quiet:
        count = "" if shared.form == "json" else f" ({len(rows)} rows)"
        sys.stderr.write(f"{shared.output}{count}\n")


def _json(whole: Any) -> str:
    return json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _csv(rows: Rows) -> str:
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


def _workbook(whole: Any, sheets: Mapping[str, Rows]) -> bytes:
    """A sheet for each table, and in front what they are and who may see them."""
    from didymium.results import layer_notices
    from didymium.results.export import workbook

    dataset = whole.get("dataset") or {}
    about = [*layer_notices(dataset), f"didymium {whole.get('command', '')}"]
    about += [f"Data {dataset.get('version', '')} ({dataset.get('id', '')})"] if dataset else []
    about += [f"Run {whole['run_id']}"] if whole.get("run_id") else []
    about += [note for note in whole.get("warnings", ()) if note not in about]
    about += [f"{name}: {note}" for name, note in whole.get("unit_notes", {}).items()]
    return workbook(sheets, about=about, title=f"Didymium {whole.get('command', '')}")


def _iamc(whole: Any, rows: Rows) -> Rows:
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


def _to_stdout(body: bytes) -> None:
    """UTF-8 bytes, whatever the console's encoding: they are for a program."""
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(body.decode("utf-8"))
        return
    sys.stdout.flush()
    binary.write(body)
    binary.flush()


def _parquet(rows: Rows) -> bytes:
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


def into_place(files: Mapping[Path, bytes], *, folder: Path | None = None) -> None:
    """Write all files beside their places, then rename: each is there whole, or as it was. `folder` is made first."""
    aside = {final: final.with_name(f".{final.name}.{secrets.token_hex(6)}") for final in files}
    final = next(iter(files))
    try:
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            for final, body in files.items():
                aside[final].write_bytes(body)
            for final in files:
                aside[final].replace(final)
        finally:
            for left in aside.values():
                with contextlib.suppress(OSError):
                    left.unlink()
    except OSError as refused:
        reason = refused.strerror or str(refused)
        cure = "Name another place with --output."
        raise BadInput(f"cannot be written: {reason}.", where=str(final), cure=cure) from refused
