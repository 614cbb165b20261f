"""Which unknown, if it were known, would change the ranking of the gaps most?

Data → the gap ledger with its draws → for each input that the draws move (a party's need, a project's output), what
knowing it would be worth: how far and how likely it changes which gap is the largest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

import didymium
from didymium.data import Dataset
from didymium.errors import BadInput
from didymium.model.explode import STEPS
from didymium.model.information import worth
from didymium.results import Field, Result, Row
from didymium.studies import gap_supply

FIELDS = (
    Field("evppi_share", "share", "Gap share that the first gap has more on average, if the input is known before"),
    Field("change_share", "share", "Chance that another gap would stand first, if the input were known"),
    Field("variance_share", "share", "Part of the spread of the first gap that the input explains"),
)
LEAST_DRAWS = 100
WARNINGS = ("only needs and projects are judged: the draws of the gap ledger hold base-year output level",)


def value_of_information(
    ds: Dataset,
    *,
    parties: Sequence[str] = ("USA", "JPN"),
    outlook: str = "STEPS",
    year: int | None = None,
    draws: int = 2_000,
    seed: int = 0,
) -> Result:
    """For each party, the inputs of the gap ledger by what knowing them would be worth, most first.

    The gaps are ranked by their share of need, stage and product by stage and product, in one year (2030 by default).
    """
    if draws < LEAST_DRAWS:
        raise BadInput(f"draws is {draws}.", cure=f"Means within bins need at least {LEAST_DRAWS}.")
    at = year or 2030
    supply = gap_supply.prepare(ds, parties, [at], draws, seed)
    need = gap_supply.needs(ds, supply, outlook, seed)
    inputs = {("need", region): one[1:, 0] for (_, _, region), one in need.items()}
    inputs |= {("project", one.project_id): supply.added[k][1:, 0] for k, one in enumerate(supply.additions)}
    names = [(stage, product) for stage in STEPS for product in supply.products(stage)]
    ledger = {name: gap_supply.entries(supply, need, *name) for name in names}
    sources = _sources(ds, supply, inputs)
    rows: list[Row] = []
    for party in ledger[names[0]]:
        scores = np.stack([_share(ledger[name][party].gap, ledger[name][party].need) for name in names], axis=1)
        rows += _ranked(party, at, outlook, scores, names, inputs, sources, seed)
    return Result.of(
        "data value-of-information",
        request={"parties": list(parties), "outlook": outlook, "year": at, "draws": draws, "seed": seed},
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        warnings=WARNINGS,
        assumptions=supply.assumption_ids,
        source_ids=supply.source_ids,
    )


def _share(gap: gap_supply.Floats, need: gap_supply.Floats) -> gap_supply.Floats:
    """Gap over need of each draw."""
    return np.divide(gap[1:, 0], need[1:, 0], out=np.zeros(gap.shape[0] - 1), where=need[1:, 0] > 0)


def _sources(
    ds: Dataset, supply: gap_supply.Supply, inputs: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[str]]:
    """What each input was read from: the demand figures of a region, the register's rows of a project."""
    found = {}
    for kind, name in inputs:
        if kind == "project":
            cited = {str(row["source_id"]) for row in ds.rows("projects", project_id=name)}
        else:
            seen = [o for o in supply.observed if o.kind == "demand" and o.place in (name, "WLD", "ROW")]
            cited = {source for one in seen for source in one.source_ids}
        found[kind, name] = sorted(cited | {gap_supply.OUTLOOK_SOURCE} if kind == "need" else cited)
    return found


def _ranked(
    party: str,
    year: int,
    outlook: str,
    scores: gap_supply.Floats,
    names: Sequence[tuple[str, str]],
    inputs: Mapping[tuple[str, str], gap_supply.Floats],
    sources: Mapping[tuple[str, str], list[str]],
    seed: int,
) -> Iterator[Row]:
    first = names[int(np.argmax(scores.mean(axis=0)))]
    found = [(worth(scores, values, seed=seed), *key) for key, values in inputs.items()]
    found.sort(key=lambda one: (-one[0].evppi, -one[0].change_share, -one[0].variance_share, one[1], one[2]))
    for one, kind, name in found:
        if one.evppi == one.change_share == one.variance_share == 0:
            continue
        other = names[one.mostly] if one.mostly is not None else None
        yield {
            "party": party,
            "year": year,
            "outlook": outlook,
            "input_kind": kind,
            "input": name,
            "evppi_share": one.evppi,
            "change_share": one.change_share,
            "variance_share": one.variance_share,
            "first_stage": first[0],
            "first_product": first[1],
            "instead_stage": other[0] if other else None,
            "instead_product": other[1] if other else None,
            "source_ids": sources[kind, name],
        }
