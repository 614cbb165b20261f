"""The central programmes of a stress run, kept with it and checked again later: assembled from data, judged in numpy.

A kept run holds the calibrated base year and, for each programme of its central case, the solved columns and row duals.
Dataset and scenario give the programme again, sums over it give residuals and gap, and the solved columns give the
numbers of the answer. No solver takes part. A myopic run is followed from window to window: each window's programme
starts from the state that the kept answer of the window before leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.engine import Certificate, LinearProgramme, Solution, certificate
from didymium.errors import BadInput
from didymium.model import names
from didymium.model.calibrate import Base, balanced
from didymium.model.ensemble import Cases
from didymium.model.foresight import FORESIGHTS, Networks
from didymium.model.network import Quantities, SupplyNetwork
from didymium.model.outcome import Outcome, joined, read
from didymium.results import Result, Row
from didymium.results.arrays import Arrays
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Scenario
from didymium.studies import stress_rows, stress_tree
from didymium.studies.stress_bands import FROM_DRAWS, bands

Floats = NDArray[np.float64]

TOLERANCE = 1e-7  # of residuals and gap, as when it was solved
SAME = 1e-9  # relative: sums of the same numbers on another processor


def solved_arrays(base: Base, central: Mapping[str, Outcome]) -> dict[str, Arrays]:
    """What a run keeps for later checks: the base year and, by foresight, x (programme, column) and duals (…, row).

    A foresight that the time limit stopped is left out: there is nothing proven to check.
    """
    proven = {sight: o for sight, o in central.items() if sight in FORESIGHTS and o.status == "optimal"}
    if not proven:
        return {}
    return {
        "base": {
            "activity": base.activity,
            "flow": base.flow,
            "use": base.use,
            "surplus": np.array(list(base.surplus.values())),
        },
        **{
            sight: {"x": np.stack([s.x for s in o.solves]), "row_dual": np.stack([s.row_dual for s in o.solves])}
            for sight, o in proven.items()
        },
    }


@dataclass(frozen=True, slots=True)
class Answered:
    """A programme assembled again, with its kept answer. `months` labels its grid."""

    foresight: str
    month: str | None
    network: SupplyNetwork
    months: tuple[str, ...]
    quantities: Quantities
    programme: LinearProgramme
    x: Floats
    row_dual: Floats

    @property
    def name(self) -> str:
        """`coordinated`, or `myopic-2026-12` for the window that opens in December 2026."""
        return self.foresight if self.month is None else f"{self.foresight}-{self.month}"

    def certificate(self) -> Certificate:
        """Residuals and gap by plain sums over the programme."""
        return certificate(self.programme, self.x, self.row_dual)

    def names(self) -> tuple[list[str], list[str]]:
        """Names of rows and columns, such as `balance[dy_oxide,JPN,2026-12]`."""
        rows, columns = names.rows(self.network, self.months), names.columns(self.network, self.months)
        return [str(row) for row in rows], [str(column) for column in columns]


def answered(ds: Dataset, result: Result, arrays: Mapping[str, Arrays]) -> Iterator[Answered]:
    """The central programmes of a kept run, in the order in which they were solved.

    Raises BadInput if the kept arrays do not fit the network that dataset and scenario give.
    """
    inputs, networks = _networks(ds, result, arrays)
    for sight in result.request["foresight"]:
        if sight in arrays:
            yield from (
                _coordinated(inputs, networks, arrays[sight])
                if sight == "coordinated"
                else _myopic(inputs, networks, arrays[sight])
            )


def _networks(ds: Dataset, result: Result, arrays: Mapping[str, Arrays]) -> tuple[Inputs, Networks]:
    story = Scenario.model_validate(result.request["scenario"])
    inputs = stress_tree.applied(ds, result.request.get("track_origin", ()), story, {})
    kept, chain = arrays["base"], inputs.chain
    nodes = balanced(chain)
    parts = (("activity", chain.activities), ("flow", chain.arcs), ("use", chain.uses), ("surplus", nodes))
    for name, members in parts:
        _fits(f"base year, {name}", kept.get(name, np.zeros(0)), (len(members),))
    left = dict(zip(nodes, kept["surplus"].tolist(), strict=True))
    base = Base(inputs.base_year, kept["activity"], kept["flow"], kept["use"], left, (), 0.0, 0.0)
    return inputs, Networks.of(inputs, base)


def _coordinated(inputs: Inputs, networks: Networks, kept: Arrays) -> Iterator[Answered]:
    q, network = networks.quantities(inputs), networks.network
    lp = network.programme(q)
    _fits("coordinated, x", kept["x"], (1, lp.columns))
    _fits("coordinated, row_dual", kept["row_dual"], (1, lp.rows))
    yield Answered("coordinated", None, network, inputs.months, q, lp, kept["x"][0], kept["row_dual"][0])


def _myopic(inputs: Inputs, networks: Networks, kept: Arrays) -> Iterator[Answered]:
    q, window = networks.quantities(inputs), networks.window
    lp, state = window.programme(networks.believed(q, q, 0)), q
    _fits("myopic, x", kept["x"], (len(inputs.months), lp.columns))
    _fits("myopic, row_dual", kept["row_dual"], (len(inputs.months), lp.rows))
    for t, month in enumerate(inputs.months):
        seen = networks.believed(state, q, t)
        lp = lp.changed(window.change(lp, seen))
        x = kept["x"][t]
        yield Answered("myopic", month, window, networks.window_months(month), seen, lp, x, kept["row_dual"][t])
        state = networks.after(state, x)


def _fits(name: str, values: Floats, shape: tuple[int, ...]) -> None:
    if values.shape != shape:
        raise BadInput(
            f"{name}: kept with shape {values.shape}, the data give {shape}.",
            where="solved arrays",
            cure="The run is of another build: ask again.",
        )


def checked(ds: Dataset, result: Result, arrays: Mapping[str, Arrays]) -> Iterator[dict[str, Any]]:
    """One row for each central programme, and one for the numbers of the answer: `fault` is None where all holds."""
    stored = {(r["foresight"], r["month"]): r for r in result.tables["programmes"] if r["case"] == "central"}
    parts: dict[str, list[tuple[Answered, Certificate]]] = {}
    for one in answered(ds, result, arrays):
        proof = one.certificate()
        parts.setdefault(one.foresight, []).append((one, proof))
        yield {
            "programme": one.name,
            "fault": _fault(one, proof, stored.get((one.foresight, one.month))),
            "primal_residual": proof.primal_residual,
            "dual_residual": proof.dual_residual,
            "gap": proof.gap,
        }
    for sight, solved in parts.items():
        yield {"programme": f"{sight}, numbers", "fault": _parted(ds, result, sight, solved)}


def _fault(one: Answered, proof: Certificate, stored: Row | None) -> str | None:
    if not proof.holds(TOLERANCE):
        return f"the kept answer is not the optimum of the programme: {_worst(one)}{proof.line()}"
    if stored is None:
        return "the answer has no such programme"
    sizes = {"rows": one.programme.rows, "columns": one.programme.columns, "nonzeros": one.programme.nonzeros}
    for name, size in sizes.items():
        if stored[name] != size:
            return f"{name}: kept {stored[name]}, now {size}"
    for name, value in (("objective", proof.objective), ("bound", proof.bound)):
        if not _same(stored[name], value):
            return f"{name}: kept {stored[name]}, now {value}"
    return None


def _worst(one: Answered) -> str:
    """The row or column whose bounds the kept answer breaks most, by name; empty if it breaks none."""
    lp = one.programme
    activity = lp.matrix @ one.x
    miss = [
        np.maximum(np.maximum(low - value, value - high), 0.0) / (1.0 + np.abs(value))
        for low, value, high in (
            (lp.row_lower, activity, lp.row_upper),
            (lp.col_lower, one.x, lp.col_upper),
        )
    ]
    if max(float(m.max(initial=0.0)) for m in miss) <= TOLERANCE:
        return ""
    kind = int(np.argmax([m.max(initial=0.0) for m in miss]))
    return f"{one.names()[kind][int(np.argmax(miss[kind]))]} is broken most; "


def _parted(ds: Dataset, result: Result, sight: str, solved: Sequence[tuple[Answered, Certificate]]) -> str | None:
    """The first number of the central case that does not follow from the kept arrays."""
    story = Scenario.model_validate(result.request["scenario"])
    inputs = stress_tree.applied(ds, result.request.get("track_origin", ()), story, {})
    parties = result.request["parties"]
    cases = Cases.of_central({sight: _outcome(inputs, sight, solved)})
    alone = bands(cases, parties, stress_rows.watched(inputs, parties))
    again: dict[str, Iterator[Row]] = {
        "rows": stress_rows.summary(ds, story, cases, alone, parties),
        "monthly": stress_rows.monthly(story, cases, alone, parties),
        "scarcity": stress_rows.scarcity(story, inputs, cases, alone, parties),
    }
    for table, rows in again.items():
        whole = result.rows if table == "rows" else result.tables[table]
        kept = [(place, row) for place, row in enumerate(whole) if row["foresight"] == sight]
        now = list(rows)
        if len(kept) != len(now):
            return f"{table}: kept {len(kept)} rows, now {len(now)}"
        for (place, row), other in zip(kept, now, strict=True):
            for column, value in other.items():
                if not column.endswith(FROM_DRAWS) and not _same(row.get(column), value):
                    return f"{table}[{place}].{column}: kept {row.get(column)!r}, now {value!r}"
    return None


def _outcome(inputs: Inputs, sight: str, solved: Sequence[tuple[Answered, Certificate]]) -> Outcome:
    parts = []
    for one, proof in solved:
        reduced = one.programme.cost - one.programme.matrix.T @ one.row_dual
        solution = Solution("optimal", one.x, one.row_dual, reduced, proof.objective, 0, proof)
        parts.append(read(one.network, one.programme, solution, one.quantities, one.months, sight, month=one.month))
    if sight == "coordinated":
        return parts[0]
    first = solved[0][0]
    demand = np.stack([one.quantities.demand[0] for one, _ in solved])
    return joined(parts, inputs.months, demand, first.quantities.user_stock_before)


def _same(kept: Any, now: Any) -> bool:
    if isinstance(kept, float) and isinstance(now, float):
        return abs(kept - now) <= SAME * max(1.0, abs(kept), abs(now))
    return bool(kept == now)
