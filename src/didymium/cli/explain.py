"""`didymium explain`: what stands behind one number of a kept answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from didymium.cli.options import Shared, shared_options, table_option

if TYPE_CHECKING:
    from didymium.i18n import Translator
    from didymium.results.lineage import Behind, Lineage

NARRATED = 6
"""Rows of a role that people see; all of them are in --json."""


@click.command()
@click.argument("run")
@click.argument("row")
@click.argument("column")
@click.option("--prov", is_flag=True, help="As PROV-JSON, the W3C's form for where things come from.")
@table_option
@shared_options
def explain(shared: Shared, run: str, row: str, column: str, table: str | None, prov: bool) -> None:
    """Show what stands behind a number: RUN (the start of its id), ROW and COLUMN of its answer.

    ROW is a number from 1, or column=value with commas between, such as: party=JPN,stage=magnet,year=2030,outlook=STEPS
    Rows of the data with source, rule and layer, assumptions, formula and its page, scenario, proofs of the solver.
    """
    from didymium.cli.output import write
    from didymium.cli.repeating import data_of
    from didymium.i18n import translator
    from didymium.results import RunStore
    from didymium.results.lineage import prov as as_prov
    from didymium.studies.lineage import found_row, lineage

    store = RunStore(shared.runs)
    run_id = store.find(run)
    result = store.load(run_id)
    ds = data_of(store.manifest(run_id), str(store.path / run_id), shared)
    found = lineage(ds, result, found_row(result, row, table=table), column, table=table)
    if prov:
        write(_as_json(shared), whole=as_prov(found), rows=())
        return
    if shared.form is not None:
        whole = found.as_dict()
        write(shared, whole=whole, rows=whole["rows"])
        return
    _tell(found, translator(shared.lang))


def _as_json(shared: Shared) -> Shared:
    from dataclasses import replace

    return replace(shared, form="json")


def _tell(found: Lineage, t: Translator) -> None:
    """The lineage in words."""
    from didymium.results import layer_notices

    for notice in layer_notices(found.dataset, t):
        click.echo(notice)
    where = ", ".join(f"{name}={value}" for name, value in found.keys.items())
    band = f" ({t.span(t.number(found.low), t.number(found.high))})" if found.low is not None else ""
    click.echo(f"{found.command} {found.table} {where}".replace("  ", " "))
    click.echo(f"{found.column} = {_value(found.value)}{band} {found.unit}".rstrip())
    click.echo("")
    _line(t("Formula"), found.formula_ja if t.lang == "ja" else found.formula)
    _line(t("Page"), f"docs/{found.page}")
    _line(t("Run"), f"{found.run_id}, {t('Dataset: {dataset}', dataset=str(found.dataset.get('id', ''))[:12])}")
    if found.scenario:
        _line(t("Scenario"), f"{found.scenario['id']}: {found.scenario['title']}")
    for one in found.certificates[:2]:
        kinds = [k for k in ("primal_residual", "dual_residual", "gap") if one.get(k) is not None]
        sizes = ", ".join(f"{k} {one[k]:.1e}" for k in kinds)
        _line(t("Solver"), f"{one.get('foresight', '')} {one['status']}: {sizes}")
    for run in found.runs:
        _line(t("Run"), run)
    roles: dict[str, list[Behind]] = {}
    for behind in found.rows:
        roles.setdefault(behind.role, []).append(behind)
    click.echo("")
    click.echo(t("Rests on {n} rows of the data:", n=t.count(len(found.rows))))
    for role, rows in roles.items():
        click.echo(f"  {t.term('role', role)} ({t.count(len(rows))})")
        for behind in rows[:NARRATED]:
            click.echo(f"    {_row(behind, t)}")
        if len(rows) > NARRATED:
            more = t("{n} more; all are in --json", n=t.count(len(rows) - NARRATED))
            click.echo(f"    … {more}")
    if found.assumptions:
        click.echo(t("Assumptions: {names}", names=", ".join(str(r["row_id"]) for r in found.assumptions)))
    for rule_row in found.rules:
        click.echo(t("Rule {rule}: {decision}", rule=str(rule_row["rule_id"]), decision=str(rule_row["decision"])))
    click.echo(t("Sources: {n}", n=t.count(len(found.sources))))


def _row(behind: Behind, t: Translator) -> str:
    """A row in one line: what it says, its source, the rule that touched it, its layer."""
    row = behind.row
    rule = t(", rule {rule}", rule=str(row["rule_id"])) if row.get("rule_id") else ""
    source = f" [{row['source_id']}]" if row.get("source_id") else ""
    layer = t(", layer {layer}", layer=str(row["layer"])) if row.get("layer") != "base" else ""
    amount = f": {_value(behind.value)} {behind.unit}".rstrip() if behind.value is not None else ""
    return f"{behind.row_id}{amount}{source}{rule}{layer}"


def _value(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _line(label: str, text: str) -> None:
    click.echo(f"  {label:10} {text}")
