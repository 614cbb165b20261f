"""Write the page of trust: every figure to reach, what was measured of it, by which command and when.

Run `python -m tools.write_trust` after a harness has recorded a figure; a test compares the page with what this writes.
"""

from __future__ import annotations

import ast
import csv
import json
import re
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

{harnesses}
- **Credibility** of one answer: `didymium runs card RUN` grades it from what the run recorded; `didymium assumptions`
  lists every assumption with its owner, source, range and users; [Reproduce it](reproduce.md) leads from each headline
  figure to its proof.

## Where this is wrong

- Random small cases say little about large ones. What holds in 22 relations and 80 problems can still fail in the next.
- A figure is as old as its date. Nothing is measured anew when the code changes, but for the fast part of each harness,
  which runs with the tests.
- Solver figures are of linear programmes and small portfolios. A proof of infeasibility comes with each contradiction
  of a linear programme and is checked from outside; one of whole numbers alone has none but the word of two runs.
- Row 13 counts each cell of the tables compared, every cell that the files print in full. Held against the floor is the
  share within printed rounding, that of the publisher's own figures included. Sums are the lesser part of the proof;
  the figure without them stands beside. A trial of 96 stages from copies that contradict themselves is not counted:
  with it the share would be 94.8 %, just short of the floor (docs/method/reproduced.md).
- The mutation scores of row 21 are of small random samples. By the interval of Wilson (95 %) the true share may lie
  {samples}. Only tests that are not marked slow count, and a
  change that changes nothing counts as missed.
- Row 20 counts what Python processes ask for, those of the tests and those they start with the same environment; a
  browser is none. The walk of the canary meets an address without content where a question was not asked yet or has
  no figure.
- Row 22 runs each seed in one process for the rooms named together. Slow tests, and documents that run as a whole (the
  how-tos, the method pages, the documentation), are not part of it. Its floor is twenty seeds over everything; where
  fewer are named, it is not met.
- Row 23 compares the pins with a copy of a list of advisories that is two years old: none of today could be reached.
  What of later date was read by hand is not complete. Where there is a network, `pip-audit` is the way
  ([Dependencies](dependencies.md)).
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


def harnesses() -> list[str]:
    """One line for each harness there is: its module, and the first sentence of what it says of itself."""
    found = []
    for path in sorted((ROOT / "tests" / "trust").glob("*.py")):
        text = path.read_text("utf-8")
        said = ast.get_docstring(ast.parse(text)) or ""
        if "--record" in text and "def main" in text:
            found.append(f"- `tests.trust.{path.stem}`: {' '.join(said.split(chr(10) * 2)[0].split())}")
    return found


def samples(records: list[dict[str, Any]]) -> str:
    """Between which shares the true ones may lie, for each figure that is a part of a random sample."""
    from scipy.stats import binomtest

    told = []
    for one in records:
        if found := re.match(r"([0-9]+) of ([0-9]+) noticed", str(one["figure"])):
            span = binomtest(int(found[1]), int(found[2])).proportion_ci(method="wilson")
            part = str(one["what"]).rpartition(", ")[2]
            told.append(f"from {100 * span.low:.0f} to {100 * span.high:.0f} % ({part})")
    return " and ".join(told)


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
    tail = _TAIL.replace("{harnesses}", "\n".join(harnesses())).replace("{samples}", samples(records))
    return "\n".join([_HEAD, f"Measured: {count} of {len(figures)}.", "", *lines]) + "\n" + tail


def main() -> None:
    """Write it."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
