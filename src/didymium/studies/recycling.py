"""How much comes back from scrap, by when, and what would bring more?

What enters a use year by year → lives → what leaves use → collected → exported or recovered, material by material and
use by use; beside it the waste of making, the levers, what laws ask, published figures, and the primary projects. One
model holds for magnets, batteries, catalysts and minor metals; the rows of the tables differ. The draws move lives,
history, collection, exports and yield; draw 0 is the central case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

import didymium
from didymium.data import Dataset
from didymium.errors import BadInput, UnknownTerm
from didymium.results import Field, Result, Row
from didymium.studies import gap_supply, scrap_held, scrap_projects
from didymium.studies.scrap_figures import figures
from didymium.studies.scrap_material import MAGNETS, OXIDE_STAGE, Material, of_family, of_magnets
from didymium.studies.scrap_rows import uses
from didymium.studies.scrap_stream import PULLS, WORLD, Line

Floats = NDArray[np.float64]
FAMILIES = (MAGNETS, "batteries", "catalysts", "minor_metals")
TOTAL = "total"
LAST_YEAR = 2040  # of the demand outlooks
FULL_YEAR = "recycling_full_year"
FIELDS = (
    Field("in_use_stock_t", "t", "Element in goods in use at the end of the year"),
    Field("end_of_life_t", "t", "Element in goods that leave use in the year"),
    Field("new_scrap_t", "t", "Element that is cut, ground or thrown away where the party makes the goods"),
    Field("collected_t", "t", "Part of end_of_life_t that reaches a recycler or a dealer of the scrap"),
    Field("exported_t", "t", "Part of collected_t that leaves the country, where it is known"),
    Field("recovered_t", "t", "Element that returns from goods out of use; if exports are not known, as if none left"),
    Field("new_recovered_t", "t", "Element that returns from new scrap; for magnets the gap ledger counts it already"),
    Field("need_t", "t", "Element that the party's makers of the goods followed here take in"),
    Field("need_share", "share", "recovered_t over need_t"),
    Field("gap_t", "t", "Element in the oxide that the gap ledger misses; other families have no ledger"),
    Field("gap_closed_share", "share", "recovered_t over the gap of the oxide stage, at most 1"),
)
WARNINGS = (
    "collection, yield, exports and most lives are assumptions; see the basis of each row of the table lifetimes",
    "uses that are not followed stand in the table not_followed, with the reason; they are no zeros",
)
MAGNET_WARNINGS = (
    "magnets inside imported goods are not counted as use: an importer has more in use and more scrap than is shown",
    "use before 2024 is back-cast by one growth rate a sector for all places, an assumption with a range",
    "exports of magnet scrap have no customs code of their own: recovered tonnes hold if none leaves the country",
    "recyclers of the register are plants in the gap ledger, fed with this scrap: do not add their tonnes to it",
    "new scrap is not added to the share of need: recipes and gap ledger count what returns of it already",
)
ROW_WARNINGS = (
    "a place's use is its share of the world's, the same in all years; no row for a place means not known, not zero",
    "metal in batteries of an earlier year is scaled with their capacity: older cells held more cobalt a kWh",
)

NOT_BY_SECTOR: Row = {
    **dict.fromkeys(("new_scrap_t", "new_recovered_t", "need_t", "need_share", "gap_t", "gap_closed_share")),
    "gap_status": "not_by_sector",
}


def recycling(
    ds: Dataset,
    *,
    parties: Sequence[str] = ("USA", "JPN"),
    families: Sequence[str] = FAMILIES,
    years: Sequence[int] = tuple(range(2026, 2036)),
    outlook: str = "STEPS",
    draws: int = 200,
    seed: int = 0,
) -> Result:
    """Scrap of magnets, batteries, catalysts and minor metals, for each party, all of them and the world.

    Raises BadInput for years outside 2025 to 2040, UnknownTerm for an unknown party, family or outlook.
    """
    if not years or min(years) <= gap_supply.BASE_YEAR or max(years) > LAST_YEAR:
        told = f"{min(years)} to {max(years)}" if years else "none"
        raise BadInput(f"years {told}: the demand outlooks speak of {gap_supply.BASE_YEAR + 1} to {LAST_YEAR}.")
    for family in families:
        if family not in FAMILIES:
            raise UnknownTerm("family", family, FAMILIES, cure=f"Families with scrap: {', '.join(FAMILIES)}.")
    places = {**{p: (p,) for p in parties}, "+".join(parties): tuple(parties), WORLD: (WORLD,)}
    known, projects, assumed, cited = _materials(ds, parties, families, years, outlook, draws, seed)
    rows: list[Row] = []
    pulled: list[Row] = []
    for material in known:
        for party, members in places.items():
            rows += _rows(material, party, members, years)
            pulled += _pulled(material, party, members, years)
    held = scrap_held.published(ds, known, families)
    asked = scrap_held.targets(ds, known, {**places, **scrap_held.bound_places(ds)}, families)
    left = [_left(use) for use in uses(ds, families, followed=False)]
    against = [*scrap_projects.scrap_rows(known, places), *projects]
    listed = sorted({s for m in known for s in cited[m.family]})
    return Result.of(
        "recycling",
        request={
            "parties": list(parties),
            "families": list(families),
            "years": list(years),
            "outlook": outlook,
            "draws": draws,
            "seed": seed,
        },
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=[{**row, "evidence": "D", "source_ids": list(cited[str(row["family"])])} for row in rows],
        fields=FIELDS,
        tables={
            "levers": pulled,
            "against_projects": [
                {**r, "source_ids": r.get("source_ids") or list(cited[str(r["family"])])} for r in against
            ],
            "targets": asked,
            "published": held,
            "not_followed": left,
        },
        warnings=(
            *(MAGNET_WARNINGS if MAGNETS in families else ()),
            *(ROW_WARNINGS if set(families) - {MAGNETS} else ()),
            *WARNINGS,
        ),
        assumptions=sorted(assumed),
        source_ids=sorted({*listed, *(str(r["source_id"]) for r in (*held, *asked))}),
    )


def _materials(
    ds: Dataset,
    parties: Sequence[str],
    families: Sequence[str],
    years: Sequence[int],
    outlook: str,
    draws: int,
    seed: int,
) -> tuple[list[Material], list[Row], set[str], dict[str, tuple[str, ...]]]:
    """The materials asked for, the projects beside them, the assumptions used and the sources by family."""
    found: list[Material] = []
    projects: list[Row] = []
    cited: dict[str, tuple[str, ...]] = {}
    shown = max(*years, *scrap_projects.SHOWN)
    full_row = ds.rows("assumptions", assumption_id=FULL_YEAR)[0]
    assumed = {FULL_YEAR}
    if MAGNETS in families:
        span = range(gap_supply.BASE_YEAR, shown + 1)  # figures of the base year are held against the study
        supply = gap_supply.prepare(ds, parties, span, draws, seed)
        known = figures(ds, supply, outlook, seed)
        need = gap_supply.needs(ds, supply, outlook, seed)
        gap = {p: gap_supply.entries(supply, need, OXIDE_STAGE, p) for p in supply.products(OXIDE_STAGE)}
        found += of_magnets(known, supply, need, gap, others=scrap_held.held_places(ds, MAGNETS))
        projects += scrap_projects.magnet_projects(ds, supply)
        assumed |= {*supply.assumption_ids, *known.assumption_ids}
        cited[MAGNETS] = tuple(sorted({*supply.source_ids, *known.source_ids, gap_supply.OUTLOOK_SOURCE}))
    else:
        named = {r["place"] for r in ds.rows("places")}
        for party in parties:
            if party not in named:
                raise UnknownTerm("party", party, named, cure="Parties are places of the table places.")
    for family in (f for f in families if f != MAGNETS):
        full = np.array([[float(full_row["value"])]])
        last = max(shown, scrap_held.last_target(ds))
        mine = list(of_family(ds, family, last=last, outlook=outlook, draws=draws, seed=seed, full_year=full))
        found += mine
        projects += scrap_projects.other_projects(ds, family, {m.element: m.sold_as for m in mine}, draws, seed)
        rows = [*ds.rows("lifetimes", family=family), *uses(ds, (family,))]
        sectors = {r["sector"] for r in rows}
        rows += [r for r in ds.rows("scrap_history") if r["sector"] in sectors]
        cited[family] = tuple(sorted({str(r["source_id"]) for r in rows}))
    return found, projects, assumed, cited


def _key(material: Material, party: str, i: int) -> Row:
    return {"family": material.family, "party": party, "element": material.element, "year": material.years[i]}


def _rows(material: Material, party: str, members: Sequence[str], years: Sequence[int]) -> Iterator[Row]:
    lines = {s.sector: s.line(members) for s in material.streams}
    whole = material.whole(members)
    for i in (material.years.index(year) for year in years):
        key = _key(material, party, i)
        for sector, line in lines.items():
            state = "unknown" if line is None else "modelled"
            yield {**key, "sector": sector, **_told(line, i), **NOT_BY_SECTOR, "use_status": state}
        against = _against(material, party, members, whole, i)
        yield {**key, "sector": TOTAL, **_told(whole, i), **against, "use_status": material.told(members)}


def _told(line: Line | None, i: int) -> Row:
    """A line in one year: the central case and the band of the draws."""
    if line is None:
        banded = {f"{n}{end}": None for n in ("end_of_life_t", "recovered_t") for end in ("", "_p10", "_p90")}
        return {
            "in_use_stock_t": None,
            "collected_t": None,
            "exported_t": None,
            "exported_status": "unknown",
            **banded,
            "history_status": "unknown",
        }
    return {
        "in_use_stock_t": float(line.in_use[0, i]),
        **_banded("end_of_life_t", line.end_of_life[:, i]),
        "collected_t": float(line.collected[0, i]),
        "exported_t": None if line.exported is None else float(line.exported[0, i]),
        "exported_status": "unknown" if line.exported is None else "modelled",
        **_banded("recovered_t", line.recovered[:, i]),
        "history_status": "assumption",
    }


def _banded(name: str, values: Floats) -> Row:
    low, high = np.quantile(values[1:], [0.1, 0.9])
    return {name: float(values[0]), f"{name}_p10": float(low), f"{name}_p90": float(high)}


def _against(material: Material, party: str, members: Sequence[str], whole: Line | None, i: int) -> Row:
    """The waste of the members' makers, their need, and the part of need and gap that old scrap meets, in one year."""
    waste, returned, wanted = (
        None if found is None else float(found[0, i])
        for of in (material.new_scrap, material.new_recovered, material.need)
        for found in (material.at(of, members),)
    )
    gap = material.gap.get(party)
    lacks = None if gap is None else float(gap[0, i])
    back = None if whole is None else float(whole.recovered[0, i])
    return {
        "new_scrap_t": waste,
        "new_recovered_t": returned,
        "need_t": wanted,
        "need_share": back / wanted if back is not None and wanted else None,
        "gap_t": lacks,
        "gap_closed_share": min(back / lacks, 1.0) if lacks and back is not None else None,
        "gap_status": "no_ledger" if lacks is None else "modelled" if lacks > 0 else "no_gap",
    }


def _pulled(material: Material, party: str, members: Sequence[str], years: Sequence[int]) -> Iterator[Row]:
    """What each lever would add in a year; where exports are not known, stopping them has no figure."""
    now = material.whole(members)
    under = {lever: material.whole(members, lever) for lever in PULLS if lever}
    for i in (material.years.index(year) for year in years):
        key = _key(material, party, i)
        for lever, line in under.items():
            if now is None or line is None:
                gained = dict.fromkeys(("recovered_t", "gained_t", "gained_t_p10", "gained_t_p90"))
                yield {**key, "lever": lever, **gained, "gained_status": "unknown"}
                continue
            yield {
                **key,
                "lever": lever,
                "recovered_t": float(line.recovered[0, i]),
                **_banded("gained_t", (line.recovered - now.recovered)[:, i]),
                "gained_status": "modelled",
            }


def _left(use: Mapping[str, object]) -> Row:
    names = ("family", "element", "sector", "reason", "reason_ja", "source_id")
    return {n: str(use[n]) for n in names}
