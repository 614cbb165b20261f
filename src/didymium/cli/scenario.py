"""`didymium scenario`: the scenarios that come with Didymium, and the form of a scenario file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from didymium.cli.options import Shared, shared_options

if TYPE_CHECKING:
    from didymium.i18n import Translator
    from didymium.scenario.scenario import Scenario


@click.group()
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


_SHOWN = ("id", "title", "start", "months", "likelihood")


def _row(one: Scenario) -> dict[str, str | int]:
    fields = ("id", "title", "title_ja", "summary", "likelihood", "start", "months")
    return {name: getattr(one, name) for name in fields}


def _title(one: Scenario, t: Translator) -> str:
    return one.title_ja if t.lang == "ja" else one.title


@scenario.command()
@click.argument("name", metavar="FILE|ID")
@shared_options
def show(shared: Shared, name: str) -> None:
    """Show one scenario: its cuts and outages, and the measures that it follows."""
    from didymium.cli.output import show_table, write
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator
    from didymium.scenario.scenario import load

    one = load(name)
    whole = one.model_dump(mode="json")
    cuts = [{"kind": "cut", "place": cut["exporter"], **cut} for cut in whole["cuts"]]
    rows = [*cuts, *({"kind": "outage", **outage} for outage in whole["outages"])]
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
    columns = ("kind", "place", "importers", "products", "stage", "start", "end", "approval_share", "availability")
    used = [column for column in columns if any(row.get(column) not in (None, "") for row in rows)]
    notes = [t("Follows: {measures}", measures=", ".join(one.based_on))] if one.based_on else []
    show_table(sheet(rows, used, t) if rows else None, shared, notes=notes, then=f"didymium stress --scenario {name}")


@scenario.command()
@shared_options
def schema(shared: Shared) -> None:
    """Print the JSON Schema of a scenario file."""
    from dataclasses import replace

    from didymium.cli.output import write
    from didymium.scenario.scenario import json_schema

    write(replace(shared, form="json"), whole=json_schema(), rows=())
