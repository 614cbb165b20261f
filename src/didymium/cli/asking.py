"""From a question on the command line to a kept answer: open the data, ask the study, keep the run, show the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from didymium.cli.options import Shared, shared_options, table_option
from didymium.cli.progress import progress_bar
from didymium.questions import answering
from didymium.questions.params import PARAMS
from didymium.questions.question import Question

if TYPE_CHECKING:
    from didymium.data import Dataset
    from didymium.results import Result, RunStore


def command_of(question: Question) -> click.Command:
    """The command that puts a question of the catalogue."""

    @table_option
    @shared_options
    def put(shared: Shared, table: str | None, fail_on: tuple[str, ...] = (), **params: Any) -> int:
        from didymium.cli.output import show_answer
        from didymium.results import PARTIAL

        words = params.pop("words", ())
        if words:
            params[question.given] = PARAMS[question.given].type.convert(",".join(words), None, None)
        result = asked(question, params, shared)
        show_answer(result, question, shared, table)
        failed = any(row[question.fails_on] in fail_on for row in result.rows if fail_on)
        return 1 if failed or result.status == PARTIAL else 0

    command = click.command(question.command.rpartition(" ")[2], help=question.help)(put)
    if question.fails_on:
        command.params.insert(0, _fail_on(question.fails_on))
    command.params = [PARAMS[name].option(name) for name in question.params] + command.params
    if question.given:
        command.params.insert(0, click.Argument(["words"], nargs=-1, metavar=f"[{question.given.upper()}]..."))
    return command


def _fail_on(column: str) -> click.Option:
    about = f"Exit with 1 if a row has this {column}. Repeatable."
    return click.Option(["--fail-on"], metavar=column.upper(), multiple=True, help=about)


def asked(question: Question, params: Mapping[str, Any], shared: Shared) -> Result:
    """The answer to a question, kept in the run store. If it is stopped, the same question goes on from there."""
    from didymium.results import ChunkStore

    store = opened_store(shared)
    ds = opened(shared)
    chunks = ChunkStore(shared.chunks)
    with progress_bar(question.command, quiet=shared.quiet) as progress:
        result = answering.answer(question, ds, params, progress, chunks=chunks)
    answering.keep(result, question, params, store=store, ds=ds, layers=shared.layers, redact=shared.redact)
    chunks.discard()
    return result


def opened_store(shared: Shared) -> RunStore:
    """The run store, tried before the work begins: an answer shall not be lost to a folder that cannot be written."""
    from didymium.results import RunStore

    store = RunStore(shared.runs)
    store.prepare()
    return store


def opened(shared: Shared) -> Dataset:
    """The data of a question: under the layers asked for, redacted if asked."""
    ds = answering.dataset(shared.layers)
    return ds.redacted() if shared.redact else ds


def handed_on(shared: Shared) -> Dataset:
    """The data of what is made to be handed on: confidential figures by class alone, unless they are asked for."""
    ds = answering.dataset(shared.layers)
    return ds if shared.include_confidential else ds.redacted()
