"""What to do on the day supply is cut: what is hit, how long stocks last, which option helps most, and all together.

Data → scenario → inputs → one network, solved again for each option with a warm runner. The state against which the
options are held has public stocks shut. `coordinated` sees the whole run, `myopic` decides month by month.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isinf

import numpy as np

import didymium
from didymium.data import Dataset
from didymium.errors import UnknownTerm
from didymium.model.calibrate import Base
from didymium.model.foresight import FORESIGHTS, Runner, base_of
from didymium.model.outcome import Outcome
from didymium.results import Field, Result, Row
from didymium.scenario.inputs import Floats, Inputs
from didymium.scenario.scenario import Scenario, load
from didymium.scenario.tree import leaves
from didymium.studies import respond_page
from didymium.studies.respond_costs import NO_PRICE, Cost, Costing, capital, substitutes
from didymium.studies.respond_options import Option, applied, locked, options, sources_hit
from didymium.studies.respond_page import DERIVED
from didymium.studies.stress_bands import groups, size_of

EVERYTHING = "everything"
OPTION_NAMES = ("release", "licence", "swing", "substitution", "acceleration")
OWN = "own_means"  # all that the parties decide themselves: without the licence push
ALL_MEANS = "all_means"
RATIONING = "rationing"
LEAST = 1e-6  # tonnes or million USD avoided: less than this is nothing
ENDS = ("", "_low", "_high")
SHUT = (
    "the event is run with every public stock shut, since opening one is an option; stress has them open from the "
    "first day, so its first shortages may fall on other days"
)
BRANCHED = "Of the branches of the event the one with the largest loss is told; the column scenario names it."
NO_SHORTAGE = "no_shortage"
AVERTED = "averted"
Cell = dict[str, str | float | int | bool | list[str] | None]
FIELDS = (
    Field("size", "", "How much of the option is taken: a share, or months for acceleration"),
    Field("acts_from_date", "", "First day on which the option acts: the day asked about plus its delay"),
    Field("firm_avoided_t", "t", "Firm need of the parties that is met with the option and not without it"),
    Field(
        "loss_avoided_usd_m",
        "million USD",
        "Value at stake that the parties keep; below zero where others are served first",
    ),
    Field("world_loss_avoided_usd_m", "million USD", "The same for all users in the world"),
    Field("days_gained", "days", "First shortage of the party hit first, later by so much"),
    Field("response_cost_usd_m", "million USD", "Cost of the option; empty where nothing tells it"),
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What the parties suffer in one run: firm need unserved [t], loss [million USD], days to the first shortage."""

    outcome: Outcome
    firm: float
    loss: float
    world: float  # loss of all users
    days: float

    @classmethod
    def of(cls, outcome: Outcome, parties: Sequence[str]) -> Effect:
        """Read out of an outcome; uses not told in tonnes count in money only."""
        chain = outcome.network.chain
        uses = np.array([u for u, (_, region, _) in enumerate(chain.uses) if region in parties], dtype=np.int64)
        size = np.array([_tonnes(outcome, chain.uses[u][0]) for u in uses])
        days = outcome.days_to_shortage(uses) if uses.size else None
        return cls(
            outcome=outcome,
            firm=float(outcome.short[:, uses].sum(axis=0) @ size),
            loss=float(outcome.lost_value[:, uses].sum()),
            world=float(outcome.lost_value.sum()),
            days=float("inf") if days is None else days,
        )


def respond(
    ds: Dataset,
    event: Scenario | str,
    *,
    parties: Sequence[str] = ("USA", "JPN"),
    as_of: date | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """What is hit, days of cover, first shortages, and the options ranked by the loss they avoid.

    `as_of` is the day from which days left are counted and on which measures are told as they stand, by default the
    day on which the event begins. Of an event with branches the leaf with the largest loss is taken. Raises UnknownTerm
    for a party that is not in the chain.
    """
    story = load(event) if isinstance(event, str) else event
    leaf, inputs, base, runner = _worst(ds, story, parties)
    day = as_of or respond_page.begins(ds, leaf)
    shut = locked(inputs)
    known_substitutes = substitutes(ds, leaf.families, inputs)
    rising, ranges = _rising(ds, leaf), _ranges(ds)
    known = options(inputs, rising=rising, most={s.sector: s.reach for s in known_substitutes})
    able = tuple(o for o in known if not o.why_not(shut))
    costing = Costing(
        inputs=inputs,
        activity_cost=runner.networks.quantities(shut).activity_cost,
        parties=parties,
        hit=frozenset(sources_hit(inputs)),
        penalty={s.sector: s.penalty for s in known_substitutes if s.penalty is not None},
        capital=capital(ds, inputs, rising),
    )
    asking = _Asking(
        shut,
        runner,
        parties,
        costing,
        able,
        ranges,
        progress,
        gone=respond_page.gone(leaf, day),
        total=6 * len(able) + 14 + len(able) ** 2,
    )
    before = {sight: asking.run((), 1, sight) for sight in FORESIGHTS}
    rows: list[Row] = []
    by_party: list[Row] = []
    for sight in FORESIGHTS:
        found, effects = _ranked(asking, before[sight], sight)
        found += [_void(o.name, ranges[o.name][1], sight, o.why_not(shut)) for o in known if o not in able]
        found.append(_rationing(before[sight], inputs, parties, sight))
        rows += [
            {
                "scenario": leaf.id,
                "rank": max(i - 1, 0),
                "acts_from_date": _acts_from(day, ranges, str(row["option"])),
                **row,
                "source_ids": [DERIVED],
            }
            for i, row in enumerate(found)
        ]
        for name, effect in effects.items():
            by_party += _by_party(name, sight, before[sight].outcome, effect.outcome, parties)
    outcomes = {sight: effect.outcome for sight, effect in before.items()}
    short = respond_page.shortages(leaf, outcomes, _opened(inputs, base, outcomes), parties, day)
    return Result.of(
        "respond",
        request={"event": story.model_dump(mode="json"), "parties": list(parties), "as_of": day.isoformat()},
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables={
            "hit": respond_page.hit(ds, leaf),
            "measures": respond_page.states(ds, leaf, parties, day),
            "situation": respond_page.situation(short),
            "shortages": short,
            "combination": [
                row
                for means, of in ((ALL_MEANS, able), (OWN, asking.own))
                for row in _greedy(asking, before[FORESIGHTS[0]], means, of)
            ],
            "by_party": by_party,
            "rationing": respond_page.even_cut(outcomes[FORESIGHTS[0]], inputs, parties),
            "substitutes": respond_page.substitute_rows(known_substitutes, len(inputs.months)),
        },
        warnings=[
            SHUT,
            *inputs.warnings,
            *((BRANCHED,) if story.branches else ()),
        ],
        assumptions=[row for option in known for row in (option.assumption, f"respond_{option.name}_delay_days")],
        source_ids=sorted(
            {DERIVED, *(s.source_id for s in known_substitutes)}
            | {s for o in inputs.observations for s in o.source_ids}
        ),
    )


@dataclass(slots=True)
class _Asking:
    """What every run of one answer shares, and how many are done."""

    shut: Inputs
    runner: Runner
    parties: Sequence[str]
    costing: Costing
    able: tuple[Option, ...]
    ranges: Mapping[str, tuple[float, float, float]]
    progress: Callable[[int, int], None] | None
    gone: int  # days from the first day of the run to the day of the answer, below zero before it
    total: int
    done: int = 0

    @property
    def own(self) -> tuple[Option, ...]:
        """What the parties decide themselves."""
        return tuple(option for option in self.able if option.name != "licence")

    def sizes(self, end: int) -> dict[str, float]:
        """Sizes of all options at the low (0), central (1) or high (2) end."""
        return {name: values[end] for name, values in self.ranges.items()}

    def begins(self, end: int) -> dict[str, float]:
        """Days from the first of the run until each option acts; the low end goes with the longest delay."""
        return {name: self.gone + self.ranges[f"{name}_delay"][2 - end] for name in OPTION_NAMES}

    def run(self, chosen: tuple[Option, ...], end: int, sight: str) -> Effect:
        """What some options do together, each at one end of its size."""
        effect = Effect.of(
            self.runner.run(applied(self.shut, chosen, self.sizes(end), self.begins(end)), sight), self.parties
        )
        self.done += 1
        if self.progress is not None:
            self.progress(min(self.done, self.total), self.total)
        return effect

    def cost(self, chosen: tuple[Option, ...], end: int, before: Effect, after: Effect) -> Cost:
        """Cost of the options of a run."""
        sizes, names = self.sizes(end), [option.name for option in chosen]
        rest = tuple(option for option in chosen if option.name != "swing")
        limit = self.runner.networks.quantities(applied(self.shut, rest, sizes, self.begins(end))).activity_limit
        if len(names) == 1:
            return self.costing.of(names[0], sizes[names[0]], before.outcome, after.outcome, limit)
        return self.costing.together(names, sizes, before.outcome, after.outcome, limit)


def _worst(ds: Dataset, story: Scenario, parties: Sequence[str]) -> tuple[Scenario, Inputs, Base, Runner]:
    """The leaf of an event with the largest loss to the parties, its inputs, their base year and a warm runner."""
    every = [leaf.scenario for leaf in leaves(story)]
    first = every[0].apply(ds)
    for party in parties:
        if party not in first.chain.regions:
            raise UnknownTerm("party", party, first.chain.regions)
    base = base_of(first)
    best: tuple[float, Scenario, Inputs, Runner] | None = None
    for one in every:
        inputs = one.apply(ds)
        runner = Runner.of(locked(inputs), base)
        if len(every) == 1:
            return one, inputs, base, runner
        loss = Effect.of(runner.run(locked(inputs), "coordinated"), parties).loss
        if best is None or loss > best[0]:
            best = (loss, one, inputs, runner)
    assert best is not None
    _, leaf, inputs, runner = best
    return leaf, inputs, base, runner


def _opened(inputs: Inputs, base: Base, shut: Mapping[str, Outcome]) -> Mapping[str, Outcome]:
    """The event with public stocks open from the first day, by foresight: the central runs of stress.

    A runner of its own, since among plans that cost the same the one found may hang on the basis started from.
    """
    if not any(inputs.public_cover_days.values()):
        return shut
    runner = Runner.of(inputs, base)
    return {sight: runner.run(inputs, sight) for sight in shut}


def _rising(ds: Dataset, leaf: Scenario) -> Floats:
    """What plants that ramp or are built add as planned [t/month], in the run and as far after it as matters."""
    beyond = int(_ranges(ds)["acceleration"][2])
    return leaf.model_copy(update={"months": leaf.months + beyond}).apply(ds).new_capacity


def _ranges(ds: Dataset) -> dict[str, tuple[float, float, float]]:
    """Low, central and high end of the size of each option."""
    return {
        row["assumption_id"].removeprefix("respond_").rpartition("_")[0]: (
            float(row["low"]),
            float(row["value"]),
            float(row["high"]),
        )
        for row in ds.rows("assumptions")
        if row["assumption_id"].startswith("respond_")
    }


def _acts_from(day: date, ranges: Mapping[str, tuple[float, float, float]], name: str) -> str | None:
    """The day on which one option acts at its central delay; None for several and for what is in every run."""
    delay = ranges.get(f"{name}_delay")
    return None if delay is None else (day + timedelta(days=round(delay[1]))).isoformat()


def _ranked(asking: _Asking, before: Effect, sight: str) -> tuple[list[Cell], dict[str, Effect]]:
    """Options together, then one after another by the loss they avoid; and their effects at the central size."""
    chosen = {EVERYTHING: asking.able, OWN: asking.own, **{option.name: (option,) for option in asking.able}}
    found: list[Cell] = []
    effects: dict[str, Effect] = {}
    for name, of in chosen.items():
        ends = tuple(asking.run(of, end, sight) for end in range(3))
        costs = tuple(asking.cost(of, end, before, effect) for end, effect in enumerate(ends))
        size = asking.ranges[name][1] if name in asking.ranges else None
        found.append(_row(name, size, sight, before, ends, costs))
        effects[name] = ends[1]
    return [*found[:2], *sorted(found[2:], key=lambda row: -float(str(row["loss_avoided_usd_m"])))], effects


def _row(
    name: str, size: float | None, sight: str, before: Effect, ends: tuple[Effect, ...], costs: tuple[Cost, ...]
) -> Cell:
    middle, (_, status) = ends[1], costs[1]
    gained, known = days_gained(before.days, middle.days)
    avoided = before.loss - middle.loss
    return {
        "option": name,
        "foresight": sight,
        "size": size,
        **_band("firm_avoided_t", [before.firm - end.firm for end in ends]),
        **_band("loss_avoided_usd_m", [before.loss - end.loss for end in ends]),
        "world_loss_avoided_usd_m": _told(before.world - middle.world),
        "days_gained": gained,
        "days_gained_status": known,
        **_band("response_cost_usd_m", [cost for cost, _ in costs]),
        "cost_status": status,
        "reason": _reason(avoided, costs[1][0]),
    }


def _band(name: str, values: Sequence[float | None]) -> Cell:
    """The number at the central size, and the least and the most of the three sizes."""
    told = [value for value in values if value is not None]
    ends = (values[1], min(told, default=None), max(told, default=None))
    return {f"{name}{end}": _told(value) for end, value in zip(ENDS, ends, strict=True)}


def days_gained(before: float, after: float) -> tuple[float | None, str]:
    """Days by which the first shortage comes later, and whether there is such a number."""
    if isinf(before):
        return None, NO_SHORTAGE if isinf(after) else "brought_about"
    return (None, AVERTED) if isinf(after) else (after - before, "modelled")


def _reason(avoided: float, cost: float | None) -> str:
    """Why an option that was run is no help, or dear help; empty where it helps."""
    if abs(avoided) <= LEAST:
        return "no_effect"
    if avoided < 0:
        return "others_first"
    return "costs_more" if cost is not None and cost > avoided else ""


def _void(name: str, size: float | None, sight: str, reason: str) -> Cell:
    """An option that does nothing here, with the reason."""
    return {
        "option": name,
        "foresight": sight,
        "size": size,
        **_band("firm_avoided_t", [None] * 3),
        **_band("loss_avoided_usd_m", [None] * 3),
        "world_loss_avoided_usd_m": None,
        "days_gained": None,
        "days_gained_status": "not_run",
        **_band("response_cost_usd_m", [None] * 3),
        "cost_status": NO_PRICE,
        "reason": reason,
    }


def _rationing(before: Effect, inputs: Inputs, parties: Sequence[str], sight: str) -> Cell:
    """What rationing by value saves already, against the same lack spread evenly over the sectors."""
    rows = list(respond_page.even_cut(before.outcome, inputs, parties))
    tonnes = [row for row in rows if row.get("unit", "t") == "t"]
    firm = sum(float(str(row["even_firm_t"])) - float(str(row["firm_t"])) for row in tonnes)
    loss = sum(float(str(row["even_loss_usd_m"])) - float(str(row["loss_usd_m"])) for row in rows)
    void = _void(RATIONING, None, sight, "in_every_run")
    return {**void, "firm_avoided_t": _told(firm), "loss_avoided_usd_m": _told(loss)}


def _by_party(name: str, sight: str, before: Outcome, after: Outcome, parties: Sequence[str]) -> Iterator[Row]:
    """What an option does for each party, product and sector that something is short of without it."""
    for party, product, sector, uses in groups(before, parties):
        if before.unserved[:, uses].sum() <= 0 and after.unserved[:, uses].sum() <= 0:
            continue
        size, unit = size_of(before.network.chain, product)
        first, later = (outcome.days_to_shortage(uses) for outcome in (before, after))
        gained, status = days_gained(*(float("inf") if days is None else days for days in (first, later)))
        yield {
            "option": name,
            "foresight": sight,
            "party": party,
            "product": product,
            "sector": sector,
            "firm_avoided_t": float((before.short - after.short)[:, uses].sum()) * size,
            "unserved_avoided_t": float((before.unserved - after.unserved)[:, uses].sum()) * size,
            "loss_avoided_usd_m": float((before.lost_value - after.lost_value)[:, uses].sum()),
            "days_gained": gained,
            "days_gained_status": status,
            "source_ids": [DERIVED],
            **unit,
        }


def _greedy(asking: _Asking, start: Effect, means: str, able: tuple[Option, ...]) -> Iterator[Row]:
    """Take the option that avoids most loss of the parties next, until none avoids more; coordinated, central sizes."""
    chosen: tuple[Option, ...] = ()
    left, last = list(able), start
    while left:
        tried = [(asking.run((*chosen, option), 1, FORESIGHTS[0]), option) for option in left]
        effect, option = min(tried, key=lambda pair: pair[0].loss)
        if last.loss - effect.loss <= LEAST:
            return
        chosen = (*chosen, option)
        left.remove(option)
        cost, status = asking.cost(chosen, 1, start, effect)
        yield {
            "means": means,
            "rank": len(chosen),
            "option": option.name,
            "with": [o.name for o in chosen[:-1]],
            "more_loss_avoided_usd_m": last.loss - effect.loss,
            "loss_avoided_usd_m": start.loss - effect.loss,
            "firm_avoided_t": _told(start.firm - effect.firm),
            "response_cost_usd_m": cost,
            "cost_status": status,
            "source_ids": [DERIVED],
        }
        last = effect


def _told(value: float | None) -> float | None:
    """A number as it is told: what is nothing but rounding of the solver is nothing."""
    return 0.0 if value is not None and abs(value) < LEAST else value


def _tonnes(outcome: Outcome, product: str) -> float:
    """Tonnes in one unit of the model of a product; 0 where it is not told in tonnes."""
    size, unit = size_of(outcome.network.chain, product)
    return size if unit.get("unit", "t") == "t" else 0.0
