"""Recycled tonnes beside projects that would win the same product from ore, and the recyclers of the register."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.model.ledger import Addition, rising
from didymium.results import Row
from didymium.scenario.chain import project_steps
from didymium.scenario.family_plants import content_of
from didymium.studies.gap_supply import Supply, addition_rows, chances
from didymium.studies.scrap_material import MAGNETS, Material
from didymium.studies.scrap_stream import PULLS

Floats = NDArray[np.float64]
SHOWN = (2030, 2035)
OXIDES = ("ndpr_oxide", "dy_oxide", "tb_oxide")
RECYCLER = "recycling"
RECYCLED = "recycled"
COUNTED = ("mine", "intermediate", "refined", "separated", "anode", RECYCLED)
USD_A_MILLION = 1e6


def scrap_rows(known: Sequence[Material], places: Mapping[str, Sequence[str]]) -> Iterator[Row]:
    """What returns from goods out of use under each lever, and from new scrap, in the product that projects make."""
    sold = dict.fromkeys((m.family, m.sold_as) for m in known)
    for party, members in places.items():
        for family, product in sold:
            parts = [m for m in known if (m.family, m.sold_as) == (family, product)]
            at = [parts[0].years.index(year) for year in SHOWN]
            inside = sum(m.content for m in parts)
            for lever in ("", *(name for name in PULLS if name)):
                lines = [m.whole(members, lever) for m in parts]
                told = [line.recovered for line in lines if line is not None]
                if len(told) == len(parts):
                    tonnes = np.sum(told, axis=0)[:, at] / inside
                    yield _scrap(family, "old_scrap", party, lever or "none", product, tonnes)
            fresh = [m.at(m.new_recovered, members) for m in parts]
            waste = [one for one in fresh if one is not None]
            if family != MAGNETS and len(waste) == len(parts):
                yield _scrap(family, "new_scrap", party, "none", product, np.sum(waste, axis=0)[:, at] / inside)


def _scrap(family: str, kind: str, party: str, lever: str, product: str, tonnes: Floats) -> Row:
    low, high = np.quantile(tonnes[1:], [0.1, 0.9], axis=0)
    return {
        "family": family,
        "kind": kind,
        "party": party,
        "lever": lever,
        "project_id": None,
        "name": None,
        "product": product,
        "stage": None,
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
        "source_ids": [],
    }


def other_projects(ds: Dataset, family: str, sold_as: Mapping[str, str], draws: int, seed: int) -> Iterator[Row]:
    """Projects and recyclers of the register whose product is one of the family's elements [t of the element].

    A capacity that is not told, or told in a unit without a known content, has no expected tonnes. What runs already is
    left out, as in the gap ledger; mines and refiners of one metal are both listed and are not to be added up.
    """
    element = {r["product"]: r["element"] for r in ds.rows("products") if r["element"]}
    mine = [
        r
        for r in project_steps(ds)
        if sold_as.get(element.get(r["product"], "")) and r["stage"] in COUNTED and r["status"] != "operating"
    ]
    sized = [(r, _content(ds, r)) for r in mine]
    found = tuple(
        Addition(r["project_id"], r["stage"], r["product"], r["country"], size, r["status"], float(r["start_year"]))
        for r, size in sized
        if size and r["start_year"]
    )
    told = rising(found, np.array(SHOWN, dtype=np.float64), chances(ds), draws, seed) if found else np.zeros((0, 1, 1))
    whole: dict[str, float] = {}
    for a in found:
        whole[a.project_id] = whole.get(a.project_id, 0.0) + a.capacity
    tonnes: dict[tuple[str, str, str], Floats] = {}
    for a, made in zip(found, told, strict=True):
        key = (a.project_id, a.stage, a.product)
        tonnes[key] = tonnes.get(key, np.zeros_like(made)) + made
    for key in dict.fromkeys((r["project_id"], r["stage"], r["product"]) for r in mine):
        of = [r for r in mine if (r["project_id"], r["stage"], r["product"]) == key]
        made = tonnes.get(key)
        kind = "recycler" if key[1] == RECYCLED else "primary_project"
        by_year = {} if made is None else {y: _expected(made[:, i]) for i, y in enumerate(SHOWN)}
        products = {a.product for a in found if a.project_id == key[0]}
        line = _line(of, kind, by_year, whole.get(key[0], 0.0) if len(products) == 1 else 0.0)
        capacity = [float(r["capacity"]) for r in of if r["capacity"] is not None]
        yield {
            **line,
            "family": family,
            "product": sold_as[element[key[2]]],
            "stage": key[1],
            "capacity": sum(capacity) if capacity else None,
            "expected_status": "modelled" if by_year else "not_in_element",
        }


def _expected(values: Floats) -> Row:
    low, high = np.quantile(values[1:], [0.1, 0.9])
    return {"expected_t": float(values[0]), "expected_t_p10": float(low), "expected_t_p90": float(high)}


def _content(ds: Dataset, row: Mapping[str, Any]) -> float | None:
    """Capacity in tonnes of the element a year; None where it is not told, or the content is not known."""
    if row["capacity"] is None:
        return None
    unit = ds.rows("units", unit=row["capacity_unit"])[0]
    known = content_of(ds, str(row["capacity_unit"]))
    if known is not None:
        return float(row["capacity"]) * known
    content = ds.rows("recipes", process_id=f"content_{row['product']}", flow_role="parameter")
    if content:
        return float(row["capacity"]) * float(content[0]["quantity"])
    own = unit["unit"] == "t/y" or (unit["mass_basis"] == "element" and unit["element"])
    return float(row["capacity"]) if own else None


def magnet_projects(ds: Dataset, supply: Supply) -> Iterator[Row]:
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


def _line(of: Sequence[Mapping[str, Any]], kind: str, by_year: Mapping[int, Row], size: float) -> Row:
    head = of[0]
    capex = [float(r["capex_usd_m"]) for r in of if r["capex_usd_m"] is not None]
    per = max(capex) * USD_A_MILLION / size if capex and size > 0 else None
    return {
        "family": MAGNETS,
        "kind": kind,
        "party": head["country"],
        "lever": None,
        "project_id": head["project_id"],
        "name": head["name"],
        "product": head["product"],
        "stage": head["stage"],
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
