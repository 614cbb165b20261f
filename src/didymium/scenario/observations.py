"""What is known of a year: published figures as sums over the chain's activities, arcs and uses, with standard errors.

A year without a figure takes the nearest earlier one, moved with the growth of world magnet demand; its error is
widened and the observation says so. Figures on another mass basis are converted by the recipes: output of magnets is
counted as blanks, customs and demand as finished magnets.
"""

from __future__ import annotations

from collections.abc import Iterable

from didymium.scenario import output_figures, trade_figures, use_figures
from didymium.scenario.chain import ORE, Tables, assumption
from didymium.scenario.inputs import Chain, Observation
from didymium.scenario.observing import Desk

KINDS = (
    output_figures.mined,
    output_figures.separated,
    output_figures.magnet_elements,
    output_figures.recycled,
    output_figures.metals,
    output_figures.blanks,
    use_figures.demand,
    trade_figures.own_trade,
    trade_figures.basket_trade,
    trade_figures.ionic_trade,
)


def observations(ds: Tables, chain: Chain, year: int, *, uncut: bool = False) -> tuple[Observation, ...]:
    """All observations of a year for the magnet chain.

    `uncut` asks for the year as it would be without export restraints: trade that the exporter's own measure held back
    after the first base year is not read, and the last free year stands in, moved with demand.
    """
    desk = Desk.of(ds, chain, year, uncut=uncut)
    return tuple(seen for kind in KINDS for seen in kind(desk) if seen.terms)


def unseen_flow_sigma(ds: Tables, chain: Chain, seen: Iterable[Observation]) -> dict[int, float]:
    """Standard error around zero [t/y] of each arc that no figure speaks of.

    Customs statistics cover oxides and metals pair by pair, so no record there means next to nothing; alloy and magnets
    are known for a few pairs only, so little can be said of the others. Ore is left free: its routes are few and known.
    """
    spoken = {index for o in seen for kind, index, _ in o.terms if kind == "arc"}
    wide = assumption(ds, "unseen_flow_t_magnet")
    narrow = assumption(ds, "unseen_flow_t_covered")
    return {
        e: wide if product.startswith("ndfeb") else narrow
        for e, (product, _, _) in enumerate(chain.arcs)
        if e not in spoken and not product.startswith(ORE)  # ore goes where its route leads
    }
