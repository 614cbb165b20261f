"""`didymium runs card`: how far one kept answer can be relied on, by what is on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from didymium.cli.options import Shared, shared_options

if TYPE_CHECKING:
    from didymium.results import Result, RunStore


@click.command()
@click.argument("run")
@shared_options
def card(shared: Shared, run: str) -> None:
    """Grade RUN by eight factors of credibility, 0 to 4 each, from what is on record and nothing else.

    The factors are those of NASA-STD-7009B. Where nothing is recorded the grade is 0. Each row says what is on record
    and what the next grade needs. The grades are not summed: a chain is as good as its weakest link.
    """
    from didymium.cli.output import show_table, write
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator
    from didymium.results import RunStore

    store = RunStore(shared.runs)
    run_id = store.find(run)
    rows = graded(store, run_id, shared)
    least = min(int(row["grade"]) for row in rows)
    if shared.form is not None:
        write(shared, whole={"command": "runs card", "run_id": run_id, "least_grade": least, "rows": rows}, rows=rows)
        return
    t = translator(shared.lang)
    told: list[dict[str, Any]] = [
        {**row, **{name: t.fact(row[name]) if row[name] else None for name in ("on_record", "next_grade")}}
        for row in rows
    ]
    notes = [
        t("Lowest grade: {grade} of 4. Grades are from the record of run {run} alone.", grade=least, run=run_id),
        t("4 is what a hostile reviewer would accept, 0 that nothing is recorded. Grades are not summed."),
    ]
    table = sheet(told, ("factor", "grade", "on_record", "next_grade"), t, {"factor": "credibility"})
    show_table(table, shared, notes=notes, then=f"didymium runs verify {run_id}")


def graded(store: RunStore, run_id: str, shared: Shared) -> list[dict[str, Any]]:
    """The card of a kept run: one row for each factor."""
    from didymium.cli.proving import Proofs
    from didymium.cli.repeating import data_of
    from didymium.results.audit import SIGN, entries, lapsed
    from didymium.studies import credibility

    manifest, result = store.manifest(run_id), store.load(run_id)
    fault = store.verify(run_id) or None
    proven = tuple(row["holds"] for row in Proofs(store, shared).rows(run_id)) if fault is None else ()
    ds = data_of(manifest, str(store.path / run_id), shared)
    signed = [one.said for one in entries(shared.record) if one.kind == SIGN and one.said["run_id"] == run_id]
    roles = tuple(sorted({str(said["role"]) for said in signed if not lapsed(said, manifest, ds.id)}))
    return credibility.card(manifest, result, ds, _kept(store, result), credibility.Checks(fault, proven, roles))


def _kept(store: RunStore, result: Result) -> Any:
    """What the store holds of the same question, and the last back-test in it."""
    from didymium.studies.credibility import Kept

    manifests = [entry.manifest for entry in store.list() if entry.manifest is not None]
    mine = [one for one in manifests if one.command == result.command]
    tests = [one for one in manifests if one.command == "backtest"]
    last = store.load(tests[0].run_id) if tests and result.command == "stress" else None
    return Kept(len(mine), len({one.created[:10] for one in mine}), last)
