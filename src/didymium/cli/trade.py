"""`didymium data trade`: bilateral trade of bulk sources, by customs code, from the trade store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didymium.cli.options import Shared, shared_options
from didymium.questions.params import Codes, Years

if TYPE_CHECKING:
    from didymium.data.trade_store import TradeRows, YearKept


def trade_folder(shared: Shared) -> Path:
    """The folder of the trade store, beside the runs."""
    return shared.runs.parent / "trade"


@click.command()
@click.argument("code", required=False, type=Codes())
@click.option("--years", type=Years(), metavar="YEARS", help="Years such as 2019-2023. Default: all that are kept.")
@click.option("--from", "exporters", type=Codes(upper=True), metavar="ISO3,…", help="Only from these places.")
@click.option("--to", "importers", type=Codes(upper=True), metavar="ISO3,…", help="Only to these places.")
@click.option(
    "--by",
    type=click.Choice(["flow", "exporter", "importer", "year"]),
    default="flow",
    help="Sum by a side or by year.",
)
@click.option("--edition", metavar="ID", help="Edition of the store. Default: the latest release that has the years.")
@click.option(
    "--as-layer",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write a layer: rows of table trade for all codes that terms_hs reads.",
)
@click.option(
    "--agreement", is_flag=True, help="Compare the shipped rows of table trade with the store, by product and year."
)
@shared_options
def trade(
    shared: Shared,
    code: list[str] | None,
    years: list[int] | None,
    exporters: list[str] | None,
    importers: list[str] | None,
    by: str,
    edition: str | None,
    as_layer: Path | None,
    agreement: bool,
) -> None:
    """Show trade by customs CODE of two, four or six digits, with commas between several; without CODE, what is kept.

    Years are kept by: didymium data import baci FOLDER
    """
    from didymium.data.trade_store import TradeStore

    store = TradeStore(trade_folder(shared))
    if as_layer is not None or agreement:
        if code:
            raise click.UsageError("Leave CODE out: a layer and an agreement take all codes that terms_hs reads.")
        chosen = store.edition(edition, years or ())
        span = years or [entry.year for entry in store.kept() if entry.edition == chosen.id]
        if as_layer is not None:
            _write_layer(shared, store, span, chosen.id, as_layer)
        else:
            _show_agreement(shared, store, span, chosen.id)
        return
    if not code:
        _show_kept(shared, store.kept())
        return
    from didymium.data.trade_layer import place_words
    from didymium.questions import answering

    chosen = store.edition(edition, years or ())
    ds = answering.dataset(shared.layers)
    sides = [
        [word for place in places or () for word in place_words(ds, store, chosen, place)]
        for places in (exporters, importers)
    ]
    found = store.flows(code, years=years or (), exporter=sides[0], importer=sides[1], edition=chosen.id)
    rows = found.rows() if by == "flow" else _summed(found, by)
    _show(shared, rows, f"data trade {','.join(code)}", chosen.id, "didymium data trade --as-layer my-trade")


def _summed(found: TradeRows, by: str) -> list[dict[str, Any]]:
    """Sums, largest value first; `quantity_unknown_share` is the share of the value that has no quantity."""
    sums: dict[Any, list[float]] = {}
    for row in found.rows():
        entry = sums.setdefault(row[by], [0.0, 0.0, 0.0])
        entry[0] += row["value_kusd"]
        entry[1] += row["quantity_t"] or 0.0
        entry[2] += row["value_kusd"] if row["quantity_t"] is None else 0.0
    order = sorted(sums.items(), key=lambda item: (-item[1][0], item[0]) if by != "year" else (item[0], ""))
    return [
        {by: key, "value_kusd": value, "quantity_t": tonnes, "quantity_unknown_share": blank / value if value else 0.0}
        for key, (value, tonnes, blank) in order
    ]


def _show(shared: Shared, rows: list[dict[str, Any]], command: str, edition: str, then: str) -> None:
    from didymium.cli.output import limited, show_table, write
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator

    if shared.form is not None:
        write(shared, whole={"command": command, "edition": edition, "rows": rows}, rows=rows)
        return
    t = translator(shared.lang)
    shown = limited(rows, shared)
    notes = [t("Edition {edition}. Values are as the source reconciled them, free on board.", edition=edition)]
    if len(shown) < len(rows):
        notes.insert(0, t("Shown: {n} of {all} rows. All: --rows 0, --csv or --json", n=len(shown), all=len(rows)))
    table = sheet(shown, list(rows[0]), t, raw=True) if rows else None
    show_table(table, shared, notes=notes, then=then)


def _show_kept(shared: Shared, kept: list[YearKept]) -> None:
    from dataclasses import asdict

    from didymium.cli.output import show_table, write
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator

    rows = [{name: value for name, value in asdict(entry).items() if name != "is_new"} for entry in kept]
    if shared.form is not None:
        write(shared, whole={"command": "data trade", "rows": rows}, rows=rows)
        return
    t = translator(shared.lang)
    columns = ("edition", "year", "rows", "value_kusd", "quantity_t", "quantity_unknown", "raw_file")
    then = "didymium data trade 284690 --by exporter" if rows else "didymium data import baci FOLDER"
    show_table(sheet(rows, columns, t, raw=True) if rows else None, shared, then=then)


def _write_layer(shared: Shared, store: Any, years: list[int], edition: str, folder: Path) -> None:
    from didymium.cli.output import into_place
    from didymium.data.trade_layer import layer_files, trade_layer
    from didymium.i18n import translator
    from didymium.questions import answering

    t = translator(shared.lang)
    layer = trade_layer(answering.dataset(shared.layers), store, years, edition=edition)
    into_place({folder / name: body for name, body in layer_files(layer).items()}, folder=folder)
    if shared.form is not None:
        return
    for gap in layer.open_years:
        line = t(
            "Rule {rule} reads {code} from {exporter} to {importer} as {product} in {first}-{last};"
            " {years} stay as declared.",
            rule=gap.rule_id,
            code=gap.hs6_code,
            exporter=gap.exporter,
            importer=gap.importer,
            product=gap.product,
            first=gap.first,
            last=gap.last,
            years=", ".join(str(year) for year in gap.years),
        )
        click.echo(t("Note: {text}", text=line), err=True)
    if layer.own_flows:
        click.echo(t("Left out: {n} flows of a place with itself.", n=layer.own_flows), err=True)
    click.echo(
        t("{n} rows of {edition} in {folder}.", n=len(layer.tables["trade"]), edition=edition, folder=str(folder))
    )
    if not shared.quiet:
        click.echo(t("Next: {command}", command=f"didymium exposure --layer {folder}"))


def _show_agreement(shared: Shared, store: Any, years: list[int], edition: str) -> None:
    from dataclasses import asdict

    from didymium.data.trade_layer import agreement
    from didymium.questions import answering

    rows = [asdict(entry) for entry in agreement(answering.dataset(shared.layers), store, years, edition=edition)]
    _show(shared, rows, "data trade --agreement", edition, "didymium data table trade")


def keep_baci(shared: Shared, path: Path, into: Path | None) -> None:
    """Keep the years of a BACI folder or file in the trade store; with `into`, write the layer of these years too."""
    from dataclasses import asdict

    from didymium.cli.output import write
    from didymium.cli.progress import progress_bar
    from didymium.data.trade_store import TradeStore, keep, kept_year
    from didymium.i18n import translator
    from didymium.sources.baci import named, read_edition, read_year, scanned, years_in

    t = translator(shared.lang)
    folder = trade_folder(shared)
    kept = []
    for file in years_in(path):
        edition = read_edition(file)
        before = kept_year(folder / edition.id, named(file).year)
        if before is not None and before.raw_sha256 == scanned(file).raw.sha256:
            kept.append(before)
            line = t("{file}: kept already, nothing changes.", file=file.name)
        else:
            with progress_bar(file.name, quiet=shared.quiet) as progress:
                entry = keep(folder, read_year(file, edition, progress=progress))
            kept.append(entry)
            line = t(
                "{file}: {rows} flows, {value} thousand USD, {unknown} without quantity.",
                file=file.name,
                rows=f"{entry.rows:,}",
                value=f"{entry.value_kusd:,.0f}",
                unknown=f"{entry.quantity_unknown:,}",
            )
        if shared.form is None:
            click.echo(line)
    rows = [asdict(entry) for entry in kept]
    if shared.form is not None:
        write(shared, whole={"command": "data import", "importer": "baci", "rows": rows}, rows=rows)
    if into is not None:
        editions = {entry.edition for entry in kept}
        if len(editions) > 1:
            raise click.UsageError(f"--into takes one edition, not {', '.join(sorted(editions))}.")
        _write_layer(shared, TradeStore(folder), [entry.year for entry in kept], kept[0].edition, into)
    elif shared.form is None and not shared.quiet:
        click.echo(t("Next: {command}", command="didymium data trade"))
