"""Every exception of Didymium, in one tree.

    DidymiumError            exit code 2: wrong use or bad input
    ├── UnknownTerm          a name that is in no vocabulary
    ├── BadInput             a file, row or cell that breaks its table's declaration
    ├── BadScenario          a scenario file that cannot be read or applied
    ├── StoreError           the run store cannot be read or written
    ├── NoAnswer             exit code 1: the question has no answer
    │   ├── Infeasible       the constraints contradict each other
    │   └── NotFound         nothing in the data matches the question
    └── SolverFailed         exit code 2: the solver stopped without a proof

A message says what is wrong, where, and what to do next, in one line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

LONG = 1000
"""Characters of a line beyond which its longest words are cut."""


def one_line(text: str) -> str:
    """The text in one line that no terminal obeys: what cannot be seen is written as \\uXXXX."""
    words = " ".join(text.split())
    if len(words) > LONG:
        words = re.sub(r"\S{200,}", lambda found: found[0][:60] + "…", words)
    return words if words.isprintable() else "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in words)


class DidymiumError(Exception):
    """Base of all errors that are shown to a user as one line.

    `what` names the fault, `where` the place (file, row, column), `cure` the next step.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", cure: str = "") -> None:
        self.what = what
        self.where = where
        self.cure = cure
        super().__init__(self.line())

    def line(self) -> str:
        """The message in one line: `where: what cure`."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return one_line(f"{head} {self.cure}" if self.cure else head)


class UnknownTerm(DidymiumError):
    """A word that is in no vocabulary; near names are suggested."""

    def __init__(self, kind: str, word: str, known: Iterable[str], *, where: str = "", cure: str = "") -> None:
        near = difflib.get_close_matches(word, list(known), n=3, cutoff=0.6)
        hint = f"Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
        super().__init__(f"{kind} {word!r} is not known.", where=where, cure=f"{hint} {cure}".strip())


class BadInput(DidymiumError):
    """Input that breaks its declaration. `faults` holds one line for each fault found."""

    def __init__(self, what: str, *, where: str = "", cure: str = "", faults: Iterable[str] = ()) -> None:
        super().__init__(what, where=where, cure=cure)
        self.faults: tuple[str, ...] = tuple(faults)


class BadScenario(DidymiumError):
    """A scenario that cannot be read, or names what the dataset does not hold."""


class StoreError(DidymiumError):
    """The run store cannot be read or written."""


class NoAnswer(DidymiumError):
    """The question is well put, and the answer is no."""

    exit_code = 1


class Infeasible(NoAnswer):
    """The constraints contradict each other; `conflicts` names them in the user's words."""

    def __init__(self, what: str, *, where: str = "", cure: str = "", conflicts: Iterable[str] = ()) -> None:
        super().__init__(what, where=where, cure=cure)
        self.conflicts: tuple[str, ...] = tuple(conflicts)


class NotFound(NoAnswer):
    """Nothing in the data matches the question."""


class SolverFailed(DidymiumError):
    """The solver stopped without a proven answer: time limit, numerical trouble, or a failed certificate."""
