"""`didymium data template | export | sql | redact`: facts on their way in and out as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from didymium.cli.options import Shared, shared_options
from didymium.questions.params import Codes, Years


def _words(upper: bool = False) -> Codes:
    return Codes(upper)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--tables", type=_words(), metavar="NAME,…|all", help="Which tables. Default: those that users fill most."
)
@click.option("--filled", is_flag=True, help="Write the rows in use into it, to be edited.")
@click.option(
    "--visibility",
    type=click.Choice(["public", "partner", "confidential"]),
    default="confidential",
    show_default=True,
    help="Who may see what is filled in; stands on the sheet `layer`.",
)
@shared_options
def template(shared: Shared, file: Path, tables: list[str] | None, filled: bool, visibility: str) -> None:
    """Write an Excel workbook FILE to fill with your own rows and to give back with --layer.

    A sheet for each table with the meaning, unit and an example of each column, lists of the allowed words, limits on
    numbers, and a read-me in English and Japanese.
    """
    from didymium.cli import asking
    from didymium.cli.output import into_place
    from didymium.data.template import USUAL, template
    from didymium.i18n import translator
    from didymium.schema import TABLES

    if file.suffix.lower() != ".xlsx":
        raise click.UsageError(f"{file.name}: name the workbook .xlsx.")
    ds = asking.handed_on(shared)
    names = list(TABLES) if tables == ["all"] else tables or list(USUAL)
    body = template(ds.content, tables=names, filled=filled, visibility=visibility)
    into_place({file: body})
    t = translator(shared.lang)
    if not shared.quiet:
        click.echo(t("{file}: {n} tables.", file=str(file), n=t.count(len(names))))
        click.echo(t("Next: {command}", command=f"didymium data check {file}"))


@click.command()
@click.argument("query")
@shared_options
def sql(shared: Shared, query: str) -> None:
    """Answer one SELECT over all tables: didymium data sql "select country, quantity from production limit 3"

    Read only, in memory, for 30 seconds at most: no files, no network, no extensions, no other statement.
    """
    from didymium.cli import asking
    from didymium.cli.output import limited, show_table, write
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator

    ds = asking.opened(shared)
    frame = ds.sql(query)
    rows: list[dict[str, Any]] = [
        {str(k): None if v != v else v for k, v in row.items()} for row in frame.to_dict("records")
    ]
    if shared.form is not None:
        write(shared, whole={"command": "data sql", "dataset": ds.describe(), "rows": rows}, rows=rows)
        return
    t = translator(shared.lang)
    shown = limited(rows, shared)
    notes = []
    if len(shown) < len(rows):
        notes.append(t("Shown: {n} of {all} rows. All: --rows 0, --csv or --json", n=len(shown), all=len(rows)))
    columns = [str(name) for name in frame.columns]
    show_table(sheet(shown, columns, t, raw=True) if rows else None, shared, notes=notes)


@click.command()
@click.option(
    "--package",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    required=True,
    help="A new or empty folder for datapackage.json and its tables.",
)
@click.option("--tables", type=_words(), metavar="NAME,…", help="Which tables. Default: those that hold amounts.")
@click.option("--product", "products", type=_words(), metavar="ID,…", help="Only rows of these products.")
@click.option("--place", "places", type=_words(upper=True), metavar="ISO,…", help="Only rows of these places.")
@click.option("--year", "years", type=Years(), metavar="YEARS", help="Only rows of these years.")
@shared_options
def export(
    shared: Shared,
    folder: Path,
    tables: list[str] | None,
    products: list[str] | None,
    places: list[str] | None,
    years: list[int] | None,
) -> None:
    """Write a selection of the facts as a Frictionless data package that stands by itself.

    With the rows chosen go all rows that they name: products, places, units, sources. The version is that of the data.
    """
    from didymium.cli import asking
    from didymium.cli.output import into_place, write
    from didymium.data.selection import chosen, closed, package
    from didymium.errors import BadInput
    from didymium.i18n import translator

    ds = asking.handed_on(shared)
    picked = chosen(ds, tables=tables or (), products=products or (), places=places or (), years=years or ())
    rows = closed(ds, picked)
    if folder.is_dir() and any(folder.iterdir()):
        raise BadInput("the folder is not empty.", where=str(folder), cure="Name a new folder.")
    files = package(ds, rows)
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    into_place({folder / name: body for name, body in files.items()})
    told: list[dict[str, Any]] = [
        {"table": name, "rows": len(part), "chosen": len(picked.get(name, ()))} for name, part in rows.items()
    ]
    if shared.form is not None:
        write(shared, whole={"command": "data export", "dataset": ds.describe(), "rows": told}, rows=told)
        return
    t = translator(shared.lang)
    _say_who(ds.describe(), t)
    for one in told:
        counts = {"n": t.count(one["rows"]), "chosen": t.count(one["chosen"])}
        click.echo(t("{table}: {n} rows, {chosen} of them chosen", table=one["table"], **counts))
    click.echo(str(folder / "datapackage.json"))


@click.command()
@shared_options
def redact(shared: Shared) -> None:
    """Show what others would see of the confidential layers: each figure as its class, and sums that give nothing away.

    A sum is shown only if three or more figures are in it, none of them dominates it, and it does not narrow any figure
    within its class, alone or together with the other sums.
    """
    from didymium.cli.output import limited, show_table, write
    from didymium.cli.sheet import sheet
    from didymium.data.disclosure import classes_of, sums_of
    from didymium.errors import NotFound
    from didymium.i18n import translator
    from didymium.questions import answering

    ds = answering.dataset(shared.layers)
    if not ds.visible("confidential"):
        raise NotFound("no layer is confidential.", where="data redact", cure="Name one with --layer.")
    rows, sums = classes_of(ds), sums_of(ds)
    twin = ds.redacted()
    if shared.form is not None:
        whole = {"command": "data redact", "dataset": twin.describe(), "rows": rows, "sums": sums}
        write(shared, whole=whole, rows=rows)
        return
    t = translator(shared.lang)
    _say_who(twin.describe(), t)
    for part in (rows, sums):
        shown = limited(part, shared)
        show_table(sheet(shown, list(part[0]), t, raw=True) if part else None, shared)


def _say_who(described: dict[str, Any], t: Any) -> None:
    from didymium.results import layer_notices

    for notice in layer_notices(described, t):
        click.echo(notice)
