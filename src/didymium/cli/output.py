"""Answers on their way out: JSON, CSV and Parquet for programs, a table for people, to the terminal or to a file."""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didymium.cli.options import Shared
from didymium.errors import BadInput
from didymium.questions.forms import Rows, chosen, csv_text, json_text, long_rows, parquet, picked, workbook

if TYPE_CHECKING:
    from rich.console import Console

    from didymium.cli.sheet import Sheet
    from didymium.questions.question import Question
    from didymium.results import Result

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


def limited(rows: Rows, shared: Shared) -> Rows:
    """As many rows as people asked to see."""
    return rows[: shared.limit] if shared.limit is not None else rows


def show_table(table: Sheet | None, shared: Shared, *, notes: Sequence[str] = (), then: str = "") -> None:
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
        rows = long_rows(whole, rows)
    if shared.form == "parquet":
        body = parquet(rows)
    elif shared.form == "xlsx" or (shared.form == "iamc" and shared.output and shared.output.suffix == ".xlsx"):
        body = workbook(whole, {"rows": rows, **(beside or {})})
    else:
        body = (json_text(whole) if shared.form == "json" else csv_text(rows)).encode("utf-8")
    if shared.output is None:
        _to_stdout(body)
        return
    into_place({shared.output: body})
    if not shared.quiet:
        count = "" if shared.form == "json" else f" ({len(rows)} rows)"
        sys.stderr.write(f"{shared.output}{count}\n")


def _to_stdout(body: bytes) -> None:
    """UTF-8 bytes, whatever the console's encoding: they are for a program."""
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(body.decode("utf-8"))
        return
    sys.stdout.flush()
    binary.write(body)
    binary.flush()


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
