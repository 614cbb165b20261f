"""From a question on the command line to a kept answer: open the data, ask the study, keep the run, show the result."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didymium.cli.catalogue import Question
from didymium.cli.options import Shared, shared_options, table_option
from didymium.cli.params import PARAMS
from didymium.cli.progress import Progress, progress_bar
from didymium.errors import UnknownTerm

if TYPE_CHECKING:
    from didymium.data import Dataset
    from didymium.results import ChunkStore, Result, RunStore


_WHERE_IT_RUNS = ("cluster",)
"""Parameters that name a place and not a question: a run is repeated here, wherever it was made."""


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
        result = answer(question, ds, params, progress, chunks=chunks)
    keep(result, question, params, store=store, ds=ds, layers=shared.layers, redact=shared.redact)
    chunks.discard()
    return result


def opened_store(shared: Shared) -> RunStore:
    """The run store, tried before the work begins: an answer shall not be lost to a folder that cannot be written."""
    from didymium.results import RunStore

    store = RunStore(shared.runs)
    store.prepare()
    return store


def keep(
    result: Result,
    question: Question,
    params: Mapping[str, Any],
    *,
    store: RunStore,
    ds: Dataset,
    layers: tuple[Path, ...],
    redact: bool = False,
) -> None:
    """Keep an answer with all that is needed to ask again."""
    from didymium.results import Manifest

    call = {
        "command": question.command,
        "params": {name: value for name, value in params.items() if name not in _WHERE_IT_RUNS},
        "layers": [str(layer.absolute()) for layer in layers],
        **({"redact": True} if redact else {}),
    }
    created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    store.save(result, Manifest.of(result, call=call, tables=table_hashes(ds), created=created))


def dataset(layers: tuple[Path, ...]) -> Dataset:
    """The shipped data under the given layers, checked."""
    import didymium.data

    return didymium.data.open(layers)


def opened(shared: Shared) -> Dataset:
    """The data of a question: under the layers asked for, redacted if asked."""
    ds = dataset(shared.layers)
    return ds.redacted() if shared.redact else ds


def handed_on(shared: Shared) -> Dataset:
    """The data of what is made to be handed on: confidential figures by class alone, unless they are asked for."""
    ds = dataset(shared.layers)
    return ds if shared.include_confidential else ds.redacted()


def table_hashes(ds: Dataset) -> dict[str, str]:
    """The hash of each table after layers: which of them differ, when two datasets are not the same."""
    from didymium.data.dataset import content_id

    return {name: content_id({name: rows})[:16] for name, rows in ds.content.items()}


def answer(
    question: Question,
    ds: Dataset,
    params: Mapping[str, Any],
    progress: Progress,
    *,
    chunks: ChunkStore | None = None,
) -> Result:
    """Ask the study of a question. `params` are in their kept form; `chunks` keeps the parts that are finished.

    Raises UnknownTerm for a party that is no place: the study would find nothing there, and zero would look like an
    answer.
    """
    places = {str(row["place"]) for row in ds.rows("places")}
    everyone = question.may_ask_all and list(params.get("parties") or ()) == ["ALL"]
    for party in () if everyone else params.get("parties", ()):
        if party not in places:
            raise UnknownTerm("party", party, places, cure="List the places: didymium data table places.")
    module, _, function = question.study.partition(":")
    study = getattr(import_module(module), function)
    read = {name: PARAMS[name].read(params[name]) for name in question.params if params.get(name) is not None}
    if question.slow:
        read["progress"] = progress
    if question.is_ensemble and chunks is not None:
        read["keep"] = chunks
    result: Result = study(ds, **read)
    return result
