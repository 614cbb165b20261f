"""Excerpts in the publishers' own formats, the vocabulary that ships, and the raw files where they lie."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from didymium.data.package import base_tables
from didymium.sources.intake import Intake
from didymium.sources.register import import_file

ABSENT = "the raw files are not beside the repository; set DIDYMIUM_SHARED to the folder that holds data/raw"


def raw_folder() -> Path | None:
    """The folder of raw files: DIDYMIUM_SHARED, or `shared` beside the repository or above it."""
    named = os.environ.get("DIDYMIUM_SHARED")
    above = [parent / "shared" for parent in Path(__file__).resolve().parents[2:5]]
    for folder in [Path(named)] if named else above:
        if (folder / "data" / "raw").is_dir():
            return folder / "data" / "raw"
    return None


@pytest.fixture(scope="session")
def raw() -> Path:
    """The raw files, or a skipped test."""
    found = raw_folder()
    if found is None:
        pytest.skip(ABSENT)
    return found


@pytest.fixture(scope="session")
def vocabulary() -> Mapping[str, Iterable[Mapping[str, Any]]]:
    """Places, products, stages, units, mass bases and sources that ship."""
    return {name: parsed.rows for name, parsed in base_tables().items()}


class Excerpts:
    """Writes small files as a publisher would, and imports them."""

    def __init__(self, folder: Path, vocabulary: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
        self.folder = folder
        self.vocabulary = vocabulary

    def write(self, name: str, text: str | bytes, encoding: str = "utf-8") -> Path:
        """A file of the text in an encoding, or of the bytes."""
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    def take(self, importer: str, path: Path, *, terms: Iterable[Path] = ()) -> Intake:
        """The import of a file."""
        return import_file(importer, path, self.vocabulary, terms)


@pytest.fixture
def excerpts(tmp_path: Path, vocabulary: Mapping[str, Iterable[Mapping[str, Any]]]) -> Excerpts:
    return Excerpts(tmp_path, vocabulary)
