"""A script that runs a slow ensemble with a chunk store, for tests that stop it: FOLDER MARKS EXECUTOR SECONDS."""

from __future__ import annotations

import sys
from pathlib import Path

from ensemble_works import Slow

from didymium.engine import run_ensemble
from didymium.results import ChunkStore


def main() -> None:
    folder, marks, executor, seconds = sys.argv[1:]
    keep = ChunkStore(Path(folder)).of("slow", code="test")
    run_ensemble(
        Slow(Path(marks), float(seconds)),
        range(40),
        executor=executor,
        workers=2,
        keep=keep,
        progress=lambda done, of: print(done, of, flush=True),  # noqa: T201 - the parent reads it
    )


if __name__ == "__main__":
    main()
