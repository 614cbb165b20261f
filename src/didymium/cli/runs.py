"""`didymium runs`: the answers that were kept, whether they are whole, and whether they come out the same again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didymium.cli.card import card
from didymium.cli.options import Group, Shared, shared_options, table_option
from didymium.cli.reviewing import comments, errata, review, sign, signs

if TYPE_CHECKING:
    from didymium.i18n import Translator
    from didymium.results import Manifest, RunStore


@click.group(cls=Group, no_args_is_help=False)
def runs() -> None:
    """List, show, verify, repeat, sign and export the answers that were kept."""


def _store(shared: Shared) -> RunStore:
    from didymium.results import RunStore

    return RunStore(shared.runs)


@runs.command(name="list")
@shared_options
def list_runs(shared: Shared) -> None:
    """List the kept runs, newest first."""
    from didymium.cli.output import show_table, write
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator

    store = _store(shared)
    entries = store.list()
    rows = [_listed(entry.manifest) for entry in entries if entry.manifest is not None]
    faults = [{"name": entry.name, "fault": entry.fault} for entry in entries if entry.fault]
    if shared.form is not None:
        write(shared, whole={"store": str(store.path), "rows": rows, "faults": faults}, rows=rows)
        return
    t = translator(shared.lang)
    columns = ("run_id", "command", "status", "created", "dataset_version", "dataset_id", "rows_bytes", "warnings")
    notes = [t("Not a sound run: {name} is {fault}", name=fault["name"], fault=fault["fault"]) for fault in faults]
    notes.append(t("Store: {path}", path=str(store.path)))
    then = f"didymium runs show {rows[0]['run_id']}" if rows else "didymium exposure"
    show_table(sheet(rows, columns, t) if rows else None, shared, notes=notes, then=then)


def _listed(manifest: Manifest) -> dict[str, Any]:
    return {
        "run_id": manifest.run_id,
        "command": manifest.call["command"],
        "status": manifest.status,
        "created": manifest.created,
        "dataset_version": manifest.dataset.get("version"),
        "dataset_id": str(manifest.dataset["id"])[:12],
        "seed": manifest.seed,
        "rows_bytes": manifest.result_bytes,
        "warnings": len(manifest.warnings),
    }


@runs.command()
@click.argument("run")
@table_option
@shared_options
def show(shared: Shared, run: str, table: str | None) -> None:
    """Show the answer and the manifest of RUN (the start of its id is enough)."""
    from didymium.cli.output import show_answer, write
    from didymium.errors import StoreError
    from didymium.questions.catalogue import QUESTIONS

    store = _store(shared)
    run_id = store.find(run)
    manifest, result = store.manifest(run_id), store.load(run_id)
    if shared.form == "json":
        write(shared, whole={"manifest": manifest.as_dict(), "result": result.as_dict()}, rows=())
        return
    question = QUESTIONS.get(manifest.call["command"])
    if question is None:
        raise StoreError(
            f"run {run_id} answers '{manifest.call['command']}', which this version does not know.",
            where=str(store.path),
            cure="Read it with --json.",
        )
    if shared.form is None and not shared.quiet:
        for name, text in _told(manifest):
            click.echo(f"{name:10} {text}")
        click.echo()
    show_answer(result, question, shared, table)


def _told(manifest: Manifest) -> list[tuple[str, str]]:
    """The manifest in a few lines."""
    params = ", ".join(f"{name}={_short(value)}" for name, value in manifest.call["params"].items())
    lines = [
        ("run", manifest.run_id),
        ("question", f"{manifest.call['command']} ({params})" if params else str(manifest.call["command"])),
        ("created", manifest.created),
        ("status", manifest.status),
        ("versions", ", ".join(f"{name} {version}" for name, version in manifest.versions.items())),
        ("layers", ", ".join(manifest.call["layers"]) or "–"),
        ("hash", manifest.result_sha256),
    ]
    states = sorted({str(row.get("status")) for row in manifest.solver})
    return [*lines, ("solver", f"{len(manifest.solver)} solves: {', '.join(states)}")] if states else lines


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("id", "…"))
    return ",".join(map(_short, value)) if isinstance(value, list) else str(value)


@runs.command()
@click.argument("run", nargs=-1)
@shared_options
def verify(shared: Shared, run: tuple[str, ...]) -> int:
    """Check kept runs: whole, bytes as in their manifests, solved programmes optimal. All of them, or those named.

    The programmes are assembled again from data and scenario, and residuals, gap and the numbers of the central case
    follow by plain sums from the kept arrays; no solver takes part. Exit code 1 if anything does not hold. Folders that
    a killed process left unfinished, or that gave way to a later run, are told and are no fault.
    """
    from didymium.cli.output import write
    from didymium.cli.proving import Proofs
    from didymium.i18n import translator
    from didymium.results.store import is_aside

    store = _store(shared)
    names = [store.find(prefix) for prefix in run] or [entry.name for entry in store.list()]
    rows = [{"name": name, "fault": store.verify(name) or None} for name in names]
    proofs = Proofs(store, shared)
    checked = [one for row in rows if row["fault"] is None for one in proofs.rows(str(row["name"]))]
    aside = [row for row in rows if is_aside(str(row["name"]))]
    bad = [row for row in rows if row["fault"] and row not in aside]
    fallen = [one for one in checked if one["holds"] is False]
    if shared.form is not None:
        write(shared, whole={"store": str(store.path), "rows": rows, "programmes": checked}, rows=rows)
        return 1 if bad or fallen else 0
    t = translator(shared.lang)
    for row in (*bad, *aside):
        click.echo(f"{row['name']}: {row['fault']}")
    for one in checked:
        click.echo(_judged(one, t))
    click.echo(
        t("{whole} of {all} runs are whole.", whole=len(rows) - len(bad) - len(aside), all=len(rows) - len(aside))
    )
    told = [one for one in checked if one["holds"] is not None]
    if told:
        click.echo(t("{held} of {all} checks of solved programmes hold.", held=len(told) - len(fallen), all=len(told)))
    return 1 if bad or fallen else 0


def _judged(one: dict[str, Any], t: Translator) -> str:
    """One line about one programme."""
    head = f"{one['name']} {one['programme']}".rstrip()
    if one["holds"] is None:
        return t("{name}: not checked here: {reason}", name=head, reason=one["fault"])
    if not one["holds"]:
        return t("{name}: does not hold: {reason}", name=head, reason=one["fault"])
    if "gap" not in one:
        return t("{name}: follow from the kept answers", name=head)
    sizes = {key: f"{one[key]:.1e}" for key in ("primal_residual", "dual_residual", "gap")}
    return t(
        "{name}: holds (primal residual {primal}, dual residual {dual}, gap {gap})",
        name=head,
        primal=sizes["primal_residual"],
        dual=sizes["dual_residual"],
        gap=sizes["gap"],
    )


@runs.command()
@click.argument("run")
@click.option(
    "--model",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    required=True,
    help="A new or empty folder for the programmes.",
)
@shared_options
def export(shared: Shared, run: str, folder: Path) -> None:
    """Write the solved programmes of RUN's central case, so that any other program can check them.

    For each programme an MPS file and its primal and dual solution as JSON, by name; a manifest with hashes; a README.
    A coordinated run is one programme, a myopic one has a programme for each month.
    """
    from didymium.cli.output import write
    from didymium.cli.proving import export as exported
    from didymium.i18n import translator

    store = _store(shared)
    t = translator(shared.lang)
    files = exported(store, store.find(run), folder, shared, t)
    if shared.form is not None:
        write(shared, whole={"folder": str(folder), "files": files}, rows=files)
        return
    for one in files:
        click.echo(f"{folder / one['file']}  {t.count(one['bytes'])} B")


@runs.command()
@click.argument("run")
@shared_options
def repeat(shared: Shared, run: str) -> int:
    """Compute RUN again from its manifest and compare the bytes.

    Exit code 0: the same bytes. 1: other bytes, with the first place where they part. 2: it cannot be repeated here,
    because the data or the version are not those of the run.
    """
    from didymium.cli.output import write
    from didymium.cli.repeating import repeated
    from didymium.i18n import translator

    store = _store(shared)
    verdict = repeated(store, store.find(run), shared)
    if shared.form is not None:
        write(shared, whole=verdict, rows=[verdict])
        return 0 if verdict["same"] else 1
    t = translator(shared.lang)
    if verdict["same"]:
        size = t.count(verdict["bytes"])
        click.echo(t("Same: run {run} gives the same {bytes} bytes again.", run=verdict["run_id"], bytes=size))
    else:
        place = verdict["first_difference"]
        click.echo(t("Different: run {run} gives other bytes. First: {place}", run=verdict["run_id"], place=place))
        for line in verdict["other_versions"]:
            click.echo(f"  {line}")
    return 0 if verdict["same"] else 1


for command in (card, sign, signs, errata, review, comments):
    runs.add_command(command)
