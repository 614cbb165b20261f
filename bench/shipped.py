"""The shipped full network under a scenario: what the benchmarks build and solve."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import didymium.data
from didymium.engine import LinearProgramme
from didymium.model.calibrate import Base
from didymium.model.ensemble import Draw, draws_of
from didymium.model.foresight import Runner, base_of
from didymium.model.network import Quantities, quantities
from didymium.scenario.inputs import Chain, Inputs
from didymium.scenario.scenario import load

SCENARIO = "cn-october-notices-return"
TINY_MONTHS = 6


@dataclass(frozen=True)
class Shipped:
    """A scenario of the library, calibrated and laid out, with seeded draws over its assumptions."""

    apply: Callable[[Mapping[str, float]], Inputs]
    inputs: Inputs
    base: Base
    runner: Runner
    quantities: Quantities
    draws: tuple[Draw, ...]

    @classmethod
    def of(cls, *, months: int | None = None, draws: int = 0, seed: int = 0) -> Shipped:
        """`months` shortens the run."""
        ds = didymium.data.open()
        story = load(SCENARIO)
        if months is not None:
            story = story.model_copy(update={"months": min(months, story.months)})
        inputs = story.apply(ds)
        base = base_of(inputs)
        runner = Runner.of(inputs, base)
        varied = [row for row in ds.rows("assumptions") if "stress" in row["used_by"]]

        def apply(overrides: Mapping[str, float]) -> Inputs:
            return story.apply(ds, overrides)

        q = quantities(runner.kept.inputs(inputs), runner.base, runner.network)
        return cls(apply, inputs, base, runner, q, tuple(draws_of(varied, story, draws, seed)))

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
        """Quantities of one draw."""
        return quantities(self.runner.kept.inputs(self.apply(draw.overrides)), self.runner.base, self.runner.network)

    def size(self) -> str:
        """Months, rows, columns and coefficients, in words."""
        lp = self.programme
        months = self.runner.network.layout.months
        return f"{SCENARIO}, {months} months: {lp.rows:,} rows, {lp.columns:,} columns, {lp.nonzeros:,} coefficients"


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
