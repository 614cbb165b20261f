"""What is known of use: finished magnets by place, and their split over sectors and grades."""

from __future__ import annotations

from didymium.scenario.chain import assumption
from didymium.scenario.inputs import Observation
from didymium.scenario.observing import Desk, Row, members_of

FIRST_DEMAND_YEAR = 2024  # the year for which all places have a demand figure


def demand(desk: Desk) -> list[Observation]:
    """Finished magnets that places use, and their split over sectors and grades."""
    ds, chain, index = desk.ds, desk.chain, desk.index
    rows = [
        r
        for r in ds.rows("demand", product="ndfeb_magnet", sector="total")
        if r["preferred"] and r["mass_basis"] == "finished" and r["country"] != "WLD" and r["year"] >= FIRST_DEMAND_YEAR
    ]
    listed = {r["country"] for r in rows}
    seen = []
    for row in desk.latest(rows, lambda r: r["country"]):
        members = set(members_of(row["country"], chain, listed, [r for _, r, _ in chain.uses]))
        terms = tuple(
            ("use", i, 1.0) for u, i in index.use.items() if u[1] in members and u[0].startswith("ndfeb_magnet")
        )
        seen.append(desk.observe("demand", row, terms, stage="end_use"))
        for sector in ds.rows("magnet_sectors"):
            for product, part in _grade_parts(sector):
                own = tuple(
                    t for t in terms if chain.uses[t[1]][0] == product and chain.uses[t[1]][2] == sector["sector"]
                )
                if own and part > 0:
                    seen.append(
                        desk.observe(
                            "prior",
                            {**row, "confidence": "low"},
                            own,
                            product=product,
                            stage="end_use",
                            partner=sector["sector"],
                            factor=part,
                            least=assumption(ds, "use_split_sigma_share"),
                            note="world mix of uses",
                        )
                    )
    return seen + _sector_split(desk)


def _grade_parts(sector: Row) -> tuple[tuple[str, float], ...]:
    """Product of each grade and its part of all magnets, for one sector."""
    share, heavy = float(sector["share_of_world"]), float(sector["heavy_grade_share"])
    return ("ndfeb_magnet_std", share * (1 - heavy)), ("ndfeb_magnet_ht", share * heavy)


def _sector_split(desk: Desk) -> list[Observation]:
    """World use of each sector and grade: sector shares of the world's finished magnets."""
    ds, index, year = desk.ds, desk.index, desk.year
    world = next(
        r
        for r in ds.rows("demand", product="ndfeb_magnet", sector="total", country="WLD", year=FIRST_DEMAND_YEAR)
        if r["preferred"]
    )
    total = float(world["quantity"]) * desk.growth(year, FIRST_DEMAND_YEAR)
    seen = []
    for row in ds.rows("magnet_sectors"):
        for product, part in _grade_parts(row):
            terms = tuple(("use", i, 1.0) for (p, _r, s), i in index.use.items() if s == row["sector"] and p == product)
            value = total * part
            if terms and value > 0:
                seen.append(
                    Observation(
                        "demand",
                        product,
                        "end_use",
                        "WLD",
                        row["sector"],
                        year,
                        value,
                        assumption(ds, "sector_sigma_share") * value,
                        row["confidence"],
                        terms,
                        (row["row_id"], world["row_id"]),
                        (row["source_id"], world["source_id"]),
                        "sector's share of the world's finished magnets",
                    )
                )
    return seen
