"""`didymium measures`: the calendar by itself and as reminders; branches, entities and price floor beside it."""

from __future__ import annotations

from typing import Any

import click

from didymium.cli.asking import command_of
from didymium.cli.options import Group
from didymium.cli.reminding import asked_options, remind, reminder_options
from didymium.questions.catalogue import QUESTIONS

_calendar = command_of(QUESTIONS["measures"])


@click.pass_context
def _asked(ctx: click.Context, /, **values: Any) -> Any:
    return None if ctx.invoked_subcommand else ctx.invoke(_calendar, **values)


measures = Group(
    "measures",
    commands={name: command_of(QUESTIONS[f"measures {name}"]) for name in ("branches", "entities", "floor")},
    params=_calendar.params,
    callback=_asked,
    help=_calendar.help,
    invoke_without_command=True,
)


@measures.command(name="ical")
@reminder_options
def ical(**values: Any) -> None:
    """Write the days on which measures lapse, end or begin as reminders (iCalendar), 30 and 7 days ahead."""
    from didymium.brief.reminders import changing, measures_calendar_bytes

    remind("measures", measures_calendar_bytes, changing, **values)


asked_options(ical)
