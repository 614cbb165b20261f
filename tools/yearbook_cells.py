"""Cells of the USGS yearbook of rare earths for 2022: trade in compounds and metals (tables 4 to 7).

Every total of weight, value and oxide equivalent in both years is held against what it closes, and the oxide equivalent
of metals of one element against the element's share of its oxide in the recipes. Figures have three digits at most, as
the tables say.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from tools.commodity_rows import table
from tools.printed_cells import Printed, Row, around, cell, name

SOURCE = "usgs-myb2022-rare-earths"
TABLES = {"T4": "exports", "T5": "exports", "T6": "imports", "T7": "imports"}
COLUMNS = {4: ("weight", 2021), 6: ("value", 2021), 8: ("weight", 2022), 10: ("value", 2022)}
"""Where the figures stand, counted from 0."""
UNITS = {"weight": "kg", "value": "USD", "oxide": "kg of oxide"}
METALS = {"Lanthanum": "la_oxide", "Cerium": "ce_oxide", "Praseodymium": "pr_oxide", "Neodymium": "nd_oxide"}

Figures = dict[tuple[str, int], Printed]


@dataclass(slots=True)
class Sum:
    """A total that no other has closed yet: the headings it stands under, and its figures."""

    label: str
    headings: tuple[str, ...]
    figures: Figures = field(default_factory=dict)


def _printed(said: Any) -> Printed | None:
    """A figure of three digits at most; two dashes are zero."""
    if said == "--":
        return Printed(0.0)
    if not isinstance(said, int | float):
        return None
    text = f"{said:.10g}"
    return Printed(float(said), 0.5 * 10.0 ** (-len(text.partition(".")[2]) if "." in text else max(0, len(text) - 3)))


def _line(row: tuple[Any, ...], kinds: Mapping[str, str]) -> Figures:
    """The figures of a line, by what they count and year."""
    held = {(kinds[kind], year): _printed(row[k]) for k, (kind, year) in COLUMNS.items() if kind in kinds}
    return {key: said for key, said in held.items() if said is not None}


PLAIN, OXIDE = {"weight": "weight", "value": "value"}, {"weight": "oxide"}


def trade(path: Path) -> Iterator[Row]:
    """All totals of tables 4 to 7, and the oxide equivalents of metals of one element."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a print area that openpyxl cannot read
        book = load_workbook(path, data_only=True)
    for sheet, flow in TABLES.items():
        yield from _sheet(book[sheet].iter_rows(), sheet, flow)


def _sheet(lines: Any, sheet: str, flow: str) -> Iterator[Row]:
    headings: dict[int, str] = {}
    parts: list[Figures] = []
    sums: list[Sum] = []
    closed: list[Sum] = []
    for cells in lines:
        row = tuple(one.value for one in cells)
        if not isinstance(row[0], str) or (label := row[0].strip()).startswith(("TABLE", "r", "1", "Source")):
            continue
        depth = int(cells[0].alignment.indent)
        figures = _line(row, PLAIN)
        if label.endswith(":"):
            headings = {k: v for k, v in headings.items() if k < depth} | {depth: label.rstrip(":")}
            parts = []
        elif "equivalent content" in label:
            oxide = _line(row, OXIDE)
            subject = sums[-1]
            yield from _totals(sheet, flow, subject.label, oxide, [one.figures for one in closed])
            yield from _oxides(sheet, flow, subject, oxide)
            subject.figures |= oxide
        elif label.startswith(("Total", "Grand total")):
            group = label.partition(", ")[2]
            under = tuple(headings.values())
            if label == "Total":
                closed, made = [], Sum(", ".join(under), under, figures)
                yield from _totals(sheet, flow, made.label, figures, parts)
            else:
                closed = [one for one in sums if not group or group in (h.lower() for h in one.headings)]
                made = Sum(label, under[:1], figures)
                yield from _totals(sheet, flow, label, figures, [one.figures for one in closed])
            sums = [one for one in sums if one not in closed] + [made]
            parts = []
        elif figures:
            parts.append(figures)
            if "," in label and row[2]:  # a line of one country closes itself
                sums.append(Sum(label, tuple(headings.values()), figures))
                parts = []


def _totals(sheet: str, flow: str, label: str, figures: Figures, parts: list[Figures]) -> Iterator[Row]:
    """A total of each kind and year against the figures that it closes."""
    for (kind, year), said in figures.items():
        kept = [one[kind, year] for one in parts if (kind, year) in one]
        if not kept:
            continue
        yield _cell(
            sheet, flow, label, kind, year, said, "sum", {"parts": [one for one in kept if one.value] or [Printed(0.0)]}
        )


def _oxides(sheet: str, flow: str, subject: Sum, oxide: Figures) -> Iterator[Row]:
    """The oxide equivalent of a metal of one element: its weight over the element's share of its oxide."""
    product = next((METALS[e] for e in METALS if f"{e}, unalloyed" in subject.label), None)
    if product is None:
        return
    share = next(
        float(row["quantity"])
        for row in table("recipes")
        if row["product"] == product and row["process_id"].startswith("red_") and row["flow_role"] == "parameter"
    )
    for (_, year), said in oxide.items():
        metal = subject.figures["weight", year]
        if metal.value == 0.0:
            continue
        figures = {"metal": [metal], "share": [Printed(share)]}
        yield _cell(sheet, flow, subject.label, "oxide", year, said, "oxide_equivalent", figures)


def _cell(
    sheet: str,
    flow: str,
    label: str,
    kind: str,
    year: int,
    said: Printed,
    formula: str,
    figures: Mapping[str, list[Printed]],
) -> Row:
    return cell(
        name("usgs-yearbook", flow, sheet, label, kind, year),
        "USGS",
        label,
        f"{flow} of rare earths, {kind if kind != 'oxide' else 'oxide equivalent'} [{UNITS[kind]}]",
        "USA",
        year,
        f"{said.value:,.10g}",
        around(said),
        formula,
        figures,
        SOURCE,
        f"table {sheet[1:]}, {label}, {year}",
    )
