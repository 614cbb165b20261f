"""How a figure becomes an observation: moved to the year, brought to the model's basis, with an error of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from didymium.data.evidence import basis_kind
from didymium.scenario.chain import Tables, assumption
from didymium.scenario.inputs import Chain, Observation

Row = dict[str, Any]
Sigma = Callable[[Mapping[str, Any]], float]
Growth = Callable[[int, int], float]
Terms = tuple[tuple[str, int, float], ...]


@dataclass(frozen=True, slots=True)
class Index:
    """Where each activity, arc and use of a chain stands."""

    activity: Mapping[tuple[str, str], int]
    arc: Mapping[tuple[str, str, str], int]
    use: Mapping[tuple[str, str, str], int]

    @classmethod
    def of(cls, chain: Chain) -> Index:
        """Number the members of a chain."""
        return cls(
            {a: i for i, a in enumerate(chain.activities)},
            {e: i for i, e in enumerate(chain.arcs)},
            {u: i for i, u in enumerate(chain.uses)},
        )


def demand_growth(ds: Tables, scenario: str = "STEPS") -> Callable[[int, int], float]:
    """World demand for magnet rare earths in one year over another: IEA base year and outlook, geometric between."""
    points = {2024: 0.0}
    for row in ds.rows("demand", product="ree_magnet", country="WLD", sector="total", year=2024):
        points[2024] = float(row["quantity"])
    for row in ds.rows("demand_outlook", product="ree_magnet", country="WLD", sector="total", scenario=scenario):
        points[int(row["year"])] = float(row["quantity"])
    years = sorted(points)

    def level(year: int) -> float:
        first, last = years[0], years[-1]
        if year >= last:
            return points[last]
        later = next((y for y in years[1:] if y >= year), years[1])
        earlier = max((y for y in years if y < later), default=first)
        rate = (points[later] / points[earlier]) ** (1 / (later - earlier))
        return points[earlier] * float(rate ** (year - earlier))

    return lambda to, since: level(to) / level(since)


def outlook_scenarios(ds: Tables, product: str) -> list[str]:
    """Names of the outlooks of a product's world use."""
    rows = ds.rows("demand_outlook", product=product, country="WLD", sector="total")
    return sorted({row["scenario"] for row in rows})


def drawn_growth(outlook: Callable[[str], Growth], rivals: Iterable[str], position: float) -> Growth:
    """Growth between the outlooks: 0 the lowest of them in each year, ½ STEPS, 1 the highest, geometric between."""
    central = outlook("STEPS")
    if position == 0.5:
        return central
    others = [outlook(name) for name in rivals]

    def drawn(to: int, since: int) -> float:
        logs = [float(np.log(one(to, since))) for one in (central, *others)]
        return float(np.exp(np.interp(position, [0.0, 0.5, 1.0], [min(logs), logs[0], max(logs)])))

    return drawn


def sigma_of(ds: Tables) -> Sigma:
    """Relative standard error of a row, by its confidence and by how its figure came about."""
    grade = {(r["confidence"], r["basis_kind"]): float(r["sigma_share"]) for r in ds.rows("confidence_grades")}
    return lambda row: grade[row["confidence"], basis_kind(row)]


def heavy_share(ds: Tables) -> tuple[float, float]:
    """Share of the heavy grade in the world's magnets, and how far one country or flow may lie from it."""
    share = sum(float(r["share_of_world"]) * float(r["heavy_grade_share"]) for r in ds.rows("magnet_sectors"))
    return share, assumption(ds, "grade_split_sigma_share")


@dataclass(frozen=True, slots=True)
class Desk:
    """What every reading of figures needs: the data, the chain, the year, the errors and the growth of demand."""

    ds: Tables
    chain: Chain
    index: Index
    year: int
    sigma: Sigma
    growth: Growth
    uncut: bool = False  # read no trade of a year in which the exporter held it back

    @classmethod
    def of(cls, ds: Tables, chain: Chain, year: int, *, uncut: bool = False) -> Desk:
        """Set up for one chain and year."""
        return cls(ds, chain, Index.of(chain), year, sigma_of(ds), demand_growth(ds), uncut)

    def latest(self, rows: Iterable[Row], key: Callable[[Row], Any]) -> list[Row]:
        """For each key the row of the year, else the nearest earlier one."""
        best: dict[Any, Row] = {}
        for row in rows:
            if row["year"] <= self.year and row["quantity"] is not None:
                k = key(row)
                if k not in best or row["year"] > best[k]["year"]:
                    best[k] = row
        return list(best.values())

    def observe(
        self,
        kind: str,
        row: Row,
        terms: Terms,
        *,
        product: str = "",
        stage: str = "",
        place: str = "",
        partner: str = "",
        factor: float = 1.0,
        least: float = 0.0,
        least_t: float = 1.0,
        note: str = "",
    ) -> Observation:
        """One observation from one row: moved to the year if older, its error from the row's evidence.

        `factor` brings the row to the model's basis; `least` [share] and `least_t` [t] are floors of the error.
        """
        moved = row["year"] != self.year
        value = float(row["quantity"]) * factor * (self.growth(self.year, row["year"]) if moved else 1.0)
        width = max(self.sigma(row), least) * (assumption(self.ds, "moved_figure_widening") if moved else 1.0)
        told = "; ".join(t for t in (note, f"moved from {row['year']} with world demand" if moved else "") if t)
        return Observation(
            kind=kind,
            product=product or row["product"],
            stage=stage or str(row.get("stage") or ""),
            place=place or str(row.get("country") or row.get("exporter") or ""),
            partner=partner,
            year=self.year,
            value=value,
            sigma=max(width * abs(value), least_t),
            confidence=row["confidence"],
            terms=terms,
            row_ids=tuple(part["row_id"] for part in row.get("parts", [row])),
            source_ids=tuple(dict.fromkeys(part["source_id"] for part in row.get("parts", [row]))),
            note=told,
        )


def members_of(place: str, chain: Chain, listed: set[str], regions: Iterable[str]) -> list[str]:
    """Regions that a place in a source stands for: itself, a group, or all that the source does not list."""
    present = list(dict.fromkeys(regions))
    if place == "WLD":
        return present
    if place == "EU27":
        return [r for r in present if r in eu_regions(chain)]
    if place == "ROW":
        covered = set(listed) - {"ROW"} | (eu_regions(chain) if "EU27" in listed else set())
        return [r for r in present if r not in covered]
    return [r for r in present if r == chain.region_of.get(place)]


def eu_regions(chain: Chain) -> set[str]:
    """Regions inside the European Union."""
    return {region for place, region in chain.region_of.items() if place in chain.groups["EU27"]}
