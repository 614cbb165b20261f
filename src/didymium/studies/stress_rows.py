"""Rows of a stress result, read out of the outcomes: nothing is computed here but sums, shares and percentiles.

Where a time limit left no numbers (NaN in an outcome) the rows have none, and say so in `status`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.i18n import Translator, translator
from didymium.model.draws import Design
from didymium.model.ensemble import RECORD, Cases, Summary
from didymium.model.outcome import FEASIBLE
from didymium.model.sensitivity import Index, Indices
from didymium.results import Row
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Scenario
from didymium.scenario.uncertain import Factor
from didymium.studies.stress_bands import (
    MADE,
    TOTAL,
    USED,
    Bands,
    Harm,
    groups,
    index_columns,
    known,
    shown_scarce,
    size_of,
    told_by_month,
)

Floats = NDArray[np.float64]

OBSERVED_MEASURE = "cn-ree7-licence-2025"  # the measure whose effect on users `stockpiles` records
MOST_PROGRAMMES = 100  # draws up to which every single programme has a row of its own


def _days_status(days: float | None) -> str:
    if days is None:
        return "no shortage within the run"
    return "time_limit" if np.isnan(days) else "modelled"


def summary(
    ds: Dataset,
    story: Scenario,
    cases: Cases,
    drawn: Mapping[str, Bands],
    parties: Sequence[str],
) -> Iterator[Row]:
    """One row for each foresight, party, product and sector."""
    sources = sorted(
        {r["source_id"] for r in ds.rows("magnet_sectors")} | {r["source_id"] for r in ds.rows("assumptions")}
    )
    if story.families != ("magnets",):
        sources = sorted({*sources, *(r["source_id"] for r in ds.rows("chain_uses", family=story.families))})
    for sight, central in cases.central.items():
        for g, (party, product, sector, uses) in enumerate(groups(central, parties)):
            size, unit = size_of(central.network.chain, product)
            days = central.days_to_shortage(uses)
            demand = float(central.demand[:, uses].sum()) * size
            unserved = known(central.unserved[:, uses].sum() * size)
            yield {
                "scenario": story.id,
                "foresight": sight,
                "party": party,
                "product": product,
                "sector": sector,
                "is_total": sector == TOTAL,
                "demand_t": demand,
                "unserved_t": unserved,
                **drawn[sight].amount("unserved_t", "unserved", g),
                "unserved_share": unserved / demand if demand and unserved is not None else None,
                "first_shortage_date": central.first_shortage(days),
                "days_to_shortage": known(days),
                "days_to_shortage_status": _days_status(days),
                **drawn[sight].days(g),
                "loss_usd_m": known(central.lost_value[:, uses].sum()),
                **drawn[sight].amount("loss_usd_m", "loss", g),
                "status": central.status,
                "start_date": f"{story.start}-01",
                "source_ids": sources,
                **unit,
            }


def monthly(story: Scenario, cases: Cases, drawn: Mapping[str, Bands], parties: Sequence[str]) -> Iterator[Row]:
    """Demand, unserved and users' stock by month."""
    for sight, central in cases.central.items():
        for g, (party, product, sector, uses) in enumerate(groups(central, parties)):
            if not told_by_month(product):
                continue
            size, unit = size_of(central.network.chain, product)
            for t, month in enumerate(central.months):
                yield {
                    "scenario": story.id,
                    "foresight": sight,
                    "party": party,
                    "product": product,
                    "sector": sector,
                    "is_total": sector == TOTAL,
                    "month": month,
                    "demand_t": float(central.demand[t, uses].sum()) * size,
                    "unserved_t": known(central.unserved[t, uses].sum() * size),
                    **drawn[sight].amount("unserved_t", "unserved", g, t, brief=True),
                    "stock_t": known(central.user_stock[t, uses].sum() * size),
                    **unit,
                }


def watched(inputs: Inputs, parties: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The (product, party) whose scarcity values are told."""
    price = dict(zip(inputs.chain.products, inputs.base_price, strict=True))
    return tuple((product, party) for product in shown_scarce(inputs.chain, price) for party in parties)


def scarcity(
    story: Scenario, inputs: Inputs, cases: Cases, drawn: Mapping[str, Bands], parties: Sequence[str]
) -> Iterator[Row]:
    """What one more kilogram would be worth at each party, by month, beside the base price. Not a price forecast.

    For what is not told in tonnes, a thousandth of its unit stands for the kilogram: a kWh, a vehicle.
    """
    price = dict(zip(inputs.chain.products, inputs.base_price, strict=True))
    for sight, central in cases.central.items():
        index = central.network.node_index
        for n, (product, party) in enumerate(w for w in watched(inputs, parties) if w in index):
            size, unit = size_of(central.network.chain, product)
            for t, month in enumerate(central.months):
                yield {
                    "scenario": story.id,
                    "foresight": sight,
                    "party": party,
                    "product": product,
                    "month": month,
                    "scarcity_usd_per_kg": known(central.scarcity[t, index[product, party]] / size),
                    **drawn[sight].amount("scarcity_usd_per_kg", "scarcity", n, t, brief=True),
                    "base_price_usd_per_kg": float(price[product]) / size,
                    **unit,
                }


def observed(ds: Dataset, story: Scenario) -> Iterator[Row]:
    """Days from the start of the measure to the first stop of real users, where the scenario replays it."""
    if story.base_year is None or OBSERVED_MEASURE not in story.based_on:
        return
    for row in ds.rows("stockpiles", product="ndfeb_magnet", unit="days"):
        if row["stock_type"].startswith("observed days"):
            yield {
                "scenario": story.id,
                "who": row["organisation"],
                "party": row["country"],
                "days": float(row["quantity"]),
                "source_ids": [row["source_id"]],
            }


def about(ds: Dataset, story: Scenario) -> Iterator[Row]:
    """What the scenario is, for those who read the result alone."""
    named = {r["measure_id"]: r["source_id"] for r in ds.rows("measures")}
    yield {
        "scenario": story.id,
        "title": story.title,
        "title_ja": story.title_ja,
        "summary": story.summary,
        "start": story.start,
        "months": story.months,
        "likelihood": story.likelihood,
        "based_on": list(story.based_on),
        "source_ids": sorted({named[m] for m in story.based_on if m in named}),
    }


def certificates(story: Scenario, cases: Cases) -> Iterator[Row]:
    """Size, status and proof: the worst residual and gap over all programmes of a kind."""
    for sight, central in cases.central.items():
        first = central.solves[0]
        whole = Summary.of(central)
        count, proven = len(whole.solves), whole.is_optimal
        worst = {name: whole.worst(name) for name in ("primal_residual", "dual_residual", "gap")}
        for _, kind, found in cases:
            if kind == sight:
                count, proven = count + len(found.solves), proven and found.is_optimal
                worst = {name: max(value, found.worst(name)) for name, value in worst.items()}
        yield {
            "scenario": story.id,
            "foresight": sight,
            "programmes": count,
            "status": "optimal" if proven else "partial",
            "rows": first.rows,
            "columns": first.columns,
            "nonzeros": first.nonzeros,
            "objective": known(central.objective),
            **worst,
        }


def programmes(story: Scenario, cases: Cases) -> Iterator[Row]:
    """Size, status and proof of every single programme, by case, foresight and, where myopic, first month.

    With more than `MOST_PROGRAMMES` draws each draw has one row for each foresight: the sum of the iterations, and the
    worst of the rest.
    """
    whole = (("central", sight, Summary.of(outcome)) for sight, outcome in cases.central.items())
    many = max(cases.drawn.values(), default=0) > MOST_PROGRAMMES
    for case, sight, found in chain(whole, cases):
        records = found.solves
        if many and case.startswith("draw-"):
            records = _worst(records)
        for record in records.tolist():
            solve = dict(zip(RECORD, record, strict=True))
            month = solve.pop("month")
            yield {
                "scenario": story.id,
                "case": case,
                "foresight": sight,
                "month": None if np.isnan(month) else f"{int(month) // 12:04d}-{int(month) % 12 + 1:02d}",
                "status": "optimal" if solve.pop("is_optimal") else "time_limit",
                **{name: int(solve.pop(name)) for name in ("rows", "columns", "nonzeros", "iterations")},
                **solve,
            }


def _worst(records: Floats) -> Floats:
    """One record out of those of a run: no month, all proven or not, all iterations, the worst of the rest."""
    one: Floats = records.max(axis=0)
    one[RECORD.index("month")] = np.nan if len(records) > 1 else records[0, RECORD.index("month")]
    one[RECORD.index("is_optimal")] = records[:, RECORD.index("is_optimal")].min()
    one[RECORD.index("iterations")] = records[:, RECORD.index("iterations")].sum()
    return one.reshape(1, -1)


def is_late(cases: Cases) -> bool:
    """Whether a time limit stopped any programme."""
    return any(o.status != "optimal" for o in cases.central.values()) or any(not s.is_optimal for _, _, s in cases)


def stopped(cases: Cases, time_limit: float) -> Iterator[str]:
    """Warnings about what the time limit stopped, with what is proven all the same."""
    for sight, central in cases.central.items():
        late = [s for s in central.solves if s.status != "optimal"]
        if not late:
            continue
        worst = max(late, key=lambda s: s.certificate.gap)
        head = f"The {sight} run was stopped by the time limit of {time_limit:g} s for a programme"
        if central.feasible:
            gap = 100 * worst.certificate.gap
            yield f"{head} before its optimum was proven: proven gap {gap:.4f} % of the cost, scarcity values left out."
        elif late[-1].certificate.dual_residual <= FEASIBLE:
            bound = late[-1].certificate.bound
            yield f"{head} before it had a feasible answer: no numbers, proven least cost {bound:.0f} million USD."
        else:
            yield f"{head} before it had a feasible answer: no numbers, nothing proven."
    others = [found.is_optimal for _, _, found in cases]
    late_others = others.count(False)
    if late_others:
        yield (
            f"The time limit stopped {late_others} of {len(others)} runs of draws and drivers: "
            "bands and drivers that need them are left out."
        )


def drivers(
    story: Scenario,
    design: Design,
    cases: Cases,
    parties: Sequence[str],
    importance: tuple[Indices, Indices] | None,
) -> Iterator[Row]:
    """What the answer hangs on, the greatest swing first; with enough draws, with the sensitivity indices of each.

    A swing is how far an input, moved alone to its ends, moves the unserved magnets of the parties. Without magnets the
    products have no common unit: then it is the value at stake in what is unserved. Indices are of that harm, and of
    the value at stake.
    """
    sight, whole = next(iter(cases.central.items()))
    harm = Harm.of(whole, parties)
    central = known(harm.amount(Summary.of(whole)))
    by_harm, by_loss = ({}, {}) if importance is None else ({one.name: one for one in kind.of} for kind in importance)
    noise = (None, None) if importance is None else tuple(kind.noise for kind in importance)
    about: dict[str, Factor] = {f.id: f for f in design.factors}
    found = []
    for name in [f.id for f in design.moved] if design.moves else list(by_harm):
        found.append((name, *_moved(name, cases, harm)))
    found += [(name, None, {}) for name in (USED, MADE) if design.moves and name in by_harm]
    index = {"unserved_t": "unserved", "loss_usd_m": "loss"}[harm.column]
    for name, swing, ends in sorted(found, key=lambda f: _order(f[1], by_harm.get(f[0]), f[0])):
        yield {
            "scenario": story.id,
            "foresight": sight,
            **_words(name, about),
            harm.column: central,
            f"{harm.column}_low": None,
            f"{harm.column}_high": None,
            "days_low": None,
            "days_high": None,
            "swing_t" if harm.column == "unserved_t" else "swing_usd_m": swing,
            **ends,
            **index_columns(index, by_harm.get(name), noise[0]),
            **(index_columns("loss", by_loss.get(name), noise[1]) if index != "loss" else {}),
        }


def _moved(name: str, cases: Cases, harm: Harm) -> tuple[float | None, Row]:
    """Swing of an input that was moved alone, and the columns of its ends."""
    if f"{name}:low" not in cases.moved:
        return None, {}
    low, high = (cases.moved[f"{name}:{end}"] for end in ("low", "high"))
    at_low, at_high = known(harm.amount(low)), known(harm.amount(high))
    swing = None if at_low is None or at_high is None else abs(at_high - at_low)
    return swing, {
        f"{harm.column}_low": at_low,
        f"{harm.column}_high": at_high,
        "days_low": known(low.days_to_shortage(harm.uses)),
        "days_high": known(high.days_to_shortage(harm.uses)),
    }


def _order(swing: float | None, index: Index | None, name: str) -> tuple[float, float, str]:
    """Greatest swing first, then what has only an index, then what a time limit left without numbers."""
    return (0.0 if swing is None else -swing, 0.0 if index is None else -index.first, name)


def _words(name: str, about: Mapping[str, Factor]) -> Row:
    """What an input is, with its range; of the base year, what the draws made of it."""
    words: tuple[str, str, float | None, float | None, str]
    if name in about:
        one = about[name]
        words = (one.meaning, one.meaning_ja, *one.shown, one.unit)
    elif name == USED:
        words = ("What the parties used in the base year", "当事国の基準年の使用量", None, None, "t/y")
    else:
        words = ("What the parties made themselves in the base year", "当事国の基準年の生産量", None, None, "t/y")
    return dict(zip(("assumption_id", "meaning", "meaning_ja", "low", "high", "unit"), (name, *words), strict=True))


def uncertain(story: Scenario, design: Design) -> Iterator[Row]:
    """All inputs that were drawn, with their ranges."""
    for one in design.factors:
        yield {
            "scenario": story.id,
            "input_id": one.id,
            "meaning": one.meaning,
            "meaning_ja": one.meaning_ja,
            "low": one.shown[0],
            "high": one.shown[1],
            "unit": one.unit,
            "drawn_low": one.low,
            "drawn_central": one.value,
            "drawn_high": one.high,
            "source_ids": [one.source_id] if one.source_id else [],
        }


def finding(story: Scenario, moved: Sequence[Row], design: Design) -> Iterator[Row]:
    """In one sentence what the answer hangs on most; nothing without draws enough to say so."""
    about = "unserved" if any("swing_t" in row for row in moved) else "loss"
    seen = [row for row in moved if row.get(f"{about}_first_order") is not None]
    if not seen:
        return
    top = max(seen, key=lambda row: float(str(row[f"{about}_first_order"])))
    yield {
        "scenario": story.id,
        "input_id": top["assumption_id"],
        **{
            column: finding_sentence(top, about, design.draws, translator(lang))
            for column, lang in (("text", "en"), ("text_ja", "ja"))
        },
    }


def finding_sentence(row: Row, about: str, draws: int, t: Translator) -> str:
    """What one input explains of the spread over the draws."""
    name = str(row["meaning"] if t.lang == "en" else row["meaning_ja"])
    share, low, high = (float(str(row[f"{about}_first_order{end}"])) for end in ("", "_low", "_high"))
    said = {"name": name, "share": t.number(100 * share), "low": t.number(100 * low), "high": t.number(100 * high)}
    if low == 0.0:
        return t("No single input stands out over {draws} draws.", draws=draws)
    if about == "unserved":
        return t(
            "Most of what is uncertain about unserved demand hangs on “{name}”: alone it explains {share}% of the "
            "variance over {draws} draws (95% interval {low} to {high}%).",
            draws=draws,
            **said,
        )
    return t(
        "Most of what is uncertain about the value lost hangs on “{name}”: alone it explains {share}% of the "
        "variance over {draws} draws (95% interval {low} to {high}%).",
        draws=draws,
        **said,
    )
