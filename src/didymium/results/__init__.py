"""Result tables with units, intervals and sources; the run store."""

from didymium.results.chunks import ChunkFolder, ChunkStore
from didymium.results.difference import first_difference
from didymium.results.manifest import Manifest
from didymium.results.notices import layer_notices
from didymium.results.result import COMPLETE, PARTIAL, Field, Result, Row, Value, canonical_json, run_id
from didymium.results.store import Entry, RunStore, default_store, result_bytes

__all__ = [
    "COMPLETE",
    "PARTIAL",
    "ChunkFolder",
    "ChunkStore",
    "Entry",
    "Field",
    "Manifest",
    "Result",
    "Row",
    "RunStore",
    "Value",
    "canonical_json",
    "default_store",
    "first_difference",
    "layer_notices",
    "result_bytes",
    "run_id",
]
