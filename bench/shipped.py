"""The shipped full network under a scenario: what the benchmarks build and solve."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import didymium.data
from didymium.engine import LinearProgramme
from didymium.model.calibrate import Base
from didymium.model.draws import Design, Draw
from didymium.model.foresight import Runner, base_of
from didymium.model.network import Quantities, quantities
from didymium.model.redraw import Redraw
from didymium.scenario.inputs import Chain, Inputs
from didymium.scenario.scenario import Scenario, load
from didymium.scenario.uncertain import factors
from didymium.studies.stress_tree import Made

SCENARIO = "cn-october-notices-return"
CUTS = ("cn-stop-3", "cn-stop-6", "cn-stop-12", "cn-october-notices-return", "mm-feed-halt")  # of one start and length
TINY_MONTHS = 6


@dataclass(frozen=True)
class Shipped:
    """A scenario of the library, calibrated and laid out, with seeded draws over all its uncertain inputs."""

    made: Made
    inputs: Inputs
    base: Base
    runner: Runner
    quantities: Quantities
    draws: Sequence[Draw]

    @classmethod
    def of(
        cls,
        story: Scenario | None = None,
        *,
        months: int | None = None,
        draws: int = 0,
        seed: int = 0,
        calm: bool = False,
    ) -> Shipped:
        """`months` shortens the run; a `calm` one is the scenario without its cuts."""
        ds = didymium.data.open()
        story = shortened(story or load(SCENARIO), months)
        if calm:
            story = story.model_copy(update={"cuts": (), "outages": ()})
        inputs = story.apply(ds)
        base = base_of(inputs)
        runner = Runner.of(inputs, base)
        made = Made(ds, (), story, base, Redraw.of(inputs, base, seed))
        q = quantities(runner.kept.inputs(inputs), runner.base, runner.network)
        return cls(made, inputs, base, runner, q, Design(factors(ds, story), draws, seed, moves=False))

    @property
    def chain(self) -> Chain:
        """The chain without what cannot carry."""
        return self.runner.network.chain

    @property
    def nodes(self) -> tuple[tuple[str, str], ...]:
        """(product, region), in the order of the quantities."""
        return self.runner.network.layout.nodes

    @property
    def public(self) -> tuple[tuple[str, str], ...]:
        """(product, region) of each public stock."""
        return tuple(self.nodes[n] for n in self.runner.network.public_nodes)

    @property
    def unrecorded(self) -> tuple[tuple[str, str], ...]:
        """(product, region) of each taker that no figure names."""
        return tuple(self.nodes[n] for n in self.runner.network.unrecorded_nodes)

    @property
    def programme(self) -> LinearProgramme:
        """The programme of the scenario with central assumptions."""
        return self.runner.whole.programme

    def drawn(self, draw: Draw) -> Quantities:
        """Quantities of one draw, on a redrawn base year."""
        inputs, base = self.made(draw.overrides)
        return quantities(self.runner.kept.inputs(inputs), self.runner.kept.base(base), self.runner.network)

    def cut(self, story: Scenario) -> Quantities:
        """Quantities of a scenario that starts when this one does, on the same base year."""
        story = shortened(story, self.runner.network.layout.months)
        inputs = self.runner.kept.inputs(story.apply(self.made.ds))
        return quantities(inputs, self.runner.base, self.runner.network)

    def size(self) -> str:
        """Months, rows, columns and coefficients, in words."""
        lp = self.programme
        months = self.runner.network.layout.months
        sizes = f"{lp.rows:,} rows, {lp.columns:,} columns, {lp.nonzeros:,} coefficients"
        return f"{self.made.scenario.id}, {months} months: {sizes}"


def shortened(story: Scenario, months: int | None) -> Scenario:
    """The scenario over at most so many months."""
    return story if months is None else story.model_copy(update={"months": min(months, story.months)})


def arguments(what: str, **counts: int) -> argparse.Namespace:
    """The options of a benchmark: `--tiny`, and a number for each of `counts` with its default."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--tiny", action="store_true", help=f"{TINY_MONTHS} months and few repeats: does it run at all")
    for name, default in counts.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default {default}")
    found = parser.parse_args()
    found.months = TINY_MONTHS if found.tiny else None
    for name in counts:
        if found.tiny:
            setattr(found, name, min(getattr(found, name), 2))
    return found
