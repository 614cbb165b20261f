"""A linear programme as plain arrays, sparse changes to it, and the assembly of its matrix from blocks.

    minimise  cost · x    subject to    row_lower ≤ matrix · x ≤ row_upper,    col_lower ≤ x ≤ col_upper

A scenario is a `Change`: new values at a few places of the cost and bound arrays. The matrix never changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from didymium.errors import BadInput

if TYPE_CHECKING:
    from scipy.sparse import csc_array

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# HiGHS takes 1e20 for infinity. A finite number of that size is a mistake of units, so it is refused.
TOO_LARGE = 1e20
# More faults than this in one message help nobody.
MOST_FAULTS = 20


def frozen(values: npt.ArrayLike) -> FloatArray:
    """`values` as a read-only float array; an array that is already read-only is shared, not copied."""
    if isinstance(values, np.ndarray) and values.dtype == np.float64 and not values.flags.writeable:
        return values
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


class Entries(NamedTuple):
    """New values at some places of an array."""

    place: IntArray
    value: FloatArray


NO_ENTRIES = Entries(np.empty(0, dtype=np.intp), np.empty(0))

Pair = tuple[npt.ArrayLike, npt.ArrayLike]


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Sparse new values for the costs and bounds of a programme. Absolute values, not differences."""

    cost: Entries = NO_ENTRIES
    row_lower: Entries = NO_ENTRIES
    row_upper: Entries = NO_ENTRIES
    col_lower: Entries = NO_ENTRIES
    col_upper: Entries = NO_ENTRIES

    def __post_init__(self) -> None:
        for name, entries in self.items():
            place = np.asarray(entries.place)
            if place.size and place.dtype.kind not in "iu":
                raise BadInput(f"the places of {name} are {place.dtype}, not integers", where="change")
            place = place.astype(np.intp, copy=False).reshape(-1)
            try:
                value = np.broadcast_to(np.asarray(entries.value, dtype=np.float64), place.shape)
            except ValueError:
                shape = np.shape(entries.value)
                raise BadInput(f"{name} has {place.size} places but values of shape {shape}", where="change") from None
            rising = bool(np.all(place[1:] > place[:-1]))
            if not rising and np.unique(place).size != place.size:
                raise BadInput(f"{name} sets one place twice", where="change", cure="Merge changes with then().")
            object.__setattr__(self, name, Entries(place, frozen(value)))

    @classmethod
    def of(
        cls,
        *,
        cost: Pair | None = None,
        row_lower: Pair | None = None,
        row_upper: Pair | None = None,
        rhs: Pair | None = None,
        col_lower: Pair | None = None,
        col_upper: Pair | None = None,
        level: Pair | None = None,
    ) -> Change:
        """A change from pairs (places, values); a single value serves all places.

        `rhs` sets both bounds of equality rows, `level` fixes columns at a value.
        """
        if rhs is not None and (row_lower is not None or row_upper is not None):
            raise BadInput("rhs stands beside row_lower or row_upper", where="change", cure="Give one or the other.")
        if level is not None and (col_lower is not None or col_upper is not None):
            raise BadInput("level stands beside col_lower or col_upper", where="change", cure="Give one or the other.")
        pairs = (
            cost,
            row_lower if rhs is None else rhs,
            row_upper if rhs is None else rhs,
            col_lower if level is None else level,
            col_upper if level is None else level,
        )
        return cls(*(NO_ENTRIES if p is None else Entries(np.asarray(p[0]), np.asarray(p[1])) for p in pairs))

    def items(self) -> Iterator[tuple[str, Entries]]:
        """Name of each array of the programme, with its new values."""
        yield "cost", self.cost
        yield "row_lower", self.row_lower
        yield "row_upper", self.row_upper
        yield "col_lower", self.col_lower
        yield "col_upper", self.col_upper

    def rows(self) -> IntArray:
        """Rows whose bounds change, in order."""
        return np.union1d(self.row_lower.place, self.row_upper.place)

    def columns(self) -> IntArray:
        """Columns whose bounds change, in order."""
        return np.union1d(self.col_lower.place, self.col_upper.place)

    def then(self, later: Change) -> Change:
        """Both changes in one; where both set a place, the later one holds."""
        merged = {}
        for (name, first), (_, second) in zip(self.items(), later.items(), strict=True):
            keep = ~np.isin(first.place, second.place)
            merged[name] = Entries(
                np.concatenate([first.place[keep], second.place]), np.concatenate([first.value[keep], second.value])
            )
        return Change(**merged)


@dataclass(frozen=True, slots=True, eq=False)
class LinearProgramme:
    """min cost·x with row_lower ≤ matrix·x ≤ row_upper and col_lower ≤ x ≤ col_upper.

    `matrix` (rows, columns) is sparse by column; repeated entries are summed and zeros dropped. It is shared, not
    copied, and must not be written to. Bounds may be infinite; costs and coefficients may not. The arrays are
    read-only.
    """

    cost: FloatArray
    matrix: csc_array
    row_lower: FloatArray
    row_upper: FloatArray
    col_lower: FloatArray
    col_upper: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix", _canonical(self.matrix))
        for name in ("cost", "row_lower", "row_upper", "col_lower", "col_upper"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        faults = _faults(self)
        if faults:
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            raise BadInput(faults[0] + more, where="linear programme", faults=faults)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.row_lower.size)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return int(self.cost.size)

    @property
    def nonzeros(self) -> int:
        """Number of coefficients."""
        return int(self.matrix.nnz)

    def changed(self, change: Change) -> LinearProgramme:
        """The programme with `change` applied; this one stays as it is. Arrays that do not change are shared."""
        arrays: dict[str, Any] = {}
        for name, (place, value) in change.items():
            if not place.size:
                continue
            array = getattr(self, name).copy()
            if place.min() < 0 or place.max() >= array.size:
                wrong = int(place[(place < 0) | (place >= array.size)][0])
                raise BadInput(f"{name} has {array.size} places, none of them {wrong}", where="change")
            array[place] = value
            array.flags.writeable = False
            arrays[name] = array
        return replace(self, **arrays) if arrays else self

    def wide_rows(self, spread: float = 1e7) -> IntArray:
        """Rows whose largest and smallest coefficient differ by more than `spread`: a sign of mixed units.

        They are solved all the same as long as scaling can mend them, but an analyst should look at them.
        """
        low, high = _row_extremes(self.matrix)
        return np.flatnonzero(high > spread * low)


def _row_extremes(matrix: csc_array) -> tuple[FloatArray, FloatArray]:
    size = np.abs(matrix.data)
    low = np.full(matrix.shape[0], np.inf)
    high = np.zeros(matrix.shape[0])
    np.minimum.at(low, matrix.indices, size)
    np.maximum.at(high, matrix.indices, size)
    return low, high


def _canonical(matrix: Any) -> csc_array:
    from scipy import sparse

    if not sparse.issparse(matrix) and np.ndim(matrix) != 2:
        raise BadInput(f"matrix has {np.ndim(matrix)} dimensions, not 2", where="linear programme")
    ready = isinstance(matrix, sparse.csc_array) and matrix.dtype == np.float64
    columnwise = matrix if ready else sparse.csc_array(matrix, dtype=np.float64)
    if not columnwise.has_canonical_format:
        columnwise = columnwise.copy()
        columnwise.sum_duplicates()
    if np.count_nonzero(columnwise.data) != columnwise.nnz:
        columnwise = columnwise.copy()
        columnwise.eliminate_zeros()
    return columnwise


def _faults(lp: LinearProgramme) -> list[str]:
    rows, columns = lp.matrix.shape
    shapes = {"cost": columns, "col_lower": columns, "col_upper": columns, "row_lower": rows, "row_upper": rows}
    faults = [
        f"{name} has shape {getattr(lp, name).shape}, the matrix wants ({size},)"
        for name, size in shapes.items()
        if getattr(lp, name).shape != (size,)
    ]
    if columns == 0:
        faults.append("there are no columns")
    if faults:
        return faults

    if _is_sound(lp):
        return faults

    def report(bad: npt.NDArray[np.bool_], text: str, *values: FloatArray) -> None:
        faults.extend(text.format(i, *(v[i] for v in values)) for i in np.flatnonzero(bad)[:MOST_FAULTS])

    report(~(np.abs(lp.cost) < TOO_LARGE), "cost of column {} is {}", lp.cost)
    for kind, lower, upper in (("row", lp.row_lower, lp.row_upper), ("column", lp.col_lower, lp.col_upper)):
        for side, bound, never in (("lower", lower, np.inf), ("upper", upper, -np.inf)):
            wrong = np.isnan(bound) | (bound == never) | (np.isfinite(bound) & (np.abs(bound) >= TOO_LARGE))
            report(wrong, f"{side} bound of {kind} {{}} is {{}}", bound)
        report(lower > upper, f"{kind} {{}} has lower bound {{}} above upper bound {{}}", lower, upper)
    bad = np.flatnonzero(~(np.abs(lp.matrix.data) < TOO_LARGE))[:MOST_FAULTS]
    column_of = np.searchsorted(lp.matrix.indptr, bad, side="right") - 1
    for k, j in zip(bad, column_of, strict=True):
        faults.append(f"coefficient at row {lp.matrix.indices[k]}, column {j} is {lp.matrix.data[k]}")
    return faults


def _is_sound(lp: LinearProgramme) -> bool:
    """Whether there is no fault, at little cost: of scenarios by the thousand hardly one has any."""

    def small(values: FloatArray) -> bool:  # never true of a NaN
        return not values.size or bool(values.max() < TOO_LARGE and values.min() > -TOO_LARGE)

    def bounds(lower: FloatArray, upper: FloatArray) -> bool:
        low, high = lower[np.isfinite(lower)], upper[np.isfinite(upper)]
        ordered = (lower <= upper) & (lower < np.inf) & (upper > -np.inf)
        return bool(ordered.all()) and small(low) and small(high)

    costs = small(lp.cost) and small(lp.matrix.data)
    return costs and bounds(lp.row_lower, lp.row_upper) and bounds(lp.col_lower, lp.col_upper)


class Triples(NamedTuple):
    """Entries of a matrix: row, column and coefficient, one array each."""

    row: IntArray
    column: IntArray
    value: FloatArray


def repeat(
    pattern: Triples,
    periods: int,
    *,
    rows: int,
    columns: int,
    lag: npt.ArrayLike = 0,
    values: FloatArray | None = None,
) -> Triples:
    """The pattern of one period, placed in every period.

    The block of period t starts at row t·`rows`; its entries look at the columns of period t − `lag` (one lag, or one
    for each entry), and entries that would look before the first period are left out. `values` (periods, entries)
    replaces the pattern's coefficients where these differ by period.
    """
    period = np.arange(periods, dtype=np.intp)[:, None]
    seen = period - np.broadcast_to(np.asarray(lag, dtype=np.intp), np.shape(pattern.row))
    if np.any(seen > period):
        raise BadInput("a lag is negative", where="repeat", cure="Entries may look back in time only.")
    inside = seen >= 0
    row = np.asarray(pattern.row, dtype=np.intp) + period * rows
    column = np.asarray(pattern.column, dtype=np.intp) + seen * columns
    value = np.broadcast_to(pattern.value if values is None else values, inside.shape)
    if inside.all():
        return Triples(row.ravel(), column.ravel(), np.ascontiguousarray(value, dtype=np.float64).ravel())
    return Triples(row[inside], column[inside], np.asarray(value, dtype=np.float64)[inside])


def assemble(blocks: Iterable[Triples], shape: tuple[int, int]) -> csc_array:
    """One sparse matrix (by column, rows in order) from blocks of entries; entries at the same place are summed."""
    from scipy import sparse

    parts = list(blocks)
    row = np.concatenate([np.empty(0, np.intp), *(p.row for p in parts)])
    column = np.concatenate([np.empty(0, np.intp), *(p.column for p in parts)])
    value = np.concatenate([np.empty(0), *(p.value for p in parts)])
    for kind, index, size in (("row", row, shape[0]), ("column", column, shape[1])):
        if index.size and (index.min() < 0 or index.max() >= size):
            raise BadInput(f"{kind} {index.min()}..{index.max()} is outside 0..{size - 1}", where="assemble")
    matrix = sparse.coo_array((value, (row, column)), shape=shape).tocsc()
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def unrolled(two: csc_array, periods: int, *, rows: int, columns: int) -> csc_array:
    """The matrix of many periods from that of the first two, if all periods are alike and none looks back beyond one.

    `rows` and `columns` are those of one period; rows after those of the two periods stand once for all periods. The
    parts of the result are written once, where they stay.
    """
    from scipy import sparse

    once = two.shape[0] - 2 * rows
    if periods < 2 or once < 0 or two.shape[1] != 2 * columns:
        raise BadInput(f"{two.shape} is not the shape of two periods of {periods}.", where="unrolled")
    split = int(two.indptr[columns])
    data = np.empty(split * (periods - 2) + two.nnz)
    indices = np.empty(data.size, dtype=np.int32)
    early = np.asarray(two.indices[:split], dtype=np.int32)
    moves = np.where(early < 2 * rows, 1, 0).astype(np.int32) * np.int32(rows)
    early += np.where(early < 2 * rows, 0, (periods - 2) * rows).astype(np.int32)
    for period in range(periods - 1):
        here = slice(period * split, (period + 1) * split)
        indices[here] = early
        data[here] = two.data[:split]
        early += moves
    indices[(periods - 1) * split :] = two.indices[split:] + (periods - 2) * rows
    data[(periods - 1) * split :] = two.data[split:]
    counts = np.diff(two.indptr)
    ends = np.cumsum(np.concatenate([np.tile(counts[:columns], periods - 1), counts[columns:]]))
    start = np.concatenate([[0], ends]).astype(np.int32)
    return sparse.csc_array((data, indices, start), shape=(rows * periods + once, columns * periods))
