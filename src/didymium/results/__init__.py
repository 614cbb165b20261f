"""Result tables with units, intervals and sources; the run store."""

from didymium.results.result import Field, Result, Row, Value, canonical_json, run_id

__all__ = ["Field", "Result", "Row", "Value", "canonical_json", "run_id"]
