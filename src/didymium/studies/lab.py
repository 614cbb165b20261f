"""The stress lab: one shock with a few dials, solved at once on programmes that are kept warm.

The model and the rows are those of `didymium stress` without draws; only the programmes are not built anew for each
turn of a dial.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from threading import BoundedSemaphore, Lock
from typing import Any, TypeVar

import didymium
from didymium.data import Dataset
from didymium.engine import Start
from didymium.errors import BadInput, UnknownTerm
from didymium.model.calibrate import Base
from didymium.model.ensemble import Cases
from didymium.model.foresight import FORESIGHTS, Runner, base_of
from didymium.model.outcome import Outcome
from didymium.results import Result, canonical_json
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Outage, Scenario, TradeCut, between, checked, library, shift
from didymium.studies import stress_bands, stress_rows
from didymium.studies.stress import FIELDS

T = TypeVar("T")

AT_ONCE = 2
"""Questions that are solved at a time; more would only wait for the same processors."""
CELL_MONTHS = (3, 6, 9, 12, 18, 24)
CELL_SHARES = 4
"""Lengths [months] and steps of the share at which the solver's bases are kept."""
MOST_STARTS = 256
MOST_ANSWERS = 64
NO_BAND = (
    "The lab shows the central case alone, without the interval that uncertain inputs give: ask didymium stress for it"
)


@dataclass(frozen=True, slots=True)
class Dials:
    """Where dials stand: who is hit, towards whom, in which products, what share passes or remains, for how long."""

    place: str
    importers: tuple[str, ...]
    products: tuple[str, ...]
    share: float
    months: int


def dials(story: Scenario) -> Dials | None:
    """The dials as a scenario sets them; None for one that is not a single shock of stated size.

    >>> from didymium.scenario.scenario import load
    >>> dials(load("cn-graphite-stop"))
    Dials(place='CHN', importers=('ALL',), products=('natural_graphite', 'anode_graphite'), share=0.1, months=12)
    """
    if story.branches or any(cut.origin or cut.approval_share is None for cut in story.cuts):
        return None
    breaks: list[TradeCut | Outage] = [*story.cuts, *story.outages]
    products = tuple(dict.fromkeys(p for one in breaks for p in one.products))
    found = {_dials(one, story, products) for one in breaks}
    return found.pop() if len(found) == 1 else None


def _dials(one: TradeCut | Outage, story: Scenario, products: tuple[str, ...]) -> Dials:
    last = shift(story.start, story.months)
    months = between(one.start, last if one.end is None else min(one.end, last))
    if isinstance(one, Outage):
        return Dials(one.place, (), products, one.availability, months)
    return Dials(one.exporter, one.importers, products, float(one.approval_share or 0.0), months)


@cache
def adjustable() -> Mapping[str, Scenario]:
    """The scenarios of the library that have dials."""
    return {name: story for name, story in library().items() if dials(story) is not None}


def longest(story: Scenario) -> int:
    """The greatest length of a shock that ends within the run [months]."""
    first = min(one.start for one in (*story.cuts, *story.outages))
    return between(first, shift(story.start, story.months))


def turned(story: Scenario, to: Dials) -> Scenario:
    """The scenario with its dials elsewhere; a dial that is turned has no range of its own any more.

    Raises BadScenario or BadInput where that is none.
    """
    was = dials(story)
    if was is None:
        raise BadInput(f"scenario {story.id} is not a single shock.", cure=f"Choose one of {', '.join(adjustable())}.")
    if to == was:
        return story
    if not 1 <= to.months <= longest(story):
        raise BadInput(f"{to.months} months do not fit in the run.", cure=f"Choose 1 to {longest(story)}.")
    if was.products and not set(to.products) & set(was.products):
        raise BadInput("no product is left.", cure=f"Choose some of {', '.join(was.products)}.")
    whole = story.model_dump(mode="json")
    for kind in ("cuts", "outages"):
        for one in whole[kind]:
            one["left"] = [p for p in one["products"] if p in to.products]
        whole[kind] = [one for one in whole[kind] if one["left"] or not one["products"]]
        for one in whole[kind]:
            one["products"] = one.pop("left")
    for one in whole["cuts"]:
        one |= {"exporter": to.place, "importers": list(to.importers), **_length(one, was, to)}
        if to.share != was.share:
            one |= {"approval_share": to.share, "approval_low": None, "approval_high": None}
    for one in whole["outages"]:
        one |= {"place": to.place, **_length(one, was, to)}
        if to.share != was.share:
            one |= {"availability": to.share, "availability_low": None, "availability_high": None}
    about = {"id": f"{story.id}-lab", "title": f"{story.title}, changed", "title_ja": f"{story.title_ja}（変更）"}
    changed = {"summary": f"Made from {story.id}.", "likelihood": "not assessed"}
    return checked(whole | about | changed, where=f"scenario {story.id}-lab")


def _length(one: Mapping[str, Any], was: Dials, to: Dials) -> dict[str, Any]:
    if to.months == was.months:
        return {}
    return {"end": shift(one["start"], to.months), "months_low": None, "months_high": None}


def cover(story: Scenario) -> str:
    """The assumption behind the dial for stocks: those of magnet users, or of processors where no magnets are used."""
    return "user_cover_days" if "magnets" in story.families else "pool_cover_days"


def cell(story: Scenario, to: Dials) -> Dials:
    """The dials near by from whose solution a question starts.

    Share and length decide how far the solver has to go. The start of a question depends on the question alone, so
    that its answer does not depend on what was asked before.
    """
    was = dials(story)
    assert was is not None
    most = longest(story)
    months = min((m for m in CELL_MONTHS if m <= most), key=lambda m: abs(m - to.months), default=most)
    return replace(was, share=round(CELL_SHARES * to.share) / CELL_SHARES, months=months)


def compared(first: Result, second: Result) -> list[dict[str, Any]]:
    """What goes unserved in two answers of the lab, by party, product and foresight, where both have a total."""
    names = ("party", "product", "foresight")

    def totals(one: Result) -> dict[tuple[Any, ...], Any]:
        return {tuple(r[n] for n in names): r["unserved_t"] for r in one.rows if r["is_total"]}

    a, b = totals(first), totals(second)
    return [
        dict(zip(names, key, strict=True))
        | {"unserved_a_t": a[key], "unserved_b_t": b[key], "unserved_change_t": b[key] - a[key]}
        for key in a
        if key in b
    ]


@dataclass(slots=True)
class Lab:
    """Bases of the solver by scenario and cell, and the latest answers. The same question at once is solved once."""

    ds: Dataset
    _bases: OrderedDict[tuple[Any, ...], Base] = field(default_factory=OrderedDict)
    _starts: OrderedDict[tuple[str, Dials], Future[Start | None]] = field(default_factory=OrderedDict)
    _answers: OrderedDict[str, Future[Result]] = field(default_factory=OrderedDict)
    _warmed: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)
    _slots: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_ONCE))
    _foresights: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, "lab"))

    def ask(self, name: str, to: Dials, parties: tuple[str, ...], cover_days: float) -> Result:
        """The central case of a scenario of the library with its dials and stocks elsewhere.

        Raises UnknownTerm for a scenario or party that the lab does not know, BadScenario or Infeasible in words.
        """
        known = adjustable()
        if name not in known:
            raise UnknownTerm("scenario", name, known, cure=f"Known: {', '.join(known)}.")
        story = turned(known[name], to)
        asked = {
            "scenario": story.model_dump(mode="json"),
            "made_from": name,
            "parties": list(parties),
            "overrides": {cover(story): cover_days},
        }
        key = canonical_json(asked)

        def found() -> Result:
            with self._slots:
                return self._solved(known[name], to, story, asked)

        return self._once(self._answers, key, MOST_ANSWERS, found)

    def regions(self, name: str) -> tuple[str, ...]:
        """Places that the network of a scenario of the library knows."""
        return tuple(adjustable()[name].apply(self.ds).chain.regions)

    def warm(self, name: str) -> None:
        """Find the starts of all cells of a scenario, those of the shortest shocks first; once.

        Not needed for an answer, but the first one of each cell takes less time after it.
        """
        story = adjustable()[name]
        with self._lock:
            if name in self._warmed:
                return
            self._warmed.add(name)
        was = dials(story)
        assert was is not None
        for months in CELL_MONTHS:
            for step in range(CELL_SHARES + 1):
                self._start(story, cell(story, replace(was, share=step / CELL_SHARES, months=months)))

    def _once(self, kept: OrderedDict[Any, Future[T]], key: Any, most: int, found: Callable[[], T]) -> T:
        """The kept value of a key, or a new one that everyone who asks meanwhile waits for."""
        with self._lock:
            future = kept.get(key)
            is_mine = future is None
            if future is None:
                future = kept[key] = Future()
                while len(kept) > most:
                    kept.popitem(last=False)
            kept.move_to_end(key)
        if is_mine:
            try:
                future.set_result(found())
            except BaseException as wrong:
                future.set_exception(wrong)
                with self._lock:
                    kept.pop(key, None)
                raise
        return future.result()

    def _solved(self, first: Scenario, to: Dials, story: Scenario, asked: dict[str, Any]) -> Result:
        inputs = story.apply(self.ds, asked["overrides"])
        for party in asked["parties"]:
            if party not in inputs.chain.regions:
                regions = sorted(inputs.chain.regions)
                raise UnknownTerm("party", party, regions, cure=f"Known: {', '.join(regions)}.")
        runner = self._runner(first, cell(first, to))
        outcomes = self._foresights.map(lambda foresight: runner.run(inputs, foresight), FORESIGHTS)
        return self._told(story, inputs, dict(zip(FORESIGHTS, outcomes, strict=True)), asked)

    def _runner(self, first: Scenario, near: Dials) -> Runner:
        inputs, base = self._based(first, near)
        return Runner.of(inputs, base, start=self._start(first, near))

    def _based(self, first: Scenario, near: Dials) -> tuple[Inputs, Base]:
        inputs = turned(first, near).apply(self.ds)
        key = (first.families, first.first_base_year)
        with self._lock:
            base = self._bases.get(key)
        if base is None:
            base = base_of(inputs)
            with self._lock:
                self._bases[key] = base
        return inputs, base

    def _start(self, first: Scenario, near: Dials) -> Start | None:
        def found() -> Start | None:
            return Runner.of(*self._based(first, near)).whole.start()

        return self._once(self._starts, (first.id, near), MOST_STARTS, found)

    def _told(self, story: Scenario, inputs: Inputs, central: Mapping[str, Outcome], asked: dict[str, Any]) -> Result:
        parties, cases = asked["parties"], Cases.of_central(central)
        drawn = stress_bands.bands(cases, parties, ())
        return Result.of(
            "lab",
            request=asked,
            dataset=self.ds.describe(),
            code_version=didymium.__version__,
            rows=list(stress_rows.summary(self.ds, story, cases, drawn, parties)),
            fields=FIELDS,
            tables={
                "scenarios": stress_rows.about(self.ds, story),
                "monthly": stress_rows.monthly(story, cases, drawn, parties),
                "certificates": stress_rows.certificates(story, cases),
            },
            warnings=[NO_BAND, *inputs.warnings],
            assumptions=[r["assumption_id"] for r in self.ds.rows("assumptions") if "stress" in r["used_by"]],
            source_ids=sorted({s for o in inputs.observations for s in o.source_ids}),
        )
