"""What a question is: the study that answers it, its parameters, and what people see of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Question:
    """A question that the command line can put.

    `study` is `module:function`, imported when the question is asked; it is called as `study(dataset, **params)` with
    the parameters named here (see `params.PARAMS`), plus `progress` if `slow`, and `keep` if it `is_ensemble` and its
    finished parts shall be kept. `columns` are those that a terminal
    shows; all of them are in `--json` and `--csv`. `words` says of which vocabulary a column's values are, where its
    name does not. `shows` picks the rows that a terminal shows, by column, where all would be too many. `then` is the
    command that a reader may want next. `fails_on` names the column whose values `--fail-on` may ask for. `proofs` is
    the module that assembles the programmes of a kept answer again (`answered`) and checks them (`checked`).
    `given` names the parameter whose words may stand as plain arguments; `may_ask_all`: ALL stands for every party,
    `may_ask_groups`: a party may be a group of places, such as EU27.
    `above` names further tables that a terminal shows over the rows, with their columns; a workbook then holds all
    tables. `aside` are the columns that a page of the app leaves to the page of a row first, where all are too wide.
    """

    command: str
    study: str
    help: str
    params: tuple[str, ...]
    columns: tuple[str, ...]
    then: str
    words: Mapping[str, str] = field(default_factory=dict)
    shows: Mapping[str, tuple[str | int, ...]] = field(default_factory=dict)
    fails_on: str = ""
    slow: bool = False
    is_ensemble: bool = False
    proofs: str = ""
    given: str = ""
    may_ask_all: bool = False
    may_ask_groups: bool = False
    above: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aside: tuple[str, ...] = ()
