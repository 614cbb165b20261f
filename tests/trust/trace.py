"""Numbers of a brief, drawn at random, each followed back to the cells of the tables and the sources behind it.

    python -m tests.trust.trace [--count 200] [--seed 0] [--store DIR] [--record]

Without --store the brief is made first, with its runs in a folder of its own. What `explain` says of a number is not
believed: each row behind it is looked up in the CSV files as they lie, by the key that datapackage.json declares, and
has to say the same in every column; its source has to stand in sources.csv with a title and an address or a kind.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.trust.hostile_case import TABLES
from tests.trust.record import record

DOCS = Path(__file__).parent.parent.parent / "docs"
Explain = Callable[..., Any]


@cache
def keys() -> dict[str, list[str]]:
    """The key of each table, as the package declares it."""
    package = json.loads((TABLES.parent / "datapackage.json").read_text("utf-8"))
    return {Path(one["path"]).stem: list(one["schema"]["primaryKey"]) for one in package["resources"]}


@cache
def cells(table: str) -> dict[str, tuple[int, dict[str, str]]]:
    """The rows of a table by their name, each with its line in the file."""
    key, found = keys()[table], {}
    with (TABLES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            found[f"{table}:" + "|".join(row[part] for part in key)] = reader.line_num, row
    return found


def says(text: str, value: Any) -> bool:
    """Whether a cell says this value."""
    if value is None:
        return text == ""
    if isinstance(value, bool):
        return text == ("1" if value else "0")
    if isinstance(value, int | float):
        return float(text) == value
    return str(value) in (text, text[1:] if text.startswith("'") else text)


def lacks(lineage: Any) -> list[str]:
    """What is missing between a number and the cells behind it; nothing if it can be followed."""
    found = []
    if not lineage.formula or not (DOCS / str(lineage.page).partition("#")[0]).is_file():
        found.append(f"no formula, or no page {lineage.page}")
    behind = [(one.table, one.row) for one in lineage.rows]
    behind += [(str(row["row_id"]).partition(":")[0], row) for row in lineage.assumptions]
    if not behind:
        found.append("no row of the data")
    cited = set()
    for table, row in behind:
        name = str(row["row_id"])
        if table not in keys() or name not in cells(table):
            found.append(f"{name} is no row of {table}.csv")
            continue
        line, there = cells(table)[name]
        for column, value in row.items():
            if column in there and column != "preferred" and not says(there[column], value):
                found.append(f"{table}.csv line {line}, column {column} says {there[column]!r}, the lineage {value!r}")
        if there.get("source_id"):
            cited.add(there["source_id"])
    for source in sorted(cited):
        _, about = cells("sources").get(f"sources:{source}", (0, {}))
        if not about.get("title") or not (about.get("url") or about.get("kind")):
            found.append(f"source {source} has no title or no address")
    if not cited and not any("source" in column or "basis" in column for _, row in behind for column in row):
        found.append("no source")
    return found


def numbers(store: Path) -> list[tuple[str, str, str, int, str]]:
    """Every number of the answers in a store: command, run, table, row and column."""
    from didymium.results import RunStore

    kept, found = RunStore(store), []
    for folder in sorted(path.name for path in (kept.path).iterdir() if (path / "manifest.json").is_file()):
        result = kept.load(folder)
        if result.command == "brief":
            continue
        for number, row in enumerate(result.rows, start=1):
            found += [
                (result.command, folder, "", number, column)
                for column, value in row.items()
                if isinstance(value, int | float)
                and not isinstance(value, bool)
                and not column.endswith(("_p10", "_p90"))
            ]
    return found


def drawn(
    all_numbers: Sequence[tuple[str, str, str, int, str]], count: int, seed: int
) -> list[tuple[str, str, str, int, str]]:
    """So many of them, as many of each command as there are."""
    chance = random.Random(seed)
    by: dict[str, list[tuple[str, str, str, int, str]]] = {}
    for one in all_numbers:
        by.setdefault(one[0], []).append(one)
    piles = [chance.sample(pile, len(pile)) for _, pile in sorted(by.items())]
    picked: list[tuple[str, str, str, int, str]] = []
    while piles and len(picked) < count:
        picked += [pile.pop() for pile in piles][: count - len(picked)]
        piles = [pile for pile in piles if pile]
    return picked


def traced(
    store: Path, picked: Sequence[tuple[str, str, str, int, str]], explain: Explain | None = None
) -> tuple[int, list[str]]:
    """How many can be followed to their cells, and what is missing of the others."""
    import didymium.data
    from didymium.results import RunStore
    from didymium.studies.lineage import lineage

    ds, kept = didymium.data.open(), RunStore(store)
    results: Mapping[str, Any] = {run: kept.load(run) for run in {one[1] for one in picked}}
    right, wrong = 0, []
    for command, run, _, number, column in picked:
        missing = lacks((explain or lineage)(ds, results[run], number, column))
        right += not missing
        if missing:
            wrong.append(f"{command} row {number}, {column}: {missing[0]}")
    return right, wrong


def main() -> int:
    """Draw, follow, say what is missing."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--count", type=int, default=200)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--store", type=Path, help="the store of a brief that was made before")
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = given.store
        if store is None:
            from didymium.cli import main as didymium

            if didymium(["brief", "--store", folder, "-o", f"{folder}/brief", "--quiet"]):
                raise SystemExit("the brief was not made")
            store = Path(folder)
        runs = next((path for path in (store / "runs", store) if path.is_dir()), store)
        picked = drawn(numbers(runs), given.count, given.seed)
        right, wrong = traced(runs, picked)
    for line in wrong:
        print(line)
    told = ", ".join(f"{name} {n}" for name, n in sorted(Counter(one[0] for one in picked).items()))
    print(f"{right} of {len(picked)} numbers followed to their cells ({told})")
    if given.record:
        what = "sampled numbers in reports traced to source cell"
        command = f"python -m tests.trust.trace --count {given.count} --record"
        of = "one brief" if given.store is None else "a store of answers"
        record(15, what, f"{right} of {len(picked)}, from {of} ({told})", command, file="input")
    return 1 if wrong or not picked else 0


if __name__ == "__main__":
    raise SystemExit(main())
