"""Recycled tonnes beside projects that would separate the same oxides from ore, and the recyclers of the register."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.results import Row
from didymium.studies.gap_supply import Supply, addition_rows
from didymium.studies.scrap_figures import ELEMENTS, LEVERS, Figures

Floats = NDArray[np.float64]
SHOWN = (2030, 2035)
OXIDES = ("ndpr_oxide", "dy_oxide", "tb_oxide")
RECYCLER = "recycling"
USD_A_MILLION = 1e6


def rows(
    ds: Dataset, supply: Supply, known: Figures, parties: Sequence[str], back: Mapping[tuple[str, str, str], Floats]
) -> list[Row]:
    """Scrap of each party under each lever, then recyclers, then primary projects [t of oxide]."""
    return [*_scrap(known, parties, back), *_projects(ds, supply)]


def _scrap(known: Figures, parties: Sequence[str], back: Mapping[tuple[str, str, str], Floats]) -> Iterator[Row]:
    at = [known.years.index(year) for year in SHOWN]
    for party in parties:
        for lever in ("", *LEVERS):
            for oxide in OXIDES:
                parts = [e for e in ELEMENTS if known.oxides[e].product == oxide]
                inside = sum(known.oxides[e].element_share for e in parts)
                tonnes = np.sum([back[party, e, lever] for e in parts], axis=0)[:, at] / inside
                low, high = np.quantile(tonnes[1:], [0.1, 0.9], axis=0)
                yield {
                    "kind": "old_scrap",
                    "party": party,
                    "lever": lever or "none",
                    "project_id": None,
                    "name": None,
                    "product": oxide,
                    "status": None,
                    "capacity": None,
                    "capacity_unit": None,
                    **{f"expected_t_{y}": float(tonnes[0, i]) for i, y in enumerate(SHOWN)},
                    **{f"expected_t_{y}_p10": float(low[i]) for i, y in enumerate(SHOWN)},
                    **{f"expected_t_{y}_p90": float(high[i]) for i, y in enumerate(SHOWN)},
                    "expected_status": "modelled",
                    "capex_usd_m": None,
                    "capex_usd_per_t_per_y": None,
                    "capex_status": "unknown",
                    "source_ids": list(known.source_ids),
                }


def _projects(ds: Dataset, supply: Supply) -> Iterator[Row]:
    """Projects at the oxide stage with what they are expected to make, and recyclers of magnets whatever they make."""
    register: dict[str, list[dict[str, Any]]] = {}
    for row in ds.rows("projects"):
        register.setdefault(row["project_id"], []).append(row)
    magnets = {r["product"] for r in ds.rows("products", family="ree")}
    recyclers = {
        i
        for i, of in register.items()
        if any(RECYCLER in (r["stage_as_given"], r["stage"]) and r["product"] in magnets for r in of)
    }
    made: dict[tuple[str, str], dict[int, Row]] = {}
    for r in addition_rows(supply):
        if r["stage"] == "separated" and r["product"] in OXIDES:
            made.setdefault((str(r["project_id"]), str(r["product"])), {})[int(str(r["year"]))] = r
    size = {
        key: sum(a.capacity for a in supply.additions if (a.project_id, a.product, a.stage) == (*key, "separated"))
        for key in made
    }
    for (project_id, oxide), by_year in sorted(made.items()):
        kind = "recycler" if project_id in recyclers else "primary_project"
        whole = sum(tonnes for (i, _), tonnes in size.items() if i == project_id)
        line = _line(register[project_id], kind, by_year, whole)
        yield {**line, "product": oxide, "capacity": size[project_id, oxide], "capacity_unit": "t oxide/y"}
    for project_id in sorted(recyclers - {i for i, _ in made}):
        yield _line(register[project_id], "recycler", {}, 0.0)


def _line(of: Sequence[dict[str, Any]], kind: str, by_year: Mapping[int, Row], size: float) -> Row:
    head = of[0]
    capex = [float(r["capex_usd_m"]) for r in of if r["capex_usd_m"] is not None]
    per = max(capex) * USD_A_MILLION / size if capex and size > 0 else None
    return {
        "kind": kind,
        "party": head["country"],
        "lever": None,
        "project_id": head["project_id"],
        "name": head["name"],
        "product": head["product"],
        "status": head["status"],
        "capacity": None if head["capacity"] is None else float(head["capacity"]),
        "capacity_unit": head["capacity_unit"],
        **{f"expected_t_{y}": by_year[y]["expected_t"] if by_year else None for y in SHOWN},
        **{f"expected_t_{y}_p10": by_year[y]["expected_t_p10"] if by_year else None for y in SHOWN},
        **{f"expected_t_{y}_p90": by_year[y]["expected_t_p90"] if by_year else None for y in SHOWN},
        "expected_status": "modelled" if by_year else "not_in_oxide",
        "capex_usd_m": max(capex) if capex else None,
        "capex_usd_per_t_per_y": per,
        "capex_status": "reported" if capex else "unknown",
        "source_ids": sorted({r["source_id"] for r in of}),
    }
