"""`didymium runs sign | signs | errata | review | comments`: what people say of kept answers, and whether it holds."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didymium.cli.options import Shared, shared_options

if TYPE_CHECKING:
    from didymium.results import Manifest, RunStore

ROLES = ("commissioner", "analyst", "assurer", "approver")


@click.command()
@click.argument("run")
@click.option("--as", "role", type=click.Choice(ROLES), required=True, help="In which role.")
@click.option("--by", "name", metavar="NAME", required=True, help="Who signs.")
@click.option("--note", default="", metavar="TEXT", help="What was checked, and what was not.")
@shared_options
def sign(shared: Shared, run: str, role: str, name: str, note: str) -> None:
    """Sign RUN off by name. It binds to the bytes of the answer, its data and the program, and lapses with them.

    The run must be whole, complete, and of the data and the program that are here. A name is what its owner types:
    whoever needs more than that signs the record itself with the tools of the house.
    """
    from didymium.cli.output import write
    from didymium.errors import StoreError
    from didymium.i18n import translator
    from didymium.results import PARTIAL, audit

    store = _store(shared)
    run_id = store.find(run)
    where = str(store.path / run_id)
    if fault := store.verify(run_id):
        raise StoreError(f"the kept run is {fault}.", where=where, cure="Ask the question again.")
    manifest = store.manifest(run_id)
    if manifest.status == PARTIAL:
        raise StoreError("the run is partial.", where=where, cure="Ask again without --time-limit, then sign.")
    said = {**audit.bound(manifest), "role": role, "name": name.strip(), "note": note}
    if not said["name"]:
        raise click.UsageError("--by is empty: a sign-off has a name.")
    if reasons := audit.lapsed(said, manifest, _data_id(manifest, store, shared)):
        raise StoreError(f"a sign-off would not hold: {'; '.join(reasons)}.", where=where, cure="Ask again, then sign.")
    entry = audit.add(shared.record, audit.SIGN, said, at=_now())
    if shared.form is not None:
        write(shared, whole={"number": entry.number, "at": entry.at, **said}, rows=[{"number": entry.number, **said}])
        return
    t = translator(shared.lang)
    click.echo(t("Signed: run {run}, entry {number} of the record.", run=run_id, number=entry.number))


@click.command()
@click.argument("run", required=False)
@shared_options
def signs(shared: Shared, run: str | None) -> int:
    """List sign-offs, and whether each still holds. Exit code 1 if one has lapsed."""
    from didymium.cli.output import show_table, write
    from didymium.cli.sheet import sheet
    from didymium.errors import DidymiumError
    from didymium.i18n import translator
    from didymium.results import audit

    store = _store(shared)
    wanted = store.find(run) if run else None
    rows: list[dict[str, Any]] = []
    for entry in audit.entries(shared.record):
        said = entry.said
        if entry.kind != audit.SIGN or wanted not in (None, said["run_id"]):
            continue
        try:
            manifest: Manifest | None = store.manifest(str(said["run_id"]))
        except DidymiumError:
            manifest = None
        dataset = _data_id(manifest, store, shared) if manifest else None
        reasons = audit.lapsed(said, manifest, dataset)
        told = {name: said[name] for name in ("run_id", "command", "role", "name", "note")}
        rows.append({"number": entry.number, "at": entry.at, **told, "holds": not reasons, "lapsed_because": reasons})
    bad = sum(not row["holds"] for row in rows)
    flat = [{**row, "lapsed_because": "; ".join(row["lapsed_because"])} for row in rows]
    if shared.form is not None:
        write(shared, whole={"command": "runs signs", "rows": rows}, rows=flat)
        return 1 if bad else 0
    t = translator(shared.lang)
    for row, one in zip(flat, rows, strict=True):
        row["lapsed_because"] = t.list([t.fact(reason) for reason in one["lapsed_because"]])
    notes = [t("{held} of {all} sign-offs hold.", held=len(rows) - bad, all=len(rows))]
    columns = ("run_id", "command", "role", "name", "at", "holds", "lapsed_because", "note")
    table = sheet(flat, columns, t, {"role": "signing_role"}) if rows else None
    show_table(table, shared, notes=notes, then="didymium runs sign RUN --as analyst --by NAME")
    return 1 if bad else 0


@click.command()
@click.option("--add", "text", metavar="TEXT", help="Record an erratum: what was wrong, and what is right.")
@click.option("--command", "commands", multiple=True, metavar="COMMAND", help="It touches this command. Repeatable.")
@click.option("--source", "source_ids", multiple=True, metavar="ID", help="It touches this source. Repeatable.")
@click.option("--assumption", "assumptions", multiple=True, metavar="ID", help="It touches this input. Repeatable.")
@click.option("--before", "before_version", default="", metavar="VERSION", help="Only runs of earlier versions.")
@shared_options
def errata(
    shared: Shared,
    text: str | None,
    commands: tuple[str, ...],
    source_ids: tuple[str, ...],
    assumptions: tuple[str, ...],
    before_version: str,
) -> int:
    """List errata and the kept runs that each affects; with --add record one first. Exit code 1 if any is affected.

    A run is affected if it meets all that the erratum names: command, a source, an assumption, an earlier version.
    """
    from didymium.cli.output import show_table, write
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator
    from didymium.results import audit

    named: dict[str, Any] = {
        "commands": list(commands),
        "source_ids": list(source_ids),
        "assumptions": list(assumptions),
        "before_version": before_version,
    }
    if text is not None:
        if not any(named.values()):
            raise click.UsageError("--add needs what it touches: --command, --source, --assumption or --before.")
        audit.add(shared.record, audit.ERRATUM, {"text": text, **named}, at=_now())
    elif any(named.values()):
        raise click.UsageError("--command, --source, --assumption and --before go with --add.")
    store = _store(shared)
    kept = [(one.manifest, _used(store, one.name)) for one in store.list() if one.manifest is not None]
    rows = []
    for entry in audit.entries(shared.record):
        if entry.kind == audit.ERRATUM:
            hit = [manifest.run_id for manifest, used in kept if audit.affected(entry.said, manifest, used)]
            rows.append({"number": entry.number, "at": entry.at, **entry.said, "run_ids": hit})
    flat = [{k: ";".join(v) if isinstance(v, list) else v for k, v in row.items()} for row in rows]
    found = any(row["run_ids"] for row in rows)
    if shared.form is not None:
        write(shared, whole={"command": "runs errata", "rows": rows}, rows=flat)
        return 1 if found else 0
    t = translator(shared.lang)
    columns = ("number", "at", "text", "commands", "source_ids", "assumptions", "before_version", "run_ids")
    notes = [t("Affected runs keep their bytes: ask again for an answer without the error.")] if found else []
    show_table(sheet(flat, columns, t) if rows else None, shared, notes=notes, then="didymium runs list")
    return 1 if found else 0


@click.command()
@click.argument("run")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@shared_options
def review(shared: Shared, run: str, file: Path) -> None:
    """Write RUN as a package FILE (.zip) for reviewers outside, with a sheet for their comments.

    In it: answer and manifest as they are kept, tables as CSV, the sources and assumptions that it names, its
    credibility card, the checks of its solved programmes, and comments.csv, which `runs comments` takes back. A run
    made with confidential rows is packed only with --include-confidential.
    """
    from didymium.cli.output import into_place
    from didymium.cli.packing import package
    from didymium.i18n import translator

    if file.suffix.lower() != ".zip":
        raise click.UsageError(f"{file.name}: name the package .zip.")
    store = _store(shared)
    run_id = store.find(run)
    body, names = package(store, run_id, shared)
    into_place({file: body})
    t = translator(shared.lang)
    if not shared.quiet:
        click.echo(t("{file}: run {run}, {n} files.", file=str(file), run=run_id, n=t.count(len(names))))
        click.echo(t("Next: {command}", command=f"didymium runs comments {run_id} --from comments.csv"))


@click.command()
@click.argument("run")
@click.option(
    "--from",
    "sheets",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A filled comments.csv, or a package that holds one. Repeatable.",
)
@shared_options
def comments(shared: Shared, run: str, sheets: tuple[Path, ...]) -> None:
    """List the comments of reviewers on RUN with their state and our reply; with --from take in a filled sheet first.

    A comment that comes again with another state or reply replaces the earlier in the list; the record keeps both.
    """
    from didymium.cli.output import show_table, write
    from didymium.cli.packing import sheet_text
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator
    from didymium.results import audit

    store = _store(shared)
    run_id = store.find(run)
    manifest = store.manifest(run_id)
    for path in sheets:
        known = _comments(shared, run_id)
        for cells in audit.comments_in(sheet_text(path), path.name, manifest):
            if known.get((cells["reviewer"], cells["comment_id"]), {}).get("cells") != cells:
                audit.add(shared.record, audit.COMMENT, {**audit.bound(manifest), "cells": cells}, at=_now())
    current = manifest.result_sha256
    rows = [
        {"at": said["at"], **said["cells"], "of_these_bytes": said["result_sha256"] == current}
        for said in _comments(shared, run_id).values()
    ]
    if shared.form is not None:
        write(shared, whole={"command": "runs comments", "run_id": run_id, "rows": rows}, rows=rows)
        return
    t = translator(shared.lang)
    count = sum(row["state"] == audit.STATES[0] for row in rows)
    columns = ("comment_id", "reviewer", "about", "comment", "state", "reply", "of_these_bytes")
    table = sheet(rows, columns, t, {"state": "comment_state"}) if rows else None
    notes = [t("{open} of {all} comments are open.", open=count, all=len(rows))]
    show_table(table, shared, notes=notes, then=f"didymium runs review {run_id} FILE.zip")


def _comments(shared: Shared, run_id: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The last word on each comment of a run, by reviewer and number."""
    from didymium.results import audit

    found: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in audit.entries(shared.record):
        if entry.kind == audit.COMMENT and entry.said["run_id"] == run_id:
            cells = entry.said["cells"]
            found[cells["reviewer"], cells["comment_id"]] = {"at": entry.at, **entry.said}
    return found


def _store(shared: Shared) -> RunStore:
    from didymium.results import RunStore

    return RunStore(shared.runs)


def _used(store: RunStore, run_id: str) -> Mapping[str, Sequence[str]]:
    result = store.load(run_id)
    return {"source_ids": list(result.source_ids), "assumptions": list(result.assumptions)}


def _data_id(manifest: Manifest, store: RunStore, shared: Shared) -> str | None:
    """The id of the data at hand under the layers of a run; None if they are others, or not there."""
    from didymium.cli.repeating import data_of
    from didymium.errors import DidymiumError

    try:
        return data_of(manifest, str(store.path / manifest.run_id), shared).id
    except DidymiumError:
        return None


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
