"""What to do on the day supply is cut: what is hit, how long stocks last, which option helps most, and all together.

Data → scenario → inputs → one network, solved again for each option with a warm runner. The state against which the
options are held has public stocks shut. `coordinated` sees the whole run, `myopic` decides month by month.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isinf

import numpy as np

import didymium
from didymium.data import Dataset
from didymium.errors import UnknownTerm
from didymium.model.foresight import FORESIGHTS, Runner, base_of
from didymium.model.outcome import Outcome
from didymium.results import Field, Result, Row
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Scenario, load
from didymium.scenario.tree import leaves
from didymium.studies.respond_options import Option, applied, locked, options
from didymium.studies.stress_bands import TOTAL, groups, size_of

NOT_COSTED = "not_costed"
COSTED = "replacement_at_base_price"
EVERYTHING = "everything"
RATIONING = "rationing"
LEAST_USD_M = 1e-6  # of loss avoided: less than this is nothing
DERIVED = "didymium-derivation"
Cell = dict[str, str | float | int | bool | list[str] | None]
FIELDS = (
    Field("size", "", "How much of the option is taken: a share, or months for acceleration"),
    Field("firm_avoided_t", "t", "Firm need of the parties that is met with the option and not without it"),
    Field(
        "loss_avoided_usd_m",
        "million USD",
        "Value at stake that the parties keep; below zero where others are served first",
    ),
    Field("days_gained", "days", "First shortage of the party hit first, later by so much"),
    Field("cost_usd_m", "million USD", "Public cost of the option; empty where it is not costed"),
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What the parties suffer in one run: firm need unserved [t], loss [million USD], days, stock released [USD m]."""

    firm: float
    loss: float
    days: float
    released: float

    @classmethod
    def of(cls, outcome: Outcome, inputs: Inputs, parties: Sequence[str]) -> Effect:
        """Read out of an outcome; uses not told in tonnes count in money only."""
        chain = outcome.network.chain
        uses = np.array([u for u, (_, region, _) in enumerate(chain.uses) if region in parties], dtype=np.int64)
        tonnes = np.array([1.0 if size_of(chain, chain.uses[u][0])[1].get("unit", "t") == "t" else 0.0 for u in uses])
        sizes = np.array([size_of(chain, chain.uses[u][0])[0] for u in uses])
        days = outcome.days_to_shortage(uses) if uses.size else None
        return cls(
            firm=float(outcome.short[:, uses].sum(axis=0) @ (tonnes * sizes)),
            loss=float(outcome.lost_value[:, uses].sum()),
            days=float("inf") if days is None else days,
            released=_released(outcome, inputs),
        )


def respond(
    ds: Dataset,
    event: Scenario | str,
    *,
    parties: Sequence[str] = ("USA", "JPN"),
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """What is hit, days of cover, first shortages, and the options ranked by the loss they avoid.

    Of an event with branches the leaf with the largest loss is taken. Raises UnknownTerm for a party not in the chain.
    """
    story = load(event) if isinstance(event, str) else event
    leaf, inputs, runner = _worst(ds, story, parties)
    for party in parties:
        if party not in inputs.chain.regions:
            raise UnknownTerm("party", party, inputs.chain.regions)
    known = options(inputs)
    shut = locked(inputs)
    able = tuple(o for o in known if not o.why_not(shut))
    ranges = _ranges(ds, known)
    central = {name: values[1] for name, values in ranges.items()}
    total, done = len(able) * 6 + 4 + len(able) ** 2, 0

    def run(chosen: tuple[Option, ...], sizes: Mapping[str, float], sight: str) -> tuple[Effect, Outcome]:
        nonlocal done
        changed = applied(shut, chosen, sizes)
        outcome = runner.run(changed, sight)
        done += 1
        if progress is not None:
            progress(min(done, total), total)
        return Effect.of(outcome, inputs, parties), outcome

    rows: list[Row] = []
    before: dict[str, tuple[Effect, Outcome]] = {sight: run((), central, sight) for sight in FORESIGHTS}
    for sight in FORESIGHTS:
        start = before[sight][0]
        found: list[Cell] = []
        for option in able:
            low, middle, high = (
                run((option,), central | {option.name: size}, sight)[0] for size in ranges[option.name]
            )
            found.append(_row(option.name, central[option.name], sight, start, (low, middle, high)))
        found.sort(key=lambda row: -float(str(row["loss_avoided_usd_m"])))
        together = tuple(
            run(able, {name: values[end] for name, values in ranges.items()}, sight)[0] for end in range(3)
        )
        found.insert(0, _row(EVERYTHING, None, sight, start, (together[0], together[1], together[2])))
        found += [
            _void(option.name, central[option.name], sight, option.why_not(shut))
            for option in known
            if option not in able
        ]
        found.append(_void(RATIONING, None, sight, "in_every_run"))
        rows += [{"rank": i, **row, "source_ids": [DERIVED]} for i, row in enumerate(found)]
    steps = list(_greedy(able, lambda chosen: run(chosen, central, FORESIGHTS[0])[0], before[FORESIGHTS[0]][0]))
    return Result.of(
        "respond",
        request={"event": story.model_dump(mode="json"), "parties": list(parties)},
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables={
            "hit": _hit(ds, leaf),
            "shortages": _shortages(leaf, inputs, {s: o for s, (_, o) in before.items()}, parties),
            "rationing": _order(inputs, parties),
            "combination": steps,
        },
        warnings=[
            *inputs.warnings,
            *([f"{story.id} has branches: {leaf.id} is told, the one with the largest loss"] if story.branches else ()),
        ],
        assumptions=[option.assumption for option in known],
        source_ids=[DERIVED, *(s for o in inputs.observations for s in o.source_ids)],
    )


def _worst(ds: Dataset, story: Scenario, parties: Sequence[str]) -> tuple[Scenario, Inputs, Runner]:
    """The leaf of an event with the largest loss to the parties, its inputs and a warm runner."""
    every = [leaf.scenario for leaf in leaves(story)]
    first = every[0].apply(ds)
    base = base_of(first)
    best: tuple[float, Scenario, Inputs, Runner] | None = None
    for one in every:
        inputs = one.apply(ds)
        runner = Runner.of(locked(inputs), base)
        if len(every) == 1:
            return one, inputs, runner
        loss = Effect.of(runner.run(locked(inputs), "coordinated"), inputs, parties).loss
        if best is None or loss > best[0]:
            best = (loss, one, inputs, runner)
    assert best is not None
    return best[1:]


def _ranges(ds: Dataset, known: Sequence[Option]) -> dict[str, tuple[float, float, float]]:
    rows = {r["assumption_id"]: (float(r["low"]), float(r["value"]), float(r["high"])) for r in ds.rows("assumptions")}
    return {option.name: rows[option.assumption] for option in known}


def _released(outcome: Outcome, inputs: Inputs) -> float:
    """Worth at base prices of what left public stocks [million USD]; each myopic window keeps its first month."""
    price = dict(zip(inputs.chain.products, inputs.base_price, strict=True))
    worth = np.array([price[product] for _, product in inputs.public_cover_days]) * 1e-3
    layout = outcome.network.layout
    columns = layout.columns_of("release", layout.public)
    kept = columns if outcome.foresight == "coordinated" else columns[:1]
    return sum(float((solve.x[kept] @ worth).sum()) for solve in outcome.solves) if worth.size else 0.0


def _row(name: str, size: float | None, sight: str, start: Effect, ends: tuple[Effect, Effect, Effect]) -> Cell:
    firm = [start.firm - end.firm for end in ends]
    loss = [start.loss - end.loss for end in ends]
    middle = ends[1]
    if isinf(start.days):
        gained, status = None, "no shortage without it"
    elif isinf(middle.days):
        gained, status = None, "no shortage with it"
    else:
        gained, status = middle.days - start.days, "modelled"
    costed = name == "release"
    return {
        "option": name,
        "foresight": sight,
        "size": size,
        "firm_avoided_t": firm[1],
        "firm_avoided_t_low": min(firm),
        "firm_avoided_t_high": max(firm),
        "loss_avoided_usd_m": loss[1],
        "loss_avoided_usd_m_low": min(loss),
        "loss_avoided_usd_m_high": max(loss),
        "days_gained": gained,
        "days_gained_status": status,
        "cost_usd_m": middle.released if costed else None,
        "cost_status": COSTED if costed else NOT_COSTED,
        "reason": _reason(loss[1]),
    }


def _reason(avoided: float) -> str:
    """Why an option that was run helps the parties nothing or less than nothing; empty where it helps."""
    if abs(avoided) <= LEAST_USD_M:
        return "no_effect"
    return "" if avoided > 0 else "others_first"


def _void(name: str, size: float | None, sight: str, reason: str) -> Cell:
    """An option that does nothing here, with the reason."""
    amounts = ("firm_avoided_t", "loss_avoided_usd_m")
    none: Cell = {f"{amount}{end}": None for amount in amounts for end in ("", "_low", "_high")}
    return {
        "option": name,
        "foresight": sight,
        "size": size,
        **none,
        "days_gained": None,
        "days_gained_status": "not run",
        "cost_usd_m": None,
        "cost_status": NOT_COSTED,
        "reason": reason,
    }


def _greedy(able: Sequence[Option], run: Callable[[tuple[Option, ...]], Effect], start: Effect) -> Iterator[Row]:
    """Take the option that avoids most loss next, one after another; coordinated."""
    chosen: tuple[Option, ...] = ()
    left, last = list(able), start
    while left:
        tried = [(run((*chosen, option)), option) for option in left]
        effect, option = min(tried, key=lambda pair: pair[0].loss)
        chosen = (*chosen, option)
        left.remove(option)
        yield {
            "rank": len(chosen),
            "option": option.name,
            "loss_avoided_usd_m": last.loss - effect.loss,
            "firm_avoided_t": last.firm - effect.firm,
            "source_ids": [DERIVED],
        }
        last = effect


def _hit(ds: Dataset, story: Scenario) -> Iterator[Row]:
    """The cuts and outages of the event, with HS codes of the products and the measures that it follows."""
    codes: dict[str, set[str]] = {}
    for row in ds.rows("hs_codes"):
        codes.setdefault(row["product"], set()).add(row["hs2022_code"] or row["hs2017_code"])
    for row in ds.rows("products"):
        if row["hs_codes"] and row["product"] not in codes:
            codes[row["product"]] = {code.strip() for code in row["hs_codes"].split(";")}
    sources = {r["measure_id"]: r["source_id"] for r in ds.rows("measures")}
    told = sorted({sources[m] for m in story.based_on if m in sources})
    for cut in story.cuts:
        for product in cut.products:
            found = codes.get(product) or codes.get(product.removesuffix("_std").removesuffix("_ht"), set())
            yield {
                "product": product,
                "hs6_code": "; ".join(sorted(c for c in found if c)),
                "exporter": cut.exporter,
                "importers": list(cut.importers),
                "start": cut.start,
                "end": cut.end,
                "approval_share": cut.approval_share,
                "measure_id": "; ".join(story.based_on),
                "source_ids": told,
            }
    for outage in story.outages:
        yield {
            "product": "; ".join(outage.products) or outage.stage,
            "hs6_code": "",
            "exporter": outage.place,
            "importers": ["ALL"],
            "start": outage.start,
            "end": outage.end,
            "approval_share": outage.availability,
            "measure_id": "; ".join(story.based_on),
            "source_ids": told,
        }


def _shortages(
    story: Scenario, inputs: Inputs, outcomes: Mapping[str, Outcome], parties: Sequence[str]
) -> Iterator[Row]:
    """Days of cover when the event begins and first shortages by party, product and sector, earliest first."""
    rows: list[tuple[float, Row]] = []
    for sight, outcome in outcomes.items():
        for party, product, sector, uses in groups(outcome, parties):
            size, unit = size_of(outcome.network.chain, product)
            days = outcome.days_to_shortage(uses)
            demand = float(outcome.demand[0, uses].sum())
            row: Row = {
                "party": party,
                "product": product,
                "sector": sector,
                "is_total": sector == TOTAL,
                "foresight": sight,
                "cover_days": float(outcome.user_stock_before[uses].sum()) / demand * 365.25 / 12 if demand else None,
                "days_to_shortage": days,
                "first_shortage_date": outcome.first_shortage(days),
                "unserved_t": float(outcome.unserved[:, uses].sum()) * size,
                "loss_usd_m": float(outcome.lost_value[:, uses].sum()),
                "start_date": f"{story.start}-01",
                "source_ids": [DERIVED],
                **unit,
            }
            rows.append((float("inf") if days is None else days, row))
    return iter([row for _, row in sorted(rows, key=lambda pair: pair[0])])


def _order(inputs: Inputs, parties: Sequence[str]) -> Iterator[Row]:
    """The order in which the model serves: what a kilogram short costs in the firm part of each sector, most first."""
    used = {(product, sector) for product, region, sector in inputs.chain.uses if region in parties}
    worth = sorted(((inputs.bands[sector][-1].value, product, sector) for product, sector in used), reverse=True)
    for i, (value, product, sector) in enumerate(worth, start=1):
        yield {
            "rank": i,
            "product": product,
            "sector": sector,
            "value_usd_per_kg": value,
            "source_ids": [DERIVED],
        }
