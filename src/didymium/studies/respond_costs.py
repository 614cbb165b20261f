"""What the options cost, from prices, recipes and projects; what has no price has a status and no number.

All are million USD at base prices over the run and leave out what the model counts as loss. Substitutes and projects
are read where a row tells their cost; a status says what was left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from didymium.data import Dataset
from didymium.model.network import MUSD_PER_T
from didymium.model.outcome import Outcome
from didymium.scenario.chain import RISING, project_steps
from didymium.scenario.family_chain import MAGNETS
from didymium.scenario.inputs import Floats, Inputs

REPLACEMENT = "replacement_at_base_price"
RUNNING = "running_cost_of_more_output"
PENALTY = "extra_cost_of_substitutes"
PENALTY_PART = "extra_cost_of_some_substitutes"
NO_PENALTY = "no_substitute_on_record"
CAPITAL = "capital_earlier"
CAPITAL_PART = "capital_earlier_of_some"
NO_CAPITAL = "no_capital_cost_on_record"
NO_PRICE = "no_price"
SUM = "sum_of_those_costed"
MONTHS_A_YEAR = 12

Cost = tuple[float | None, str]


@dataclass(frozen=True, slots=True)
class Substitute:
    """A row of `substitution` that speaks to a use of the chain."""

    product: str
    sector: str
    substitute: str
    reach: float
    penalty: float | None
    years: float | None
    source_id: str


@dataclass(frozen=True, slots=True)
class Costing:
    """What the costs of an event's options rest on."""

    inputs: Inputs
    activity_cost: Floats  # (activity,) million USD a unit of run
    parties: Sequence[str]
    hit: frozenset[str]
    penalty: Mapping[str, float]  # by sector
    capital: tuple[float, int, int]  # million USD that stands to be spent, plants with a cost, all plants

    def of(self, name: str, size: float, before: Outcome, after: Outcome, limit: Floats) -> Cost:
        """Cost of one option at a size: `before` is the run without it, `after` the run with it.

        `limit` (month, activity) is what plants could make without more spare output.
        """
        if name == "release":
            return released(after, self.inputs), REPLACEMENT
        if name == "swing":
            return self._running(after, limit), RUNNING
        if name == "substitution":
            return self._substitutes(before, after)
        if name == "acceleration":
            return self._earlier(size)
        return None, NO_PRICE

    def together(
        self, names: Iterable[str], sizes: Mapping[str, float], before: Outcome, after: Outcome, limit: Floats
    ) -> Cost:
        """Cost of several options in one run: the sum of those that are costed."""
        found = [self.of(name, sizes[name], before, after, limit)[0] for name in names]
        known = [cost for cost in found if cost is not None]
        return (float(sum(known)), SUM) if known else (None, NO_PRICE)

    def _running(self, after: Outcome, limit: Floats) -> float:
        """What plants outside the places hit spend to make more than they could have made."""
        outside = np.array([region not in self.hit for _, region in after.network.chain.activities])
        more = np.maximum(after.activity - limit, 0.0).sum(axis=0)
        return float((more * self.activity_cost)[outside].sum())

    def _substitutes(self, before: Outcome, after: Outcome) -> Cost:
        """Extra cost of what the parties replace; a use that gives way without a substitute on record is not costed."""
        price = dict(zip(self.inputs.chain.products, self.inputs.base_price, strict=True))
        uses = after.network.chain.uses
        gave = ((after.unserved - after.short) - (before.unserved - before.short)).sum(axis=0)
        mine = [
            (sector, max(float(gave[u]), 0.0) * price[product] * MUSD_PER_T)
            for u, (product, region, sector) in enumerate(uses)
            if region in self.parties
        ]
        told = [worth * self.penalty[sector] for sector, worth in mine if sector in self.penalty]
        untold = any(worth > 0 for sector, worth in mine if sector not in self.penalty)
        if not told:
            return None, NO_PENALTY
        return float(sum(told)), PENALTY_PART if untold else PENALTY

    def _earlier(self, months: float) -> Cost:
        """What it costs to spend capital earlier: its yearly rate over the months gained."""
        spent, with_cost, plants = self.capital
        if not with_cost:
            return None, NO_CAPITAL
        cost = spent * self.inputs.discount_rate * months / MONTHS_A_YEAR
        return cost, CAPITAL if with_cost == plants else CAPITAL_PART


def released(outcome: Outcome, inputs: Inputs) -> float:
    """Worth at base prices of what left public stocks [million USD]: to fill them up again."""
    price = dict(zip(inputs.chain.products, inputs.base_price, strict=True))
    worth = np.array([price[product] for _, product in inputs.public_cover_days]) * MUSD_PER_T
    return float((releases(outcome) @ worth).sum()) if worth.size else 0.0


def releases(outcome: Outcome) -> Floats:
    """What left each public stock [t], shape (month, stock); each myopic window keeps its first month."""
    layout = outcome.network.layout
    columns = layout.columns_of("release", layout.public)
    kept = columns if outcome.foresight == "coordinated" else columns[:1]
    return np.concatenate([solve.x[kept] for solve in outcome.solves])


def substitutes(ds: Dataset, families: Sequence[str], inputs: Inputs) -> list[Substitute]:
    """Rows of `substitution` for products that the chain's users take: of the same product, in the same use."""
    sectors = {sector for _, _, sector in inputs.chain.uses}
    at = {("ndfeb_magnet", sector): sector for sector in sectors} if MAGNETS in families else {}
    for use in ds.rows("chain_uses"):
        if use["family"] in families and use["sector"] in sectors:
            for word in str(use["demand_sectors"] or "").split(";"):
                at[str(use["chain_product"]).partition(":")[0], word] = str(use["sector"])
    return [
        Substitute(
            product=str(row["product"]),
            sector=at[row["product"], row["application"]],
            substitute=str(row["substitute"]),
            reach=float(row["substitutability"]),
            penalty=None if row["cost_penalty_share"] is None else float(row["cost_penalty_share"]),
            years=None if row["time_years"] is None else float(row["time_years"]),
            source_id=str(row["source_id"]),
        )
        for row in ds.rows("substitution")
        if (row["product"], row["application"]) in at
    ]


def capital(ds: Dataset, inputs: Inputs, rising: Floats) -> tuple[float, int, int]:
    """Capital cost of the plants behind what rises (`rising`, see `respond_options.acceleration`).

    Each with the chance that its status gives [million USD]; then how many of them tell a cost, and how many there are.
    A project that makes several products counts once.
    """
    chain = inputs.chain
    recipes = {p.process_id: p for p in chain.processes}
    places = {
        (product, region)
        for (process_id, region), row in zip(chain.activities, rising, strict=True)
        if row.any()
        for product in recipes[process_id].outputs
    }
    assume = {row["assumption_id"]: float(row["value"]) for row in ds.rows("assumptions")}
    first, last = int(inputs.months[0][:4]), int(inputs.months[-1][:4])
    plants: dict[str, float | None] = {}
    for row in project_steps(ds):
        region = chain.region_of.get(row["country"], "ROW")
        words = (row["product"], f"{row['product']}_std", f"{row['product']}:{row['stage']}")
        is_known = row["status"] in RISING and row["capacity"] is not None and row["start_year"] is not None
        if not is_known or not any((word, region) in places for word in words):
            continue
        if not first - assume["ramp_years"] < row["start_year"] <= last + 1:
            continue
        chance = assume[f"success_share_{row['status']}"]
        known = None if row["capex_usd_m"] is None else float(row["capex_usd_m"]) * chance
        before = plants.get(row["project_id"])
        plants[row["project_id"]] = known if before is None else max(before, known or 0.0)
    told = [cost for cost in plants.values() if cost is not None]
    return float(sum(told)), len(told), len(plants)
