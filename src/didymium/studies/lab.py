"""The stress lab: one shock with a few dials, solved at once on programmes that are kept warm.

The model and the rows are those of `didymium stress` without draws; only the programmes are not built anew for each
turn of a dial.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Condition
from typing import Any

import didymium
from didymium.data import Dataset
from didymium.engine import Start
from didymium.errors import BadInput, DidymiumError, UnknownTerm
from didymium.model.calibrate import Base
from didymium.model.ensemble import Cases
from didymium.model.foresight import FORESIGHTS, Runner, base_of
from didymium.model.outcome import Outcome
from didymium.results import Result, canonical_json
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Outage, Scenario, TradeCut, between, checked, library, shift
from didymium.studies import stress_bands, stress_rows
from didymium.studies.shelf import Shelf
from didymium.studies.stress import FIELDS

AT_ONCE = 2
"""Questions that are solved at a time; more would only wait for the same processors."""
CELL_SHARES = 10
"""Steps of the share at which the solver's bases are kept, for every length."""
COARSE_MONTHS = (3, 6, 9, 12, 18, 24)
"""Lengths [months] whose bases are found from that of the scenario itself; those of the others from the nearest."""
MOST_STARTS = 1024
MOST_ANSWERS = 64
MOST_SHOWN = 512
MOST_PLACES = 8
UNSETTLED = ("stock_t",)
"""What several best answers tell differently: in which month goods wait. The stress test tells of one of them."""
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
    return replace(was, share=round(CELL_SHARES * to.share) / CELL_SHARES, months=to.months)


def before(story: Scenario, near: Dials) -> Dials | None:
    """The dials from whose basis that of a cell is found; None for those of the scenario, which is solved from nothing.

    >>> story = adjustable()["cn-stop-6"]
    >>> near = replace(dials(story), share=0.3, months=14)
    >>> [(one.share, one.months) for one in (before(story, near), before(story, before(story, near)))]
    [(0.3, 12), (0.0, 6)]
    """
    was = dials(story)
    assert was is not None
    if near == was:
        return None
    coarse = min((m for m in COARSE_MONTHS if m <= longest(story)), key=lambda m: abs(m - near.months), default=0)
    return was if coarse in (0, near.months) else replace(near, months=coarse)


def cells(story: Scenario) -> list[Dials]:
    """All cells of a scenario: those from which others are found first, then the shorter shocks."""
    was = dials(story)
    assert was is not None
    steps = [step / CELL_SHARES for step in range(CELL_SHARES + 1)]
    found = [replace(was, share=share, months=n + 1) for n in range(longest(story)) for share in steps]
    return sorted(found, key=lambda one: (one.months not in COARSE_MONTHS, one.months))


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
class _Place:
    """A scenario made ready: its base year, the basis of its own programme, and runners that are not in use."""

    inputs: Inputs
    base: Base
    start: Start | None
    runners: SimpleQueue[Runner] = field(default_factory=SimpleQueue)

    @classmethod
    def of(cls, inputs: Inputs) -> _Place:
        """Calibrate the base year and solve the scenario as it stands, from nothing."""
        base = base_of(inputs)
        first = Runner.of(inputs, base)
        place = cls(inputs, base, first.whole.start())
        place.runners.put(first)
        return place

    @contextmanager
    def runner(self, start: Start | None) -> Iterator[Runner]:
        """A runner that nobody else uses meanwhile; it begins with a basis."""
        try:
            one = self.runners.get_nowait()
        except Empty:
            one = Runner.of(self.inputs, self.base)
        one.whole.begin(start)
        try:
            yield one
        finally:
            self.runners.put(one)


@dataclass(slots=True)
class Lab:
    """Bases of the solver by scenario and cell, and the latest answers. The same question at once is solved once.

    `shown` is room for what others make of the answers, such as pages and pictures: it goes with the data.
    """

    ds: Dataset
    shown: Shelf[bytes] = field(default_factory=lambda: Shelf(MOST_SHOWN))
    _answers: Shelf[Result] = field(default_factory=lambda: Shelf(MOST_ANSWERS))
    _places: Shelf[_Place] = field(default_factory=lambda: Shelf(MOST_PLACES))
    _starts: Shelf[Start | None] = field(default_factory=lambda: Shelf(MOST_STARTS))
    _warmed: set[str] = field(default_factory=set)
    _asking: int = 0
    _quiet: Condition = field(default_factory=Condition)
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

        def found() -> Result:
            with self._turn():
                return self._solved(name, to, story, asked)

        return self._answers.get(canonical_json(asked), found)

    def regions(self, name: str) -> tuple[str, ...]:
        """Places that the network of a scenario of the library knows."""
        story = adjustable()[name]
        return self.ds.once(("regions of a scenario", name), lambda: tuple(story.apply(self.ds).chain.regions))

    def warm(self, name: str) -> None:
        """Find the starts of all cells of a scenario, once, while nobody asks anything.

        Not needed for an answer, but the first one of each cell takes less time after it.
        """
        with self._quiet:
            if name in self._warmed:
                return
            self._warmed.add(name)
        for near in cells(adjustable()[name]):
            with self._quiet:
                self._quiet.wait_for(lambda: not self._asking)
            self._start(name, near)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One of the few turns to solve. What is only made ready for later waits meanwhile."""
        with self._quiet:
            self._asking += 1
        try:
            with self._slots:
                yield
        finally:
            with self._quiet:
                self._asking -= 1
                self._quiet.notify_all()

    def _solved(self, name: str, to: Dials, story: Scenario, asked: dict[str, Any]) -> Result:
        inputs = story.apply(self.ds, asked["overrides"])
        for party in asked["parties"]:
            if party not in inputs.chain.regions:
                regions = sorted(inputs.chain.regions)
                raise UnknownTerm("party", party, regions, cure=f"Known: {', '.join(regions)}.")
        start = self._start(name, cell(adjustable()[name], to))
        with self._place(name).runner(start) as runner:
            outcomes = self._foresights.map(lambda foresight: runner.run(inputs, foresight), FORESIGHTS)
            central = dict(zip(FORESIGHTS, outcomes, strict=True))
        return self._told(story, inputs, central, asked)

    def _place(self, name: str) -> _Place:
        return self._places.get(name, lambda: _Place.of(adjustable()[name].apply(self.ds)))

    def _start(self, name: str, near: Dials) -> Start | None:
        """The basis with which questions of a cell begin; None where there is none, and they begin from nothing."""

        def found() -> Start | None:
            story, place = adjustable()[name], self._place(name)
            earlier = before(story, near)
            if earlier is None:
                return place.start
            inputs = turned(story, near).apply(self.ds)
            with place.runner(self._start(name, earlier)) as runner:
                solver = runner.whole
                try:
                    solver.solve(runner.network.change(solver.programme, runner.networks.quantities(inputs)))
                except DidymiumError:  # told to whoever asks for this very setting
                    return None
                return solver.reached()

        return self._starts.get((name, near), found)

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
                "monthly": [
                    {name: value for name, value in row.items() if name not in UNSETTLED}
                    for row in stress_rows.monthly(story, cases, drawn, parties)
                ],
                "certificates": stress_rows.certificates(story, cases),
            },
            warnings=[NO_BAND, *inputs.warnings],
            assumptions=[r["assumption_id"] for r in self.ds.rows("assumptions") if "stress" in r["used_by"]],
            source_ids=sorted({s for o in inputs.observations for s in o.source_ids}),
        )
