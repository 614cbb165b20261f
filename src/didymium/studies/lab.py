"""The stress lab: one shock with a few dials, solved at once on programmes that are kept warm.

The model and the rows are those of `didymium stress` without draws; only the programmes are not built anew for each
turn of a dial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Condition
from typing import Any

import didymium
from didymium.data import Dataset
from didymium.engine import Start
from didymium.errors import DidymiumError, UnknownTerm
from didymium.model.calibrate import Base
from didymium.model.ensemble import Cases
from didymium.model.foresight import FORESIGHTS, Runner, base_of
from didymium.model.outcome import Outcome
from didymium.results import Result, canonical_json
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Scenario
from didymium.studies import lab_starts, stress_bands, stress_rows
from didymium.studies.dials import Dials, adjustable, before, cell, cells, cover, dials, turned
from didymium.studies.shelf import Shelf, Unwanted, always
from didymium.studies.stress import FIELDS

AT_ONCE = 2
"""Questions that are solved at a time; more would only wait for the same processors."""
MOST_STARTS = 1024
KEPT_EVERY = 40
"""Bases found after which they are written down."""
MOST_ANSWERS = 64
MOST_SHOWN = 512
MOST_PLACES = 8
UNSETTLED = ("stock_t",)
"""What several best answers tell differently: in which month goods wait. The stress test tells of one of them."""
NO_BAND = (
    "The lab shows the central case alone, without the interval that uncertain inputs give: ask didymium stress for it"
)


def compared(first: Result, second: Result) -> list[dict[str, Any]]:
    """What goes unserved in two answers of the lab, by party, product and foresight, where both have a total.

    `row_a` and `row_b` number, from 1, the rows of the answers that are compared.
    """
    names = ("party", "product", "foresight")

    def totals(one: Result) -> dict[tuple[Any, ...], tuple[int, Any]]:
        rows = enumerate(one.rows, start=1)
        return {tuple(r[name] for name in names): (n, r["unserved_t"]) for n, r in rows if r["is_total"]}

    a, b = totals(first), totals(second)
    return [
        dict(zip(names, key, strict=True))
        | {"unserved_a_t": a[key][1], "unserved_b_t": b[key][1], "unserved_change_t": b[key][1] - a[key][1]}
        | {"row_a": a[key][0], "row_b": b[key][0]}
        for key in a
        if key in b
    ]


@dataclass(slots=True)
class _Place:
    """A scenario made ready: its base year, the basis of its own programme, and runners that are not in use.

    `read`: how many bases were found by an earlier lab.
    """

    inputs: Inputs
    base: Base
    start: Start | None
    read: int
    runners: SimpleQueue[Runner] = field(default_factory=SimpleQueue)

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

    `shown` is room for what others make of the answers, such as pages and pictures: it goes with the data. In `folder`
    the bases outlive this process.
    """

    ds: Dataset
    folder: Path | None = None
    shown: Shelf[bytes] = field(default_factory=lambda: Shelf(MOST_SHOWN))
    _answers: Shelf[Result] = field(default_factory=lambda: Shelf(MOST_ANSWERS))
    _places: Shelf[_Place] = field(default_factory=lambda: Shelf(MOST_PLACES))
    _starts: Shelf[Start | None] = field(default_factory=lambda: Shelf(MOST_STARTS))
    _warmed: set[str] = field(default_factory=set)
    _asking: int = 0
    _quiet: Condition = field(default_factory=Condition)
    _slots: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_ONCE))
    _foresights: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, "lab"))

    def ask(
        self,
        name: str,
        to: Dials,
        parties: tuple[str, ...],
        cover_days: float,
        is_wanted: Callable[[], bool] = always,
    ) -> Result:
        """The central case of a scenario of the library with its dials and stocks elsewhere.

        Raises UnknownTerm for a scenario or party that the lab does not know, BadScenario or Infeasible in words, and
        Unwanted if nobody who asked this waits any longer (`is_wanted`) when its turn comes: it is not solved then.
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
            with self._turn():
                if not self._answers.wanted(key):
                    raise Unwanted
                return self._solved(name, to, story, asked)

        return self._answers.get(key, found, is_wanted)

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
        place = self._place(name)
        found: dict[Dials, Start] = {}
        every = cells(adjustable()[name])
        for near in every:
            with self._quiet:
                self._quiet.wait_for(lambda: not self._asking)
            if (start := self._start(name, near)) is not None:
                found[near] = start
            is_part = len(found) > place.read and len(found) % KEPT_EVERY == 0
            if self.folder is not None and (is_part or (near == every[-1] and len(found) > place.read)):
                lab_starts.write(lab_starts.file_of(self.folder, self.ds, name), found)

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
        return self._places.get(name, lambda: self._opened(name))

    def _opened(self, name: str) -> _Place:
        """A scenario made ready, with the bases that an earlier lab of the same data has found."""
        story = adjustable()[name]
        inputs = story.apply(self.ds)
        base = base_of(inputs)
        first = Runner.of(inputs, base)
        known: dict[Dials, Start] = {}
        if self.folder is not None:
            lp = first.whole.programme
            known = lab_starts.read(lab_starts.file_of(self.folder, self.ds, name), lp.columns, lp.rows)
        for near, start in known.items():
            self._starts.put((name, near), start)
        own = dials(story)
        place = _Place(inputs, base, known[own] if own in known else first.whole.start(), len(known))
        place.runners.put(first)
        return place

    def _start(self, name: str, near: Dials) -> Start | None:
        """The basis with which questions of a cell begin; None where there is none, and they begin from nothing."""
        place = self._place(name)  # first: it lays the bases that are kept on the shelf

        def found() -> Start | None:
            story = adjustable()[name]
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
