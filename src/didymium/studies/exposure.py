"""How exposed are we: who supplies each stage of a chain, how concentrated that is, and how much of it we import.

Shares are taken of full lists of producers only (`studies/supply.py`), each with an interval from the confidence of
its rows, each with a sentence on what the figure does not tell. Other series that the tables hold for the same
product stand in `claims`, so that nobody has to take the preferred one on trust.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from didymium import __version__
from didymium.data.evidence import basis_kind
from didymium.errors import NotFound, UnknownTerm
from didymium.model.concentration import (
    Concentration,
    concentration,
    governance_risk,
    governance_weighted_hhi,
    governance_weighted_hhi_error,
    hhi_10000,
)
from didymium.results.result import Field, Result
from didymium.studies.access import EVERYONE, Facts, customs_year
from didymium.studies.indicators import indicator_rows
from didymium.studies.ranking import ranking
from didymium.studies.reliance import CHINA, WORLD, reliance_rows
from didymium.studies.supply import LeftOut, Supply, evidence_of, supply_lists

if TYPE_CHECKING:
    from didymium.data import Dataset

Record = Mapping[str, Any]

MAGNET_CHAIN = (
    ("reo_mixed", "mine"),
    ("ree_magnet", "mine"),
    ("ree_magnet", "separated"),
    ("nd_oxide", "separated"),
    ("pr_oxide", "separated"),
    ("dy_oxide", "separated"),
    ("tb_oxide", "separated"),
    ("re_metal", "metal"),
    ("ndfeb_magnet", "magnet"),
)
"""The default question: rare earths from mine to magnet. `ree_magnet` is the sum of the four oxides' elements."""

MANY_DRAWS = 400
"""Most draws behind the intervals of the table `indicators`."""

EVERYONE_DRAWS = 200
"""Most draws behind all intervals where every place or every year is asked about."""


def exposure(
    ds: Dataset,
    *,
    products: Sequence[str] | Literal["all"] | None = None,
    parties: Sequence[str] = ("USA", "JPN"),
    year: int | None = None,
    all_years: bool = False,
    seed: int = 0,
    draws: int = 2_000,
) -> Result:
    """Concentration of supply for every stage of the products, and the parties' access to it.

    `products`: the magnet chain if None, "all" for every product with a full list of producers. `parties`: places and
    groups, or `("ALL",)` for every place that makes, needs or imports it. `year`: if None, the latest year in which
    every
    stage asked for has a list, or, without such a year, the latest of each, up to the last year of customs flows if
    that leaves one; `all_years` takes every year instead.
    """
    lists, left_out = supply_lists(ds)
    supplies = _asked(lists, products, year, customs_year(ds))
    supplies = _every_year(supplies, lists) if all_years else supplies
    everyone = tuple(parties) == EVERYONE
    if not everyone:
        _check_parties(ds, parties)
    risks = _governance(ds)
    draws = min(draws, EVERYONE_DRAWS) if everyone or all_years else draws
    measured = [(supply, _measure(ds, supply, draws, seed)) for supply in supplies]
    indicators = indicator_rows(ds, supplies, parties, seed=seed, draws=min(draws, MANY_DRAWS), known_only=everyone)
    cautions = ds.rows("cautions")
    return Result.of(
        "exposure",
        request={
            "products": products if products is None or products == "all" else list(products),
            "parties": list(parties),
            "year": year,
            **({"all_years": True} if all_years else {}),
            "seed": seed,
            "draws": draws,
        },
        dataset=ds.describe(),
        code_version=__version__,
        rows=[_row(ds, supply, got, risks, cautions) for supply, got in measured],
        fields=FIELDS,
        tables={
            "shares": [row for supply, got in measured for row in _share_rows(supply, got)],
            "indicators": indicators,
            "ranking": _ranking(ds, supplies, parties, indicators) if not everyone else [],
            "reliance": reliance_rows(ds, supplies, parties) if not everyone else [],
            "claims": _claims(ds, supplies),
            "left_out": _left_out(left_out, {supply.product for supply in supplies}),
        },
        source_ids=[row["source_id"] for supply in supplies for row in supply.rows],
        assumptions=_assumptions(supplies),
    )


def _asked(
    lists: Mapping[tuple[str, str, int], Supply],
    products: Sequence[str] | Literal["all"] | None,
    year: int | None,
    customs: int,
) -> list[Supply]:
    """The lists of producers that answer the question, along the chain; NotFound if there is none."""
    stages = {key[:2] for key in lists}
    if products is None:
        wanted = [stage for stage in MAGNET_CHAIN if stage in stages]
    elif products == "all":
        wanted = sorted(stages)
    else:
        known = {product for product, _ in stages}
        for product in products:
            if product not in known:
                listed = f"These are: {', '.join(sorted(known))}."
                raise UnknownTerm("product with a full list of producers", product, known, cure=listed)
        wanted = sorted((stage for stage in stages if stage[0] in products), key=lambda s: (products.index(s[0]), s))
    years = {stage: {key[2] for key in lists if key[:2] == stage} for stage in wanted}
    common = set.intersection(*years.values()) if years else set()
    at = {stage: year or _latest(common or years[stage], customs) for stage in wanted}
    found = [lists[(*stage, at[stage])] for stage in wanted if at[stage] in years[stage]]
    if not found:
        raise NotFound(f"no full list of producers for {year}.", cure="Leave out the year to take the latest.")
    return found


def _latest(years: Iterable[int], customs: int) -> int:
    """The latest of the years that customs flows cover too; without one, the latest."""
    return max(years, key=lambda year: (year <= customs, year))


def _every_year(supplies: Iterable[Supply], lists: Mapping[tuple[str, str, int], Supply]) -> list[Supply]:
    """The lists of all years of the stages that were found."""
    stages = [(supply.product, supply.stage) for supply in supplies]
    return [lists[key] for stage in stages for key in sorted(lists) if key[:2] == stage]


def _check_parties(ds: Dataset, parties: Iterable[str]) -> None:
    known = [row["place"] for row in ds.rows("places", kind=("country", "group"))]
    for party in parties:
        if party not in known:
            raise UnknownTerm("party", party, known, cure="Use ISO 3166 codes, EU27, or ALL alone.")


def _ranking(
    ds: Dataset, supplies: Sequence[Supply], parties: Sequence[str], indicators: Sequence[Record]
) -> list[dict[str, Any]]:
    """The order of exposure in the latest year of each stage."""
    facts = Facts(ds)
    latest = {(one.product, one.stage): one for one in sorted(supplies, key=lambda one: one.year)}
    years = {key: one.year for key, one in latest.items()}
    rows = [row for row in indicators if years[row["product"], row["stage"]] == row["year"]]
    none = [
        (one.product, one.stage, party) for one in latest.values() for party in parties if facts.makes_none(one, party)
    ]
    return ranking(rows, parties, none)


def _measure(ds: Dataset, supply: Supply, draws: int, seed: int) -> Concentration:
    errors = {row["row_id"]: ds.evidence(row).sigma_share for row in supply.rows}
    widest = max(row["sigma_share"] for row in ds.rows("confidence_grades"))
    return concentration(
        [row["quantity"] for row in supply.named],
        [errors[row["row_id"]] for row in supply.named],
        rest=supply.rest,
        rest_sigma=max((errors[row["row_id"]] for row in supply.rest_rows), default=widest),
        draws=draws,
        seed=seed,
    )


def _governance(ds: Dataset) -> dict[str, float]:
    """Governance risk [0–1] of each country with a score: the latest mean of the six World Bank indicators."""
    scores = sorted(ds.rows("governance", indicator="wgi_mean6"), key=lambda row: row["year"])
    return {row["country"]: governance_risk(row["value"]) for row in scores}


def _row(
    ds: Dataset, supply: Supply, got: Concentration, risks: Mapping[str, float], cautions: Iterable[Record]
) -> dict[str, Any]:
    amounts = [row["quantity"] for row in supply.named]
    names = [row["country"] for row in supply.named]
    missing = [name for name in names if name not in risks]
    weighted = governance_weighted_hhi([*amounts, supply.rest], [*(risks.get(name, 0.0) for name in names), 0.0])
    score_error = float(ds.one("assumptions", assumption_id="wgi_standard_error")["value"])
    said = _said(supply, got, cautions)
    china = names.index(CHINA) if CHINA in names else None
    return {
        "product": supply.product,
        "stage": supply.stage,
        "year": supply.year,
        "unit": supply.unit,
        "mass_basis": supply.mass_basis,
        "world_quantity": supply.total,
        "hhi": got.hhi,
        "hhi_10000": hhi_10000(got.hhi),
        "hhi_p10": got.hhi_p10,
        "hhi_p90": got.hhi_p90,
        "hhi_wgi": weighted,
        "hhi_wgi_10": 10.0 * weighted,
        "hhi_wgi_error": governance_weighted_hhi_error(
            [*amounts, supply.rest], [*(score_error if name in risks else 0.0 for name in names), 0.0]
        ),
        "wgi_missing": missing,
        "top_country": names[0],
        "top_share": got.shares[0],
        "top_share_p10": got.shares_p10[0],
        "top_share_p90": got.shares_p90[0],
        "top3_share": sum(got.shares[:3]),
        "china_share": got.shares[china] if china is not None else None,
        "china_share_p10": got.shares_p10[china] if china is not None else None,
        "china_share_p90": got.shares_p90[china] if china is not None else None,
        "rest_share": got.rest_share,
        "computed_share": _computed_share(supply),
        "listed_over_total": _listed_over_total(supply),
        "evidence": evidence_of(ds, [*supply.named, *supply.rest_rows]),
        "says": " ".join(caution["text"].format(percent=percent) for caution, percent in said),
        "says_ja": "".join(caution["text_ja"].format(percent=percent) for caution, percent in said),
        "caution_ids": [caution["caution_id"] for caution, _ in said],
        "source_ids": sorted({row["source_id"] for row in supply.rows}),
    }


def _computed_share(supply: Supply) -> float:
    """Part of the supply that no source reports: derived, modelled or assumed [fraction]."""
    return float(sum(row["quantity"] for row in supply.named if basis_kind(row) != "source") / supply.whole)


def _listed_over_total(supply: Supply) -> float:
    """Sum of all rows over the source's own world total: off one by the source's rounding, or by what it leaves out."""
    return float(sum(row["quantity"] for row in (*supply.named, *supply.rest_rows)) / supply.total)


def _said(supply: Supply, got: Concentration, cautions: Iterable[Record]) -> list[tuple[Record, str]]:
    """The cautions to be read with a figure, each with the percentage that it quotes.

    Those that name the product come first; then what the numbers themselves show; a list that calls for none of
    these still does not tell who owns the plants.
    """
    by_id = {row["caution_id"]: row for row in cautions}
    said = [
        (row, "")
        for row in by_id.values()
        if row["product"] and supply.product in row["product"].split(";") and row["stage"] in (None, supply.stage)
    ]
    shown = {
        "computed": _computed_share(supply) if not said else 0.0,
        "rest-unnamed": got.rest_share,
        "sum-off-total": abs(_listed_over_total(supply) - 1.0),
    }
    least = {"computed": 0.5, "rest-unnamed": 0.05, "sum-off-total": 0.02}
    quoted = {**shown, "sum-off-total": _listed_over_total(supply)}
    said += [(by_id[name], f"{100 * quoted[name]:.0f}") for name, value in shown.items() if value >= least[name]]
    return said or [(by_id["place-not-owner"], "")]


def _share_rows(supply: Supply, got: Concentration) -> list[dict[str, Any]]:
    return [
        {
            "product": supply.product,
            "stage": supply.stage,
            "year": supply.year,
            "country": row["country"],
            "quantity": row["quantity"],
            "unit": supply.unit,
            "share": share,
            "share_p10": low,
            "share_p90": high,
            "source_ids": [row["source_id"]],
        }
        for row, share, low, high in zip(supply.named, got.shares, got.shares_p10, got.shares_p90, strict=True)
    ]


def _claims(ds: Dataset, supplies: Iterable[Supply]) -> list[dict[str, Any]]:
    """What each series says of China's output and of the world's, the preferred ones too.

    A series is preferred if its world total is. A preferred total whose series has no row for China was summed with
    the preferred row of China.
    """
    found = []
    for supply in supplies:
        series: dict[str, dict[str, Record]] = {}
        for row in ds.rows("production", product=supply.product, stage=supply.stage, year=supply.year):
            if row["country"] in (CHINA, WORLD):
                series.setdefault(row["series"], {})[row["country"]] = row
        of_china = [claim[CHINA] for claim in series.values() if CHINA in claim and claim[CHINA]["preferred"]]
        for name, claim in sorted(series.items()):
            china, world = claim.get(CHINA), claim.get(WORLD)
            if china is None and world and world["preferred"]:
                china = next(iter(of_china), None)
            found.append(
                {
                    "product": supply.product,
                    "stage": supply.stage,
                    "year": supply.year,
                    "series": name,
                    "preferred": bool((world or claim[CHINA])["preferred"]),
                    "world_quantity": world["quantity"] if world else None,
                    "china_quantity": china["quantity"] if china else None,
                    "china_share": china["quantity"] / world["quantity"] if china and world else None,
                    "unit": next(iter(claim.values()))["unit"],
                    "source_ids": sorted({row["source_id"] for row in (china, world) if row}),
                }
            )
    return found


def _left_out(left_out: Iterable[LeftOut], products: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "product": entry.product,
            "stage": entry.stage,
            "year": entry.year,
            "reason": entry.reason,
            "source_ids": list(entry.source_ids),
        }
        for entry in left_out
        if entry.product in products
    ]


def _assumptions(supplies: Iterable[Supply]) -> list[str]:
    """Row ids of what no source reports, and of the grades that the intervals rest on."""
    rows = [row for supply in supplies for row in supply.rows]
    grades = [f"confidence_grades:{row['confidence']}|{basis_kind(row)}" for row in rows]
    return [row["row_id"] for row in rows if basis_kind(row) != "source"] + grades


FIELDS = (
    Field("product", "", "product"),
    Field("stage", "", "stage of the chain"),
    Field("year", "", "year of the output"),
    Field("unit", "", "unit of the quantities"),
    Field("mass_basis", "", "what the tonnes weigh"),
    Field("world_quantity", "see unit", "world output as its source states it"),
    Field("hhi", "0–1", "concentration of supply: sum of squared country shares"),
    Field("hhi_10000", "0–10,000", "the same on the scale of competition law"),
    Field("hhi_p10", "0–1", "10 % point of drawn values"),
    Field("hhi_p90", "0–1", "90 % point of drawn values"),
    Field("hhi_wgi", "0–1", "concentration with each square weighted by governance risk"),
    Field("hhi_wgi_10", "0–10", "the same on the scale of the European Commission"),
    Field("hhi_wgi_error", "0–1", "standard error of hhi_wgi from that of the governance scores"),
    Field("wgi_missing", "", "countries without a governance score, counted with no risk in hhi_wgi"),
    Field("top_country", "", "largest supplier"),
    Field("top_share", "fraction", "its share"),
    Field("top_share_p10", "fraction", "10 % point"),
    Field("top_share_p90", "fraction", "90 % point"),
    Field("top3_share", "fraction", "share of the three largest"),
    Field("china_share", "fraction", "share of China; empty where the list does not name it"),
    Field("china_share_p10", "fraction", "10 % point"),
    Field("china_share_p90", "fraction", "90 % point"),
    Field("rest_share", "fraction", "share of countries that are not named"),
    Field("computed_share", "fraction", "part that is derived, modelled or assumed, not reported"),
    Field("listed_over_total", "fraction", "sum of all rows over the source's own total"),
    Field("evidence", "A–D", "weakest grade of evidence needed to cover 90 % of the quantity"),
    Field("says", "", "what the figure does not tell"),
    Field("says_ja", "", "the same in Japanese"),
    Field("caution_ids", "", "rows of `cautions` that say it"),
    Field("source_ids", "", "sources"),
)
