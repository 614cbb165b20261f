from __future__ import annotations

import numpy as np
import pytest
from engine_networks import INF, network, programme
from scipy import sparse

from didymium.engine import Change, Entries, LinearProgramme, Triples, assemble, repeat, unrolled
from didymium.errors import BadInput


def small(**other):
    arrays = {
        "cost": [1.0, 2.0],
        "matrix": sparse.csc_array([[1.0, 1.0]]),
        "row_lower": [1.0],
        "row_upper": [INF],
        "col_lower": [0.0, 0.0],
        "col_upper": [4.0, INF],
    }
    return LinearProgramme(**(arrays | other))


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        ({"cost": [1.0, np.nan]}, "cost of column 1 is nan"),
        ({"cost": [INF, 1.0]}, "cost of column 0 is inf"),
        ({"row_lower": [np.nan]}, "lower bound of row 0 is nan"),
        ({"row_lower": [INF]}, "lower bound of row 0 is inf"),
        ({"col_upper": [-INF, 1.0]}, "upper bound of column 0 is -inf"),
        ({"col_upper": [1.0, 1e20]}, "upper bound of column 1 is 1e+20"),
        ({"col_lower": [5.0, 0.0]}, "column 0 has lower bound 5.0 above upper bound 4.0"),
        ({"row_lower": [3.0], "row_upper": [2.0]}, "row 0 has lower bound 3.0 above upper bound 2.0"),
        ({"matrix": sparse.csc_array([[1.0, np.nan]])}, "coefficient at row 0, column 1 is nan"),
        ({"matrix": sparse.csc_array([[-INF, 1.0]])}, "coefficient at row 0, column 0 is -inf"),
        ({"cost": [1.0]}, "cost has shape (1,), the matrix wants (2,)"),
        ({"row_upper": [1.0, 2.0]}, "row_upper has shape (2,), the matrix wants (1,)"),
        ({"matrix": np.ones(2)}, "matrix has 1 dimensions, not 2"),
        (
            {"cost": [], "matrix": np.empty((1, 0)), "col_lower": [], "col_upper": []},
            "there are no columns",
        ),
    ],
)
def test_malformed_programme_is_refused_with_its_place(other, fault):
    with pytest.raises(BadInput) as caught:
        small(**other)
    assert fault in str(caught.value)


def test_all_faults_are_listed():
    with pytest.raises(BadInput, match="and 2 more") as caught:
        small(cost=[np.nan, np.nan], col_lower=[9.0, 0.0])
    assert len(caught.value.faults) == 3


def test_repeated_entries_are_summed_and_zeros_dropped():
    given = sparse.coo_array(([1.0, 2.0, 5.0, -5.0], ([0, 0, 0, 0], [0, 0, 1, 1])), shape=(1, 2))
    lp = small(matrix=given)
    assert lp.nonzeros == 1
    assert lp.matrix.toarray().tolist() == [[3.0, 0.0]]
    explicit = sparse.csc_array((np.array([0.0, 1.0]), np.array([0, 0]), np.array([0, 1, 2])), shape=(1, 2))
    assert small(matrix=explicit).nonzeros == 1
    assert explicit.nnz == 2


def test_arrays_are_read_only_and_apart_from_the_callers():
    cost = np.array([1.0, 2.0])
    lp = small(cost=cost)
    cost[0] = np.nan
    assert lp.cost[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        lp.cost[0] = 3.0


def test_changed_leaves_the_original_and_shares_what_stays():
    lp = small()
    other = lp.changed(Change.of(col_upper=([0], [2.0]), cost=([1], 7.0)))
    assert (lp.col_upper[0], lp.cost[1]) == (4.0, 2.0)
    assert (other.col_upper[0], other.cost[1]) == (2.0, 7.0)
    assert other.matrix is lp.matrix
    assert other.row_lower is lp.row_lower
    assert lp.changed(Change()) is lp


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (Change.of(cost=([2], [1.0])), "cost has 2 places, none of them 2"),
        (Change.of(cost=([-1], [1.0])), "cost has 2 places, none of them -1"),
        (Change.of(col_upper=([0], [-1.0])), "column 0 has lower bound 0.0 above upper bound -1.0"),
        (Change.of(cost=([0], [np.nan])), "cost of column 0 is nan"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(change, fault):
    with pytest.raises(BadInput) as caught:
        small().changed(change)
    assert fault in str(caught.value)


def test_malformed_changes_are_refused():
    with pytest.raises(BadInput, match="sets one place twice"):
        Change.of(cost=([1, 1], [1.0, 2.0]))
    with pytest.raises(BadInput, match="3 places but values of shape"):
        Change.of(cost=([0, 1, 2], [1.0, 2.0]))
    with pytest.raises(BadInput, match="not integers"):
        Change.of(cost=([0.5], [1.0]))
    with pytest.raises(BadInput, match="rhs stands beside"):
        Change.of(rhs=([0], [1.0]), row_lower=([0], [1.0]))
    with pytest.raises(BadInput, match="level stands beside"):
        Change.of(level=([0], [1.0]), col_upper=([0], [1.0]))


def test_rhs_and_level_set_both_bounds():
    lp = small().changed(Change.of(rhs=([0], 3.0), level=([1], 2.0)))
    assert (lp.row_lower[0], lp.row_upper[0]) == (3.0, 3.0)
    assert (lp.col_lower[1], lp.col_upper[1]) == (2.0, 2.0)


def test_then_lets_the_later_change_hold():
    first = Change.of(cost=([0, 1], [5.0, 6.0]), col_upper=([0], [3.0]))
    both = first.then(Change.of(cost=([1], [9.0]), row_lower=([0], [2.0])))
    lp = small()
    assert lp.changed(both).cost.tolist() == [5.0, 9.0]
    assert both.columns().tolist() == [0]
    assert both.rows().tolist() == [0]
    stepwise = lp.changed(first).changed(Change.of(cost=([1], [9.0]), row_lower=([0], [2.0])))
    for name, _ in both.items():
        assert np.array_equal(getattr(lp.changed(both), name), getattr(stepwise, name))


def test_change_accepts_entries_and_scalars():
    change = Change(cost=Entries(np.array([1, 0]), np.array([3.0, 4.0])))
    assert small().changed(change).cost.tolist() == [4.0, 3.0]
    assert small().changed(Change.of(cost=(np.arange(2), 8.0))).cost.tolist() == [8.0, 8.0]


def test_repeat_and_assemble_equal_a_plain_loop():
    rng = np.random.default_rng(4)
    rows, columns, periods, entries = 4, 6, 5, 15
    pattern = Triples(rng.integers(rows, size=entries), rng.integers(columns, size=entries), rng.normal(size=entries))
    lag = rng.integers(0, 3, entries)
    values = rng.normal(size=(periods, entries))
    expected = np.zeros((rows * periods, columns * periods))
    for t in range(periods):
        for k in range(entries):
            if t >= lag[k]:
                expected[t * rows + pattern.row[k], (t - lag[k]) * columns + pattern.column[k]] += values[t, k]
    matrix = assemble([repeat(pattern, periods, rows=rows, columns=columns, lag=lag, values=values)], expected.shape)
    assert np.allclose(matrix.toarray(), expected, rtol=1e-15, atol=1e-15)
    assert matrix.has_canonical_format
    assert matrix.format == "csc"


@pytest.mark.parametrize("periods", [2, 3, 7])
def test_unrolling_two_periods_equals_writing_down_all(periods):
    """Entries of a period, entries that look back by one, and rows that stand once for all periods."""
    rng = np.random.default_rng(periods)
    rows, columns, once, entries = 4, 6, 2, 14
    pattern = Triples(rng.integers(rows, size=entries), rng.integers(columns, size=entries), rng.normal(size=entries))
    lag = rng.integers(0, 2, entries)

    def whole(count):
        at = np.arange(count)[:, None]
        total = Triples(
            np.broadcast_to(count * rows + np.arange(once), (count, once)).ravel(),
            (at * columns + np.array([1, 5])).ravel(),
            np.full(count * once, 2.0),
        )
        shape = (rows * count + once, columns * count)
        return assemble([repeat(pattern, count, rows=rows, columns=columns, lag=lag), total], shape)

    found, expected = unrolled(whole(2), periods, rows=rows, columns=columns), whole(periods)
    assert found.shape == expected.shape and found.has_canonical_format
    assert found.indptr.tolist() == expected.indptr.tolist()
    assert found.indices.tolist() == expected.indices.tolist()
    assert found.data.tobytes() == expected.data.tobytes()


def test_unrolling_refuses_another_shape():
    with pytest.raises(BadInput):
        unrolled(assemble([], (4, 6)), 5, rows=3, columns=3)
    with pytest.raises(BadInput):
        unrolled(assemble([], (4, 6)), 1, rows=2, columns=3)


def test_assemble_sums_blocks():
    here = Triples(np.array([0, 1]), np.array([0, 1]), np.array([1.0, 2.0]))
    over = Triples(np.array([1]), np.array([1]), np.array([-2.0]))
    matrix = assemble([here, over], (2, 2))
    assert matrix.toarray().tolist() == [[1.0, 0.0], [0.0, 0.0]]
    assert matrix.nnz == 1
    assert assemble([], (2, 3)).shape == (2, 3)


def test_assemble_and_repeat_refuse_what_falls_outside():
    entry = Triples(np.array([2]), np.array([0]), np.array([1.0]))
    with pytest.raises(BadInput, match="outside"):
        assemble([entry], (2, 2))
    with pytest.raises(BadInput, match="lag is negative"):
        repeat(entry, 2, rows=3, columns=1, lag=-1)


def test_wide_rows_tells_mixed_units():
    lp = programme([1, 1], [[1, 1e-8], [1, 1e-6]], [0, 0], [1, 1])
    assert lp.wide_rows().tolist() == [0]
    assert network().wide_rows().size == 0
