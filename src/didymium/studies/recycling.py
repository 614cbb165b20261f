"""How much comes back from scrap, by when, and what would bring more?

Use by sector → its history, back-cast → lives → what leaves use → collected → recovered, element by element; beside it
the waste of making magnets, the levers, and the primary projects. The draws move lives, history, collection, yield and
use; draw 0 is the central case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

import didymium
from didymium.data import Dataset
from didymium.errors import BadInput
from didymium.model.scrap import new_scrap, recover
from didymium.results import Field, Result, Row
from didymium.studies import gap_supply, scrap_projects
from didymium.studies.scrap_figures import ELEMENTS, LEVERS, MAGNET, Figures, figures

Floats = NDArray[np.float64]
OXIDE_STAGE = "separated"
MADE_STAGE = "magnet"
WORLD = "WLD"
TOTAL = "total"
LAST_YEAR = 2040  # of the demand outlooks
FIELDS = (
    Field("in_use_stock_t", "t", "Element in magnets in use at the end of the year"),
    Field("end_of_life_t", "t", "Element in magnets that leave use in the year"),
    Field("new_scrap_t", "t", "Element cut and ground away where the party makes magnets"),
    Field("collected_t", "t", "Part of end_of_life_t that reaches a recycler of magnets"),
    Field("exported_t", "t", "Part of collected_t that leaves the country; not known"),
    Field("recovered_t", "t", "Element that returns from magnets out of use, if none of it leaves the country"),
    Field("new_recovered_t", "t", "Element that returns from new scrap; the gap ledger counts it as output already"),
    Field("need_t", "t", "Element in the oxide that the party's magnets need"),
    Field("need_share", "share", "recovered_t over need_t"),
    Field("gap_t", "t", "Element in the oxide that the gap ledger misses"),
    Field("gap_closed_share", "share", "recovered_t over the gap of the oxide stage, at most 1"),
)
WARNINGS = (
    "magnets inside imported goods are not counted as use: an importer has more in use and more scrap than is shown",
    "use before 2024 is back-cast by one growth rate a sector for all places, an assumption with a range",
    "exports of magnet scrap have no customs code of their own: recovered tonnes hold if none leaves the country",
    "collection, yield and most lives are assumptions; see the basis of each row of the table lifetimes",
    "recyclers of the register are plants in the gap ledger, fed with this scrap: do not add their tonnes to it",
    "new scrap is not added to the share of need: recipes and gap ledger count what returns of it already",
)

NOT_BY_SECTOR: Row = {
    **dict.fromkeys(("new_scrap_t", "new_recovered_t", "need_t", "need_share", "gap_t", "gap_closed_share")),
    "gap_status": "not_by_sector",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One party, element and use: arrays (draw + 1, year) [t]."""

    in_use: Floats
    end_of_life: Floats
    collected: Floats
    recovered: Floats


def recycling(
    ds: Dataset,
    *,
    parties: Sequence[str] = ("USA", "JPN"),
    years: Sequence[int] = tuple(range(2026, 2036)),
    outlook: str = "STEPS",
    draws: int = 200,
    seed: int = 0,
) -> Result:
    """Scrap of NdFeB magnets and what returns of it, for each party, all of them and the world.

    Raises BadInput for years outside 2025 to 2040, UnknownTerm for an unknown party or outlook.
    """
    if not years or min(years) <= gap_supply.BASE_YEAR or max(years) > LAST_YEAR:
        told = f"{min(years)} to {max(years)}" if years else "none"
        raise BadInput(f"years {told}: the demand outlooks speak of {gap_supply.BASE_YEAR + 1} to {LAST_YEAR}.")
    span = range(gap_supply.BASE_YEAR + 1, max(*years, *scrap_projects.SHOWN) + 1)
    supply = gap_supply.prepare(ds, parties, span, draws, seed)
    known = figures(ds, supply, outlook, seed)
    need = gap_supply.needs(ds, supply, outlook, seed)
    gap = {p: gap_supply.entries(supply, need, OXIDE_STAGE, p) for p in supply.products(OXIDE_STAGE)}
    world = tuple(dict.fromkeys(place for place, _, _ in known.use))
    places = {**{p: (p,) for p in parties}, "+".join(parties): tuple(parties), WORLD: world}
    rows: list[Row] = []
    pulled: list[Row] = []
    back: dict[tuple[str, str, str], Floats] = {}
    for party, members in places.items():
        for element in ELEMENTS:
            lines = _lines(known, members, element)
            whole = _total(lines.values())
            back[party, element, ""] = whole.recovered
            for lever in LEVERS:
                back[party, element, lever] = _total(_lines(known, members, element, lever).values()).recovered
            entry = gap[known.oxides[element].product].get(party)
            made_by = need if party == WORLD else supply.own
            against = _against(known, made_by, need, members, element, whole, None if entry is None else entry.gap[0])
            for i in (known.years.index(year) for year in years):
                key: Row = {"party": party, "element": element, "year": known.years[i]}
                rows += [{**key, "sector": s, **_told(line, i), **NOT_BY_SECTOR} for s, line in lines.items()]
                rows.append({**key, "sector": TOTAL, **_told(whole, i), **against[i]})
                pulled += [{**key, **row} for row in _pulled(whole, i, {v: back[party, element, v] for v in LEVERS})]
    sources = sorted({*supply.source_ids, *known.source_ids, gap_supply.OUTLOOK_SOURCE})
    return Result.of(
        "recycling",
        request={"parties": list(parties), "years": list(years), "outlook": outlook, "draws": draws, "seed": seed},
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=[{**row, "evidence": "D", "source_ids": list(known.source_ids)} for row in rows],
        fields=FIELDS,
        tables={"levers": pulled, "against_projects": scrap_projects.rows(ds, supply, known, tuple(places), back)},
        warnings=WARNINGS,
        assumptions=sorted({*supply.assumption_ids, *known.assumption_ids}),
        source_ids=sources,
    )


def _lines(known: Figures, members: Sequence[str], element: str, lever: str = "") -> dict[str, Line]:
    """What the members' magnets hold and lose of an element, use by use."""
    found = {}
    for sector in known.sectors:
        base = sum(
            (
                known.use[p, s, grade] * known.content[grade, element]
                for p, s, grade in known.use
                if p in members and s == sector
            ),
            np.zeros((1, 1)),
        )
        left = base * known.end_of_life[sector]
        collection, recovery = known.rates(sector, lever)
        ends = recover(left, collection, 0.0, recovery)
        found[sector] = Line(base * known.in_use[sector], left, ends.collected, ends.recovered)
    return found


def _total(lines: Iterable[Line]) -> Line:
    return Line(*(np.sum(column, axis=0) for column in zip(*(astuple(line) for line in lines), strict=True)))


def _told(line: Line, i: int) -> Row:
    """A line in one year: the central case and the band of the draws."""
    return {
        "in_use_stock_t": float(line.in_use[0, i]),
        **_banded("end_of_life_t", line.end_of_life[:, i]),
        "collected_t": float(line.collected[0, i]),
        "exported_t": None,
        "exported_status": "unknown",
        **_banded("recovered_t", line.recovered[:, i]),
        "history_status": "assumption",
    }


def _banded(name: str, values: Floats) -> Row:
    low, high = np.quantile(values[1:], [0.1, 0.9])
    return {name: float(values[0]), f"{name}_p10": float(low), f"{name}_p90": float(high)}


def _against(
    known: Figures,
    made_by: Mapping[tuple[str, str, str], Floats],
    need: Mapping[tuple[str, str, str], Floats],
    members: Sequence[str],
    element: str,
    whole: Line,
    gap: Floats | None,
) -> list[Row]:
    """Year by year: the waste of the members' makers, their need, and the part of need and gap that old scrap meets.

    A party's makers are its plants and projects; the world makes what it uses.
    """
    oxide = known.oxides[element]
    made = sum((made_by[MADE_STAGE, MAGNET, p][0] for p in members if (MADE_STAGE, MAGNET, p) in made_by), np.zeros(1))
    waste = np.broadcast_to(new_scrap(made, known.waste_share) * known.made_content(element), len(known.years))
    wanted = sum((need[OXIDE_STAGE, oxide.product, p][0] for p in members), np.zeros(1)) * oxide.element_share
    rows: list[Row] = []
    for i in range(len(known.years)):
        lacks = None if gap is None else float(gap[i]) * oxide.element_share
        back = float(whole.recovered[0, i])
        rows.append(
            {
                "new_scrap_t": float(waste[i]),
                "new_recovered_t": float(waste[i]) * known.swarf_recovery,
                "need_t": float(wanted[i]),
                "need_share": back / float(wanted[i]) if wanted[i] > 0 else None,
                "gap_t": lacks,
                "gap_closed_share": min(back / lacks, 1.0) if lacks else None,
                "gap_status": "no_ledger" if lacks is None else "modelled" if lacks > 0 else "no_gap",
            }
        )
    return rows


def _pulled(whole: Line, i: int, under: Mapping[str, Floats]) -> Iterator[Row]:
    """What each lever would add in a year; what leaves the country is not known, so that stopping it has no figure."""
    for lever, recovered in under.items():
        yield {
            "lever": lever,
            "recovered_t": float(recovered[0, i]),
            **_banded("gained_t", (recovered - whole.recovered)[:, i]),
            "gained_status": "modelled",
        }
    yield {
        "lever": "leakage_to_zero",
        "recovered_t": None,
        "gained_t": None,
        "gained_t_p10": None,
        "gained_t_p90": None,
        "gained_status": "unknown",
    }
