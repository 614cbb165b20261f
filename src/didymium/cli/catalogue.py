"""Which command asks which study, with which parameters: the one place where a question is declared.

To wire a new question, add a `Question` here. The command line, its reference page and `didymium runs repeat` follow.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """A question that the command line can put.

    `study` is `module:function`, imported when the question is asked; it is called as `study(dataset, **params)` with
    the parameters named here (see `params.PARAMS`), plus `progress` if `slow`. `columns` are those that a terminal
    shows; all of them are in `--json` and `--csv`. `then` is the command that a reader may want next.
    """

    command: str
    study: str
    help: str
    params: tuple[str, ...]
    columns: tuple[str, ...]
    then: str
    slow: bool = False


_QUESTIONS: tuple[Question, ...] = ()

QUESTIONS: dict[str, Question] = {question.command: question for question in _QUESTIONS}
