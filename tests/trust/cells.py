"""Cells of published tables against ours: matched, within the rounding of what they rest on, explained, or open.

    python -m tests.trust.cells [--record]

The table `reproduced` holds what a publisher printed, the figures it rests on and what our formulas make of them. Here
the file is read as text, each value is computed again, and whether it prints as published is judged by decimals alone.
Where it does not, the least and the greatest value that figures printing the same way can give are worked out by
interval arithmetic, apart from the tool that wrote the table: if what prints as published lies among them, the
difference is one of rounding. How likely that is, draws tell: each figure anywhere within what prints so.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

import didymium
from tests.trust.record import record

TABLE = Path(didymium.__file__).parent / "data" / "tables" / "reproduced.csv"
ADDED = ("sum", "higher_stage", "largest_supplier")
"""Formulas that only add or pick printed figures: they test that the rows are read aright, not a formula."""
SLACK = 1e-9
SELDOM = 0.05

Ends = tuple[float, float]
Held = dict[str, list[Ends]]


@dataclass(frozen=True)
class Cell:
    """A published cell: in which table it stands, by which formula it is had, and what became of it."""

    cell_id: str
    table: str
    formula: str
    verdict: str


def judged(row: dict[str, str], ours: float) -> Cell:
    """`matched` where our value lies within what prints so; else the kind of the written reason, `open` without one."""
    low, high = row["published_low"], row["published_high"]
    value, slack = Decimal(repr(ours)), Decimal("1e-9")
    inside = (not low or value >= Decimal(low) - slack) and (not high or value <= Decimal(high) + slack)
    verdict = "matched" if inside else row["reason_kind"] if row["reason"].strip() else "open"
    return Cell(row["cell_id"], table_of(row), row["formula"], verdict)


def table_of(row: dict[str, str]) -> str:
    """The published table of a cell: its source, and what it prints there."""
    return f"{row['source_id']}: {row['measure'].partition(' [')[0]}"


def widest(value: float) -> float:
    """The most that half of the last digit of a printed figure can be: no digit before end noughts need be meant."""
    digits = f"{Decimal(repr(value)).normalize():f}".lstrip("-")
    if "." in digits:
        return 0.5 * 10.0 ** -len(digits.partition(".")[2])
    return 0.5 * 10.0 ** (len(digits) - len(digits.rstrip("0")))


def held(row: dict[str, str]) -> Held:
    """The ends of what prints as each figure of a row, none below zero."""
    found: Held = {}
    halves = dict(part.split("=") for part in row["rounding"].split(";")) if row["rounding"] else {}
    for part in row["inputs"].split(";"):
        name, values = part.split("=")
        figures = [float(text) for text in values.split("|")]
        steps = [float(text) for text in halves[name].split("|")] if name in halves else [0.0] * len(figures)
        found[name] = [(max(0.0, v - h), v + h) for v, h in zip(figures, steps, strict=True)]
    return found


def added(ends: Iterable[Ends]) -> Ends:
    """A sum of figures."""
    kept = list(ends)
    return sum(low for low, _ in kept), sum(high for _, high in kept)


def less(first: Ends, second: Ends) -> Ends:
    """One figure less another."""
    return first[0] - second[1], first[1] - second[0]


def over(first: Ends, second: Ends) -> Ends:
    """One figure over another, which is above zero."""
    tried = [a / b for a in first for b in second]
    return min(tried), max(tried)


def net(f: Held) -> Ends:
    """Imports less exports, with what came from stocks."""
    came = added([*f["imports"], *f.get("before", []), *f.get("released", [])])
    return less(came, added([*f["exports"], *f.get("after", [])]))


def largest(f: Held) -> Ends:
    """The sum of the largest figures: of the largest lower ends, of the largest upper ends."""
    count = round(f["count"][0][0])
    return tuple(sum(sorted((e[k] for e in f["named"]), reverse=True)[:count]) for k in (0, 1))  # type: ignore[return-value]


def uses(f: Held) -> Ends:
    """Economic importance: shares within their rounding that add to one, or to what uses without an industry leave.

    What is left above the lower ends goes to the worst or to the best use first.
    """
    printed = sum((low + high) / 2.0 for low, high in f["share"])
    half = (f["share"][0][1] - f["share"][0][0]) / 2.0
    least = 1.0 if printed >= 1.0 - SLACK else printed - half
    most = min(1.0, sum(high for _, high in f["share"]))
    ends = []
    for total, best in ((least, False), (most, True)):
        rest = total - sum(low for low, _ in f["share"])
        worth = sum(low * added_value[0] for (low, _), added_value in zip(f["share"], f["value_added"], strict=True))
        order = sorted(zip(f["value_added"], f["share"], strict=True), reverse=best)
        for (value, _), (low, high) in order:
            taken = max(0.0, min(rest, high - low))
            worth, rest = worth + taken * value, rest - taken
        ends.append(worth / f["largest"][0][0] * 10.0)
    low, high = sorted(ends)
    return low * f["substitution"][0][0], high * f["substitution"][0][1]


INTERVALS: dict[str, Callable[[Held], Ends]] = {
    "sum": lambda f: added(f["parts"]),
    "share": lambda f: over(added(f["part"]), f["whole"][0]),
    "oxide_equivalent": lambda f: over(f["metal"][0], f["share"][0]),
    "top_share": lambda f: over(largest(f), f["whole"][0]),
    "largest_supplier": lambda f: (max(e[0] for e in f["output"]), max(e[1] for e in f["output"])),
    "reliance_from_need": lambda f: less((1.0, 1.0), over(added(f["own"]), f["need"][0])),
    "net_imports_over_use": lambda f: over(net(f), f["need"][0]),
    "use_from_flows": lambda f: added([*f["own"], net(f)]),
    "economic_importance": uses,
}


def risk_ends(f: Held) -> Ends:
    """Supply risk from world supply: each share moved alone, so that what is found exists; both rates at their ends."""

    def core(shares: Sequence[float]) -> float:
        weights = [10.0 * r[0] * t[0] for r, t in zip(f["risk"], f["trade_factor"], strict=True)]
        return sum(s * s * w for s, w in zip(shares, weights, strict=True)) / sum(shares) ** 2

    found = []
    for choose in (min, max):
        shares = [(low + high) / 2.0 for low, high in f["output"]]
        for k, ends in enumerate(f["output"]):
            shares[k] = choose((shares[k], *ends), key=lambda s: core([*shares[:k], s, *shares[k + 1 :]]))
        found.append(core(shares))
    recycling, substitution = f["recycling"][0], f["substitution"][0]
    return found[0] * (1.0 - recycling[1]) * substitution[0], found[1] * (1.0 - recycling[0]) * substitution[1]


INTERVALS["world_supply_risk"] = risk_ends


def printed_risk_ends(f: Held) -> Ends:
    """Supply risk from printed concentrations: linear in each figure alone, so that its ends stand at theirs."""
    found = []
    for held_so in product(*(f[name][0] for name in f)):
        v = dict(zip(f, held_so, strict=True))
        core = v.get("world", v.get("sourcing"))
        assert core is not None
        if "reliance" in v:
            core = v["world"] * v["reliance"] / 2.0 + v["sourcing"] * (1.0 - v["reliance"] / 2.0)
        found.append(core * (1.0 - v["recycling"]) * v["substitution"])
    return min(found), max(found)


INTERVALS["supply_risk"] = printed_risk_ends


def reached(row: dict[str, str]) -> bool:
    """Whether figures that print the same way give a value that prints as published."""
    if row["formula"] not in INTERVALS:
        return False
    least, most = INTERVALS[row["formula"]](held(row))
    low, high = row["published_low"], row["published_high"]
    return (not low or most >= float(low) - SLACK) and (not high or least <= float(high) + SLACK)


def likely(row: dict[str, str], draws: int = 1000, seed: int = 13) -> float:
    """In what share of draws the value prints as published, each figure anywhere within what prints as it does."""
    from didymium.studies.reproduced import FORMULAS

    rng, ends = np.random.default_rng(seed), held(row)
    low, high = float(row["published_low"] or "-inf"), float(row["published_high"] or "inf")
    hits = 0
    for _ in range(draws):
        drawn = {name: list(rng.uniform(*zip(*side, strict=True))) for name, side in ends.items()}
        if row["formula"] == "economic_importance":
            whole = min(1.0, sum(sum(side) / 2.0 for side in ends["share"]))
            drawn["share"] = [share / sum(drawn["share"]) * whole for share in drawn["share"]]
        hits += low <= FORMULAS[row["formula"]](drawn) <= high
    return hits / draws


def rows(path: Path = TABLE) -> list[dict[str, str]]:
    """The table as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cells(path: Path = TABLE) -> list[Cell]:
    """All cells, computed again. A difference told as one of rounding must be one, else the cell is open."""
    from didymium.studies.reproduced import recomputed

    found = []
    for row in rows(path):
        cell = judged(row, recomputed(row))
        if cell.verdict == "rounding" and not reached(row):
            cell = Cell(cell.cell_id, cell.table, cell.formula, "open")
        found.append(cell)
    return found


def shares(found: Sequence[Cell]) -> tuple[int, int, int]:
    """How many print as published, how many more are within the rounding of their figures, and of how many."""
    count = Counter(cell.verdict for cell in found)
    return count["matched"], count["rounding"], len(found)


def told(found: Sequence[Cell], unlikely: int = 0) -> str:
    """The count in one line: all cells, and those that a formula makes, sums and picks left out.

    `unlikely` counts those within rounding that fewer than one draw in twenty reaches.
    """
    count: Counter[Any] = Counter(cell.verdict for cell in found)
    matched, rounded, whole = shares(found)
    made = shares([cell for cell in found if cell.formula not in ADDED])
    rest = ", ".join(f"{count[kind]} {kind}" for kind in ("source", "method", "years", "uses") if count[kind])
    return (
        f"{(matched + rounded) / whole:.1%} of {whole} cells of {len({c.table for c in found})} tables within printed "
        f"rounding: {matched} print as published ({matched / whole:.1%}), {rounded} more within the rounding of the "
        f"printed figures they rest on ({unlikely} of them in fewer than one draw in twenty); the rest explained "
        f"({rest}), {count['open']} open; without sums and picks {sum(made[:2]) / made[2]:.1%} of {made[2]} "
        f"({made[0] / made[2]:.1%} print as published)"
    )


def main() -> int:
    """Count them."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    found = cells()
    for table in sorted({cell.table for cell in found}):
        mine = Counter(cell.verdict for cell in found if cell.table == table)
        print(f"{table}: {', '.join(f'{n} {kind}' for kind, n in mine.most_common())}")
    rounded = {cell.cell_id for cell in found if cell.verdict == "rounding"}
    line = told(found, sum(likely(row) < SELDOM for row in rows() if row["cell_id"] in rounded))
    print(line)
    if given.record:
        record(13, "cells of published tables", line, "python -m tests.trust.cells --record", file="answers")
    return 1 if any(cell.verdict == "open" for cell in found) else 0


if __name__ == "__main__":
    raise SystemExit(main())
