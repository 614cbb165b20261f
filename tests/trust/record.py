"""The list of figures to reach, and the record of what was measured: one row each in results/*.json."""

from __future__ import annotations

import csv
import datetime
import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
FIGURES = Path(__file__).parent / "figures.csv"


def targets() -> dict[int, dict[str, str]]:
    """What is to be reached, by row number: `what`, `floor` and `goal`."""
    with FIGURES.open(encoding="utf-8", newline="") as table:
        return {int(row["row"]): row for row in csv.DictReader(table)}


def record(row: int, what: str, figure: str, command: str, *, file: str, folder: Path = RESULTS) -> None:
    """Write what was measured today; an earlier figure of the same row and subject gives way."""
    path = folder / f"{file}.json"
    kept: list[dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.exists() else []
    target = targets()[row]
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    new = {
        "row": row,
        "what": what,
        "figure": figure,
        "floor": target["floor"],
        "goal": target["goal"],
        "command": command,
        "date": today,
    }
    rows = [old for old in kept if (old["row"], old["what"]) != (row, what)] + [new]
    rows.sort(key=lambda one: (one["row"], one["what"]))
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
