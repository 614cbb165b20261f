"""If a suspension lapses: the branches of a scenario's tree side by side, in tonnes, days and loss.

One programme gives all leaves, so that what is done before they part is common to them. Each leaf is held against the
first one of the scenario, in which nothing returns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from didymium import __version__
from didymium.data import Dataset
from didymium.errors import BadScenario
from didymium.model.tree import TREE
from didymium.results import Field, Result, Row
from didymium.scenario.scenario import Scenario, load
from didymium.studies.stress import stress


def branches(
    ds: Dataset,
    *,
    branched: Scenario | str,
    parties: Sequence[str] = ("USA", "JPN"),
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """What each party lacks in each branch, by product and use, and how much more than in the first branch.

    `branched`: a scenario with branches. Raises BadScenario for one without.
    """
    story = load(branched) if isinstance(branched, str) else branched
    if not story.branches:
        raise BadScenario(
            f"scenario {story.id} has no branches to compare.", cure="Try --scenario cn-october-suspension."
        )
    solved = stress(ds, story, parties=parties, foresight=(TREE,), draws=0, drivers=False, progress=progress)
    leaves = solved.tables["leaves"]
    first = {_key(row): row for row in leaves if row["leaf"] == leaves[0]["leaf"]}
    rows = [_row(row, first[_key(row)], solved.source_ids) for row in leaves]
    return Result.of(
        "branches",
        request={"scenario": story.model_dump(mode="json"), "parties": list(parties)},
        dataset=ds.describe(),
        code_version=__version__,
        rows=rows,
        fields=FIELDS,
        tables={"parties": _by_party(rows), "branches": solved.tables["branches"], "measures": _measures(ds, story)},
        warnings=(
            "One central run, no band: ask stress with the same scenario for the range.",
            *solved.warnings,
        ),
        assumptions=solved.assumptions,
        source_ids=solved.source_ids,
        status=solved.status,
    )


def _key(row: Row) -> tuple[Any, ...]:
    return row["party"], row["product"], row["sector"]


def _row(row: Row, first: Row, sources: Sequence[str]) -> Row:
    short, before = (_number(one["unserved_t"]) for one in (row, first))
    loss, loss_before = (one["loss_usd_m"] for one in (row, first))
    return {
        "branch": row["leaf"],
        "title": row["title"],
        "title_ja": row["title_ja"],
        "probability": row["probability"],
        "party": row["party"],
        "product": row["product"],
        "sector": row["sector"],
        "is_total": row["is_total"],
        "demand_t": row["demand_t"],
        "unserved_t": short,
        "unserved_share": row["unserved_share"],
        "extra_unserved_t": short - before,
        "days_to_shortage": row["days_to_shortage"],
        "loss_usd_m": loss,
        "extra_loss_usd_m": None if loss is None or loss_before is None else _number(loss) - _number(loss_before),
        "source_ids": list(sources),
    }


def _number(value: Any) -> float:
    return float(value)


def _by_party(rows: Sequence[Row]) -> list[Row]:
    """Each branch and party in one line: unserved tonnes if they are of one product, the first shortage, the loss."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["is_total"]:
            found.setdefault((str(row["branch"]), str(row["party"])), []).append(row)
    lines: list[Row] = []
    for (branch, party), part in found.items():
        days = [_number(row["days_to_shortage"]) for row in part if row["days_to_shortage"] is not None]
        losses = [_number(row["loss_usd_m"]) for row in part if row["loss_usd_m"] is not None]
        lines.append(
            {
                "branch": branch,
                "title": part[0]["title"],
                "title_ja": part[0]["title_ja"],
                "probability": part[0]["probability"],
                "party": party,
                "unserved_t": part[0]["unserved_t"] if len(part) == 1 else None,
                "extra_unserved_t": part[0]["extra_unserved_t"] if len(part) == 1 else None,
                "days_to_shortage": min(days, default=None),
                "loss_usd_m": sum(losses) if losses else None,
            }
        )
    return lines


def _measures(ds: Dataset, story: Scenario) -> list[Row]:
    """The measures that the scenario is about, with their suspensions."""
    wanted = set(story.based_on)
    until = {row["measure_id"]: row for row in ds.rows("measure_suspensions")}
    return [
        {
            "measure_id": row["measure_id"],
            "imposing": row["imposing"],
            "targeted": row["targeted"],
            "products": row["products"].split(";"),
            "suspended_until_date": until[row["measure_id"]]["until_date"] if row["measure_id"] in until else None,
            "source_ids": [row["source_id"]],
        }
        for row in ds.rows("measures")
        if row["measure_id"] in wanted
    ]


FIELDS = (
    Field("branch", "", "path through the scenario's branches"),
    Field("probability", "share", "weight of the branch, as the scenario assumes it"),
    Field("demand_t", "t", "wanted over the run"),
    Field("unserved_t", "t", "part of it that is not met"),
    Field("unserved_share", "share", "unserved over demand"),
    Field("extra_unserved_t", "t", "more than in the first branch"),
    Field(
        "days_to_shortage",
        "days",
        "days until firm demand goes unserved; empty = thrift alone covers the lack, or there is none",
    ),
    Field("loss_usd_m", "million USD", "value at stake in what is unserved"),
    Field("extra_loss_usd_m", "million USD", "more than in the first branch"),
)
