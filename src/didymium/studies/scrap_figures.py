"""What the scrap of magnets rests on: use by place, its history and lives, what is in a magnet, what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.model.scrap import stock
from didymium.scenario.chain import GRADES
from didymium.scenario.inputs import Chain
from didymium.scenario.uncertain import split_uniform
from didymium.studies.gap_supply import BASE_YEAR, OUTLOOK_SECTOR, Supply, sector_growth

Floats = NDArray[np.float64]
MAGNET = "ndfeb_magnet"
BLEND = "blend_ndpr_oxide"
BLENDED = {"Nd": "nd", "Pr": "pr"}  # sold as one oxide and metal, ndpr
SINGLE = {"Dy": "dy", "Tb": "tb"}
ELEMENTS = (*BLENDED, *SINGLE)
LEVERS = ("collection_up", "dismantling", "both")


@dataclass(frozen=True, slots=True)
class Oxide:
    """The oxide in which an element is sold, and the element in a tonne of it."""

    product: str
    element_share: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Arrays are (draw + 1, year) or (draw + 1, 1); draw 0 is the central case.

    `in_use` and `end_of_life` are for 1 t/y of use in the base year. `use` [t] is by place, sector and grade.
    """

    sectors: tuple[str, ...]
    years: tuple[int, ...]
    in_use: Mapping[str, Floats]
    end_of_life: Mapping[str, Floats]
    use: Mapping[tuple[str, str, str], Floats]
    content: Mapping[tuple[str, str], float]
    oxides: Mapping[str, Oxide]
    collection: Mapping[str, Floats]
    target: Mapping[str, Floats]
    recovery: Floats
    dismantled: Floats
    swarf_recovery: float
    waste_share: float
    heavy_share: float
    risen: Floats
    assumption_ids: tuple[str, ...]
    source_ids: tuple[str, ...]

    def made_content(self, element: str) -> float:
        """Element in a tonne of the world's mix of grades."""
        return (1 - self.heavy_share) * self.content["std", element] + self.heavy_share * self.content["ht", element]

    def rates(self, sector: str, lever: str = "") -> tuple[Floats, Floats]:
        """Collection and recovery in a sector, today's or under a lever that rises in a line to its full year."""
        now, back = self.collection[sector], self.recovery
        if lever in ("collection_up", "both"):
            now = now + self.risen * np.maximum(self.target[sector] - now, 0.0)
        if lever in ("dismantling", "both"):
            back = back + self.risen * np.maximum(self.dismantled - back, 0.0)
        return now, back


def figures(ds: Dataset, supply: Supply, outlook: str, seed: int) -> Figures:
    """Read the tables and draw lives, history, collection, yield and use."""
    rng = np.random.default_rng(seed + 2)
    years = tuple(int(y) for y in supply.years)
    lives = {(r["sector"], r["parameter"]): r for r in ds.rows("lifetimes", family="magnets")}
    sectors = tuple(dict.fromkeys(sector for sector, _ in lives))
    assumed = {r["assumption_id"]: r for r in ds.rows("assumptions")}
    used = {i: r for i, r in assumed.items() if "recycling" in r["used_by"]}

    def drawn(row: Mapping[str, Any]) -> Floats:
        spread = split_uniform(rng.random(supply.draws), float(row["low"]), float(row["value"]), float(row["high"]))
        return np.concatenate([[float(row["value"])], spread])[:, None]

    start = int(used["recycling_history_start"]["value"])
    growth = sector_growth(ds, outlook, supply.years)
    in_use, end_of_life = {}, {}
    for sector in sectors:
        curve = growth[OUTLOOK_SECTOR.get(sector, "other_uses")]
        life, shape, rise = (drawn(lives[sector, p]) for p in ("mean_life", "weibull_shape", "growth_before"))
        past = (1 + rise) ** (np.arange(start, years[0]) - BASE_YEAR)
        entered = np.hstack([past, np.broadcast_to(curve, (len(past), curve.size))])
        found = [stock(e, float(m), float(k)) for e, m, k in zip(entered, life[:, 0], shape[:, 0], strict=True)]
        in_use[sector] = np.array([f.in_use[-curve.size :] for f in found])
        end_of_life[sector] = np.array([f.end_of_life[-curve.size :] for f in found])
    wide = {
        p: supply.sigma_use.get(p, supply.sigma_use.get("ROW", 0.0))
        for p in sorted({r for _, r, _ in supply.chain.uses})
    }
    band = float(assumed["need_band_sigmas"]["value"])
    error = {p: drawn({"low": 1 - band * s, "value": 1, "high": 1 + band * s}) for p, s in wide.items()}
    use = {
        (place, sector, product.removeprefix(f"{MAGNET}_")): tonnes * error[place]
        for (product, place, sector), tonnes in zip(supply.chain.uses, supply.base.use.tolist(), strict=True)
        if product.startswith(MAGNET) and sector in sectors
    }
    from_year = supply.chances.as_of
    full = drawn(used["recycling_full_year"])
    swarf = supply.chain.process("machine_std").outputs["ndfeb_swarf_std"]
    return Figures(
        sectors=sectors,
        years=years,
        in_use=in_use,
        end_of_life=end_of_life,
        use=use,
        content=_content(ds, supply.chain),
        oxides=_oxides(ds),
        collection={s: drawn(lives[s, "collection_share"]) for s in sectors},
        target={s: drawn(lives[s, "collection_target"]) for s in sectors},
        recovery=drawn(used["recycling_recovery_share"]),
        dismantled=drawn(used["recycling_dismantled_share"]),
        swarf_recovery=float(assumed["swarf_recovery_share"]["value"]),
        waste_share=swarf / (1 + swarf),
        heavy_share=sum(float(r["share_of_world"]) * float(r["heavy_grade_share"]) for r in ds.rows("magnet_sectors")),
        risen=np.clip((supply.years[None, :] - from_year) / (full - from_year), 0.0, 1.0),
        assumption_ids=(*used, "swarf_recovery_share"),
        source_ids=tuple(sorted({r["source_id"] for r in lives.values()} | {r["source_id"] for r in used.values()})),
    )


def _parts(ds: Dataset) -> dict[str, float]:
    """Element in a tonne of its oxide."""
    return {
        e: float(next(r for r in ds.rows("recipes", process_id=f"red_{name}", flow_role="parameter"))["quantity"])
        for e, name in (BLENDED | SINGLE).items()
    }


def _oxides(ds: Dataset) -> dict[str, Oxide]:
    blend = {r["product"]: float(r["quantity"]) for r in ds.rows("recipes", process_id=BLEND, flow_role="input")}
    part = _parts(ds)
    found = {e: Oxide("ndpr_oxide", blend[f"{name}_oxide"] * part[e]) for e, name in BLENDED.items()}
    return found | {e: Oxide(f"{name}_oxide", part[e]) for e, name in SINGLE.items()}


def _content(ds: Dataset, chain: Chain) -> dict[tuple[str, str], float]:
    """Element in a tonne of finished magnet, by grade: cutting takes alloy away and leaves its composition."""
    oxides = _oxides(ds)
    blend = sum(oxides[e].element_share for e in BLENDED)
    found = {}
    for grade in GRADES:
        alloy = chain.process(f"alloy_{grade}")
        metal = {p: q / alloy.outputs[f"ndfeb_alloy_{grade}"] for p, q in alloy.inputs.items()}
        for element in BLENDED:
            found[grade, element] = metal["ndpr_metal"] * oxides[element].element_share / blend
        for element, name in SINGLE.items():
            found[grade, element] = metal.get(f"{name}_metal", 0.0)
    return found
