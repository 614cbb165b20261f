"""`didymium measures`: the calendar by itself; branches, entities and price floor as questions of their own."""

from __future__ import annotations

from typing import Any

import click

from didymium.cli.asking import command_of
from didymium.cli.catalogue import QUESTIONS

_calendar = command_of(QUESTIONS["measures"])


@click.pass_context
def _asked(ctx: click.Context, /, **values: Any) -> Any:
    return None if ctx.invoked_subcommand else ctx.invoke(_calendar, **values)


measures = click.Group(
    "measures",
    commands={name: command_of(QUESTIONS[f"measures {name}"]) for name in ("branches", "entities", "floor")},
    params=_calendar.params,
    callback=_asked,
    help=_calendar.help,
    invoke_without_command=True,
)
