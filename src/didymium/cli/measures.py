"""`didymium measures`: the calendar of measures by itself, and the price floor as a question of its own."""

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
    commands={"floor": command_of(QUESTIONS["measures floor"])},
    params=_calendar.params,
    callback=_asked,
    help=_calendar.help,
    invoke_without_command=True,
)
