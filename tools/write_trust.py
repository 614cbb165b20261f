"""Write the page of trust: every figure to reach, what was measured of it, by which command and when.

Run `python -m tools.write_trust` after a harness has recorded a figure; a test compares the page with what this writes.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FIGURES = ROOT / "tests" / "trust" / "figures.csv"
RESULTS = ROOT / "tests" / "trust" / "results"
PAGE = ROOT / "docs" / "trust.md"
KEYS = {"row", "what", "figure", "floor", "goal", "command", "date"}
NOT_MEASURED = "—  not measured"

_HEAD = """# Trust

Twenty-five figures say how far these answers can be relied on. Each has a floor, below which a release does not go out,
and a goal, which is what would convince a reader who wants to be shown. The table says where each stands today, by
which command, and when that was run. A row without a figure was not measured, and nothing may be concluded from it.

The harnesses are in `tests/trust`. They are written apart from the code that they test, and each has a test that
plants a fault and sees it found. This page is generated: `python -m tools.write_trust`.
"""

_TAIL = """
## What a harness does

- **Relations** (`tests.trust.relations`): twenty-two statements about two answers, such as "more demand never leaves
  less short". No right answer has to be known for them. Chains, portfolios and deals are drawn at random and small.
- **Known answers** (`tests.trust.known`): problems of textbooks and of paper. The right side is a printed number or
  arithmetic with fractions; nothing of the product is used for it.
- **Optimality from outside** (`tests.trust.kkt`): reads the MPS and solution files of `didymium runs export` with a
  reader of its own, adds up residuals and rebuilds from the duals alone a bound that no answer can beat.
- **A second solver** (`tests.trust.second_solver`): whole-number plans solved by GLPK on a programme written anew.
- **Planted conflicts** (`tests.trust.conflicts`): the explanation of an infeasible model has to name what was planted.
- **Mutants** (`tests.trust.mutants`): small changes of the code, one at a time; tests that still pass let one live.
- **Credibility** of one answer: `didymium runs card RUN` grades it from what the run recorded;
  `didymium assumptions` lists every assumption with its owner, source, range and users.

## Where this is wrong

- Random small cases say little about large ones. What holds in 12 relations and 80 problems can still fail in the next.
- A figure is as old as its date. Nothing is measured anew when the code changes, but for the fast part of each harness,
  which runs with the tests.
- All solver figures are of linear programmes and small portfolios. No certificate of infeasibility is exported yet, so
  the goal of row 9 (a Farkas proof for every infeasible programme) is not met.
- Two solvers may share a fault of the programme that both are given.

## Check it yourself

```python
>>> from tests.trust.kkt import Programme, proof
>>> import numpy as np
>>> inf, one = np.inf, np.ones(1)
>>> first = np.array([0])
>>> p = Programme(["need"], ["x"], 2 * one, first, first, one, 3 * one, inf * one, 0 * one, inf * one, 0.0)
>>> proof(p, 3 * one, 2 * one).holds, proof(p, 3.1 * one, 2 * one).holds
(True, False)

```
"""


def measured(folder: Path = RESULTS) -> list[dict[str, Any]]:
    """What the harnesses have recorded, by row. Raises ValueError for a record that is not one."""
    found = []
    for path in sorted(folder.glob("*.json")):
        for record in json.loads(path.read_text("utf-8")):
            if set(record) != KEYS:
                raise ValueError(f"{path.name}: a record has {sorted(record)}, it needs {sorted(KEYS)}")
            found.append(record)
    return sorted(found, key=lambda one: (int(one["row"]), str(one["what"])))


def page(folder: Path = RESULTS) -> str:
    """The page of trust."""
    with FIGURES.open(encoding="utf-8", newline="") as table:
        figures = list(csv.DictReader(table))
    records = measured(folder)
    known = {int(row["row"]) for row in figures}
    strange = [one["row"] for one in records if int(one["row"]) not in known]
    if strange:
        raise ValueError(f"row {strange[0]} is not in {FIGURES.name}")
    lines = ["| # | Figure | Today | Floor | Goal | Command | Date |", "|---:|---|---|---|---|---|---|"]
    for row in figures:
        mine = [one for one in records if int(one["row"]) == int(row["row"])]
        for one in mine or [{"what": row["what"], "figure": NOT_MEASURED, "command": "", "date": ""}]:
            command = f"`{one['command']}`" if one["command"] else ""
            told = (row["row"], one["what"], one["figure"], row["floor"], row["goal"], command, one["date"])
            lines.append("| " + " | ".join(str(cell).replace("|", "/") for cell in told) + " |")
    count = len({int(one["row"]) for one in records})
    return "\n".join([_HEAD, f"Measured: {count} of {len(figures)}.", "", *lines]) + "\n" + _TAIL


def main() -> None:
    """Write it."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
