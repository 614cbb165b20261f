"""The credibility card of a kept answer: eight factors, each graded 0 to 4 from what is on record and nothing else.

The factors are those of NASA-STD-7009B (5 March 2024): pedigree of data and of inputs, verification, validation,
uncertainty, robustness, use history, management. A grade needs all that the grades below it need; where nothing is
recorded it is 0. Some grades cannot be reached yet, because nothing records what they ask for: that is said, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from didymium.data import Dataset
from didymium.results import Manifest, Result
from didymium.studies.assumptions import assumptions

TOLERANCE = 1e-7
MANY_DRAWS = 100
MANY_DRIVERS = 10
MANY_RUNS = 10

FACTORS = (
    "data_pedigree",
    "input_pedigree",
    "verification",
    "validation",
    "uncertainty",
    "robustness",
    "use_history",
    "management",
)

_VALIDATED_BY: Mapping[str, str] = {"stress": "backtest", "exposure": "reproduced"}
"""What a command's answers were held against the world by: the back-test, or the table of reproduced values."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store tells of other answers: how many of this command, on how many days, and the last back-test."""

    runs: int
    days: int
    backtest: Result | None = None


@dataclass(frozen=True, slots=True)
class Checks:
    """What is found of the run now: its fault, whether each solved programme holds, the roles whose sign-off holds."""

    fault: str | None
    programmes: tuple[bool | None, ...] = ()
    signed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step up: whether the record holds it, what is on record, and what would be needed."""

    holds: bool
    found: str
    needed: str


def card(manifest: Manifest, result: Result, ds: Dataset, kept: Kept, checks: Checks) -> list[dict[str, Any]]:
    """One row for each factor: grade, what is on record for it, and what the next grade needs."""
    steps = {
        "data_pedigree": _data(result, ds),
        "input_pedigree": _inputs(result, ds),
        "verification": _verification(manifest, result, checks),
        "validation": _validation(result, ds, kept),
        "uncertainty": _uncertainty(result),
        "robustness": _robustness(result),
        "use_history": _history(kept),
        "management": _management(manifest, ds, checks),
    }
    return [graded(factor, steps[factor]) for factor in FACTORS]


def graded(factor: str, steps: Sequence[Step]) -> dict[str, Any]:
    """The grade that the first steps in a row reach.

    >>> row = graded("verification", [Step(True, "whole", ""), Step(False, "", "residuals"), Step(True, "more", "")])
    >>> row["grade"], row["on_record"], row["next_grade"]
    (1, 'whole', 'residuals')
    """
    grade = next((number for number, step in enumerate(steps) if not step.holds), len(steps))
    return {
        "factor": factor,
        "grade": grade,
        "on_record": steps[grade - 1].found if grade else None,
        "next_grade": steps[grade].needed if grade < len(steps) else None,
    }


def _data(result: Result, ds: Dataset) -> list[Step]:
    known = {str(row["source_id"]): row for row in ds.rows("sources")}
    cited = [known.get(source) for source in result.source_ids]
    there = [row for row in cited if row is not None]
    located = sum(bool(row["url"]) for row in there)
    licensed = sum(bool(row["licence"]) and row["licence"] != "unknown" for row in there)
    dated = sum(bool(row["accessed_date"] or row["published_date"]) for row in there)
    count = len(cited)
    return [
        Step(count > 0, f"{count} sources are named", "sources named in the answer"),
        Step(len(there) == count, f"all {count} sources are in the register", "each source in the register of sources"),
        Step(
            located == count,
            f"each of {count} sources has an address",
            f"an address for each source: {located} of {count} have one",
        ),
        Step(
            licensed == count and dated == count,
            f"each of {count} sources has a licence and a date",
            f"licence and date of each source: {licensed} and {dated} of {count} have them",
        ),
    ]


def _inputs(result: Result, ds: Dataset) -> list[Step]:
    register = {str(row["assumption_id"]): row for row in assumptions(ds).rows}
    used = [register[name] for name in result.assumptions if name in register]
    count = len(used)
    ranged = sum(row["low"] is not None and row["low"] != row["high"] for row in used)
    sourced = sum(row["stands_on"] == "source" for row in used)
    return [
        Step(count > 0, f"{count} assumptions are listed", "assumptions listed in the answer"),
        Step(
            ranged == count,
            f"each of {count} assumptions has a range",
            f"a range for each assumption: {ranged} of {count} have one",
        ),
        Step(
            2 * sourced >= count,
            f"{sourced} of {count} assumptions stand on a source",
            f"half of the assumptions on a source: {sourced} of {count} are",
        ),
        Step(
            sourced == count,
            f"all {count} assumptions stand on a source",
            f"all assumptions on a source: {sourced} of {count} are",
        ),
    ]


def _verification(manifest: Manifest, result: Result, checks: Checks) -> list[Step]:
    second = list(result.tables.get("second_solver", ()))
    sizes = [
        float(row.get(part) or 0.0) for row in manifest.solver for part in ("primal_residual", "dual_residual", "gap")
    ]
    worst = max(sizes, default=0.0)
    proven = [holds for holds in checks.programmes if holds is not None]
    return [
        Step(checks.fault is None, "the bytes are those of the manifest", "bytes as in the manifest"),
        Step(
            bool(sizes) and worst <= TOLERANCE,
            f"residuals and gaps of all {len(manifest.solver)} kinds of solves are within the tolerance",
            "solved programmes with residuals on record",
        ),
        Step(
            bool(proven) and all(proven),
            f"{len(proven)} checks of solved programmes hold without a solver",
            "a proof of each solved programme without a solver",
        ),
        Step(
            bool(second) and all(row["agrees"] is True for row in second),
            "a second solver agrees",
            "the word of a second solver: a plan made with --verify has it",
        ),
    ]


def _validation(result: Result, ds: Dataset, kept: Kept) -> list[Step]:
    kind = _VALIDATED_BY.get(result.command)
    if kind == "reproduced":
        return _reproduced(ds)
    if kind != "backtest" or kept.backtest is None:
        needed = "a kept back-test: didymium backtest" if kind else "outcomes to hold answers of this question against"
        return [Step(False, "", needed)]
    rows = kept.backtest.rows
    told = [row["verdict"] for row in rows if row.get("verdict")]
    met = sum(verdict in ("inside", "touches") for verdict in told)
    is_same = kept.backtest.dataset.get("id") == result.dataset.get("id")
    return [
        Step(bool(told), f"{len(told)} past effects were replayed", "past effects replayed"),
        Step(is_same, f"{len(told)} past effects were replayed on the same data", "a back-test on the same data"),
        Step(
            2 * met >= len(told),
            f"the band meets {met} of {len(told)} observed effects",
            f"half of the observed effects met: {met} of {len(told)} are",
        ),
        Step(False, "", "forecasts made before the event, which nothing records yet"),
    ]


def _reproduced(ds: Dataset) -> list[Step]:
    cells = list(ds.rows("reproduced"))
    matched = sum(row["status"] == "matched" for row in cells)
    open_ = sum(row["status"] not in ("matched", "explained") for row in cells)
    count = len(cells)
    return [
        Step(count > 0, f"{count} published values are held against ours", "published values to compare with"),
        Step(open_ == 0, f"each of {count} published values is matched or explained", "no published value left open"),
        Step(
            4 * matched >= 3 * count,
            f"{matched} of {count} published values are matched",
            f"three quarters of the published values matched: {matched} of {count} are",
        ),
        Step(False, "", "forecasts made before the event, which nothing records yet"),
    ]


def _uncertainty(result: Result) -> list[Step]:
    banded = sorted(
        {name[:-4] for row in result.rows for name in row if name.endswith("_p10") and row[name] is not None}
    )
    asked = result.request.get("draws")
    draws = int(asked) if isinstance(asked, int) else 0
    tail = any("cvar" in name for rows in (result.rows, *result.tables.values()) for row in rows[:1] for name in row)
    return [
        Step(bool(result.fields), "units are told of the numbers", "units of the numbers"),
        Step(bool(banded), f"{len(banded)} kinds of numbers have bands", "a band beside a number"),
        Step(
            bool(banded) and draws >= MANY_DRAWS,
            f"{len(banded)} kinds of numbers have bands, from {draws} draws",
            f"bands from {MANY_DRAWS} draws or more: {draws} are recorded",
        ),
        Step(tail and draws >= MANY_DRAWS, f"tail means from {draws} draws", "tail means beside the bands"),
    ]


def _robustness(result: Result) -> list[Step]:
    drivers = list(result.tables.get("drivers", ()))
    names = {str(row.get("factor") or row.get("driver") or row.get("input") or row.get("name")) for row in drivers}
    tied = "ties" in result.tables
    return [
        Step(bool(result.assumptions), "assumptions are told that could be moved", "assumptions that can be moved"),
        Step(
            bool(drivers), f"{len(names)} inputs were moved one at a time", "inputs moved to the ends of their ranges"
        ),
        Step(
            len(names) >= MANY_DRIVERS,
            f"{len(names)} inputs were moved one at a time, ten or more",
            f"ten inputs moved: {len(names)} are recorded",
        ),
        Step(tied, "ties and near-ties of the plan are told", "ties and near-ties of the plan told"),
    ]


def _history(kept: Kept) -> list[Step]:
    return [
        Step(kept.runs > 1, f"{kept.runs} runs of the question are kept", "a second kept run of the question"),
        Step(
            kept.runs >= MANY_RUNS and kept.days > 1,
            f"{kept.runs} runs of the question are kept, of {kept.days} days",
            f"ten kept runs of more than one day: {kept.runs} of {kept.days} days are",
        ),
        Step(False, "", "a record of decisions that used the answer, which nothing keeps yet"),
    ]


def _management(manifest: Manifest, ds: Dataset, checks: Checks) -> list[Step]:
    same = str(manifest.dataset.get("id")) == str(ds.describe().get("id"))
    return [
        Step(
            checks.fault is None and bool(manifest.result_sha256),
            "request, data, versions and bytes are sealed in a manifest",
            "a sound manifest",
        ),
        Step(same, "the data of the run are at hand: it can be repeated here", "the data of the run at hand"),
        Step(
            bool(checks.signed_by),
            f"sign-offs that hold: {len(checks.signed_by)}",
            "a sign-off by name that holds: didymium runs sign",
        ),
        Step(
            {"assurer", "approver"} <= set(checks.signed_by),
            f"sign-offs that hold: {len(checks.signed_by)}, of assurer and approver among them",
            "sign-offs of an assurer and of an approver",
        ),
    ]
