"""Supply risk by the method of the European Commission, with a party's own sourcing, and GeoPolRisk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from didymium.model import geopolrisk, supply_risk
from didymium.model.grouped import Floats, Groups, group_hhi_bounds, group_sums
from didymium.studies.access import Access
from didymium.studies.drawn import Drawn, Flows, Values, assumed
from didymium.studies.supply import Supply

if TYPE_CHECKING:
    from didymium.data import Dataset

Record = Mapping[str, Any]


def risks(
    ds: Dataset,
    accesses: Sequence[Access],
    drawn: Drawn,
    flows: Flows,
    own: Floats,
    imports: Floats,
    exports: Floats,
    supply: Groups,
    comparable: Any,
) -> dict[str, Values]:
    """EU-type supply risk with the party's own sourcing, and GeoPolRisk."""
    cases, draws = own.shape
    published = _parameters(ds)
    own_factors = {True: assumed(ds, "own_trade_factor"), False: assumed(ds, "own_trade_factor_country")}
    terms = {
        (row["product"], row["stage"], row["sourcing"], row["supplier"]): row["trade_factor"]
        for row in ds.rows("trade_terms")
    }
    factor = np.array(
        [
            terms.get((drawn.supplies[g].product, drawn.supplies[g].stage, "WLD", name), 1.0)
            for g, name in zip(drawn.group, drawn.country, strict=True)
        ]
    )
    shares = drawn.quantity / drawn.whole[drawn.group]
    world = group_sums(
        10.0 * np.square(shares) * drawn.of(drawn.risk) * factor[:, None], drawn.group, len(drawn.supplies)
    )
    nothing = np.zeros(draws)
    got = imports + own
    sourcing = np.full((cases, draws), np.nan)
    risky = np.zeros((cases, draws))
    squares = np.zeros((cases, draws))
    for fact, (case, exporter) in enumerate(zip(flows.case.tolist(), flows.exporter, strict=True)):
        if not comparable[case]:
            continue
        one = accesses[case]
        goods = drawn.supplies[one.supply]
        risky[case] += flows.tonnes[fact] * drawn.stability.get(exporter, nothing)
        scope = "EU27" if one.party == "EU27" else "WLD"
        t = terms.get((goods.product, goods.stage, scope, exporter), 1.0)
        squares[case] += 10.0 * t * np.square(flows.tonnes[fact] / got[case]) * drawn.risk.get(exporter, nothing)
    for case, one in enumerate(accesses):
        if comparable[case] and got[case, 0] > 0:
            own_factor = own_factors[one.party == "EU27"]
            for row in one.own_rows:
                fact_share = own[case] / got[case] * (row["quantity"] / sum(r["quantity"] for r in one.own_rows))
                squares[case] += 10.0 * own_factor * np.square(fact_share) * drawn.risk.get(row["country"], nothing)
            sourcing[case] = squares[case]
    reliance = supply_risk.import_reliance(imports, exports, own)
    recycling, substitution = (
        np.array([_parameter(published, drawn.supplies[one.supply], name) for one in accesses])[:, None]
        for name in ("eol_recycling_input_rate", "substitution_supply_risk")
    )
    sourcing = np.where(np.isfinite(reliance), sourcing, np.nan)
    risk = supply_risk.supply_risk(world[supply], sourcing, np.nan_to_num(reliance), recycling, substitution)
    risk_status = [
        "no_recycling_rate"
        if np.isnan(recycling[n, 0])
        else "no_substitution_index"
        if np.isnan(substitution[n, 0])
        else "known"
        if np.isfinite(sourcing[n, 0])
        else "world_supply_only"
        for n in range(cases)
    ]
    risk_of = geopolrisk.import_risk(np.where(np.asarray(comparable)[:, None], risky, np.nan), imports, own)
    least, most = group_hhi_bounds(drawn.quantity, drawn.group, drawn.rest)
    score = geopolrisk.score(((least + most) / 2.0)[supply], risk_of)
    price = _unit_values(flows, cases)[:, None]
    cf = geopolrisk.characterisation_factor(score, price, assumed(ds, "geopolrisk_copper"))
    score_status = [
        ("known" if one.scope == "same" else f"{one.scope}_of_the_forms" if one.scope == "part" else "wider_basket")
        if np.isfinite(score[n, 0])
        else "no_data"
        for n, one in enumerate(accesses)
    ]
    missing = _unscored(flows, drawn, cases)
    return {
        "eu_import_reliance": Values(reliance, _known(reliance, "no_trade_rows"), [""] * cases),
        "supply_risk": Values(risk, risk_status, [""] * cases),
        "geopolrisk": Values(score, score_status, missing),
        "geopolrisk_cf": Values(cf, _known(cf, "no_data"), missing),
    }


def _known(values: Floats, otherwise: str) -> list[str]:
    return ["known" if np.isfinite(value) else otherwise for value in values[:, 0]]


def _unscored(flows: Flows, drawn: Drawn, cases: int) -> list[str]:
    names: list[set[str]] = [set() for _ in range(cases)]
    for case, exporter in zip(flows.case.tolist(), flows.exporter, strict=True):
        if exporter not in drawn.stability:
            names[case].add(exporter)
    return [", ".join(sorted(one)) for one in names]


def _unit_values(flows: Flows, cases: int) -> Floats:
    """Value of a case's imports over their mass as counted [USD/kg]; NaN where a flow has no value."""
    if not flows.case.size:
        return np.full(cases, np.nan)
    value = group_sums(flows.value_usd[:, None], flows.case, cases)[:, 0]
    mass = group_sums(flows.tonnes[:, :1], flows.case, cases)[:, 0]
    return np.where(mass > 0, value / np.where(mass > 0, mass, 1.0) / 1000.0, np.nan)


def _parameters(ds: Dataset) -> dict[tuple[str, str, str], float]:
    """Recycling rates and substitution indices by product, stage and name; the first series of a name is used."""
    found: dict[tuple[str, str, str], float] = {}
    for row in ds.rows(
        "published_indicators", indicator={"eol_recycling_input_rate", "substitution_supply_risk"}, series="EU 2023"
    ):
        if row["value"] is not None:
            found[row["product"], row["stage"], row["indicator"]] = row["value"]
            found.setdefault((row["product"], "", row["indicator"]), row["value"])
    return found


def _parameter(published: Mapping[tuple[str, str, str], float], supply: Supply, name: str) -> float:
    """The parameter at the supply's stage, or at another stage of the product: the study gives one for both."""
    exact = published.get((supply.product, supply.stage, name))
    return exact if exact is not None else published.get((supply.product, "", name), np.nan)
