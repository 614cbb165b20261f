"""A part of the dataset as a Frictionless data package that stands by itself: rows chosen, and every row they name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from didymium.data.dataset import Dataset, Row
from didymium.errors import NotFound, UnknownTerm
from didymium.schema import TABLES
from didymium.schema.describe import datapackage
from didymium.schema.writing import table_csv

PLACES = ("country", "exporter", "importer", "party", "supplier", "place", "parties")
PRODUCTS = ("product", "main_output", "substitute", "feed", "products")
YEARS = ("year",)
FACTS = (
    "production",
    "supply_outlook",
    "reserves",
    "demand",
    "demand_outlook",
    "trade",
    "prices",
    "stockpiles",
    "projects",
    "offtakes",
)
"""Tables of a selection for which none are named."""


def chosen(
    ds: Dataset,
    *,
    tables: Sequence[str] = (),
    products: Sequence[str] = (),
    places: Sequence[str] = (),
    years: Sequence[int] = (),
) -> dict[str, list[Row]]:
    """Rows of the tables that speak of the products, places and years; a table without such a column keeps all.

    Raises UnknownTerm for a word that no vocabulary holds, NotFound if nothing is left.
    """
    for kind, words, table in (("product", products, "products"), ("place", places, "places")):
        known = {str(row[kind]) for row in ds.rows(table)}
        for word in words:
            if word not in known:
                raise UnknownTerm(kind, word, known, cure=f"List them: didymium data table {table}")
    found = {}
    for name in tables or FACTS:
        rows = ds.rows(name)
        for columns, wanted in ((PRODUCTS, set(products)), (PLACES, set(places)), (YEARS, {str(y) for y in years})):
            mine = [column for column in columns if column in TABLES[name].column_names]
            if wanted and mine:
                rows = [row for row in rows if any(wanted & set(str(row[c] or "").split(";")) for c in mine)]
        if rows:
            found[name] = rows
    if not found:
        raise NotFound("no row fits the selection.", where="data export", cure="Name fewer products, places or years.")
    return found


def closed(ds: Dataset, found: Mapping[str, Iterable[Row]]) -> dict[str, list[Row]]:
    """The rows and, again and again, the rows of other tables that they name, so that no reference leads nowhere."""
    index: dict[tuple[str, str], dict[str, Row]] = {}
    kept: dict[str, dict[str, Row]] = {}
    todo = [(name, row) for name, rows in found.items() for row in rows]
    while todo:
        name, row = todo.pop()
        if row["row_id"] in kept.setdefault(name, {}):
            continue
        kept[name][row["row_id"]] = row
        for column in TABLES[name].columns:
            if not column.references or row[column.name] is None:
                continue
            table, _, key = column.references.partition(".")
            if (table, key) not in index:
                index[table, key] = {str(r[key]): r for r in ds.rows(table)}
            words = str(row[column.name]).split(";") if column.kind == "list" else [str(row[column.name])]
            todo += [(table, index[table, key][word]) for word in words if word in index[table, key]]
    return {name: [row for row in ds.rows(name) if row["row_id"] in kept[name]] for name in TABLES if name in kept}


def package(ds: Dataset, rows: Mapping[str, Sequence[Row]]) -> dict[str, bytes]:
    """The files of the package by their path in it: `datapackage.json` and a CSV for each table."""
    data = {name: table_csv(TABLES[name], part) for name, part in rows.items()}
    tables = {name: TABLES[name] for name in rows}
    files = {f"tables/{name}.csv": body for name, body in data.items()}
    return {"datapackage.json": datapackage(tables, data, ds.version).encode("utf-8"), **files}
