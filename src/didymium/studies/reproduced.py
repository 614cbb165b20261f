"""Published values against ours: which of our formulas reads which published value, from figures that stand beside it.

The table `reproduced` holds a published value, the figures it rests on, and what our formula makes of them. This module
does the same sum again, so that nobody has to believe the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from didymium.model import geopolrisk, supply_risk
from didymium.model.concentration import hhi, top_share
from didymium.model.cover import Reliance, reliance_from_flows, reliance_from_need

Figures = Mapping[str, list[float]]


def figures(text: str) -> dict[str, list[float]]:
    """The figures of a cell: `need=100;own=20|5` names one or more numbers each.

    >>> figures("need=100;own=20|5")
    {'need': [100.0], 'own': [20.0, 5.0]}
    """
    pairs = (part.split("=", 1) for part in text.split(";"))
    return {name: [float(value) for value in values.split("|")] for name, values in pairs}


def _largest(f: Figures) -> float:
    """What the `count` largest named suppliers hold of the whole."""
    named = sorted(f["named"], reverse=True)
    return sum(named[: int(f["count"][0])]) / f["whole"][0]


def _drawn(f: Figures) -> float:
    """What came from stocks: those at the start less those at the end, and what the government released."""
    return sum(f.get("before", ())) - sum(f.get("after", ())) + sum(f.get("released", ()))


def _use(f: Figures) -> float:
    """Apparent consumption from output, trade and stocks."""
    return reliance_from_flows(sum(f["own"]), sum(f["imports"]), sum(f["exports"]), _drawn(f)).need


def _net_over_use(f: Figures) -> float:
    """Net imports, and what came from stocks, over a printed consumption."""
    need, net = f["need"][0], sum(f["imports"]) - sum(f["exports"]) + _drawn(f)
    return Reliance(need, need - net, net).share


def _printed_risk(f: Figures) -> float:
    """Supply risk from printed concentrations: of world supply, of the Union's sourcing, or of both."""
    world, sourcing = (f.get(side, [np.nan])[0] for side in ("world", "sourcing"))
    reliance = f.get("reliance", [0.0])[0]
    return float(supply_risk.supply_risk(world, sourcing, reliance, f["recycling"][0], f["substitution"][0]))


FORMULAS: Mapping[str, Callable[[Figures], float]] = {
    "reliance_from_need": lambda f: reliance_from_need(f["need"][0], sum(f["own"])).share,
    "net_imports_over_use": _net_over_use,
    "use_from_flows": _use,
    "sum": lambda f: sum(f["parts"]),
    "share": lambda f: sum(f["part"]) / f["whole"][0],
    "oxide_equivalent": lambda f: f["metal"][0] / f["share"][0],
    "top_share": _largest,
    "largest_supplier": lambda f: top_share(f["output"]) * sum(f["output"]),
    "mean": lambda f: float(np.mean(f["values"])),
    "higher_stage": lambda f: max(f["stages"]),
    "world_supply_risk": lambda f: float(
        supply_risk.supply_risk(
            supply_risk.traded_concentration(f["output"], f["risk"], f["trade_factor"]),
            np.nan,
            0.0,
            f["recycling"][0],
            f["substitution"][0],
        )
    ),
    "supply_risk": _printed_risk,
    "economic_importance": lambda f: supply_risk.economic_importance(
        f["share"], f["value_added"], f["substitution"][0], f["largest"][0], rounding=0.005
    ),
    "hhi": lambda f: hhi(f["output"]),
    "geopolrisk": lambda f: float(
        geopolrisk.score(f["hhi"][0], geopolrisk.import_risk(f["risky"][0], f["imports"][0], f["own"][0]))
    ),
    "geopolrisk_cf": lambda f: float(
        geopolrisk.characterisation_factor(
            geopolrisk.score(f["hhi"][0], geopolrisk.import_risk(f["risky"][0], f["imports"][0], f["own"][0])),
            f["price"][0],
            f["copper"][0],
        )
    ),
}
"""Our formula by name: what the module of the model computes, given the figures of a cell."""


def recomputed(row: Mapping[str, Any]) -> float:
    """What our formula gives for the figures of a row."""
    return FORMULAS[row["formula"]](figures(row["inputs"]))


def matches(row: Mapping[str, Any]) -> bool:
    """Whether the recomputed value prints as the publisher printed it."""
    value = recomputed(row)
    low, high = row["published_low"], row["published_high"]
    slack = 1e-9 * max(1.0, abs(value))
    return (low is None or value >= low - slack) and (high is None or value <= high + slack)
