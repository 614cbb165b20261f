"""Indicators of a party's access: reliance, import sources, what is left when they stop, days of cover, tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from didymium.model.cover import DAYS
from didymium.model.grouped import Floats, group_largest, group_sums
from didymium.scenario.stocks import LEVEL, stock_range
from didymium.studies.access import Access, Facts
from didymium.studies.drawn import Drawn, Flows, Values, flows_of
from didymium.studies.importance import importance
from didymium.studies.risk_indicators import risks

if TYPE_CHECKING:
    from didymium.data import Dataset

Record = Mapping[str, Any]

ALLIES = ("G7", "EU27", "QUAD")
"""Groups whose members count as allied in the test of 60 %."""


def of_parties(ds: Dataset, facts: Facts, accesses: Sequence[Access], drawn: Drawn, seed: int) -> dict[str, Values]:
    """Indicators of every party's access: one case per access."""
    cases, draws = len(accesses), drawn.draws
    supply = np.array([one.supply for one in accesses], dtype=np.int64)
    flows = flows_of(ds, accesses, drawn, seed=seed)
    at = {(int(g), name): index for index, (g, name) in enumerate(zip(drawn.group, drawn.country, strict=True))}
    own = np.zeros((cases, draws))
    for number, one in enumerate(accesses):
        for row in one.own_rows:
            own[number] += drawn.quantity[at[one.supply, row["country"]]]
    has_flows = np.array([bool(one.flows) for one in accesses])
    content = np.array([one.has_content for one in accesses])
    # a party that a full list does not name makes at most the unnamed rest: nothing is said of it where that matters
    imports = np.where(content[:, None], group_sums(np.nan_to_num(flows.tonnes), flows.case, cases), np.nan)
    exports = np.array([np.nan if one.exports is None else one.exports for one in accesses])[:, None]
    recycled = np.array([one.recycled["quantity"] if one.recycled else 0.0 for one in accesses])[:, None]
    need = np.array([np.nan if one.need is None else one.need_quantity for one in accesses], dtype=np.float64)
    need = need[:, None] * np.ones(draws)
    unsure = np.array([one.own_at_most for one in accesses])
    scale = np.nan_to_num(np.fmax(need[:, 0], np.nan_to_num(imports[:, 0])))
    own_known = unsure <= 0.1 * scale
    reliance, used = _reliance(own, imports, exports, recycled, need, own_known, accesses)
    first, top_share, import_hhi = _import_shares(flows, cases, has_flows)
    names = [flows.exporter[index] if index >= 0 else "" for index in first]
    got: dict[str, Values] = {
        "net_import_reliance": reliance,
        "import_top1_share": Values(top_share, _said(has_flows, accesses), names),
        "import_hhi": Values(import_hhi, _said(has_flows, accesses), [""] * cases),
    }
    got |= _n_minus_k(own, flows, used, cases, content & own_known, accesses)
    got |= risks(ds, accesses, drawn, flows, own, imports, exports, supply, content & own_known)
    got |= _tests(facts, accesses, flows, used, has_flows, content & own_known)
    got["days_of_cover"] = _days(ds, accesses, draws)
    got["economic_importance"] = importance(ds, accesses, drawn, seed=seed)
    return got


def _said(known: Any, accesses: Sequence[Access]) -> list[str]:
    return [
        {"same": "known", "part": "part_of_the_forms", "wider": "wider_basket"}[one.scope] if yes else "no_trade_rows"
        for yes, one in zip(known, accesses, strict=True)
    ]


def _reliance(
    own: Floats,
    imports: Floats,
    exports: Floats,
    recycled: Floats,
    need: Floats,
    own_known: Any,
    accesses: Sequence[Access],
) -> tuple[Values, Floats]:
    """Net import reliance and what is used: by the reported need if there is one, else by the flows."""
    found = Values.unknown(len(accesses), own.shape[1], "no_need_and_no_trade_rows")
    net = imports - exports
    by_flows = own + recycled + net
    used = np.where(np.isfinite(need), need, by_flows)
    for number, one in enumerate(accesses):
        if one.makes_none and one.flows and one.need is None and not one.has_content:
            found.drawn[number], found.status[number] = 1.0, "makes_none_imports"
        elif not own_known[number] and (one.need or one.flows):
            found.status[number] = "own_output_unknown"
        elif one.need is not None:
            found.drawn[number] = (need[number] - own[number] - recycled[number]) / need[number]
            found.status[number] = "from_need"
        elif one.flows and not one.has_content:
            found.status[number] = "forms_not_comparable"
        elif one.flows and by_flows[number, 0] <= 0:
            found.status[number] = "exports_exceed_supply"
        elif one.flows and one.exports is not None:
            positive = np.maximum(by_flows[number], 1e-12)
            found.drawn[number] = net[number] / positive
            found.status[number] = "from_flows" if one.scope == "same" else f"from_flows_{one.scope}"
        elif one.flows:
            found.status[number] = "no_export_rows"
        elif one.makes_none:
            found.status[number] = "makes_none_use_unknown"
        if np.isfinite(found.drawn[number, 0]) and found.drawn[number, 0] < 0:
            found.detail[number] = "E"
    return found, used


def _import_shares(flows: Flows, cases: int, known: Any) -> tuple[Any, Floats, Floats]:
    """Largest exporter, its share, and concentration of imports; unnamed places count in the whole alone."""
    named = np.flatnonzero(np.array([name != "ROW" for name in flows.exporter], dtype=bool))
    whole = group_sums(flows.weight, flows.case, cases)
    share = flows.weight / np.where(whole > 0, whole, np.nan)[flows.case]
    index, top = group_largest(share[named], flows.case[named], cases)
    first = np.where(index >= 0, named[index] if named.size else -1, -1)
    squares = group_sums(np.square(share[named]), flows.case[named], cases)
    shown = np.asarray(known)[:, None]
    return first, np.where(shown, top, np.nan), np.where(shown, squares, np.nan)


def _n_minus_k(
    own: Floats, flows: Flows, used: Floats, cases: int, comparable: Any, accesses: Sequence[Access]
) -> dict[str, Values]:
    """Cover of a party's use when its one, two, three largest foreign sources stop and none steps in."""
    found = {}
    total = group_sums(np.nan_to_num(flows.tonnes), flows.case, cases)
    lost = np.zeros_like(total)
    names = [""] * cases
    for count in (1, 2, 3):
        index, amount = group_largest(np.nan_to_num(flows.tonnes), flows.case, cases, count)
        lost = lost + amount
        ok = np.asarray(comparable) & (used[:, 0] > 0)
        cover = np.where(ok[:, None], (own + total - lost) / np.where(used > 0, used, np.nan), np.nan)
        names = [
            f"{before}, {flows.exporter[i]}".strip(", ") if i >= 0 else before
            for before, i in zip(names, index, strict=True)
        ]
        status = [
            "known" if yes else ("forms_not_comparable" if one.flows else "no_trade_rows")
            for yes, one in zip(ok, accesses, strict=True)
        ]
        found[f"n{count}_importer_cover"] = Values(cover, status, list(names))
    return found


def _tests(
    facts: Facts, accesses: Sequence[Access], flows: Flows, used: Floats, has_flows: Any, comparable: Any
) -> dict[str, Values]:
    """Largest share of a non-ally in imports (60 %), and of a third country in use (65 %)."""
    cases = len(accesses)
    allies = set().union(*(facts.members.get(group, set()) for group in ALLIES))
    whole = group_sums(flows.weight, flows.case, cases)
    found = {}
    for name, limit, denominator, able in (
        ("g7_60", 0.60, whole, has_flows),
        ("eu_65", 0.65, used, comparable),
    ):
        rivals = np.array([e != "ROW" and (name != "g7_60" or e not in allies) for e in flows.exporter], dtype=bool)
        index, amount = group_largest(flows.weight[rivals], flows.case[rivals], cases)
        back = np.flatnonzero(rivals)
        share = np.where(
            np.asarray(able)[:, None] & (denominator > 0), amount / np.where(denominator > 0, denominator, 1.0), np.nan
        )
        status = [
            ("above" if value > limit else "within") if np.isfinite(value) else "no_trade_rows" for value in share[:, 0]
        ]
        detail = [flows.exporter[int(back[i])] if i >= 0 else "" for i in index]
        found[name] = Values(share, status, detail)
    return found


def _days(ds: Dataset, accesses: Sequence[Access], draws: int) -> Values:
    """Days that industry's stock lasts at the year's use; a level that is secret is unknown, the target is told."""
    found = Values.unknown(len(accesses), draws, "no_stock_rows")
    stocks: dict[tuple[str, str, int], list[Record]] = {}
    schemes: dict[str, list[Record]] = {}
    for row in ds.rows("stockpiles"):
        if row["quantity"] is None and row["value_low"] is None:
            continue
        if row["stock_type"] in ("industry stock", LEVEL):
            stocks.setdefault((row["product"], row["country"], row["year"]), []).append(row)
        elif row["quantity"] is not None and row["stock_type"] in ("target", "target upper", "expert estimate"):
            schemes.setdefault(row["country"], []).append(row)
    for number, one in enumerate(accesses):
        use = one.need
        rows = stocks.get((use["product"], one.party, use["year"]), []) if use else []
        tonnes = [_drawn_stock(row, draws) for row in rows if row["unit"].startswith("t")]
        days = [_drawn_stock(row, draws) for row in rows if row["unit"].startswith("days")]
        said = "stock_of_a_layer" if any(row["stock_type"] == LEVEL for row in rows) else "industry_stock_only"
        if tonnes and use:
            found.drawn[number] = DAYS * np.sum(tonnes, axis=0) / use["quantity"]
            found.status[number] = said
        elif days:
            found.drawn[number] = days[0]
            found.status[number] = said
        elif one.party in schemes:
            found.status[number] = "level_secret"
            found.detail[number] = "; ".join(
                f"{row['organisation']}: {row['stock_type']} {row['quantity']:g} days" for row in schemes[one.party]
            )
    return found


def _drawn_stock(row: Record, draws: int) -> Floats:
    """A stock's central amount, then draws over its range, evenly and in a fixed mixed order, shape (draw,)."""
    low, value, high = stock_range(row)
    spread = np.linspace(low, high, draws - 1) if draws > 1 else np.empty(0)
    return np.concatenate([[value], np.random.default_rng(0).permutation(spread)])
