"""What a promise is worth in tonnes, days and dollars: the model with it kept, and with it broken.

Row of `commitment_ties` → two sets of inputs → one network solved twice, in a calm world and with supply cut, over
seeded draws that both share. A promise that no quantity of the model stands for is told as unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import isinf
from typing import Any

import numpy as np

import didymium
from didymium.data import Dataset
from didymium.errors import UnknownTerm
from didymium.model.draws import Design
from didymium.model.foresight import FORESIGHTS, Runner, base_of
from didymium.model.redraw import Redraw
from didymium.results import Field, Result, Row
from didymium.scenario.apply import assumptions
from didymium.scenario.uncertain import FIGURES, Factor, factors
from didymium.studies.commitments import commitments
from didymium.studies.floor import PATHS, deal_rows
from didymium.studies.register import register
from didymium.studies.respond import Effect, days_gained
from didymium.studies.stress_bands import size_of
from didymium.studies.ventures import draw
from didymium.studies.worth_ties import CALM, CENTRAL, EVENT, Tie, kept_and_broken, prepared, touched

DRAWS = 8
SIZE = "tie_size"
PRICES = "prices"
DERIVED = "didymium-derivation"
LEAST = 1e-6
WARNINGS = (
    "each promise is valued alone, all others as they stand: worths of promises about the same goods do not add up",
    "worth is a difference between two runs of one year, not a forecast that the promise will be kept",
)
FIELDS = (
    Field("worth_t", "t", "Need of the parties that is met if the promise is kept and unmet if it is broken"),
    Field("worth_days", "days", "By so many days the parties' first shortage comes later if it is kept"),
    Field("worth_usd_m", "million USD", "Value at stake that the parties keep; for a floor, what is paid to the plant"),
    Field("world_worth_usd_m", "million USD", "The same for all users in the world"),
    Field("days_kept", "days", "Days to the parties' first shortage with the promise kept; empty = none"),
    Field("days_broken", "days", "The same with it broken"),
    Field("unserved_kept_t", "t", "Unserved need of the parties with the promise kept"),
    Field("unserved_broken_t", "t", "The same with it broken"),
    Field("finding", "", "What the worth means: helps, helps others, nothing lacks, or what binds lies elsewhere"),
    Field("touched_t", "t/y", "What flows in the base year on the routes that it touches"),
)


def worth(
    ds: Dataset,
    *,
    promises: Sequence[str] = (),
    parties: Sequence[str] = ("USA", "JPN"),
    as_of: date | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Worth of each promise to the parties, the dearest first; P10–P90 of the draws.

    `promises` are ids of commitments, all where none is named. `as_of` is the day on which the state of a promise is
    told, by default the end of the search for evidence. Raises UnknownTerm for an id that is not known.
    """
    rows_of = {str(row["commitment_id"]): row for row in ds.rows("commitment_ties")}
    known = {str(row["commitment_id"]): row for row in ds.rows("commitments")}
    for one in promises:
        if one not in known:
            raise UnknownTerm("commitment", one, known, cure="See all: didymium commitments --rows 0.")
    asked = [name for name in known if not promises or name in promises]
    horizon = ds.one("evidence_horizons", table_name="commitments")["searched_until_date"]
    day = as_of or date.fromisoformat(str(horizon))
    states = {row["commitment_id"]: row for row in commitments(ds, as_of=day, parties=()).rows}
    ties = [Tie.of(rows_of[n]) for n in asked if n in rows_of and rows_of[n]["tie"] not in ("unknown", "floor")]
    floors = [rows_of[n] for n in asked if n in rows_of and rows_of[n]["tie"] == "floor"]
    total = sum(2 if tie.event else 1 for tie in ties)
    rows: list[Row] = []
    by_party: list[Row] = []
    sources: set[str] = {DERIVED}
    for tie in ties:
        for world in (CALM, EVENT) if tie.event else (CALM,):
            desk = _Desk(ds, tie, world, tuple(parties), draws, seed)
            about = {**_about(known[tie.commitment_id], states.get(tie.commitment_id), rows_of), "world": world}
            rows += [{**about, **row} for row in desk.rows()]
            by_party += list(desk.by_party())
            sources |= {tie.source_id, *desk.source_ids}
            if progress is not None:
                progress(min(len({(r["commitment_id"], r["world"]) for r in rows}), total), total)
    if floors:
        rows += [{**_about(known[n], states.get(n), rows_of), **row} for n, row in _floors(ds, floors, seed)]
    rows.sort(key=lambda row: (-float(str(row["worth_usd_m"] or 0.0)), str(row["commitment_id"]), str(row["world"])))
    unknown = [_unknown(known[n], rows_of.get(n)) for n in asked if n not in rows_of or rows_of[n]["tie"] == "unknown"]
    return Result.of(
        "commitments worth",
        request={
            "promises": list(promises),
            "parties": list(parties),
            "as_of": day.isoformat(),
            "draws": draws,
            "seed": seed,
        },
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables={"by_party": by_party, "unknown": unknown},
        warnings=WARNINGS,
        assumptions=[r["assumption_id"] for r in ds.rows("assumptions") if "stress" in r["used_by"]],
        source_ids=sorted(
            sources | {s for row in rows if isinstance(row["source_ids"], list) for s in row["source_ids"]}
        ),
    )


def _about(record: Mapping[str, Any], state: Mapping[str, Any] | None, ties: Mapping[str, Mapping[str, Any]]) -> Row:
    """What stands before the numbers: the promise, its state, and what it is tied to."""
    tie = ties[str(record["commitment_id"])]
    return {
        "commitment_id": record["commitment_id"],
        "agreement_id": record["agreement_id"],
        "parties": str(record["parties"]).split(";"),
        "summary": record["summary"],
        "state": state["state"] if state else None,
        "behind": state["behind"] if state else None,
        "tie": tie["tie"],
        "size": tie["size"],
        "size_low": tie["size_low"],
        "size_high": tie["size_high"],
        "size_unit": tie["size_unit"],
        "event": tie["event"],
        "tie_note": tie["basis"],
        "confidence": tie["confidence"],
    }


def _unknown(record: Mapping[str, Any], tie: Mapping[str, Any] | None) -> Row:
    """A promise without a worth, with the reason; one of a layer has no row of ties yet."""
    return {
        "commitment_id": record["commitment_id"],
        "agreement_id": record["agreement_id"],
        "parties": str(record["parties"]).split(";"),
        "summary": record["summary"],
        "reason": "no_tie_on_record" if tie is None else tie["reason"],
        "tie_note": None if tie is None else tie["basis"],
        "source_ids": [record["source_id"]],
    }


@dataclass(frozen=True)
class _Pair:
    """The run with the promise kept and the one with it broken."""

    kept: Effect
    broken: Effect
    parties: tuple[str, ...]

    @cached_property
    def unserved(self) -> tuple[float, float]:
        """Unserved need of the parties [t], kept and broken; uses not told in tonnes are left out."""
        kept, broken = (_unserved(effect, self.parties) for effect in (self.kept, self.broken))
        return kept, broken

    @property
    def days(self) -> float | None:
        """Days by which the first shortage comes later; None where there is no such number."""
        return days_gained(self.broken.days, self.kept.days)[0]


def _finding(pair: _Pair) -> str:
    """What a worth means at the central size: why it is nothing, or which way it goes."""
    avoided, others = pair.broken.loss - pair.kept.loss, pair.broken.world - pair.kept.world
    if avoided > LEAST:
        return "helps"
    if avoided < -LEAST:
        return "others_first"
    if others > LEAST:
        return "helps_others"
    return "no_lack" if pair.broken.loss <= LEAST else "binds_elsewhere"


def _unserved(effect: Effect, parties: Sequence[str]) -> float:
    outcome = effect.outcome
    chain = outcome.network.chain
    found = 0.0
    for u, (product, region, _) in enumerate(chain.uses):
        size, unit = size_of(chain, product)
        if region in parties and unit.get("unit", "t") == "t":
            found += float(outcome.unserved[:, u].sum()) * size
    return found


class _Desk:
    """One promise in one world: the central pair of runs with both kinds of foresight, and the pairs of the draws."""

    def __init__(self, ds: Dataset, tie: Tie, world: str, parties: tuple[str, ...], draws: int, seed: int) -> None:
        self.tie, self.parties = tie, parties
        self.world = world
        story = tie.story(ds, world)
        inputs = prepared(story.apply(ds), tie)
        base = base_of(inputs)
        kept, broken = kept_and_broken(inputs, base, tie, CENTRAL)
        runner = Runner.of(kept, base)
        self.base, self.inputs = base, inputs
        self.source_ids = {s for o in inputs.observations for s in o.source_ids}
        redraw = Redraw.of(kept, base, seed)
        self.central = {sight: self._pair(runner, (kept, broken), sight, None) for sight in FORESIGHTS}
        self.drawn: dict[str, list[_Pair]] = {sight: [] for sight in FORESIGHTS}
        size = Factor(SIZE, 0.0, CENTRAL, 1.0, "", "", "", tie.size[::2], tie.source_id)
        for case in Design((*factors(ds, story), size), draws, seed, moves=False):
            given = dict(case.overrides)
            position = given.pop(SIZE)
            other = redraw.base(given.pop(FIGURES)) if FIGURES in given else base
            both = kept_and_broken(prepared(story.apply(ds, given), tie), other, tie, position)
            for sight in FORESIGHTS:
                self.drawn[sight].append(self._pair(runner, both, sight, other))

    def _pair(self, runner: Runner, both: tuple[Any, Any], sight: str, base: Any) -> _Pair:
        kept, broken = (Effect.of(runner.run(one, sight, base=base), self.parties) for one in both)
        return _Pair(kept, broken, self.parties)

    def rows(self) -> Iterator[Row]:
        """One row for each kind of foresight."""
        for sight in FORESIGHTS:
            one, drawn = self.central[sight], self.drawn[sight]
            days, status = days_gained(one.broken.days, one.kept.days)
            yield {
                "foresight": sight,
                **_band("worth_t", one.unserved[1] - one.unserved[0], [p.unserved[1] - p.unserved[0] for p in drawn]),
                **_band("worth_days", days, [p.days for p in drawn]),
                "worth_days_status": status,
                **_band("worth_usd_m", one.broken.loss - one.kept.loss, [p.broken.loss - p.kept.loss for p in drawn]),
                **_band(
                    "world_worth_usd_m",
                    one.broken.world - one.kept.world,
                    [p.broken.world - p.kept.world for p in drawn],
                ),
                "days_kept": None if isinf(one.kept.days) else one.kept.days,
                "days_broken": None if isinf(one.broken.days) else one.broken.days,
                "unserved_kept_t": one.unserved[0],
                "unserved_broken_t": one.unserved[1],
                "touched_t": touched(self.inputs, self.base, self.tie),
                "start": self.tie.start,
                "months": self.tie.months,
                "worth_status": "modelled",
                "finding": _finding(one),
                "source_ids": sorted({DERIVED, self.tie.source_id}),
            }

    def by_party(self) -> Iterator[Row]:
        """Who of the parties gains, at the central size."""
        for sight in FORESIGHTS:
            one = self.central[sight]
            for party in self.parties:
                kept, broken = (Effect.of(effect.outcome, (party,)) for effect in (one.kept, one.broken))
                pair = _Pair(kept, broken, (party,))
                days, status = days_gained(broken.days, kept.days)
                yield {
                    "commitment_id": self.tie.commitment_id,
                    "world": self.world,
                    "foresight": sight,
                    "party": party,
                    "worth_t": _told(pair.unserved[1] - pair.unserved[0]),
                    "worth_days": days,
                    "worth_days_status": status,
                    "worth_usd_m": _told(broken.loss - kept.loss),
                    "source_ids": sorted({DERIVED, self.tie.source_id}),
                }


def _band(name: str, central: float | None, drawn: Sequence[float | None]) -> Row:
    """The central number and the 10 and 90 % points of the draws that have one, if most have."""
    told = [value for value in drawn if value is not None and not isinf(value)]
    low, high = np.quantile(told, [0.1, 0.9]).tolist() if told and 2 * len(told) > len(drawn) else (None, None)
    return {name: _told(central), f"{name}_p10": _told(low), f"{name}_p90": _told(high)}


def _told(value: float | None) -> float | None:
    """A number as it is told: what is nothing but rounding of the solver is nothing."""
    return 0.0 if value is not None and abs(value) < LEAST else value


def _floors(ds: Dataset, ties: Sequence[Mapping[str, Any]], seed: int) -> Iterator[tuple[str, Row]]:
    """What price floors move in their years: from who pays to the plant [million USD, present value]."""
    assume = assumptions(ds)
    ranges = {
        r["assumption_id"]: (float(r["low"]), float(r["value"]), float(r["high"])) for r in ds.rows("assumptions")
    }
    drawn = draw(register(ds, assume), ranges, paths=PATHS, seed=seed)
    for tie in ties:
        product = str(tie["products"])
        deals = {row["deal_id"]: row for row in deal_rows(ds, product, drawn.prices[product][:, 1:], assume)}
        deal = deals[tie["deal_id"]]
        yield (
            str(tie["commitment_id"]),
            {
                "world": PRICES,
                "foresight": None,
                **_band("worth_t", None, ()),
                **_band("worth_days", None, ()),
                "worth_days_status": "not_run",
                "worth_usd_m": deal["cost_usd_m"],
                "worth_usd_m_p10": deal["cost_usd_m_p10"],
                "worth_usd_m_p90": deal["cost_usd_m_p90"],
                **_band("world_worth_usd_m", 0.0, (0.0,)),
                "days_kept": None,
                "days_broken": None,
                "unserved_kept_t": None,
                "unserved_broken_t": None,
                "touched_t": deal["quantity_t"],
                "start": tie["start"],
                "months": int(str(deal["years"])) * 12,
                "worth_status": "transfer",
                "finding": "paid_to_plant",
                "source_ids": deal["source_ids"],
            },
        )
