"""How much of each stage's need lies with partners bound by which paper, and how binding is it?

The gap ledger says what a party can draw on; here each tonne is sorted by what binds whoever makes it. A paper counts
for a tonne only if its scope names the product, and binds only while its words are in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import didymium
from didymium.data import Dataset
from didymium.model.explode import STEPS
from didymium.results import Field, Result, Row
from didymium.studies import gap_supply
from didymium.studies.gap_supply import Supply

Floats = NDArray[np.float64]

FORCES = ("own", "contract", "binding_paper", "political_paper", "out_of_scope", "none")
"""What binds a tonne, the strongest first.

own: made at home. contract: a purchase contract of the party with the plant. binding_paper, political_paper: made by a
partner beyond its own need, the strongest paper between the two that names the product. out_of_scope: the same, but
the papers are about other minerals or not in force. none: nobody.
"""
ALL_MINERALS = "critical_minerals_all"
FIELDS = (
    Field("need_t", "t", "What the party's final use needs at the stage, as in the gap ledger"),
    Field("covered_t", "t", "Of it, what lies with those bound so; expected case"),
    Field("covered_share", "share", "Covered over need"),
    Field("cover_force", "", "own, contract, binding_paper, political_paper, out_of_scope or none"),
    Field("agreement_ids", "", "The papers between the party and those who make it, of that force"),
)
WARNINGS = (
    "what a partner makes beyond its own need is not promised: a paper between states binds no plant to deliver",
    "the force is that of the strongest paper that names the product; papers name no tonnes, contracts do",
)


@dataclass(frozen=True, slots=True)
class Paper:
    """An agreement as far as it bears on supply."""

    agreement_id: str
    parties: frozenset[str]
    is_binding: bool
    products: tuple[str, ...]
    source_id: str


def coverage(
    ds: Dataset,
    *,
    parties: Sequence[str] = ("USA", "JPN"),
    years: Sequence[int] = tuple(range(2026, 2036)),
    outlook: str = "STEPS",
    draws: int = 400,
    seed: int = 0,
) -> Result:
    """Need of each party by stage, product and year, split by what binds those who cover it; P10–P90 of the draws."""
    supply = gap_supply.prepare(ds, parties, years, draws, seed)
    need = gap_supply.needs(ds, supply, outlook, seed)
    signed = papers(ds, supply)
    source_of = {paper.agreement_id: paper.source_id for paper in signed}
    rows: list[Row] = []
    by_partner: list[Row] = []
    for stage in STEPS:
        for product in supply.products(stage):
            for party in supply.parties:
                parts = _parts(ds, supply, need, signed, party, stage, product)
                line = {"party": party, "stage": stage, "product": product}
                whole = need.get((stage, product, party), np.zeros((draws + 1, len(years))))
                behind = gap_supply.sources_of(supply, party, stage)
                rows += _by_force(line, years, whole, parts, source_of, behind)
                by_partner += _by_partner(line, years, whole, parts, source_of, behind)
    return Result.of(
        "commitments coverage",
        request={
            "parties": list(parties),
            "years": list(years),
            "outlook": outlook,
            "draws": draws,
            "seed": seed,
        },
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables={"by_partner": by_partner},
        warnings=(*WARNINGS, *gap_supply.WARNINGS),
        assumptions=supply.assumption_ids,
        source_ids=sorted({*supply.source_ids, *source_of.values()}),
    )


def papers(ds: Dataset, supply: Supply) -> tuple[Paper, ...]:
    """The agreements, their parties as regions of the chain, without those whose words are not in force.

    An agreement is out where every promise in it is missed, or not in force.
    """
    force = {row["commitment_id"]: row["legal_force"] for row in ds.rows("commitment_readings")}
    alive: dict[str, bool] = {}
    for row in ds.rows("commitments"):
        is_dead = row["status"] == "missed" or force.get(row["commitment_id"]) == "not_in_force"
        alive[row["agreement_id"]] = alive.get(row["agreement_id"], False) or not is_dead
    groups, region_of = supply.chain.groups, supply.chain.region_of
    found = []
    for row in ds.rows("agreements"):
        if not alive.get(row["agreement_id"], True):
            continue
        members = {m for place in row["parties"].split(";") for m in groups.get(place, {place})}
        regions = frozenset(region_of[m] for m in members if m in region_of)
        found.append(
            Paper(
                row["agreement_id"],
                regions,
                row["binding"] == "yes",
                tuple(row["products"].split(";")),
                row["source_id"],
            )
        )
    return tuple(found)


def names_product(ds: Dataset, paper: Paper, stage: str, product: str) -> bool:
    """Whether the scope of a paper names a product at a stage.

    A group of products (rare earths) names its whole family at every stage; a basket or an aggregate (heavy oxides) its
    family at its own stages; a single product itself.
    """
    known = {row["product"]: row for row in ds.rows("products")}
    family = known[product]["family"]
    for name in paper.products:
        named = known[name]
        if name in (ALL_MINERALS, product):
            return True
        if named["family"] == family and named["kind"] == "group":
            return True
        if (
            named["family"] == family
            and named["kind"] in ("basket", "aggregate")
            and stage in (named["stages"] or "").split(";")
        ):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Part:
    """A share of the need: who covers it, what binds them, by which papers; amount [t], shape (draw + 1, year)."""

    partner: str
    force: str
    agreement_ids: tuple[str, ...]
    amount: Floats


def _parts(
    ds: Dataset,
    supply: Supply,
    need: Mapping[tuple[str, str, str], Floats],
    signed: Sequence[Paper],
    party: str,
    stage: str,
    product: str,
) -> list[Part]:
    """The need of a party in parts that add up to it: own, contracts, partners, and what nobody covers."""
    at = gap_supply.position(supply, need, stage, product)
    left = at.need[party].copy()
    parts: list[Part] = []

    def take(partner: str, force: str, ids: tuple[str, ...], offered: Floats) -> None:
        nonlocal left
        amount = np.minimum(offered, left)
        left = left - amount
        parts.append(Part(partner, force, ids, amount))

    take(party, "own", (), at.own[party])
    for deal, delivered in at.deals:
        if deal.party == party:
            between = _between(ds, signed, party, deal.supplier, stage, product)
            take(deal.supplier, "contract", tuple(p.agreement_id for p in between), delivered)
    for supplier, amount in gap_supply.drawn_from(supply, at, party).items():
        between = _between(ds, signed, party, supplier, stage, product)
        binding = [p for p in between if p.is_binding]
        force = "binding_paper" if binding else "political_paper" if between else "out_of_scope"
        take(supplier, force, tuple(p.agreement_id for p in binding or between), amount)
    parts.append(Part("", "none", (), left))
    return parts


def _between(ds: Dataset, signed: Sequence[Paper], party: str, partner: str, stage: str, product: str) -> list[Paper]:
    """Papers that both have joined and that name the product. One with China is no promise of supply."""
    return [
        paper
        for paper in signed
        if {party, partner} <= paper.parties and "CHN" not in paper.parties and names_product(ds, paper, stage, product)
    ]


def _by_force(
    line: Row,
    years: Sequence[int],
    need: Floats,
    parts: Sequence[Part],
    source_of: Mapping[str, str],
    behind: Sequence[str],
) -> Iterator[Row]:
    for force in FORCES:
        own = [part for part in parts if part.force == force]
        amount = sum((part.amount for part in own), np.zeros_like(need))
        ids = sorted({i for part in own if part.amount.any() for i in part.agreement_ids})
        told = {"agreement_ids": ids, "source_ids": sorted({*behind, *(source_of[i] for i in ids)})}
        for i, year in enumerate(years):
            yield {**line, "year": int(year), "cover_force": force, **_shown(need, amount, i), **told}


def _by_partner(
    line: Row,
    years: Sequence[int],
    need: Floats,
    parts: Sequence[Part],
    source_of: Mapping[str, str],
    behind: Sequence[str],
) -> Iterator[Row]:
    groups: dict[tuple[str, str, tuple[str, ...]], Floats] = {}
    for part in parts:
        if part.partner:
            key = (part.partner, part.force, part.agreement_ids)
            groups[key] = groups.get(key, np.zeros_like(need)) + part.amount
    for (partner, force, ids), amount in groups.items():
        told = {"agreement_ids": list(ids), "source_ids": sorted({*behind, *(source_of[i] for i in ids)})}
        for i, year in enumerate(years):
            if amount[:, i].any():
                named = {"partner": partner, "cover_force": force}
                yield {**line, "year": int(year), **named, **_shown(need, amount, i), **told}


def _shown(need: Floats, amount: Floats, i: int) -> dict[str, Any]:
    """The expected case and the band of the draws, in tonnes and as a share of the need of the same draw."""
    share = np.divide(amount[1:, i], need[1:, i], out=np.zeros(need.shape[0] - 1), where=need[1:, i] > 0)
    low, high = np.quantile(amount[1:, i], [0.1, 0.9])
    low_share, high_share = np.quantile(share, [0.1, 0.9])
    whole = float(need[0, i])
    return {
        "need_t": whole,
        "covered_t": float(amount[0, i]),
        "covered_t_p10": float(low),
        "covered_t_p90": float(high),
        "covered_share": float(amount[0, i]) / whole if whole else None,
        "covered_share_p10": float(low_share) if whole else None,
        "covered_share_p90": float(high_share) if whole else None,
    }
