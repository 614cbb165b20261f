"""`didymium data`: the facts themselves, and where each comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didymium.cli.asking import command_of
from didymium.cli.data_files import export, redact, sql, template
from didymium.cli.importing import diff, import_file
from didymium.cli.options import Group, Shared, shared_options
from didymium.cli.trade import trade
from didymium.questions.catalogue import QUESTIONS

if TYPE_CHECKING:
    from didymium.data import Dataset


@click.group(cls=Group)
def data() -> None:
    """Look at the facts, check your own, and see where a number comes from."""


def _opened(shared: Shared) -> Dataset:
    from didymium.cli import asking

    return asking.opened(shared)


def _show_rows(
    shared: Shared, ds: Dataset, command: str, rows: Sequence[dict[str, Any]], columns: Sequence[str], then: str
) -> None:
    """Rows of the dataset itself, with the ids that a reader types, in the form that was asked for."""
    from didymium.cli.output import limited, show_table, write
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator
    from didymium.results import layer_notices

    if shared.form is not None:
        write(shared, whole={"command": command, "dataset": ds.describe(), "rows": list(rows)}, rows=rows)
        return
    t = translator(shared.lang)
    described = ds.describe()
    for notice in layer_notices(described, t):
        click.echo(notice)
    notes = [t("Data {version} ({id}).", version=described["version"], id=described["id"])]
    shown = limited(rows, shared)
    if len(shown) < len(rows):
        notes.insert(0, t("Shown: {n} of {all} rows. All: --rows 0, --csv or --json", n=len(shown), all=len(rows)))
    show_table(sheet(shown, columns, t, raw=True) if rows else None, shared, notes=notes, then=then)


@data.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--as", "as_table", metavar="TABLE", help="The table that PATH holds, if its name does not say so.")
@shared_options
def check(shared: Shared, path: Path | None, as_table: str | None) -> int:
    """Check a folder of tables, a workbook, one CSV or JSON rows at PATH; without PATH the shipped tables.

    Every fault is told with file, row, column, value and what would be right. Exit code 0: no fault. 2: faults.
    """
    from didymium.cli.output import write
    from didymium.data import check as faults_of
    from didymium.data.layers import judge
    from didymium.i18n import translator

    faults = judge([])[1] if path is None else faults_of(path, table=as_table)
    errors = [fault for fault in faults if fault.severity == "error"]
    rows = [fault.as_dict() for fault in faults]
    if shared.form is not None:
        write(shared, whole={"command": "data check", "path": str(path or ""), "faults": rows}, rows=rows)
    else:
        t = translator(shared.lang)
        for fault in faults:
            line = fault.line()
            click.echo(line if fault.severity == "error" else t("Warning: {text}", text=line), err=True)
        counts = t("Faults: {errors}. Warnings: {warnings}.", errors=len(errors), warnings=len(faults) - len(errors))
        click.echo(counts)
        if path is not None and not errors and not shared.quiet:
            click.echo(t("Next: {command}", command=f"didymium exposure --layer {path}"))
    return 2 if errors else 0


@data.command()
@click.argument("table")
@click.argument("key", nargs=-1, required=True)
@shared_options
def explain(shared: Shared, table: str, key: tuple[str, ...]) -> None:
    """Show where a number comes from: TABLE and the parts of its KEY, such as: production nd_oxide CHN 2024

    The value in use, its source, confidence and basis, the rule that chose it, and every competing claim. Parts that
    the others imply may be left out.
    """
    from didymium.cli.output import write
    from didymium.i18n import translator

    explanation = _opened(shared).explain(table, *key)
    if shared.form is not None:
        found = explanation.as_dict()
        claims = [{"claim": "used", **found["used"]}] if found["used"] else []
        claims += [{"claim": "rival", **claim} for claim in found["claims"]]
        write(shared, whole=found, rows=claims)
        return
    click.echo(explanation.text(lang=shared.lang).rstrip("\n"))
    if not shared.quiet:
        named = [f"--where {name}={value}" for name, value in list(explanation.fact.items())[:1] if value is not None]
        click.echo(translator(shared.lang)("Next: {command}", command=" ".join(["didymium data table", table, *named])))


@data.command(name="list")
@shared_options
def list_tables(shared: Shared) -> None:
    """List the tables with what a row states and how many rows each has."""
    from didymium.schema import TABLES

    ds = _opened(shared)
    rows = [
        {
            "table": name,
            "rows": len(ds.content[name]),
            "title": TABLES[name].title_ja if shared.lang == "ja" else TABLES[name].title,
            "key": list(TABLES[name].key),
            "meaning": TABLES[name].meaning,
        }
        for name in ds.tables
    ]
    every = replace(shared, limit=None)
    _show_rows(every, ds, "data list", rows, ("table", "rows", "title", "key"), "didymium data table production")


@data.command()
@click.argument("name")
@click.option("--where", "where", metavar="COLUMN=VALUE", multiple=True, help="Only rows with this value. Repeatable.")
@shared_options
def table(shared: Shared, name: str, where: tuple[str, ...]) -> None:
    """Show the rows of table NAME as they would be used, with the layer of each."""
    from didymium.questions.words import TELLING
    from didymium.schema import TABLES

    ds = _opened(shared)
    rows = ds.rows(name)
    for text in where:
        column, sign, value = text.partition("=")
        if not sign:
            raise click.UsageError(f"--where {text}: write COLUMN=VALUE.")
        ds.rows(name, **{column: value})  # refuses a column that the table does not have
        rows = [row for row in rows if _written(row[column]) == value]
    columns = [c for c in TABLES[name].column_names if c in TABLES[name].key or c in TELLING]
    if "layer" not in columns:
        columns.append("layer")
    _show_rows(shared, ds, f"data table {name}", rows, columns, f"didymium data table {name} --csv")


def _written(value: Any) -> str:
    """A value as it is typed after `--where column=`; unknown is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:g}" if isinstance(value, float) else str(value)


@data.command()
@click.option("--importers", is_flag=True, help="The publications that can be imported, with their licences.")
@shared_options
def sources(shared: Shared, importers: bool) -> None:
    """List the sources with producer, title and terms."""
    ds = _opened(shared)
    if importers:
        from didymium.cli.importing import importer_rows

        shown = ("importer", "title", "licence", "redistributable")
        then = "didymium data import usgs-mcs-2026 PATH --into FOLDER"
        _show_rows(shared, ds, "data sources", importer_rows(), shown, then)
        return
    columns = ("source_id", "producer", "title", "licence")
    _show_rows(shared, ds, "data sources", ds.rows("sources"), columns, "didymium data table sources --csv")


for _question in ("data reconcile", "data value-of-information"):
    data.add_command(command_of(QUESTIONS[_question]))
for _command in (template, export, sql, redact, import_file, diff, trade):
    data.add_command(_command)
