"""Who could pay for a package: programmes that are eligible, what is left of them, and what each party could carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from didymium.data import Dataset
from didymium.finance.public_cost import public_cost
from didymium.results import Row
from didymium.studies.packages import Case, Tried
from didymium.studies.register import Sheet

GIVEN = ("committed", "disbursed", "delivered")
PROMISED = ("conditional", "announced")


def budgets(ds: Dataset) -> dict[str, dict[str, Any]]:
    """Programmes by id, with what deals on record take of them: `given` [million USD], `promised`, `left`.

    A letter of interest takes nothing. `left` is unknown where no budget is told; a deal whose programme is not told
    takes from none, so that what is left is at most this.
    """
    state = {str(r["deal_id"]): str(r["state"]) for r in ds.rows("deal_states")}
    amount = {str(r["deal_id"]): float(r["amount_usd_m"] or 0.0) for r in ds.rows("finance_terms")}
    drawn: dict[str, list[str]] = {}
    for row in ds.rows("deal_programmes"):
        drawn.setdefault(str(row["programme_id"]), []).append(str(row["deal_id"]))
    found = {}
    for row in ds.rows("programmes"):
        deals = drawn.get(str(row["programme_id"]), [])
        given = sum(amount[d] for d in deals if state[d] in GIVEN)
        promised = sum(amount[d] for d in deals if state[d] in PROMISED)
        budget = row["budget_usd_m"]
        left = None if budget is None else max(float(budget) - given, 0.0)
        found[str(row["programme_id"])] = {**row, "given": given, "promised": promised, "left": left}
    return found


def option_costs(case: Case, best: Tried) -> dict[str, tuple[float, float]]:
    """Expected cost and the most that could be paid of each option of a package [million USD]."""
    got = case.settled(best.chosen, apart=True)
    rate = case.hurdles.treasury
    return {
        name: (public_cost(flow, 0.0, rate=rate).expected, got.exposure.get(name, 0.0))
        for name, flow in got.public.items()
    }


def programme_rows(
    ds: Dataset, sheet: Sheet, best: Tried | None, costs: Mapping[str, tuple[float, float]]
) -> list[Row]:
    """Programmes that may pay for the kinds in the cheapest package, by place, stage and product."""
    kinds = {r["option_id"]: r["instrument"] for r in ds.rows("support_menu")}
    needed = {str(o["instrument"]) for o in best.chosen} if best else set(kinds.values())
    known = budgets(ds)
    members = {r["place"]: set(str(r["groups"] or "").split(";")) for r in ds.rows("places")}
    rows: list[Row] = []
    for scope in ds.rows("programme_scopes"):
        programme = known[scope["programme_id"]]
        home = programme["party"] == sheet.country or programme["party"] in members.get(sheet.country, set())
        reaches = scope["reach"] == "both" or (scope["reach"] == "home") == home
        places, stages, products = (
            set(str(scope[k] or "").split(";")) - {""} for k in ("places", "stages", "products")
        )
        fits = (
            (not places or sheet.country in places)
            and (not stages or sheet.stage in stages)
            and (not products or bool(products & {line.product for line in sheet.lines}))
        )
        given = sorted(set(str(scope["instruments"]).split(";")) & needed)
        if not (reaches and fits and given and scope["is_open"]):
            continue
        own = [c for option, c in costs.items() if kinds[option] in given]
        expected, most = sum(e for e, _ in own), sum(m for _, m in own)
        left = programme["left"]
        rows.append(
            {
                "project_id": sheet.project_id,
                "programme_id": scope["programme_id"],
                "party": programme["party"],
                "agency": programme["agency"],
                "instruments": ";".join(given),
                "expected_cost_usd_m": expected if costs else None,
                "most_usd_m": most if costs else None,
                "budget_usd_m": programme["budget_usd_m"],
                "given_usd_m": programme["given"],
                "promised_usd_m": programme["promised"],
                "left_usd_m": left,
                "budget_fit": _fit(expected, most, left) if costs else "unknown",
                "is_home": home,
                "eligibility": programme["eligibility"],
                "source_ids": [programme["source_id"]],
            }
        )
    return sorted(rows, key=lambda r: (not r["is_home"], str(r["programme_id"])))


def _fit(expected: float, most: float, left: float | None) -> str:
    """Whether what is left pays for the most that a package could cost, for what it is expected to, or for neither."""
    if left is None:
        return "unknown"
    return "whole" if most <= left else "expected" if expected <= left else "no"


def party_rows(programmes: Sequence[Row], best: Tried | None, costs: Mapping[str, tuple[float, float]]) -> list[Row]:
    """What each party's open programmes could carry of the cheapest package, and what they have no money for."""
    if best is None:
        return []
    rows: list[Row] = []
    for party in sorted({str(r["party"]) for r in programmes}):
        own = [r for r in programmes if r["party"] == party and r["budget_fit"] != "no"]
        paying = {kind for r in own for kind in str(r["instruments"]).split(";")}
        carried = [o for o in best.chosen if o["instrument"] in paying]
        open_ = [str(o["option_id"]) for o in best.chosen if o["instrument"] not in paying]
        rows.append(
            {
                "project_id": programmes[0]["project_id"],
                "party": party,
                "carries": " + ".join(str(o["option_id"]) for o in carried),
                "leaves": " + ".join(open_),
                "expected_cost_usd_m": sum(costs.get(str(o["option_id"]), (0.0, 0.0))[0] for o in carried),
                "most_usd_m": sum(costs.get(str(o["option_id"]), (0.0, 0.0))[1] for o in carried),
                "programme_ids": ";".join(sorted(str(r["programme_id"]) for r in own)),
            }
        )
    return sorted(rows, key=lambda r: (str(r["leaves"]) != "", str(r["party"])))


def own_deals(ds: Dataset, project_id: str) -> list[Row]:
    """Deals on record of a project by how far they have come, without weighing them."""
    state = {str(r["deal_id"]): str(r["state"]) for r in ds.rows("deal_states")}
    return [
        {
            "project_id": project_id,
            "deal_id": r["deal_id"],
            "instrument": r["instrument"],
            "deal_state": state.get(str(r["deal_id"])),
            "party": r["party"],
            "agency": r["agency"],
            "amount_usd_m": r["amount_usd_m"],
            "source_ids": [r["source_id"]],
        }
        for r in sorted(ds.rows("finance_terms", project_id=project_id), key=lambda r: str(r["deal_id"]))
    ]
