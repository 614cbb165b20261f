"""`didymium plan`: the plan by itself; what-if and difference of plans, and the pack of a meeting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didymium.cli import asking
from didymium.cli.asking import command_of
from didymium.cli.options import Group, Shared, shared_options
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.params import PARAMS

if TYPE_CHECKING:
    from didymium.results import Result

FILES = ("plan-pack.html", "plan-pack.pdf", "plan-pack.xlsx")
_plan = command_of(QUESTIONS["plan"])


@click.pass_context
def _asked(ctx: click.Context, /, **values: Any) -> Any:
    return None if ctx.invoked_subcommand else ctx.invoke(_plan, **values)


def kept(name: str, shared: Shared) -> Result:
    """A plan from a file that --json wrote, or from the run store by the start of its id.

    Raises BadInput if it is no answer to `didymium plan` or one of its commands.
    """
    from didymium.errors import BadInput
    from didymium.questions.params import read_plan
    from didymium.results import Result, RunStore

    if Path(name).exists():
        found = Result.from_dict(read_plan(Path(name)))
    else:
        store = RunStore(shared.runs)
        found = store.load(store.find(name))
    if "choices" not in found.tables:
        raise BadInput(f"{name} answers '{found.command}' and is no plan.", where=name, cure="Make one: didymium plan.")
    return found


@click.command(name="diff")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@shared_options
def difference(shared: Shared, first: str, second: str) -> int:
    """What plan B does that plan A does not, and the other way round. A and B: files of --json, or run ids."""
    from didymium.cli.output import show_table, write
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator
    from didymium.studies.plan_again import changes

    one, other = kept(first, shared), kept(second, shared)
    rows = changes(one.tables["choices"], other.tables["choices"])
    asked = [
        {"parameter": name, "before": one.request.get(name), "after": other.request.get(name)}
        for name in sorted({*one.request, *other.request})
        if one.request.get(name) != other.request.get(name)
    ]
    if one.dataset["id"] != other.dataset["id"]:
        asked.append({"parameter": "dataset", "before": one.dataset["id"], "after": other.dataset["id"]})
    if shared.form is not None:
        whole = {"command": "plan diff", "runs": [one.run_id, other.run_id], "rows": rows, "asked": asked}
        write(shared, whole=whole, rows=rows)
        return 1 if rows else 0
    t = translator(shared.lang)
    notes = [
        t("{name}: {before} → {after}", name=str(r["parameter"]), before=str(r["before"]), after=str(r["after"]))
        for r in asked
    ]
    notes = notes or [t("Both were asked the same of the same data.")]
    columns = tuple(rows[0]) if rows else ()
    show_table(sheet(rows, columns, t, QUESTIONS["plan"].words) if rows else None, shared, notes=notes)
    return 1 if rows else 0


@click.command()
@click.argument("run", metavar="PLAN")
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    default=Path(),
    help=f"Folder for {', '.join(FILES)}. Default: here.",
)
@shared_options
def pack(shared: Shared, run: str, folder: Path, as_of: str) -> None:
    """Write the pack of a meeting from PLAN, a file of --json or a run id: shortlist, budgets, a page a project."""
    from didymium.brief import build_pack, render_html, render_pdf, render_xlsx
    from didymium.cli.output import console, into_place
    from didymium.errors import BadInput
    from didymium.i18n import translator
    from didymium.questions.words import heading

    found = kept(run, shared)
    if found.command != "plan":
        raise BadInput(f"{run} answers '{found.command}'.", where=run, cure="A pack is made of: didymium plan.")
    t = translator(shared.lang)
    made = build_pack(
        found, dataset=asking.handed_on(shared), as_of=as_of, heading=lambda name: heading(name, t), lang=shared.lang
    )
    bodies = (render_html(made).encode("utf-8"), render_pdf(made), render_xlsx(made))
    into_place({folder / name: body for name, body in zip(FILES, bodies, strict=True)}, folder=folder)
    out = console()
    for name, body in zip(FILES, bodies, strict=True):
        out.print(f"{folder / name}  {len(body) / 1e6:.1f} MB", soft_wrap=True)


pack.params = [PARAMS["as_of"].option("as_of"), *(p for p in pack.params if p.name != "output")]
plan = Group(
    "plan",
    commands={"diff": difference, "pack": pack, "whatif": command_of(QUESTIONS["plan whatif"])},
    params=_plan.params,
    callback=_asked,
    help=_plan.help,
    invoke_without_command=True,
)
