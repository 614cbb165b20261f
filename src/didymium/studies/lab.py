"""The stress lab: one shock with a few dials, solved at once on programmes that are kept warm.

The model and the rows are those of `didymium stress` without draws; only the programmes are not built anew for each
turn of a dial.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock
from typing import Any

import didymium
from didymium.data import Dataset
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

AT_ONCE = 2
"""Questions that are solved at a time; more would only wait for the same processors."""
MOST_WARM = 8
"""Runners that are kept warm, and calibrated base years."""
MOST_ANSWERS = 256
NO_BAND = (
    "The lab shows the central case alone, without the interval that uncertain inputs give: ask didymium stress for it"
)


@dataclass(frozen=True, slots=True)
class Dials:
    """Where the dials of a scenario stand: who is hit, towards whom, what share passes or remains, for how long."""

    place: str
    importers: tuple[str, ...]
    share: float
    months: int


def dials(story: Scenario) -> Dials | None:
    """The dials as a scenario sets them; None for one that is not a single shock of stated size.

    >>> from didymium.scenario.scenario import load
    >>> dials(load("cn-stop-6"))
    Dials(place='CHN', importers=('ALL',), share=0.0, months=6)
    """
    if story.branches or any(cut.origin or cut.approval_share is None for cut in story.cuts):
        return None
    breaks: list[TradeCut | Outage] = [*story.cuts, *story.outages]
    found = {_dials(one, story) for one in breaks}
    return found.pop() if len(found) == 1 else None


def _dials(one: TradeCut | Outage, story: Scenario) -> Dials:
    last = shift(story.start, story.months)
    months = between(one.start, last if one.end is None else min(one.end, last))
    if isinstance(one, Outage):
        return Dials(one.place, (), one.availability, months)
    return Dials(one.exporter, one.importers, float(one.approval_share or 0.0), months)


def adjustable() -> dict[str, Scenario]:
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
    whole = story.model_dump(mode="json")
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


@dataclass(slots=True)
class Lab:
    """Warm runners by scenario of the library, and the latest answers. The same question at once is solved once."""

    ds: Dataset
    _bases: OrderedDict[tuple[Any, ...], Base] = field(default_factory=OrderedDict)
    _idle: OrderedDict[str, list[Runner]] = field(default_factory=OrderedDict)
    _answers: OrderedDict[str, Future[Result]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)
    _slots: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_ONCE))

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
        with self._lock:
            found = self._answers.get(key)
            is_mine = found is None
            if found is None:
                found = self._answers[key] = Future()
                while len(self._answers) > MOST_ANSWERS:
                    self._answers.popitem(last=False)
            self._answers.move_to_end(key)
        if is_mine:
            try:
                with self._slots:
                    found.set_result(self._solved(known[name], story, asked))
            except BaseException as wrong:
                found.set_exception(wrong)
                with self._lock:
                    self._answers.pop(key, None)
                raise
        return found.result()

    def _solved(self, first: Scenario, story: Scenario, asked: dict[str, Any]) -> Result:
        inputs = story.apply(self.ds, asked["overrides"])
        for party in asked["parties"]:
            if party not in inputs.chain.regions:
                regions = sorted(inputs.chain.regions)
                raise UnknownTerm("party", party, regions, cure=f"Known: {', '.join(regions)}.")
        runner = self._runner(first)
        central: dict[str, Outcome] = {sight: runner.run(inputs, sight) for sight in FORESIGHTS}
        with self._lock:  # after a failure the runner is not taken back
            self._idle.setdefault(first.id, []).append(runner)
            self._idle.move_to_end(first.id)
            while sum(map(len, self._idle.values())) > MOST_WARM:
                oldest = next(iter(self._idle))
                self._idle[oldest].pop(0)
                if not self._idle[oldest]:
                    del self._idle[oldest]
        return self._told(story, inputs, central, asked)

    def _runner(self, first: Scenario) -> Runner:
        """A runner that nobody uses, or a new one; each begins from the scenario as the library has it."""
        with self._lock:
            idle = self._idle.get(first.id)
            if idle:
                return idle.pop()
        inputs = first.apply(self.ds)
        key = (first.families, first.first_base_year)
        with self._lock:
            base = self._bases.get(key)
        if base is None:
            base = base_of(inputs)
            with self._lock:
                self._bases[key] = base
                while len(self._bases) > MOST_WARM:
                    self._bases.popitem(last=False)
        return Runner.of(inputs, base)

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
