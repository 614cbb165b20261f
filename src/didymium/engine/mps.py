"""A programme as an MPS file, written by HiGHS, with names for its rows and columns: for a check by other programs.

MPS is the oldest and most widely read format of linear programmes. Numbers are written with 15 significant digits, so a
reader gets the programme to within 1e-15 relative, not to the byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from didymium.errors import BadInput, SolverFailed

if TYPE_CHECKING:
    from didymium.engine.programme import LinearProgramme

LONGEST_NAME = 255  # characters; what GLPK takes, the strictest of the readers in common use


def write_mps(lp: LinearProgramme, path: Path, rows: Sequence[str], columns: Sequence[str], *, name: str) -> None:
    """Write `lp` to `path`, in its own units and unscaled, with one name for each row and each column.

    Raises BadInput if names are missing, repeated, too long or hold spaces, and SolverFailed if HiGHS does not write.
    """
    import highspy

    for kind, names, size in (("row", rows, lp.rows), ("column", columns, lp.columns), ("programme", [name], 1)):
        _refuse_names(kind, names, size)
    model: Any = highspy.HighsLp()
    model.num_col_, model.num_row_ = lp.columns, lp.rows
    model.col_cost_, model.col_lower_, model.col_upper_ = lp.cost, lp.col_lower, lp.col_upper
    model.row_lower_, model.row_upper_ = lp.row_lower, lp.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = lp.matrix.indptr.astype(np.int32)
    model.a_matrix_.index_ = lp.matrix.indices.astype(np.int32)
    model.a_matrix_.value_ = lp.matrix.data
    model.row_names_, model.col_names_ = list(rows), list(columns)
    model.model_name_ = name
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    # Small coefficients are part of the programme here: nothing is to be dropped on the way through.
    highs.setOptionValue("small_matrix_value", 1e-12)
    for said, doing in (
        (highs.passModel(model), "taking the programme"),
        (highs.writeModel(str(path)), "writing the file"),
    ):
        if said != highspy.HighsStatus.kOk:
            raise SolverFailed(f"HiGHS answers {said.name} while {doing}.", where=str(path), cure="Check the folder.")


def _refuse_names(kind: str, names: Sequence[str], size: int) -> None:
    if len(names) != size:
        raise BadInput(f"{len(names)} names for {size} {kind}s", where="MPS file")
    if len(set(names)) != size:
        raise BadInput(f"a {kind} name stands twice", where="MPS file")
    for name in names:
        if not name or len(name) > LONGEST_NAME or any(c.isspace() for c in name):
            raise BadInput(
                f"{kind} name {name[:60]!r} is empty, has spaces or is longer than {LONGEST_NAME}", where="MPS file"
            )
