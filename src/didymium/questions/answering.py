"""From a question to a kept answer: open the data, ask the study, keep the run."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didymium.errors import UnknownTerm
from didymium.questions.params import PARAMS
from didymium.questions.question import Question

if TYPE_CHECKING:
    from didymium.data import Dataset
    from didymium.results import ChunkStore, Result, RunStore

Progress = Callable[[int, int], None]

_WHERE_IT_RUNS = ("cluster",)
"""Parameters that name a place and not a question: a run is repeated here, wherever it was made."""


def dataset(layers: tuple[Path, ...]) -> Dataset:
    """The shipped data under the given layers, checked."""
    import didymium.data

    return didymium.data.open(layers)


def table_hashes(ds: Dataset) -> dict[str, str]:
    """The hash of each table after layers: which of them differ, when two datasets are not the same."""
    from didymium.data.dataset import content_id

    return {name: content_id({name: rows})[:16] for name, rows in ds.content.items()}


def know_parties(question: Question, ds: Dataset, params: Mapping[str, Any]) -> None:
    """Raises UnknownTerm for a party that is no place, nor a group of places where a question takes these."""
    places = {str(row["place"]) for row in ds.rows("places")}
    if question.may_ask_groups:
        places |= {group for row in ds.rows("places") for group in str(row["groups"] or "").split(";") if group}
    everyone = question.may_ask_all and list(params.get("parties") or ()) == ["ALL"]
    for party in () if everyone else params.get("parties", ()):
        if party not in places:
            raise UnknownTerm("party", party, places, cure="List the places: didymium data table places.")


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
    know_parties(question, ds, params)
    module, _, function = question.study.partition(":")
    study = getattr(import_module(module), function)
    read = {name: PARAMS[name].read(params[name]) for name in question.params if params.get(name) is not None}
    if question.slow:
        read["progress"] = progress
    if question.is_ensemble and chunks is not None:
        read["keep"] = chunks
    result: Result = study(ds, **read)
    return result


def keep(
    result: Result,
    question: Question,
    params: Mapping[str, Any],
    *,
    store: RunStore,
    ds: Dataset,
    layers: tuple[Path, ...],
    redact: bool = False,
    tables: Mapping[str, str] | None = None,
) -> None:
    """Keep an answer with all that is needed to ask again. `tables`: the hashes of the tables, if known already."""
    from didymium.results import Manifest

    call = {
        "command": question.command,
        "params": {name: value for name, value in params.items() if name not in _WHERE_IT_RUNS},
        "layers": [str(layer.absolute()) for layer in layers],
        **({"redact": True} if redact else {}),
    }
    created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    store.save(result, Manifest.of(result, call=call, tables=tables or table_hashes(ds), created=created))
