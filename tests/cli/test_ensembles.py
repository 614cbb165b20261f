"""What a stopped command keeps, and what is left when it is done."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from didymium.engine import run_ensemble
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.question import Question
from didymium.results import ChunkStore, Field, Result
from tests.cli.conftest import Didymium
from tests.cli.toy import ToyData

RAN: list[int] = []
FAILS_AT: list[int] = []

COUNTED = Question(
    command="exposure",
    study="tests.cli.test_ensembles:counted",
    help="A toy ensemble.",
    params=("seed", "workers", "executor", "cluster"),
    columns=("total",),
    then="didymium gaps",
    slow=True,
    is_ensemble=True,
)


@dataclass(frozen=True)
class Count:
    """Says its index, and counts how often it was asked."""

    def prepare(self) -> None:
        """Nothing to build."""

    def run(self, state: None, index: int) -> dict[str, NDArray[Any]]:
        """The index."""
        if index in FAILS_AT:
            raise KeyboardInterrupt
        RAN.append(index)
        return {"index": np.array(index)}


def counted(
    ds: ToyData,
    *,
    seed: int,
    workers: int,
    executor: str,
    progress: Callable[[int, int], None],
    cluster: str | None = None,
    keep: ChunkStore | None = None,
) -> Result:
    """The sum of the first indices."""
    kept = None if keep is None else keep.of(f"count {seed}", code="1")
    done = run_ensemble(Count(), range(12), executor=cluster or executor, workers=workers, keep=kept, progress=progress)
    return Result.of(
        "exposure",
        request={"seed": seed},
        dataset=ds.describe(),
        code_version="0.1.0",
        rows=[{"total": float(done.load("index").sum())}],
        fields=(Field("total", "", "Sum"),),
    )


@pytest.fixture(autouse=True)
def asked(toy: ToyData, monkeypatch: pytest.MonkeyPatch) -> None:
    """`didymium exposure` asks the counting study."""
    monkeypatch.setitem(QUESTIONS, "exposure", COUNTED)
    RAN.clear()
    FAILS_AT.clear()


def chunks(store: Path) -> list[str]:
    return sorted(path.name[:13] for path in store.rglob("*.chunk"))


def test_a_stopped_question_goes_on_and_leaves_no_chunk_behind(didymium: Didymium, own_store: Path) -> None:
    FAILS_AT.append(9)
    stopped = didymium("exposure", "--json", "--executor", "serial")
    assert stopped.code == 130 and json.loads(stopped.err)["error"] == "Stopped"
    assert chunks(own_store) == ["000000-000003", "000004-000007"]
    FAILS_AT.clear()
    RAN.clear()
    done = didymium("exposure", "--json", "--executor", "serial")
    assert done.code == 0 and done.json()["rows"] == [{"total": 66.0}]
    assert RAN == [8, 9, 10, 11] and chunks(own_store) == []


def test_the_run_does_not_remember_where_it_ran(didymium: Didymium, own_store: Path) -> None:
    """A repeat computes all again, here, with workers of the same kind."""
    run = didymium("exposure", "--json").json()["run_id"]
    (manifest,) = own_store.rglob("manifest.json")
    assert json.loads(manifest.read_text("utf-8"))["call"]["params"] == {
        "seed": 0,
        "workers": 2,
        "executor": "threads",
    }
    RAN.clear()
    assert didymium("runs", "repeat", run, "--json").json()["same"] is True
    assert sorted(RAN) == list(range(12))


def test_a_cluster_that_is_not_there_is_told_in_one_line(didymium: Didymium, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    monkeypatch.setattr("didymium.engine.crew._ANSWERS_WITHIN", 0.3)
    said = didymium("exposure", "--cluster", "tcp://127.0.0.1:9")
    assert said.code == 2 and said.err.startswith("cluster tcp://127.0.0.1:9: no Dask scheduler answers.")
