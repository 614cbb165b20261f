"""Where are the gaps, stage by stage, to 2035?

Start reading here. Data → base year of the network → need exploded through the recipes, by the demand outlooks → supply
of own and allied plants, present and to come → the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence

import didymium
from didymium.data import Dataset
from didymium.model.explode import STEPS, element_of
from didymium.results import Field, Result, Row
from didymium.studies import gap_drivers, gap_supply

OUTLOOKS = ("STEPS", "APS", "NZE")
FIELDS = (
    Field("need_t", "t", "What the party's final use needs at the stage, exploded through the recipes"),
    Field("own_t", "t", "Own output, present plants and projects in expectation"),
    Field("contracted_t", "t", "Offtake under contract from other places"),
    Field("allied_t", "t", "Share of what partners make beyond their own need"),
    Field("stock_t", "t", "Working and public stock held for such a case, once"),
    Field("gap_t", "t", "Need less own, contracted and allied supply"),
    Field("gap_share", "share", "Gap over need"),
    Field("cover_months", "months", "How long the stock would carry the gap"),
)


def gaps(
    ds: Dataset,
    *,
    parties: Sequence[str] = ("USA", "JPN"),
    years: Sequence[int] = tuple(range(2026, 2036)),
    outlooks: Sequence[str] = OUTLOOKS,
    draws: int = 400,
    seed: int = 0,
) -> Result:
    """The gap ledger of each party and of all together, by stage, product, year and demand outlook."""
    supply = gap_supply.prepare(ds, parties, years, draws, seed)
    rows: list[Row] = []
    for outlook in outlooks:
        need = gap_supply.needs(ds, supply, outlook, seed)
        for stage in STEPS:
            for product in supply.products(stage):
                lines = gap_supply.entries(supply, need, stage, product)
                for party, line in lines.items():
                    stock = gap_supply.stock(ds, supply.chain, lines, party, stage, product)
                    element = element_of(product)
                    rows += gap_supply.rows(party, product, stage, element, outlook, years, line, stock, supply)
    return Result.of(
        "gaps",
        request={
            "parties": list(parties),
            "years": list(years),
            "outlooks": list(outlooks),
            "draws": draws,
            "seed": seed,
        },
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables={
            "partners": gap_supply.partner_rows(supply),
            "additions": gap_supply.addition_rows(supply),
            "drivers": gap_drivers.driver_rows(ds, supply, outlooks, seed),
        },
        warnings=gap_supply.WARNINGS,
        assumptions=supply.assumption_ids,
        source_ids=supply.source_ids,
    )
