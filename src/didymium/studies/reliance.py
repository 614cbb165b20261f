"""How far a party's need at a stage is met from abroad, and from China.

Three kinds of rows speak of it: own output (`production`), need (`demand`, all uses) and customs (`trade`). They are
set against each other only where they weigh the same thing; where they do not, the answer is unknown and `status`
says why. Customs rows of different statements are never added: one statement is chosen for each party, product and
year, in a fixed order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from didymium.model.cover import n_minus_one_importer, reliance_from_flows, reliance_from_need
from didymium.studies.supply import Supply

if TYPE_CHECKING:
    from didymium.data import Dataset

Record = Mapping[str, Any]

CHINA = "CHN"
WORLD = "WLD"

STATEMENTS = ("reconciled", "importer report", "derived")
"""Customs statements with partners, the first that exists is used: a reconciliation of both sides' reports, the
importer's own report, a split derived from either."""

MOST_UNNAMED_SHARE = 0.1
"""A party that a full list of producers does not name makes at most the list's rest; if that is less than this share
of its need, its own output is taken as nothing and the bound is shown."""

NEAREST_YEARS = 2
"""A published share of another year is used if it is no further away than this, and the year is shown."""


@dataclass(frozen=True, slots=True)
class Basket:
    """The demand and customs rows that stand for a product at a stage.

    `mass_basis`: what they weigh; None if own output cannot be set against them. `own_factor`: tonnes in that basis
    per tonne of own output as counted.
    """

    need_product: str | None
    trade_products: tuple[str, ...]
    scope: str
    mass_basis: str | None
    own_factor: float


@dataclass(frozen=True, slots=True)
class Imports:
    """What one customs statement says of a party's imports: amounts [its unit], by exporter, and exports."""

    quantity: float | None
    by_exporter: Mapping[str, float]
    exports: float | None
    unit: str | None
    mass_basis: str | None
    china_share: float | None
    china_year: int | None
    rows: tuple[Record, ...]


NOTHING = Imports(None, {}, None, None, None, None, None, ())
"""What is known of a party's imports without any customs row."""


def reliance_rows(ds: Dataset, supplies: Iterable[Supply], parties: Sequence[str]) -> list[dict[str, Any]]:
    """One record per party and list of producers; unknown is None and `status` says why."""
    named = {(row["product"], row["stage"]): row for row in ds.rows("stage_baskets")}
    last = last_primary_stage(ds)
    found = []
    for supply in supplies:
        basket = basket_of(ds, named.get((supply.product, supply.stage)), supply, last)
        trades = [ds.rows("trade", product=product, preferred=1) for product in basket.trade_products]
        needs = ds.rows("demand", product=basket.need_product, sector="total", year=supply.year, preferred=1)
        second = ds.rows("production", product=supply.product, stage="recycled", year=supply.year, preferred=1)
        for party in parties:
            need = next((row for row in needs if row["country"] == party), None)
            recycled = next((row for row in second if row["country"] == party), None)
            statements = [imports_of(trade, party, supply.year) for trade in trades]
            imports = next((said for said in statements if said.china_share is not None or said.rows), NOTHING)
            found.append(_row(supply, party, basket, need, recycled, imports))
    return found


def _row(
    supply: Supply, party: str, basket: Basket, need: Record | None, recycled: Record | None, imports: Imports
) -> dict[str, Any]:
    own_row = supply.output_of(party)
    used = [row for row in (own_row, need, recycled) if row] + list(imports.rows)
    answer = _answer(supply, basket, own_row, need, recycled, imports)
    return {
        "party": party,
        "product": supply.product,
        "stage": supply.stage,
        "year": supply.year,
        "need_quantity": answer.need,
        "need_unit": _need_unit(answer, need, imports, supply.unit),
        "own_quantity": answer.own,
        "own_reported": own_row["quantity"] if own_row else None,
        "own_reported_at_most": own_row["quantity"] if own_row else supply.rest,
        "recycled_quantity": recycled["quantity"] if recycled else None,
        "import_quantity": imports.quantity,
        "import_unit": imports.unit,
        "reliance_share": answer.share,
        "reliance_share_low": answer.share_low,
        "n1_cover_share": answer.n1_cover,
        "china_import_share": imports.china_share,
        "china_import_year": imports.china_year,
        "unit": supply.unit,
        "mass_basis": basket.mass_basis,
        "scope": basket.scope,
        "status": answer.status,
        "source_ids": sorted({row["source_id"] for row in used} or {row["source_id"] for row in supply.rows}),
    }


def _need_unit(answer: _Answer, need: Record | None, imports: Imports, unit: str) -> str | None:
    """The unit of the need: of the row that states it, or of the customs rows that it was reckoned from.

    A basket that holds other goods is not in the unit of the product for which it stands.
    """
    if answer.need is None:
        return None
    if need is not None and "from_flows" not in answer.status:
        return str(need["unit"])
    return imports.unit or unit


@dataclass(frozen=True, slots=True)
class _Answer:
    status: str
    need: float | None = None
    own: float | None = None
    share: float | None = None
    share_low: float | None = None
    n1_cover: float | None = None


def _answer(
    supply: Supply,
    basket: Basket,
    own_row: Record | None,
    need: Record | None,
    recycled: Record | None,
    imports: Imports,
) -> _Answer:
    """Reliance by the reported need if there is one, else by the flows; a status where neither can be had."""
    if need is None and imports.quantity is None:
        return _Answer("no_need_and_no_trade_rows")
    if basket.mass_basis is None:
        return _Answer("own_output_not_comparable", need=need["quantity"] if need else None)
    own = (own_row["quantity"] if own_row else 0.0) * basket.own_factor
    second = recycled["quantity"] if recycled and recycled["mass_basis"] == basket.mass_basis else 0.0
    at_most = 0.0 if own_row else supply.rest * basket.own_factor
    same_mass = imports.mass_basis == basket.mass_basis
    if need is not None and need["mass_basis"] == basket.mass_basis:
        met, status = reliance_from_need(need["quantity"], own + second), "from_need"
    elif imports.quantity is not None and imports.exports is not None and same_mass:
        if own + second + imports.quantity <= imports.exports:
            return _Answer("exports_exceed_supply")
        met, status = reliance_from_flows(own + second, imports.quantity, imports.exports), "from_flows"
    else:
        return _Answer("no_export_rows" if same_mass else "mass_bases_differ")
    if at_most > MOST_UNNAMED_SHARE * met.need:
        return _Answer("own_output_unknown", need=met.need)
    partners = list(imports.by_exporter.values())
    return _Answer(
        status if basket.scope == "same" else f"{status}_of_wider_basket",
        need=met.need,
        own=met.own,
        share=met.share,
        share_low=met.share - at_most / met.need,
        n1_cover=n_minus_one_importer(met.own, partners, met.need) if same_mass and len(partners) > 1 else None,
    )


def imports_of(trade: Sequence[Record], party: str, year: int) -> Imports:
    """A party's imports and exports in a year by one customs statement, and China's share of the imports.

    China's share comes from the same statement's tonnes; else from a share that somebody published for the year;
    else from the values of one statement; else from a published share of a near year.
    """
    flows = [row for row in trade if row["year"] == year and row["period_kind"] in ("year", "rate")]
    chosen = _statement([row for row in flows if row["importer"] == party and _is_tonnage(row)])
    by_exporter = {row["exporter"]: row["quantity"] for row in chosen if row["exporter"] != WORLD}
    total = _amount(chosen, "exporter") or _reported_total(flows, party)
    exports = _exports(flows, party, chosen)
    first = chosen[0] if chosen else None
    share, share_year, share_rows = _china_share(trade, chosen, party, year)
    return Imports(
        quantity=total,
        by_exporter=by_exporter,
        exports=exports,
        unit=first["unit"] if first else None,
        mass_basis=first["mass_basis"] if first else None,
        china_share=share,
        china_year=share_year,
        rows=(*chosen, *share_rows),
    )


def _is_tonnage(row: Record) -> bool:
    return row["quantity"] is not None and not row["unit"].startswith("share")


def _statement(rows: Sequence[Record]) -> list[Record]:
    """The rows of the first statement in `STATEMENTS` that covers all exporters, under its largest code.

    A reconciliation lists every flow it knows; another statement must name two exporters or more, because a single
    row says only what came from there.
    """
    for basis in STATEMENTS:
        groups: dict[tuple[str, str, str], list[Record]] = {}
        for row in rows:
            if row["flow_basis"] == basis:
                groups.setdefault((row["hs_code"] or "", row["hs_nomenclature"] or "", row["unit"]), []).append(row)
        least = 1 if basis == "reconciled" else 2
        full = [g for g in groups.values() if len({r["exporter"] for r in g if r["exporter"] != WORLD}) >= least]
        if full:
            return max(full, key=lambda group: sum(r["quantity"] for r in group if r["exporter"] != WORLD))
    return []


def _amount(rows: Sequence[Record], partner: str) -> float | None:
    """The statement's own total if it gives one, else the sum over partners; None without rows."""
    world = [row["quantity"] for row in rows if row[partner] == WORLD]
    parts = [row["quantity"] for row in rows if row[partner] != WORLD]
    return float(world[0]) if world else float(sum(parts)) if parts else None


def _reported_total(flows: Sequence[Record], party: str) -> float | None:
    totals = [r["quantity"] for r in flows if r["importer"] == party and r["exporter"] == WORLD and _is_tonnage(r)]
    return float(totals[0]) if len(totals) == 1 else None


def _exports(flows: Sequence[Record], party: str, imports: Sequence[Record]) -> float | None:
    """Exports by the same statement and code as the imports; a reconciliation without rows means none."""
    if not imports:
        return None
    first = imports[0]
    same = [
        row
        for row in flows
        if row["exporter"] == party
        and _is_tonnage(row)
        and all(row[name] == first[name] for name in ("flow_basis", "hs_code", "hs_nomenclature", "unit"))
    ]
    return _amount(same, "importer") if same else 0.0 if first["flow_basis"] == "reconciled" else None


def _china_share(
    trade: Sequence[Record], chosen: Sequence[Record], party: str, year: int
) -> tuple[float | None, int | None, list[Record]]:
    total = _amount(chosen, "exporter")
    if total:
        from_china = sum(row["quantity"] for row in chosen if row["exporter"] == CHINA)
        return from_china / total, year, []
    published = [
        row
        for row in trade
        if row["exporter"] == CHINA
        and row["importer"] == party
        and row["quantity"] is not None
        and row["unit"].startswith("share")
        and abs(row["year"] - year) <= NEAREST_YEARS
    ]
    of_year = [row for row in published if row["year"] == year]
    by_value = _value_share(trade, party, year)
    if of_year:
        return of_year[0]["quantity"], year, of_year[:1]
    if by_value:
        return by_value[0], year, by_value[1]
    if published:
        nearest = min(published, key=lambda row: (abs(row["year"] - year), row["row_id"]))
        return nearest["quantity"], nearest["year"], [nearest]
    return None, None, []


def _value_share(trade: Sequence[Record], party: str, year: int) -> tuple[float, list[Record]] | None:
    """China's part of the import value, where one statement gives both for one period."""
    valued = [row for row in trade if row["year"] == year and row["importer"] == party and row["value_usd"]]
    for whole in valued:
        if whole["exporter"] == WORLD:
            for part in valued:
                if part["exporter"] == CHINA and all(
                    part[name] == whole[name] for name in ("flow_basis", "hs_code", "period", "series")
                ):
                    return part["value_usd"] / whole["value_usd"], [part, whole]
    return None


def basket_of(ds: Dataset, row: Record | None, supply: Supply, last: Mapping[str, str]) -> Basket:
    """The basket that a row of `stage_baskets` names, or else the product itself at its last primary stage."""
    if row is None:
        if last.get(supply.product) != supply.stage:
            return Basket(None, (), "same", supply.mass_basis, 1.0)
        return Basket(supply.product, (supply.product,), "same", supply.mass_basis, 1.0)
    factor = row["own_factor"]
    if factor is None:
        factor = ds.mass_factor(supply.mass_basis, row["mass_basis"]) if row["mass_basis"] else 1.0
    trade_products = tuple(row["trade_product"].split(";")) if row["trade_product"] else ()
    return Basket(row["need_product"], trade_products, row["scope"], row["mass_basis"], factor)


def last_primary_stage(ds: Dataset) -> dict[str, str]:
    """The furthest stage of primary output of each product: where its use takes it from."""
    stages = {row["stage"]: row for row in ds.rows("stages", is_output=1)}
    last: dict[str, str] = {}
    for row in ds.rows("production", preferred=1, stage=set(stages)):
        stage = stages[row["stage"]]
        if stage["part_of"] or stage["stage"] == "recycled":
            continue
        now = last.setdefault(row["product"], row["stage"])
        if stage["position"] > stages[now]["position"]:
            last[row["product"]] = row["stage"]
    return last
