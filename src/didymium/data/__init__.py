"""The facts: shipped tables, layers over them, and the lineage of every number."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from didymium.data.dataset import Dataset
from didymium.data.explain import Explanation
from didymium.data.layers import check_path, open_layers
from didymium.schema.faults import Fault


def open(layers: Sequence[str | Path] = ()) -> Dataset:
    """The shipped tables with the given layers over them, checked.

    A layer is a folder of CSV files named after tables, a workbook with a sheet for each, or one such file, in the same
    schema; a later layer overrides by key. Raises BadInput, with one line for each fault in `.faults`, when a layer
    breaks the schema.
    """
    return open_layers([Path(layer) for layer in layers])


def check(path: str | Path, *, table: str | None = None) -> list[Fault]:
    """All faults of a folder of tables, a workbook, a CSV or JSON rows, judged over the shipped tables.

    `table` names the table where the file name does not. An empty list means that the layer can be used.
    """
    return check_path(Path(path), table=table)


__all__ = ["Dataset", "Explanation", "Fault", "check", "open"]
