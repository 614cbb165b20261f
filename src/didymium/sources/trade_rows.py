"""From figures of customs statistics to rows of table `trade`: the value and the mass of a flow in one row.

A customs office states value, net mass and numbers of pieces of one flow in several cells. Here they come together:
exporter, importer, product, code, period. Mass is the sum of what is stated in units of mass; what is only counted in
pieces has none.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from didymium.sources.figures import Figure, Origin

Row = dict[str, Any]
_CODE = re.compile(r"(HTS[0-9]+|HS[0-9]{2}) ([0-9]{2,10})")
_SPAN = re.compile(r"January to ([A-Z][a-z]{2})")
_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}


@dataclass(slots=True)
class _Flow:
    """What is known of one flow so far."""

    row: Mapping[str, Any]
    figure: Figure
    is_import: bool
    value: float | None = None
    mass: float | None = None
    mass_basis: str = "gross"
    bounded: bool = False
    estimated: bool = False
    locators: list[str] = field(default_factory=list)


def trade_rows(found: Iterable[tuple[Row, Figure]], origin: Origin) -> list[Row]:
    """Rows of `trade` from rows of `published` that speak of a flow; flows of nothing are left out."""
    flows: dict[tuple[Any, ...], _Flow] = {}
    for row, figure in found:
        code = _CODE.search(figure.series)
        if code is None or row["partner"] is None:
            continue
        key = (row["country"], row["partner"], row["product"], code[0], row["attribute"], _period(figure))
        flow = flows.setdefault(key, _Flow(row, figure, row["attribute"] == "imports"))
        amount = row["quantity"] if row["quantity"] is not None else row["quantity_low"]
        if amount is None:
            continue
        if row["unit"] == "USD":
            flow.value = (flow.value or 0.0) + amount
        else:
            flow.mass = (flow.mass or 0.0) + amount
            flow.mass_basis = row["mass_basis"]
            flow.bounded = flow.bounded or row["quantity"] is None
            flow.estimated = flow.estimated or row["value_status"] == "estimated"
        flow.locators.append(figure.locator)
    return [_row(flow, origin) for flow in flows.values() if flow.value or flow.mass]


def _period(figure: Figure) -> tuple[str, str]:
    """Period and its kind: a year, a month, or January to a month."""
    span = _SPAN.search(figure.series)
    if span is not None:
        return f"{figure.period}-01/{figure.period}-{_MONTHS[span[1]]:02d}", "part_year"
    return figure.period, "month" if "-" in figure.period else "year"


def _row(flow: _Flow, origin: Origin) -> Row:
    row, (period, kind) = flow.row, _period(flow.figure)
    code = _CODE.search(flow.figure.series)
    assert code is not None
    here, there = row["country"], row["partner"]
    mass = None if flow.mass is None else float(f"{flow.mass:.12g}")
    nothing = not flow.mass and bool(flow.value)
    basis = f"{origin.body} {'importer' if flow.is_import else 'exporter'} report"
    if nothing:
        basis += "; value without mass"
    if flow.bounded:
        basis += "; mass is a lower bound, suppressed in part"
    unsure = flow.bounded or flow.estimated
    return {
        "exporter": there if flow.is_import else here,
        "importer": here if flow.is_import else there,
        "product": row["product"],
        "hs_code": code[2],
        "hs_nomenclature": code[1],
        "year": row["year"],
        "period": period,
        "period_kind": kind,
        "flow_basis": "importer report" if flow.is_import else "exporter report",
        "series": origin.series,
        "quantity": None if nothing else mass,
        "unit": "t",
        "mass_basis": flow.mass_basis,
        "value_usd": None if flow.value is None else float(f"{flow.value:.12g}"),
        "is_total": "WLD" in (here, there),
        # Which claim is used is for the rules to say.
        "preferred": False,
        "value_status": "estimated" if unsure else "reported",
        "source_id": origin.source_id,
        "locator": flow.locators[0],
        "confidence": "medium" if unsure else "high",
        "basis": basis,
        "product_as_given": None,
        "rule_id": None,
    }
