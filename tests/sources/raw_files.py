"""Where the publishers' own files lie, if they lie anywhere: they are not part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def raw_file(*parts: str) -> Path:
    """A publisher's file; the test is skipped where it is absent."""
    named = os.environ.get("DIDYMIUM_SHARED")
    folders = [Path(named)] if named else [parent / "shared" for parent in Path(__file__).resolve().parents]
    for folder in folders:
        path = folder.joinpath("data", "raw", *parts)
        if path.exists():
            return path
    pytest.skip(f"the publisher's file {'/'.join(parts)} is not here; DIDYMIUM_SHARED may name its folder")
