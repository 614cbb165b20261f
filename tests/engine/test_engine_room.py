from __future__ import annotations

import subprocess
import sys

import didymium.engine as engine


def test_importing_the_room_is_cheap():
    script = "import sys, didymium.engine; print([m for m in ('scipy', 'highspy', 'clarabel') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_public_names_are_sorted_and_documented():
    assert engine.__all__ == sorted(engine.__all__)
    assert all(getattr(engine, name).__doc__ for name in engine.__all__)
