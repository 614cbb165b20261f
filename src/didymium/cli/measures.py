"""`didymium measures`: the calendar by itself and as reminders; branches, entities and price floor beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from didymium.cli.asking import command_of
from didymium.cli.options import Shared, debug_option
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.params import PARAMS

_PATH = click.Path(path_type=Path, dir_okay=False)

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


@measures.command(name="ical")
@click.option("-o", "--output", type=_PATH, required=True, metavar="FILE.ics", help="Where the calendar goes.")
@click.option(
    "--lang",
    type=click.Choice(["en", "ja"]),
    default="en",
    show_default=True,
    envvar="DIDYMIUM_LANG",
    help="Language of the titles; descriptions are in both.",
)
@click.option(
    "--layer",
    "layers",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="PATH",
    help="As in all questions. Repeatable.",
)
@click.option("-q", "--quiet", is_flag=True, help="No hints.")
@debug_option
def ical(as_of: str, parties: list[str], output: Path, lang: str, layers: tuple[Path, ...], quiet: bool) -> None:
    """Write the days on which measures lapse, end or begin as reminders (iCalendar), 30 and 7 days ahead."""
    from didymium.brief.reminders import changing, measures_calendar_bytes
    from didymium.cli.asking import handed_on
    from didymium.cli.output import into_place
    from didymium.cli.progress import progress_bar
    from didymium.i18n import translator
    from didymium.questions.answering import answer

    question = QUESTIONS["measures"]
    ds = handed_on(Shared(layers=layers))
    params = {name: PARAMS[name].kept_default() for name in question.params} | {"as_of": as_of, "parties": parties}
    with progress_bar(question.command, quiet=True) as progress:
        result = answer(question, ds, params, progress)
    into_place({output: measures_calendar_bytes(result, lang=lang)})
    if not quiet:
        t = translator(lang)
        click.echo(t("{n} reminders in {path}", n=t.count(len(changing(result))), path=str(output)))


ical.params[:0] = [PARAMS[name].option(name) for name in ("as_of", "parties")]
