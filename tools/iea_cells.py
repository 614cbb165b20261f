"""Cells of the IEA's data explorer: totals of supply and demand, and shares of producers and of clean technologies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.printed_cells import Printed, Row, around, cell, name, percentage, six_digits

SOURCE = "iea-cm-dataset-2025"
PUBLISHER = "IEA"


def _named(countries: Mapping[str, Any], year: str) -> dict[str, Printed]:
    """Countries with a figure in a year; the file keeps remarks and an empty heading among them."""
    held = {country: value.get(year) for country, value in countries.items() if not country.startswith("Notes")}
    return {country: Printed(float(value)) for country, value in held.items() if value is not None}


def largest_shares(explorer: Mapping[str, Any]) -> Iterator[Row]:
    """Share of the three largest producers, from the explorer's own country rows."""
    for mineral, stages in explorer["supply"].items():
        for stage, held in stages.items():
            for year, share in held["top3Share"].items():
                of_year = _named(held["countries"], year)
                text = f"{100 * share:.1f}"
                yield cell(
                    name("iea-top3", mineral, stage, year),
                    PUBLISHER,
                    f"{mineral}, {stage}",
                    "share of the three largest [%]",
                    "WLD",
                    year,
                    text,
                    percentage(text),
                    "top_share",
                    {
                        "named": [value for country, value in of_year.items() if country != "Rest of world"],
                        "count": [Printed(3.0)],
                        "whole": [Printed(float(held["total"][year]))],
                    },
                    SOURCE,
                    f"supply, {mineral}, {stage}, top 3 share, {year}",
                )


def supply_totals(explorer: Mapping[str, Any]) -> Iterator[Row]:
    """Totals of mining and refining against the sum of all countries and the rest of the world."""
    for mineral, stages in explorer["supply"].items():
        for stage, held in stages.items():
            for year, total in held["total"].items():
                said = six_digits(float(total))
                yield cell(
                    name("iea-supply", mineral, stage, year),
                    PUBLISHER,
                    f"{mineral}, {stage}",
                    "world total [kt]",
                    "WLD",
                    year,
                    f"{said.value:.6g}",
                    around(said),
                    "sum",
                    {"parts": [six_digits(one.value) for one in _named(held["countries"], year).values() if one.value]},
                    SOURCE,
                    f"supply, {mineral}, {stage}, total, {year}",
                )


def _by_case(block: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Figures by scenario and year; the first year stands in no scenario."""
    found: dict[tuple[str, str], float] = {}
    for key, value in block.items():
        if isinstance(value, Mapping):
            found.update({(key, year): float(one) for year, one in value.items() if one is not None})
        elif value is not None:
            found["observed", key] = float(value)
    return found


def demands(explorer: Mapping[str, Any]) -> Iterator[Row]:
    """Demand in all scenarios and years: clean technologies as the sum of theirs, the total, and their share of it."""
    for mineral, held in explorer["totalDemand"].items():
        sectors = [_by_case(block) for block in held["sectors"].values()]
        clean, other, whole, share = (
            _by_case(held[key]) for key in ("totalClean", "otherUses", "totalDemand", "cleanShare")
        )
        for case, year in whole:
            key = (case, year)
            parts = [six_digits(one[key]) for one in sectors if one.get(key)]
            total, of_clean = six_digits(whole[key]), six_digits(clean[key])
            text = f"{100 * share[key]:.1f}"
            for kind, measure, shown, limits, formula, figures in (
                ("clean", "demand of clean technologies [kt]", f"{of_clean.value:.6g}", around(of_clean), "sum", parts),
                (
                    "demand",
                    "total demand [kt]",
                    f"{total.value:.6g}",
                    around(total),
                    "sum",
                    [of_clean, six_digits(other[key])],
                ),
                ("clean-share", "share of clean technologies in demand [%]", text, percentage(text), "share", []),
            ):
                yield cell(
                    name("iea", kind, mineral, case, year),
                    PUBLISHER,
                    f"{mineral}, {case}",
                    measure,
                    "WLD",
                    year,
                    shown,
                    limits,
                    formula,
                    {"parts": figures} if figures else {"part": [of_clean], "whole": [total]},
                    SOURCE,
                    f"total demand, {mineral}, {case}, {year}",
                )
