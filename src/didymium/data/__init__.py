"""The facts: shipped tables, layers over them, and the lineage of every number."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from didymium.data.dataset import Dataset
from didymium.data.layers import open_layers


def open(layers: Sequence[str | Path] = ()) -> Dataset:
    """The shipped tables with the given layers over them, checked.

    A layer is a folder of CSV files named after tables, in the same schema; a later layer overrides by key.
    Raises BadInput, with one line for each fault in `.faults`, when a layer breaks the schema.
    """
    return open_layers([Path(layer) for layer in layers])


__all__ = ["Dataset", "open"]
