"""What the model says of a past measure: a price by partial equilibrium, a use, a flow or a first stop by the network.

Each replay gives a sample; the study reads its percentiles. An infinite value stands for "not within the run".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.errors import BadInput
from didymium.model.calibrate import Base
from didymium.model.draws import Design
from didymium.model.foresight import FORESIGHTS, Runner, base_of
from didymium.model.outcome import Outcome
from didymium.model.price_response import Source, cleared, spread
from didymium.model.redraw import Redraw
from didymium.scenario.scenario import load
from didymium.scenario.uncertain import factors, split_uniform
from didymium.studies.stress_tree import Made

Floats = NDArray[np.float64]
Record = Mapping[str, Any]

PRICE_DRAWS = 400  # of one market: four numbers are drawn, so that percentiles settle within a few per cent
MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Sample:
    """What the draws of a replay say, and the share of them that end in rationing at the choke price."""

    values: Floats
    rationed_share: float | None = None


def elasticity(ds: Dataset, product: str, kind: str, stage: str | None) -> Record:
    """The preferred row of a same-year elasticity. Raises BadInput when the table has none."""
    sector = "total" if kind == "demand_price" else None
    for row in ds.rows("elasticities", product=product, elasticity_type=kind, horizon="same_year"):
        if row["preferred"] and row["stage"] == stage and row["sector"] == sector:
            return row
    raise BadInput(
        f"elasticities has no preferred row for {product}, {stage or 'no stage'}, {kind}, same_year.",
        cure="Add the row, or leave the stage of the replay empty: then supply elsewhere does not respond.",
    )


def price_sample(ds: Dataset, replay: Record, seed: int) -> Sample:
    """Price ratios over draws of both elasticities, of spare capacity elsewhere and of what is lost.

    What a licence or a quota lets pass is a quantity: it does not grow with the price. Supply elsewhere does, up to its
    output before and the spare capacity.
    """
    from scipy.stats import qmc

    assumed = {row["assumption_id"]: row for row in ds.rows("assumptions")}
    spare, factor = assumed["spare_capacity_share"], float(assumed["elasticity_range_factor"]["value"])
    demand = float(elasticity(ds, replay["product"], "demand_price", "end_use")["value"])
    supply = (
        float(elasticity(ds, replay["product"], "supply_price", replay["stage"])["value"]) if replay["stage"] else 0.0
    )
    points = qmc.LatinHypercube(d=4, seed=np.random.default_rng(seed)).random(PRICE_DRAWS)
    lost = split_uniform(points[:, 0], replay["lost_low"], replay["lost_share"], replay["lost_high"])
    slack = split_uniform(points[:, 1], float(spare["low"]), float(spare["value"]), float(spare["high"]))
    choke = float(assumed["choke_price_multiple"]["value"])
    found = [
        cleared(
            (
                Source(replay["disrupted"], lost_share=float(gone)),
                Source(replay["others"], elasticity=float(e_s), cap=replay["others"] * (1 + float(more))),
            ),
            float(e_d),
            choke,
        )
        for gone, more, e_d, e_s in zip(
            lost, slack, spread(demand, factor, points[:, 2]), spread(supply, factor, points[:, 3]), strict=True
        )
    ]
    return Sample(np.array([one.price for one in found]), float(np.mean([one.is_rationed for one in found])))


def network_samples(
    ds: Dataset,
    scenario: str,
    replays: Sequence[tuple[Record, Record]],
    draws: int,
    seed: int,
    report: Callable[[], None],
) -> dict[str, Sample]:
    """By replay id: what the network says over draws, with foresight and without, of each (replay, effect).

    Real outcomes lie between the two kinds of foresight: the draws of both make one sample.
    """
    story = load(scenario)
    inputs = story.apply(ds)
    base = base_of(inputs)
    runner = Runner.of(inputs, base)
    made = Made(ds, (), story, base, Redraw.of(inputs, base, seed))
    found: dict[str, list[float]] = {replay["replay_id"]: [] for replay, _ in replays}
    for draw in Design(factors(ds, story), draws, seed, moves=False):
        drawn, redrawn = made(draw.overrides)
        for sight in FORESIGHTS:
            outcome = runner.run(drawn, sight, base=redrawn)
            for replay, effect in replays:
                found[replay["replay_id"]].append(_read(outcome, runner.kept.base(redrawn), replay, effect))
        report()
    return {name: Sample(np.array(values)) for name, values in found.items()}


def _read(outcome: Outcome, base: Base, replay: Record, effect: Record) -> float:
    """One number out of an outcome, as the observed effect counts it."""
    chain, product, place = outcome.network.chain, replay["chain_product"], effect["place"]
    inside = [
        t
        for t, month in enumerate(outcome.months)
        if (replay["from_month"] or "") <= month <= (replay["to_month"] or "9999")
    ]
    if effect["quantity"] == "import_ratio":
        arcs = [e for e, (p, _, to) in enumerate(chain.arcs) if p == product and to == place]
        usual = float(base.flow[arcs].sum()) * len(inside) / MONTHS_A_YEAR
        return float(outcome.flow[np.ix_(inside, arcs)].sum()) / usual
    uses = [u for u, (p, r, _) in enumerate(chain.uses) if r == place and (p == product or p.startswith(f"{product}_"))]
    if effect["quantity"] == "days_to_stop":
        days = outcome.days_to_shortage(np.array(uses))
        return float("inf") if days is None else days
    usual = float(base.use[uses].sum()) * len(inside) / MONTHS_A_YEAR
    served = outcome.demand[np.ix_(inside, uses)] - outcome.unserved[np.ix_(inside, uses)]
    return float(served.sum()) / usual
