"""Indicators of the world's producers: shares, concentration, cover without the leader, the worst place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from didymium.model.chokepoints import largest_flow
from didymium.model.grouped import Floats, group_hhi_bounds, group_largest, group_sums
from didymium.studies.drawn import Drawn, Values

if TYPE_CHECKING:
    from didymium.data import Dataset

MAGNET_STAGES = (("ree_magnet", "mine"), ("ree_magnet", "separated"), ("re_metal", "metal"), ("ndfeb_magnet", "magnet"))
"""Products and stages that follow each other from ore to magnet, each taken as shares of its own world output."""


def of_supply(ds: Dataset, drawn: Drawn) -> dict[str, Values]:
    """Indicators of the world's producers: one case per supply."""
    supplies, count = drawn.supplies, len(drawn.supplies)
    known = ["known"] * count
    least, most = group_hhi_bounds(drawn.quantity, drawn.group, drawn.rest)
    split = np.full(drawn.draws, 0.5)
    split[1:] = np.random.default_rng([drawn.draws, 22]).uniform(size=drawn.draws - 1)
    hhi = least + split * (most - least)
    shares = drawn.quantity / drawn.whole[drawn.group]
    weighted = group_sums(np.square(shares) * drawn.of(drawn.risk), drawn.group, count)
    missing = [", ".join(row["country"] for row in one.named if row["country"] not in drawn.risk) for one in supplies]
    first, top = group_largest(shares, drawn.group, count)
    three = sum((group_largest(shares, drawn.group, count, rank)[1] for rank in (2, 3)), top)
    leaders = [drawn.country[index] for index in first]
    named = [", ".join(row["country"] for row in one.named[:3]) for one in supplies]
    weighted_status = ["known" if not name else "countries_without_score" for name in missing]
    return {
        "top1_share": Values(top, known, leaders),
        "top3_share": Values(three, known, named),
        "hhi": Values(hhi, known, [""] * count),
        "hhi_10000": Values(hhi * 10_000.0, known, [""] * count),
        "hhi_wgi": Values(weighted, weighted_status, missing),
        "hhi_wgi_10": Values(weighted * 10.0, weighted_status, missing),
        "n1_world_cover": _n1_world(ds, drawn, leaders),
        "left_without_one": _left_without_one(ds, drawn, shares),
    }


def _n1_world(ds: Dataset, drawn: Drawn, leaders: Sequence[str]) -> Values:
    """World cover without the leading supplier, its supply and its demand taken out."""
    found = Values.unknown(len(leaders), drawn.draws, "no_demand_of_the_leader")
    needs = {
        (row["product"], row["country"], row["year"], row["mass_basis"]): row["quantity"]
        for row in ds.rows("demand", sector="total", preferred=1)
    }
    for number, (supply, leader) in enumerate(zip(drawn.supplies, leaders, strict=True)):
        key = (supply.year, supply.mass_basis)
        world, lead = needs.get((supply.product, "WLD", *key)), needs.get((supply.product, leader, *key))
        if world is None or lead is None or world <= lead:
            continue
        of_leader = np.flatnonzero((drawn.group == number) & (np.array(drawn.country) == leader))[0]
        found.drawn[number] = (drawn.whole[number] - drawn.quantity[of_leader]) / (world - lead)
        found.status[number], found.detail[number] = "known", leader
    return found


def _left_without_one(ds: Dataset, drawn: Drawn, shares: Floats) -> Values:
    """Flow through all stages up to this one that is left when the worst place stops at each of them.

    Between stages goods may go anywhere, so that the worst place is a leader of one of them; its place and the
    narrowest stage are told.
    """
    positions = {row["stage"]: row["position"] for row in ds.rows("stages")}
    magnets = {one: number for number, one in enumerate(MAGNET_STAGES)}
    found = Values.unknown(len(drawn.supplies), drawn.draws, "known")
    for number, supply in enumerate(drawn.supplies):
        name = (supply.product, supply.stage)
        chain = [
            index
            for index, other in enumerate(drawn.supplies)
            if other.year == supply.year
            and (
                magnets.get((other.product, other.stage), len(magnets)) <= magnets[name]
                if name in magnets
                else other.product == supply.product and positions[other.stage] <= positions[supply.stage]
            )
        ]
        facts = [np.flatnonzero(drawn.group == index) for index in chain]
        stages = [
            {
                **{drawn.country[f]: float(shares[f, 0]) for f in part},
                "ROW": max(0.0, 1.0 - float(shares[part, 0].sum())),
            }
            for part in facts
        ]
        leaders = sorted({max(stage, key=lambda place: (place != "ROW", stage[place])) for stage in stages})
        whole = largest_flow(stages)
        left, worst = min((largest_flow(stages, without=place) / whole, place) for place in leaders)
        at = [next((f for f in part if drawn.country[f] == worst), -1) for part in facts]
        drawn_left = np.min([1.0 - shares[f] for f in at if f >= 0], axis=0)
        narrow = min((1.0 - shares[f, 0], index) for f, index in zip(at, chain, strict=True) if f >= 0)[1]
        found.drawn[number] = np.concatenate([[left], drawn_left[1:]])
        found.detail[number] = f"{worst} ({drawn.supplies[narrow].product} {drawn.supplies[narrow].stage})"
    return found
