"""Large ensembles of a coordinated run: twins screen all draws, the network itself is solved for a part of them.

What is measured is the lost value of the parties: together, which ranks the draws, and of each. The rules are those of
`didymium.engine.screening`; the twins are in `model/twin.py`. No number of the answer is a twin's: see
docs/method/ensembles.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.engine import Keep, Screened, Start, run_ensemble, two_phase
from didymium.model.calibrate import Base
from didymium.model.draws import Draw, Tasks
from didymium.model.ensemble import Applied, CaseWork
from didymium.model.foresight import Networks, Runner
from didymium.model.network import Floats, Ints
from didymium.model.twin import KINDS, Twin
from didymium.scenario.inputs import Inputs

OFF, AUTO = "off", "auto"
SCREENS = (OFF, AUTO, *KINDS)
CHUNK = {"full": 4, "twin": 32}  # draws; about a second of work


def uses_of(uses: Sequence[tuple[str, str, str]], parties: Sequence[str]) -> tuple[Ints, ...]:
    """The uses of all parties together, then those of each."""
    own = [np.flatnonzero([region == party for _, region, _ in uses]) for party in parties]
    return (np.unique(np.concatenate(own)), *own)


def harm(lost_value: Floats, groups: Sequence[Ints]) -> Floats:
    """Lost value [million USD] of each group of uses."""
    return np.array([lost_value[group].sum() for group in groups])


@dataclass(frozen=True)
class FullWork:
    """The harm of each draw, by the network itself; a summary of the draw is not kept."""

    cases: CaseWork
    groups: tuple[Ints, ...]

    def prepare(self) -> Any:
        """What a worker of the cases has at hand."""
        return self.cases.prepare()

    def run(self, state: Any, index: int) -> dict[str, NDArray[Any]]:
        """The harm of one draw."""
        return {"harm": harm(self.cases.run(state, index)["lost_value"], self.groups)}


@dataclass(frozen=True)
class TwinWork:
    """The harm of each draw, as a twin tells it."""

    apply: Callable[[Mapping[str, float]], Applied]
    central: Inputs
    base: Base
    draws: Sequence[Draw]
    kind: str
    parties: tuple[str, ...]
    groups: tuple[Ints, ...]

    def prepare(self) -> tuple[Networks, Twin]:
        """The networks of the central case and the twin."""
        networks = Networks.of(self.central, self.base)
        return networks, Twin.of(networks, self.central, self.kind, parties=self.parties)

    def run(self, state: tuple[Networks, Twin], index: int) -> dict[str, NDArray[Any]]:
        """The harm of one draw."""
        networks, twin = state
        lost = twin.lost_value(networks.quantities(*self.apply(self.draws[index].overrides)))
        return {"harm": harm(lost, [np.unique(twin.use[group]) for group in self.groups])}


def screened(
    apply: Callable[[Mapping[str, float]], Applied],
    central: Inputs,
    base: Base,
    draws: Sequence[Draw],
    parties: Sequence[str],
    screen: str,
    *,
    executor: str | Executor = "threads",
    workers: int = 1,
    keep: Callable[[str], Keep] | None = None,
    code: Callable[[], str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Screened:
    """Mean and tail of the parties' lost value over all draws; the same for every executor and any number of workers.

    `screen`: one of the twins, `auto` for the first of them that ranks a pilot well, `off` to solve all draws.
    Measures: all parties together, then each. The draws have to be in random order. `keep` gives the place where
    finished chunks of a part of the work lie; the other arguments are those of `run_all`.
    """
    runner = Runner.of(central, base)
    groups = uses_of(runner.network.chain.uses, parties)
    start: Start | None = runner.whole.start()
    cases = CaseWork(apply, central, base, start, Tasks.of(draws, ("coordinated",), None))
    names: tuple[str, ...] = () if screen == OFF else KINDS if screen == AUTO else (screen,)
    if runner.networks.traced is not None:
        names = tuple(name for name in names if name != "country") if screen == AUTO else names

    def look(work: FullWork | TwinWork, part: str, indices: Sequence[int]) -> Floats:
        found = run_ensemble(
            work,
            indices,
            executor=executor,
            workers=workers,
            chunk=CHUNK["full" if part == "full" else "twin"],
            keep=None if keep is None else keep(part),
            code=code,
            progress=progress,
            name=lambda index: f"{draws[index].name} {part}",
        )
        return found.load("harm")

    def twin(kind: str) -> Callable[[Sequence[int]], Floats]:
        return partial(look, TwinWork(apply, central, base, draws, kind, tuple(parties), groups), kind)

    return two_phase(len(draws), partial(look, FullWork(cases, groups), "full"), {kind: twin(kind) for kind in names})
