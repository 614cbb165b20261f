"""Optimality from outside: residuals and gap of exported programmes by plain sums, from the files alone.

    python -m tests.trust.kkt FOLDER …                     folders that `didymium runs export --model` wrote
    python -m tests.trust.kkt --scenarios A,B [--record]   asks, exports and checks

Knows the MPS format, the rules of duality, and nothing of the product. For min c·x with row and column bounds, duals y
and reduced costs d = c − Aᵀy give a lower bound on every answer: Σ y·(row bound on the side of its sign) + Σ d·(column
bound on the side of its sign). If it meets c·x at an x that keeps all bounds, x is optimal, whoever found it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.trust.record import record

Floats = NDArray[np.float64]
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Programme:
    """min cost·x, row_low ≤ A x ≤ row_high, low ≤ x ≤ high; A as (row, column, value)."""

    rows: list[str]
    columns: list[str]
    cost: Floats
    at_row: NDArray[np.int64]
    at_column: NDArray[np.int64]
    value: Floats
    row_low: Floats
    row_high: Floats
    low: Floats
    high: Floats
    constant: float


@dataclass(frozen=True)
class Proof:
    """Residuals relative to the terms they are made of, and the distance of cost and bound."""

    primal: float
    dual: float
    gap: float
    objective: float
    bound: float

    @property
    def holds(self) -> bool:
        """Whether all three are within the tolerance."""
        return max(self.primal, self.dual, self.gap) <= TOLERANCE


def read_mps(path: Path) -> Programme:
    """A programme in free MPS form. Raises ValueError for what the format does not know."""
    rows: dict[str, int] = {}
    columns: dict[str, int] = {}
    kinds: list[str] = []
    objective, section = "", ""
    cost: dict[int, float] = {}
    entries: list[tuple[int, int, float]] = []
    rhs: dict[str, float] = {}
    ranges: dict[str, float] = {}
    bounds: list[tuple[str, str, float]] = []
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("*"):
            continue
        words = line.split()
        if not line[0].isspace():
            section = words[0]
            continue
        if section == "ROWS":
            kind, name = words
            if kind == "N":
                objective = objective or name
            else:
                rows[name] = len(rows)
                kinds.append(kind)
        elif section == "COLUMNS":
            at = columns.setdefault(words[0], len(columns))
            for name, text in zip(words[1::2], words[2::2], strict=True):
                if name == objective:
                    cost[at] = float(text)
                else:
                    entries.append((rows[name], at, float(text)))
        elif section in ("RHS", "RANGES"):
            into = rhs if section == "RHS" else ranges
            pairs = words[1:] if len(words) % 2 else words
            into.update({name: float(text) for name, text in zip(pairs[::2], pairs[1::2], strict=True)})
        elif section == "BOUNDS":
            valued = words[0] in ("UP", "LO", "FX")
            name = words[-2] if valued else words[-1]
            bounds.append((words[0], name, float(words[-1]) if valued else 0.0))
        elif section not in ("NAME", "OBJSENSE", "ENDATA"):
            raise ValueError(f"{path.name}: section {section} is not known")
    row_low, row_high = _row_bounds(rows, kinds, rhs, ranges)
    low, high = np.zeros(len(columns)), np.full(len(columns), np.inf)
    for kind, name, bound in bounds:
        at = columns[name]
        if kind in ("LO", "FX"):
            low[at] = bound
        if kind in ("UP", "FX"):
            high[at] = bound
        if kind in ("MI", "FR"):
            low[at] = -np.inf
        if kind not in ("LO", "UP", "FX", "MI", "FR", "PL"):
            raise ValueError(f"{path.name}: bound {kind} is not known")
    prices = np.zeros(len(columns))
    prices[list(cost)] = list(cost.values())
    row, column, value = (np.array(part) for part in zip(*entries, strict=True))
    constant = -rhs.get(objective, 0.0)
    return Programme(
        list(rows), list(columns), prices, row, column, value.astype(float), row_low, row_high, low, high, constant
    )


def _row_bounds(
    rows: dict[str, int], kinds: list[str], rhs: dict[str, float], ranges: dict[str, float]
) -> tuple[Floats, Floats]:
    low, high = np.full(len(rows), -np.inf), np.full(len(rows), np.inf)
    for name, at in rows.items():
        side, kind = rhs.get(name, 0.0), kinds[at]
        if kind in ("E", "G"):
            low[at] = side
        if kind in ("E", "L"):
            high[at] = side
        if name in ranges:
            width = ranges[name]
            if kind == "G" or (kind == "E" and width > 0):
                high[at] = side + abs(width)
            else:
                low[at] = side - abs(width)
    return low, high


def proof(p: Programme, x: Floats, y: Floats) -> Proof:
    """Residuals and gap of a primal and a dual answer."""
    terms = p.value * x[p.at_column]
    activity = np.bincount(p.at_row, terms, len(p.rows))
    sizes = np.bincount(p.at_row, np.abs(terms), len(p.rows))
    priced = p.value * y[p.at_row]
    d = p.cost - np.bincount(p.at_column, priced, len(p.columns))
    dual_sizes = np.abs(p.cost) + np.bincount(p.at_column, np.abs(priced), len(p.columns))
    primal = max(
        _outside(activity, p.row_low, p.row_high, sizes),
        _outside(x, p.low, p.high, np.abs(x)),
    )
    row_part, row_wrong = _told(y, p.row_low, p.row_high)
    column_part, column_wrong = _told(d, p.low, p.high)
    largest = max(float(np.abs(y).max(initial=0.0)), 1e-300)
    dual = max(
        float((row_wrong / max(largest, 1.0)).max(initial=0.0)),
        float((column_wrong / (1 + dual_sizes)).max(initial=0.0)),
    )
    objective = float(np.sum(p.cost * x)) + p.constant
    bound = float(np.sum(row_part) + np.sum(column_part)) + p.constant
    size = 1 + max(abs(objective), abs(bound))
    return Proof(primal, dual, abs(objective - bound) / size, objective, bound)


def _outside(value: Floats, low: Floats, high: Floats, size: Floats) -> float:
    """How far values lie outside their bounds, relative to one, the bound and their terms."""
    under, over = np.isfinite(low), np.isfinite(high)
    below = (low - value)[under] / (1 + np.maximum(np.abs(low), size)[under])
    above = (value - high)[over] / (1 + np.maximum(np.abs(high), size)[over])
    return float(max(below.max(initial=0.0), above.max(initial=0.0)))


def _told(price: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """What each price adds to the bound, and the part of it that leans on a side that is not there."""
    side = np.where(price > 0, low, high)
    there = np.isfinite(side)
    part = np.where(there & (price != 0), np.where(there, side, 0.0) * price, 0.0)
    return part, np.where(there, 0.0, np.abs(price))


def checked(folder: Path) -> Iterator[tuple[str, Proof]]:
    """Each programme of an exported folder with its proof."""
    for path in sorted(folder.glob("*.mps")):
        answer = json.loads(path.with_suffix(".json").read_text("utf-8"))
        p = read_mps(path)
        x = np.array([answer["primal"].get(name, 0.0) for name in p.columns])
        y = np.array([answer["dual"].get(name, 0.0) for name in p.rows])
        unknown = (set(answer["primal"]) - set(p.columns)) | (set(answer["dual"]) - set(p.rows))
        if unknown:
            raise ValueError(f"{path.name}: the answer names {sorted(unknown)[0]}, the programme does not")
        found = proof(p, x, y)
        if abs(found.objective - answer["objective"]) > 1e-7 * (1 + abs(found.objective)):
            raise ValueError(f"{path.name}: the answer says {answer['objective']}, its values give {found.objective}")
        yield path.stem, found


def exported(scenario: str, home: Path) -> Path:
    """Ask for a scenario as a user would, with its central case alone, and export what was solved."""
    environment = {**os.environ, "DIDYMIUM_STORE": str(home / "runs")}

    def say(*words: str) -> str:
        said = subprocess.run(
            [sys.executable, "-m", "didymium", *words], env=environment, capture_output=True, text=True, check=True
        )
        return said.stdout

    said = json.loads(say("stress", "--scenario", scenario, "--draws", "8", "--no-drivers", "--json"))
    folder = home / scenario
    say("runs", "export", said["run_id"], "--model", str(folder))
    return folder


def main() -> int:
    """Check folders, or ask for scenarios and check these."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folders", nargs="*", type=Path)
    asked.add_argument("--scenarios", default="")
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    proofs: list[Proof] = []
    with tempfile.TemporaryDirectory() as made:
        scenarios = [name for name in given.scenarios.split(",") if name]
        folders = [*given.folders, *(exported(name, Path(made)) for name in scenarios)]
        for folder in folders:
            mine = [found for _, found in checked(folder)]
            proofs += mine
            worst = [max(getattr(p, part) for p in mine) for part in ("primal", "dual", "gap")]
            told = ", ".join(f"{w:.1e}" for w in worst)
            print(
                f"{sum(p.holds for p in mine)} of {len(mine)} hold, worst primal, dual, gap {told}  {folder.name}",
                flush=True,
            )
    held = sum(p.holds for p in proofs)
    if given.record and scenarios:
        worst = [max(getattr(p, part) for p in proofs) for part in ("primal", "dual", "gap")]
        record(
            9,
            "optimality proof from outside, exported programmes",
            f"{held} of {len(proofs)} programmes of {len(folders)} runs; worst primal residual {worst[0]:.0e}, "
            f"dual {worst[1]:.0e}, gap {worst[2]:.0e}",
            f"python -m tests.trust.kkt --scenarios {given.scenarios} --record",
            file="answers",
        )
    return 0 if proofs and held == len(proofs) else 1


if __name__ == "__main__":
    raise SystemExit(main())
