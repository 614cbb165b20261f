"""How much of a family rests on figures: places with a figure, share of the world covered, uses without a value."""

from __future__ import annotations

from typing import Any

from didymium.scenario.chain import Tables
from didymium.scenario.family_chain import Family, family_chain, first_plants, is_first, known_families, listed_output
from didymium.scenario.family_trade import SIDES, own_rows
from didymium.scenario.inputs import Chain

Row = dict[str, Any]
THIN = 0.8  # a stage whose listed places make less of the world's output than this is called thin
MAGNETS = "magnets"


def coverage(ds: Tables, families: tuple[str, ...], year: int) -> list[Row]:
    """One row for each product and stage of families: what is known of its output, trade and use in a year.

    `covered_share` is the part of the world's output, scrap included, that the listed places make; None where the
    tables give no world total. The magnet family is told by `docs/method/calibration.md` and left out.
    """
    known_families(ds, families)
    found = []
    for name in families:
        if name != MAGNETS:
            family = Family.of(ds, name, year, families)
            found += [_row(family, family_chain(family), product) for product in family.products]
    return found


def _row(family: Family, chain: Chain, product: str) -> Row:
    recipes = {p.process_id: p for p in chain.processes}
    makers = [(p, r) for p, r in chain.activities if product in recipes[p].outputs]
    first = first_plants(family)
    running = {region for process_id, region in makers if not is_first((process_id, region), first)}
    flows = {
        (row["production_product"], row["production_stage"])
        for rows in family.steps.values()
        for row in rows
        if row["chain_product"] == product and row["flow_role"] == "output" and row["production_product"]
    }
    lists = [listed_output(family.ds, *flow, family.year) for flow in sorted(flows)]
    listed = [row for rows in lists for row in rows]
    whole = [row for rows in lists if any(r["country"] == "WLD" for r in rows) for row in rows]
    places = [row for row in listed if not row["is_total"] and row["country"] in chain.region_of]
    named = {chain.region_of[row["country"]] for row in places}
    total = sum(float(row["quantity"]) for row in whole if row["country"] == "WLD")
    own = [row for row in whole if not row["is_total"] and row["country"] in chain.region_of]
    parts = sum(float(row["quantity"]) for row in own if row["country"] != "ROW")
    demand = family.products[product]["demand_product"]
    used = own_rows(family.ds, "demand", product=demand) if demand else []
    uses = [use for use in family.uses if use["chain_product"] == product]
    return {
        "family": family.family,
        "product": product,
        "stage": family.products[product]["stage"],
        "figure_year": max((row["year"] for row in listed), default=None),
        "regions": len(running),
        "regions_with_figure": len(running & named),
        "covered_share": min(parts / total, 1.0) if total and parts else (0.0 if total else None),
        "trade_pairs": len([pair for pair in family.flows[product] if not set(SIDES) & set(pair)]),
        "demand_places": len(
            {row["country"] for row in used if row["country"] != "WLD" and row["year"] <= family.year}
        ),
        "uses": len(uses),
        "uses_without_value": len([use for use in uses if not use["value_product"]]),
        "source_ids": sorted({row["source_id"] for row in listed}),
    }


def warnings(family: Family, chain: Chain) -> tuple[str, ...]:
    """What is thin in a family, in sentences: stages without a list, half-listed ones, uses valued by their price."""
    rows = [_row(family, chain, product) for product in family.products if family.products[product]["is_shipped"]]
    unlisted = [r["product"] for r in rows if r["regions"] and not r["regions_with_figure"]]
    partly = [
        f"{r['product']} ({r['covered_share']:.0%})"
        for r in rows
        if r["regions_with_figure"] and r["covered_share"] is not None and r["covered_share"] < THIN
    ]
    old = [f"{r['product']} ({r['figure_year']})" for r in rows if (r["figure_year"] or family.year) < family.year]
    floors = [use["sector"] for use in family.uses if not use["value_product"]]
    still = [p for p, row in family.products.items() if row["is_shipped"] and not row["growth_product"]]
    found = (
        (unlisted, "no list of makers; they are taken from trade, plants or named places: "),
        (partly, "listed places make only a part of the world's output: "),
        (old, f"output figures are older than {family.year}: "),
        (floors, "no value at stake is known, a multiple of the price stands in: "),
        (still, "no outlook of use is read, it stays at its level: "),
    )
    return tuple(f"{family.family}: {text}{', '.join(names)}" for names, text in found if names)
