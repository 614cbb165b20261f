"""Days of an answer as reminders for a calendar (iCalendar): what `commitments ical` and `measures ical` share."""

from __future__ import annotations

from collections.abc import Callable, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from didymium.cli.options import Shared, debug_option, lang_option
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.params import PARAMS

if TYPE_CHECKING:
    from didymium.results import Result

R = TypeVar("R")
_PATH = click.Path(path_type=Path, dir_okay=False)


def reminder_options(command: Callable[..., R]) -> Callable[..., R]:
    """The options of a command that writes reminders."""
    for option in (
        debug_option,
        click.option("-q", "--quiet", is_flag=True, help="No hints."),
        click.option(
            "--layer",
            "layers",
            type=click.Path(path_type=Path),
            multiple=True,
            metavar="PATH",
            help="As in all questions. Repeatable.",
        ),
        lang_option("Language of the titles; descriptions are in both."),
        click.option("-o", "--output", type=_PATH, required=True, metavar="FILE.ics", help="Where the calendar goes."),
    ):
        command = option(command)
    return command


def asked_options(command: click.Command) -> None:
    """Put the day and the parties of the question before the command's own options."""
    command.params[:0] = [PARAMS[name].option(name) for name in ("as_of", "parties")]


def remind(
    name: str,
    written: Callable[..., bytes],
    reminded: Callable[[Result], Sized],
    *,
    layers: tuple[Path, ...],
    lang: str,
    output: Path,
    quiet: bool,
    **asked: Any,
) -> None:
    """Ask a question and write what `written` makes of its answer; `reminded` are the rows that it tells of."""
    from didymium.cli.asking import handed_on
    from didymium.cli.output import into_place
    from didymium.cli.progress import progress_bar
    from didymium.i18n import translator
    from didymium.questions.answering import answer

    question = QUESTIONS[name]
    params = {param: PARAMS[param].kept_default() for param in question.params} | asked
    with progress_bar(question.command, quiet=True) as progress:
        result = answer(question, handed_on(Shared(layers=layers)), params, progress)
    into_place({output: written(result, lang=lang)})
    if not quiet:
        t = translator(lang)
        click.echo(t("{n} reminders in {path}", n=t.count(len(reminded(result))), path=str(output)))
