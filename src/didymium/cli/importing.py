"""`didymium data import` and `didymium data diff`: a publisher's file as a layer, and what differs between two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didymium.cli.options import Shared, shared_options

if TYPE_CHECKING:
    from didymium.sources.intake import Intake

SHIPPED = "shipped"
_PATH = click.Path(path_type=Path)


@click.command(name="import")
@click.argument("importer")
@click.argument("path", type=_PATH)
@click.option(
    "--into",
    type=_PATH,
    metavar="FOLDER",
    help="The folder of the layer to write; baci needs none: it keeps its years.",
)
@click.option(
    "--terms",
    "terms",
    type=_PATH,
    multiple=True,
    metavar="PATH",
    help="Your readings of new words: places.csv, marks.csv or the table of the publication, or a folder of them.",
)
@shared_options
def import_file(shared: Shared, importer: str, path: Path, into: Path | None, terms: tuple[Path, ...]) -> None:
    """Import the file at PATH of a publication that IMPORTER names, as a layer. See: didymium data sources --importers

    All figures stand in table published, edition by edition, withheld and censored ones as such; those that are
    numbers stand in the tables that the model reads too. A word, unit or mark that nobody has reviewed stops the
    import with the list of all of them. Importing twice changes nothing.

    baci takes a yearly file or the folder of them, and keeps the years in the store: see didymium data trade.
    """
    if importer == "baci":
        from didymium.cli.trade import keep_baci

        keep_baci(shared, path, into)
        return
    if into is None:
        raise click.UsageError("Name the folder of the layer with --into FOLDER.")
    from didymium.questions.answering import dataset
    from didymium.sources.folder import write_folder
    from didymium.sources.register import import_documents

    vocabulary = dataset(shared.layers).content
    intake, made = import_documents(importer, path, vocabulary, _files_of(terms))
    changed = write_folder(made, into, _sound)
    _tell(shared, intake, made, into, changed)


def _files_of(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(path.glob("*.csv")) if path.is_dir() else [path]
    return found


def _sound(folder: Path) -> None:
    """Refuse an import that the check of layers would refuse."""
    from didymium.data import check
    from didymium.errors import BadInput

    lines = [fault.line() for fault in check(folder) if fault.severity == "error"]
    if lines:
        raise BadInput(f"the import is not sound: {lines[0]}", cure="Report it.", faults=lines)


def _tell(shared: Shared, intake: Intake, made: Mapping[str, bytes], into: Path, changed: bool) -> None:
    from didymium.cli.output import show_table, write
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator

    origin = intake.origin
    rows = [{"table": name, "rows": len(of)} for name, of in sorted(intake.rows.items())]
    whole = {
        "command": "data import",
        "importer": origin.importer,
        "into": str(into),
        "changed": changed,
        "licence": origin.licence,
        "redistributable": origin.redistributable,
        "figures_in": intake.figures_in,
        "rows_out": len(intake.rows["published"]),
        "left_out": dict(intake.left_out),
        "corrections": dict(intake.corrections),
        "corrections_without_a_cell": list(intake.unmet),
        "rows": rows,
        "files": sorted(made),
    }
    if shared.form is not None:
        write(shared, whole=whole, rows=rows)
        return
    t = translator(shared.lang)
    left = sum(intake.left_out.values())
    notes = [
        t(
            "Figures in: {n}. Rows of table published: {out}. Left out: {left}.",
            n=intake.figures_in,
            out=len(intake.rows["published"]),
            left=left,
        )
    ]
    notes += [f"  {count} {reason}" for reason, count in intake.left_out.items()]
    if intake.corrections:
        cells = sum(intake.corrections.values())
        notes.append(t("Corrections: {n}, on {cells} cells.", n=len(intake.corrections), cells=cells))
    if intake.unmet:
        notes.append(t("Corrections that found no cell: {names}", names=", ".join(intake.unmet)))
    terms = {
        "yes": t("It may be passed on with this line: {text}", text=origin.attribution),
        "ask": t("Ask the publisher before you pass it on."),
        "no": t("It may not be passed on."),
    }
    notes.append(t("Licence: {text}.", text=origin.licence) + " " + terms[origin.redistributable])
    notes.append(
        t("Written to {path}.", path=str(into)) if changed else t("{path} holds this import already.", path=str(into))
    )
    show_table(
        sheet(rows, ("table", "rows"), t, raw=True), shared, notes=notes, then=f"didymium data diff shipped {into}"
    )


def importer_rows() -> list[dict[str, Any]]:
    """Every edition that can be imported, with its terms."""
    from didymium.sources import baci
    from didymium.sources.register import readers

    return [
        {
            "importer": origin.importer,
            "title": origin.title,
            "producer": origin.producer,
            "licence": origin.licence,
            "redistributable": origin.redistributable,
            "source_id": origin.source_id,
            "layout": origin.layout,
            "url": origin.url,
            "citation": origin.citation,
            "attribution": origin.attribution,
        }
        for origin in [*(origin for _, origin in readers().values()), baci.ORIGIN]
    ]


_BY = ("table", "product", "country", "attribute", "period", "change")


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--by", type=click.Choice(_BY), multiple=True, help="Count by this instead of listing. Repeatable.")
@click.option("--in", "tables", multiple=True, metavar="TABLE", help="Only this table. Repeatable.")
@click.option("--product", "products", multiple=True, metavar="ID", help="Only this product. Repeatable.")
@click.option("--country", "countries", multiple=True, metavar="CODE", help="Only this place. Repeatable.")
@click.option("--equal", "with_equal", is_flag=True, help="List facts that do not differ too.")
@shared_options
def diff(
    shared: Shared,
    a: str,
    b: str,
    by: tuple[str, ...],
    tables: tuple[str, ...],
    products: tuple[str, ...],
    countries: tuple[str, ...],
    with_equal: bool,
) -> None:
    """What is added, removed or changed from A to B: two editions, two layers, or `shipped` for the shipped facts.

    The same fact is found by product, place and period; the edition is what may differ. The largest relative change
    comes first. --by counts how far both agree, by product for example.
    """
    from didymium.cli.output import limited, show_table, write
    from didymium.cli.sheet import sheet
    from didymium.data.comparison import agreement, differences
    from didymium.errors import UnknownTerm
    from didymium.i18n import translator
    from didymium.schema import TABLES

    for name in tables:
        if name not in TABLES:
            raise UnknownTerm("table", name, TABLES, cure="List them: didymium data list")
    found = differences(_side(a), _side(b), tables or None)
    kept = []
    for one in found:
        row = one.as_dict()
        places = {row["country"], row["exporter"], row["importer"]}
        if (not products or row["product"] in products) and (not countries or places & set(countries)):
            kept.append(one)
    counts = agreement(kept, by or ("table", "product"))
    rows: list[dict[str, Any]] = (
        counts if by else [one.as_dict() for one in kept if with_equal or one.change != "equal"]
    )
    if shared.form is not None:
        write(shared, whole={"command": "data diff", "a": a, "b": b, "rows": rows, "agreement": counts}, rows=rows)
        return
    t = translator(shared.lang)
    columns = tuple(counts[0]) if by and counts else _SHOWN
    shown = limited(rows, shared)
    notes = []
    if len(shown) < len(rows):
        notes.append(t("Shown: {n} of {all} rows. All: --rows 0, --csv or --json", n=len(shown), all=len(rows)))
    total = {
        name: sum(row[name] for row in counts)
        for name in ("matched", "equal", "close", "different", "only_a", "only_b")
    }
    notes.append(
        t("Facts on both sides: {matched}; equal {equal}, within 0.1 % {close}, different {different}.", **total)
    )
    notes.append(
        t("Only in {name}: {n}.", name=a, n=total["only_a"])
        + " "
        + t("Only in {name}: {n}.", name=b, n=total["only_b"])
    )
    show_table(
        sheet(shown, columns, t, raw=True) if rows else None,
        shared,
        notes=notes,
        then=f"didymium data diff {a} {b} --by product",
    )


_SHOWN = ("table", "change", "attribute", "product", "stage", "country", "period", "unit", "a", "b", "change_share")


def _side(name: str) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Rows by table of the shipped facts, of an import, or of any layer."""
    from didymium.data.layer_files import read_layer
    from didymium.data.package import base_tables
    from didymium.errors import BadInput

    if name == SHIPPED:
        return {table: parsed.rows for table, parsed in base_tables().items()}
    layer = read_layer(Path(name))
    if layer.faults:
        lines = [fault.line() for fault in layer.faults]
        raise BadInput(lines[0], faults=lines)
    return {table: parsed.rows for table, parsed in layer.tables.items()}
