"""The figures of the harnesses, kept as rows that `docs/trust.md` is made from."""

from __future__ import annotations

import argparse
import datetime
import json
from pathlib import Path

FILE = Path(__file__).parent / "results" / "store.json"


def arguments(about: str | None) -> argparse.ArgumentParser:
    """The parser of a harness, with the option that keeps its figures."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--record", action="store_true", help="keep the figure for docs/trust.md")
    return parser


def record(row: int, what: str, figure: str, *, floor: str, goal: str, command: str) -> None:
    """Keep a figure in place of the one that was kept under the same row and `what`."""
    kept = json.loads(FILE.read_text("utf-8")) if FILE.exists() else []
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    new = {"row": row, "what": what, "figure": figure, "floor": floor, "goal": goal, "command": command, "date": date}
    rows = [one for one in kept if (one["row"], one["what"]) != (row, what)] + [new]
    rows.sort(key=lambda one: (one["row"], one["what"]))
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
