"""Foresight `tree`: decisions before the month in which stories part are common to them.

The leaves of an event tree are whole horizons. Months in which two leaves cannot be told apart have one set of
variables and rows for both (extensive form of a multistage stochastic programme; Birge & Louveaux 2011, chapter 3), so
nobody saves for a cut that he cannot see coming, and everybody hedges by the probabilities. The planner minimises
expected cost. A public stock is one row for each leaf: what was released before the parting is gone in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from didymium.engine import LinearProgramme, Solver, assemble
from didymium.engine.programme import Change, Triples
from didymium.errors import BadInput
from didymium.model.calibrate import Base
from didymium.model.foresight import Runner
from didymium.model.network import Floats, Ints, Quantities, SupplyNetwork
from didymium.model.outcome import Outcome, read
from didymium.model.tracked import TrackedNetwork
from didymium.scenario.inputs import Inputs

TREE = "tree"
# Coefficients. Five leaves of two years take the simplex method 14 CPU seconds, the interior point method 25.
NO_INTERIOR = 2**31


@dataclass(frozen=True, slots=True)
class Extensive:
    """Where the columns and rows of each leaf's programme stand in the one of the tree.

    `column` (leaf, column of a leaf) and `row` (leaf, row of a leaf) are places in the tree's programme;
    `weight` (leaf, row) is the probability of the node in which a row stands.
    """

    probability: Floats
    column: Ints
    row: Ints
    weight: Floats

    @classmethod
    def of(cls, network: SupplyNetwork, probability: Floats, node: Ints) -> Extensive:
        """Merge what leaves share: `node` (leaf, month) is equal where two leaves cannot be told apart.

        Raises BadInput when leaves come together again after they have parted.
        """
        for t in range(1, node.shape[1]):
            for number in np.unique(node[:, t]):
                if np.unique(node[node[:, t] == number, t - 1]).size > 1:
                    raise BadInput(f"leaves that have parted are one again in month {t}.", where="event tree")
        leaves, nodes = node.shape[0], int(node.max()) + 1
        month_of_column, month_of_row = months_of(network)
        whole = nodes + np.arange(leaves)[:, None]  # what belongs to no month stands once for each leaf
        holder = np.where(month_of_row >= 0, node[:, month_of_row], whole)
        column = _numbered(node[:, month_of_column])
        row = _numbered(holder)
        mass = np.array([probability[(node == n).any(axis=1)].sum() for n in range(nodes)])
        return cls(probability, column, row, np.concatenate([mass, probability])[holder])

    def programme(self, parts: Sequence[LinearProgramme]) -> LinearProgramme:
        """One programme out of those of the leaves, which have the same matrix."""
        entries = parts[0].matrix.tocoo()
        taken = np.zeros(int(self.row.max()) + 1, dtype=np.bool_)
        blocks = []
        for rows, columns in zip(self.row, self.column, strict=True):
            fresh = ~taken[rows][entries.row]
            blocks.append(Triples(rows[entries.row][fresh], columns[entries.col][fresh], entries.data[fresh]))
            taken[rows] = True
        shape = (taken.size, int(self.column.max()) + 1)
        return LinearProgramme(
            cost=self.expected(parts),
            matrix=assemble(blocks, shape),
            row_lower=_common("row", self.row, [p.row_lower for p in parts]),
            row_upper=_common("row", self.row, [p.row_upper for p in parts]),
            col_lower=_common("column", self.column, [p.col_lower for p in parts]),
            col_upper=_common("column", self.column, [p.col_upper for p in parts]),
        )

    def expected(self, parts: Sequence[LinearProgramme]) -> Floats:
        """Costs of the tree's columns: those of the leaves, each times its probability."""
        cost = np.zeros(int(self.column.max()) + 1)
        for p, columns, part in zip(self.probability, self.column, parts, strict=True):
            np.add.at(cost, columns, p * part.cost)
        return cost


def months_of(network: SupplyNetwork) -> tuple[Ints, Ints]:
    """Month of each column and of each row of a network's programme; −1 for rows that belong to no month."""
    lay = network.layout
    months = np.arange(lay.months)
    columns = [np.repeat(months, lay.columns)]
    rows = [np.repeat(months, lay.rows), np.full(lay.public, -1)]
    if isinstance(network, TrackedNetwork):
        columns.append(np.repeat(months, sum(network.clean_sizes)))
        rows.append(np.repeat(months, network.stocks.size + sum(network.clean_sizes) + network.limited.size))
    return np.concatenate(columns), np.concatenate(rows)


@dataclass(slots=True)
class TreeRunner:
    """Solves the tree of one network again and again, each time from the basis of the central inputs."""

    runner: Runner
    extensive: Extensive
    solver: Solver

    @classmethod
    def of(cls, runner: Runner, inputs: Sequence[Inputs], probability: Floats, node: Ints) -> TreeRunner:
        """The programme of a tree over a runner's network; `inputs` are those of the leaves.

        Raises BadInput when the leaves differ in a month in which they cannot be told apart.
        """
        extensive = Extensive.of(runner.network, probability, node)
        base = runner.whole.programme
        parts = tuple(base.changed(runner.network.change(base, q)) for q in _together(runner, inputs))
        return cls(runner, extensive, Solver(extensive.programme(parts), interior_from=NO_INTERIOR))

    def run(
        self, inputs: Sequence[Inputs], *, base: Base | None = None, time_limit: float | None = None
    ) -> list[Outcome]:
        """The outcome of each leaf from one base year (by default the runner's own); `time_limit` [s].

        Raises SolverFailed without a certificate.
        """
        together = _together(self.runner, inputs, base)
        network, whole = self.runner.network, self.runner.whole.programme
        parts = [whole.changed(network.change(whole, q)) for q in together]
        lp = self.solver.programme
        # the matrix is that of the central inputs: only arrays change
        wanted = {
            "row_lower": _common("row", self.extensive.row, [p.row_lower for p in parts]),
            "row_upper": _common("row", self.extensive.row, [p.row_upper for p in parts]),
            "col_lower": _common("column", self.extensive.column, [p.col_lower for p in parts]),
            "col_upper": _common("column", self.extensive.column, [p.col_upper for p in parts]),
            "cost": self.extensive.expected(parts),
        }
        change = Change.of(**{name: _moved(getattr(lp, name), new) for name, new in wanted.items()})
        solution = self.solver.solve(change, time_limit=time_limit)
        found = []
        for leaf, (one, q, part) in enumerate(zip(inputs, together, parts, strict=True)):
            x = solution.x[self.extensive.column[leaf]]
            own = replace(
                solution,
                x=x,
                row_dual=solution.row_dual[self.extensive.row[leaf]] / self.extensive.weight[leaf],
                objective=float(part.cost @ x),
            )
            found.append(read(network, lp, own, q, one.months, TREE))
        return [replace(outcome, solves=found[0].solves) for outcome in found]  # it is one programme


def _together(runner: Runner, inputs: Sequence[Inputs], base: Base | None = None) -> list[Quantities]:
    """Quantities of the leaves, with the ramps of the leaf in which most stands.

    A ramp is a share of the largest capacity over the run; an outage in one leaf shall not slow the others before it.
    """
    found = [runner.networks.quantities(one, base) for one in inputs]
    ramp = np.max([q.ramp for q in found], axis=0)
    return [replace(q, ramp=ramp) for q in found]


def _numbered(holder: Ints) -> Ints:
    """Number members so that those of two leaves with the same holder at the same place are one."""
    size = holder.shape[1]
    _, places = np.unique(holder * size + np.arange(size)[None, :], return_inverse=True)
    return places.reshape(holder.shape).astype(np.int64)


def _common(kind: str, places: Ints, arrays: Sequence[Floats]) -> Floats:
    """One array out of those of the leaves. Raises BadInput when leaves differ where they are one."""
    whole = np.empty(int(places.max()) + 1)
    for at, values in zip(places, arrays, strict=True):
        whole[at] = values
    for leaf, (at, values) in enumerate(zip(places, arrays, strict=True)):
        if not np.array_equal(whole[at], values):
            raise BadInput(
                f"leaf {leaf} has other limits than the rest before they part ({kind} "
                f"{int(np.flatnonzero(whole[at] != values)[0])}).",
                where="event tree",
                cure="Let branches differ from their first month on.",
            )
    return whole


def _moved(old: Floats, new: Floats) -> tuple[Ints, Floats]:
    at = np.flatnonzero(old != new)
    return at, new[at]
