"""The readers by the name that people type."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import cast

from didymium.errors import BadInput, UnknownTerm
from didymium.sources.figures import Dated, Origin, Reader
from didymium.sources.folder import documents, fingerprints
from didymium.sources.intake import Intake, take
from didymium.sources.mending import read_corrections
from didymium.sources.terms import Vocabulary, read_terms

MODULES = ("usgs_mcs", "usgs_myb", "bgs_wms", "wmd", "wgi", "iea_cm", "usitc_dataweb", "comtrade")
"""Modules of this room that read a publication."""


def readers() -> dict[str, tuple[Reader, Origin]]:
    """Every edition that can be imported, by importer name."""
    modules = (cast(Reader, import_module(f"didymium.sources.{name}")) for name in MODULES)
    return {origin.importer: (module, origin) for module in modules for origin in module.ORIGINS}


def import_file(importer: str, path: Path, vocabulary: Vocabulary, extra_terms: Iterable[Path] = ()) -> Intake:
    """Read, correct and translate a publisher's file. Raises BadInput with everything that is wrong with it."""
    known = readers()
    if importer not in known:
        raise UnknownTerm("importer", importer, [*known, "baci"], cure="List them: didymium data sources --importers")
    reader, origin = known[importer]
    if not path.exists():
        raise BadInput("no such file or folder.", where=path.name or str(path), cure=f"Expected {origin.layout}.")
    if isinstance(reader, Dated):
        origin = reader.edition(path, origin)
    terms = read_terms(origin.body, origin.terms, vocabulary, extra_terms)
    return take(reader.read(path, origin), origin, terms, read_corrections(importer))


def import_documents(
    importer: str, path: Path, vocabulary: Vocabulary, extra_terms: Iterable[Path] = ()
) -> tuple[Intake, dict[str, bytes]]:
    """The import and the files of its folder."""
    intake = import_file(importer, path, vocabulary, extra_terms)
    sources = (str(row["source_id"]) for row in vocabulary["sources"])
    return intake, documents(intake, fingerprints(path), sources)
