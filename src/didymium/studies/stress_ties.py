"""Between which ends a party's shortage is not determined: rows of the table `ties`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from didymium.model.calibrate import Base
from didymium.model.ensemble import Cases
from didymium.model.foresight import Networks
from didymium.model.outcome import Outcome
from didymium.model.ties import Tie, ties
from didymium.results import Row
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Scenario
from didymium.studies import stress_bands

SIGHT = "coordinated"  # without foresight a run is many programmes, each of which the one before has decided
PROVEN, OPEN = "optimal", "not_proven"


def tie_rows(story: Scenario, inputs: Inputs, base: Base, cases: Cases, parties: Sequence[str]) -> Iterator[Row]:
    """One row for each party and each product of which the world is short: lowest and highest unserved demand.

    None where the run has no proven coordinated answer.
    """
    central = cases.central.get(SIGHT)
    if central is None or cases.start is None or central.status != PROVEN:
        return
    short = central.unserved.sum(axis=0)
    chain = central.network.chain
    wanted = [
        (party, product, uses)
        for party, product, sector, uses in stress_bands.groups(central, parties)
        if sector == stress_bands.TOTAL
        and stress_bands.told_by_month(product)
        and any(short[u] > 0 for u, (p, _, _) in enumerate(chain.uses) if p == product or p.startswith(f"{product}_"))
    ]
    found = ties(Networks.of(inputs, base), inputs, central, cases.start, [uses for _, _, uses in wanted])
    for (party, product, uses), tie in zip(wanted, found, strict=True):
        size, unit = stress_bands.size_of(chain, product)
        proofs = [one.solves[0].certificate for one in (tie.low, tie.high) if one is not None]
        yield {
            "scenario": story.id,
            "foresight": SIGHT,
            "party": party,
            "product": product,
            "demand_t": float(central.demand[:, uses].sum()) * size,
            "unserved_t": float(central.unserved[:, uses].sum()) * size,
            "tie_low_t": _unserved(tie.low, uses, size),
            "tie_high_t": _unserved(tie.high, uses, size),
            "days_to_shortage": central.days_to_shortage(uses),
            "tie_low_days": None if tie.low is None else tie.low.days_to_shortage(uses),
            "tie_high_days": None if tie.high is None else tie.high.days_to_shortage(uses),
            "status": _status(tie),
            "primal_residual": max((p.primal_residual for p in proofs), default=None),
            "dual_residual": max((p.dual_residual for p in proofs), default=None),
            "gap": max((p.gap for p in proofs), default=None),
            **unit,
        }


def _unserved(outcome: Outcome | None, uses: np.ndarray[tuple[int], np.dtype[np.int64]], size: float) -> float | None:
    return None if outcome is None else float(outcome.unserved[:, uses].sum()) * size


def _status(tie: Tie) -> str:
    return OPEN if tie.low is None or tie.high is None else PROVEN
