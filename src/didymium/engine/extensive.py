"""All cases of a two-stage programme in one large programme: the measure for every other way of solving it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from didymium.engine.programme import FloatArray, LinearProgramme, Triples, assemble
from didymium.engine.twostage import Case, FirstStage

if TYPE_CHECKING:
    from scipy.sparse import csc_array


def extensive_form(
    first: FirstStage,
    recourse: LinearProgramme,
    cases: Sequence[Case],
    *,
    risk: float,
    alpha: float,
    lower: FloatArray,
    upper: FloatArray,
) -> LinearProgramme:
    """One programme: columns x, then those of each case, then, with risk, η and the excess over η of each case.

    A column whose bound a choice raises has that bound as a row.
    """
    own, theirs = _triples(first.matrix), _triples(recourse.matrix)
    blocks = [own]
    cost, col_lower, col_upper = [first.cost], [lower], [upper]
    row_lower, row_upper = [first.row_lower], [first.row_upper]
    width, n = recourse.columns, first.choices
    eta = n + width * len(cases)
    rows = first.row_lower.size
    for number, case in enumerate(cases):
        lp = recourse.changed(case.change)
        at = n + number * width
        blocks.append(Triples(theirs.row + rows, theirs.column + at, theirs.value))
        link = case.links.row_bound
        blocks.append(Triples(link.row + rows, link.column, -link.value))
        row_lower.append(lp.row_lower)
        row_upper.append(lp.row_upper)
        rows += lp.rows

        link = case.links.column_upper
        place, inverse = np.unique(link.row, return_inverse=True)
        blocks.append(Triples(rows + np.arange(place.size), place + at, np.ones(place.size)))
        blocks.append(Triples(rows + inverse, link.column, -link.value))
        row_lower.append(np.full(place.size, -np.inf))
        row_upper.append(lp.col_upper[place])
        rows += place.size
        high = lp.col_upper.copy()
        high[place] = np.inf

        if risk > 0:
            paid = np.flatnonzero(lp.cost)
            blocks.append(Triples(np.full(paid.size, rows), paid + at, -lp.cost[paid]))
            blocks.append(Triples(np.array([rows, rows]), np.array([eta, eta + 1 + number]), np.ones(2)))
            row_lower.append(np.zeros(1))
            row_upper.append(np.full(1, np.inf))
            rows += 1
        cost.append((1 - risk) * case.probability * lp.cost)
        col_lower.append(lp.col_lower)
        col_upper.append(high)
    if risk > 0:
        shares = np.array([case.probability for case in cases])
        cost.append(np.concatenate([[risk], risk * shares / (1 - alpha)]))
        col_lower.append(np.concatenate([[-np.inf], np.zeros(len(cases))]))
        col_upper.append(np.full(1 + len(cases), np.inf))
    columns = eta + (1 + len(cases) if risk > 0 else 0)
    return LinearProgramme(
        np.concatenate(cost),
        assemble(blocks, (rows, columns)),
        np.concatenate(row_lower),
        np.concatenate(row_upper),
        np.concatenate(col_lower),
        np.concatenate(col_upper),
    )


def _triples(matrix: csc_array) -> Triples:
    entries = matrix.tocoo()
    return Triples(entries.row.astype(np.intp), entries.col.astype(np.intp), entries.data)
