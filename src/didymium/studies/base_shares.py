"""Shares of world output by stage in a balanced base year, with what the figures leave open and what sources say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from didymium.data import Dataset
from didymium.model.calibrate import Base, Floats
from didymium.results import Row
from didymium.scenario.chain import REDUCED
from didymium.scenario.inputs import Chain

TENTH = 1.2815515655446004  # standard errors from the median to the 10th and 90th percentile of a normal distribution
LEAST_SHARE = 0.005  # smaller places are left out
# Stage -> the product and stage of `production` whose published country rows and world total give the same share.
PUBLISHED = {
    "mine": ("reo_mixed", "mine"),
    "separated": ("ree_magnet", "separated"),
    "metal": ("re_metal", "metal"),
    "blank": ("ndfeb_magnet", "magnet"),
}


def shares(ds: Dataset, chain: Chain, base: Base) -> Iterator[Row]:
    """One row for each stage and region: share of output, its standard error, P10 and P90, and the published share.

    Mining counts REO, separation and metal the element content of Nd, Pr, Dy and Tb, alloy, blanks and magnets their
    own mass. The error is that of the ratio, to first order, from the standard errors of all figures after balancing.
    """
    for stage, tonnes in _outputs(ds, chain).items():
        made = tonnes @ base.activity
        total = float(made.sum())
        share = made / total
        shown = [i for i in np.argsort(-made, kind="stable") if share[i] >= LEAST_SHARE]
        slopes = (tonnes[shown] - share[shown, None] * tonnes.sum(axis=0)) / total
        padding = np.zeros((len(shown), len(chain.arcs) + len(chain.uses)))
        errors = base.sd_of(np.hstack([slopes, padding]))
        for i, error in zip(shown, errors.tolist(), strict=True):
            claim, sources = _published(ds, stage, chain.regions[i], base.year)
            yield {
                "stage": stage,
                "region": chain.regions[i],
                "year": base.year,
                "output_t": float(made[i]),
                "share": float(share[i]),
                "share_sd": error,
                "share_p10": max(float(share[i]) - TENTH * error, 0.0),
                "share_p90": min(float(share[i]) + TENTH * error, 1.0),
                "share_published": claim,
                "source_ids": sources,
            }


def _outputs(ds: Dataset, chain: Chain) -> dict[str, Floats]:
    """Stage -> tonnes counted for a tonne of run, shape (region, activity)."""
    element = {
        oxide: float(
            next(r["quantity"] for r in ds.rows("recipes", process_id=recipe) if r["flow_role"] == "parameter")
        )
        for recipe, oxide in REDUCED.items()
    }
    recipes = {p.process_id: p for p in chain.processes}
    place = {region: i for i, region in enumerate(chain.regions)}
    found: dict[str, Floats] = {}
    for a, (process_id, region) in enumerate(chain.activities):
        recipe = recipes[process_id]
        if recipe.stage == "scrap":
            continue  # feed of separation, no stage of its own
        counted = {
            product: quantity * (element.get(product, 0.0) if recipe.stage == "separated" else 1.0)
            for product, quantity in recipe.outputs.items()
            if chain.product_stage[product] == recipe.stage and not product.startswith("ndfeb_swarf")
        }
        table = found.setdefault(recipe.stage, np.zeros((len(chain.regions), len(chain.activities))))
        table[place[region], a] += sum(counted.values())
    return found


def _published(ds: Dataset, stage: str, region: str, year: int) -> tuple[float | None, list[str]]:
    """The share that preferred rows of the year give, with their sources; none where either figure is missing."""
    if stage not in PUBLISHED:
        return None, []
    product, at = PUBLISHED[stage]
    rows: list[Mapping[str, object]] = [
        r for r in ds.rows("production", product=product, stage=at, year=year) if r["preferred"]
    ]
    mine = [r for r in rows if r["country"] == region]
    world = [r for r in rows if r["country"] == "WLD"]
    if len(mine) != 1 or len(world) != 1 or mine[0]["quantity"] is None or not world[0]["quantity"]:
        return None, []
    claim = float(str(mine[0]["quantity"])) / float(str(world[0]["quantity"]))
    return claim, sorted({str(r["source_id"]) for r in (*mine, *world)})
