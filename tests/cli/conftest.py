from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from didymium.cli import main
from didymium.questions import answering
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.question import Question
from tests.cli.toy import ToyData

TOY = Question(
    command="exposure",
    study="tests.cli.toy:exposure",
    help="A toy.",
    params=("as_of", "parties", "seed"),
    columns=("product", "year", "world_quantity", "top_country", "top_share"),
    then="didymium gaps",
    slow=True,
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left: exit code and both streams."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Didymium = Callable[..., Said]


@pytest.fixture
def didymium(capfdbinary: pytest.CaptureFixture[bytes]) -> Didymium:
    """Run a command in this process."""

    def run(*arguments: str | Path) -> Said:
        code = main([str(a) for a in arguments])
        out, err = capfdbinary.readouterr()
        return Said(code, out.decode("utf-8"), err.decode("utf-8"))

    return run


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> ToyData:
    """`didymium exposure` asks the toy study of the toy data."""
    data = ToyData()
    monkeypatch.setitem(QUESTIONS, "exposure", TOY)

    def opened(layers: Sequence[Path]) -> ToyData:
        return data

    monkeypatch.setattr(answering, "dataset", opened)
    return data
