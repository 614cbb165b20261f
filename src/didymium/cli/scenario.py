"""`didymium scenario`: the scenarios that come with Didymium, and the form of a scenario file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from didymium.cli.options import Group, Shared, shared_options

if TYPE_CHECKING:
    from didymium.i18n import Translator
    from didymium.scenario.scenario import Scenario


@click.group(cls=Group)
def scenario() -> None:
    """List and show scenarios, and the schema of a scenario file."""


@scenario.command(name="list")
@shared_options
def list_scenarios(shared: Shared) -> None:
    """List the scenarios that come with Didymium."""
    from didymium.cli.output import show_table, write
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator
    from didymium.scenario.scenario import library

    found = library()
    if shared.form is not None:
        rows = [_row(one) for one in found.values()]
        write(shared, whole={"rows": rows}, rows=rows)
        return
    t = translator(shared.lang)
    table = sheet([_row(one) | {"title": _title(one, t)} for one in found.values()], _SHOWN, t)
    show_table(table, shared, then=f"didymium scenario show {next(iter(found))}")


_SHOWN = ("id", "title", "start", "months", "leaves", "likelihood")


def _row(one: Scenario) -> dict[str, str | int]:
    from didymium.scenario.tree import leaves

    fields = ("id", "title", "title_ja", "summary", "likelihood", "start", "months")
    return {name: getattr(one, name) for name in fields} | {"leaves": len(leaves(one))}


def _title(one: Scenario, t: Translator) -> str:
    return one.title_ja if t.lang == "ja" else one.title


@scenario.command()
@click.argument("name", metavar="FILE|ID")
@shared_options
def show(shared: Shared, name: str) -> None:
    """Show one scenario: its cuts, outages and branches, and the measures that it follows."""
    from didymium.cli.output import show_table, write
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator
    from didymium.scenario.scenario import load

    one = load(name)
    whole = one.model_dump(mode="json")
    rows = list(_parts(whole, ""))
    if shared.form is not None:
        write(shared, whole=whole, rows=rows)
        return
    t = translator(shared.lang)
    click.echo(f"{one.id}: {_title(one, t)}")
    if one.summary:
        click.echo(t.fact(one.summary))
    about = t(
        "From {start}, {months} months. Likelihood: {words}.", start=one.start, months=one.months, words=one.likelihood
    )
    click.echo(about)
    for row in rows:
        row["title"] = row.get("title_ja" if t.lang == "ja" else "title")
    used = [column for column in _PARTS if any(row.get(column) not in (None, "", []) for row in rows)]
    notes = [t("Follows: {measures}", measures=", ".join(one.based_on))] if one.based_on else []
    show_table(sheet(rows, used, t) if rows else None, shared, notes=notes, then=f"didymium stress --scenario {name}")


_PARTS = (
    "branch",
    "kind",
    "title",
    "probability",
    "probability_low",
    "probability_high",
    "place",
    "origin",
    "importers",
    "products",
    "stage",
    "start",
    "end",
    "ends",
    "approval_share",
    "availability",
)


def _parts(whole: dict[str, Any], branch: str) -> Iterator[dict[str, Any]]:
    """Cuts, outages and branches as rows, each with the path of the branch that it belongs to."""
    for cut in whole["cuts"]:
        yield {"branch": branch, "kind": "cut", "place": cut["exporter"], **cut}
    for outage in whole["outages"]:
        yield {"branch": branch, "kind": "outage", **outage}
    for one in whole["branches"]:
        path = f"{branch}/{one['id']}" if branch else one["id"]
        about = {name: value for name, value in one.items() if name not in ("cuts", "outages", "branches", "id")}
        yield {"branch": path, "kind": "branch", **about}
        yield from _parts(one, path)


@scenario.command()
@shared_options
def schema(shared: Shared) -> None:
    """Print the JSON Schema of a scenario file."""
    from dataclasses import replace

    from didymium.cli.output import write
    from didymium.scenario.scenario import json_schema

    write(replace(shared, form="json"), whole=json_schema(), rows=())
