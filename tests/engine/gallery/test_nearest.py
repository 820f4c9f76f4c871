"""Nearest and farthest rows, against comparing all of them in the plainest way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from likeness.gallery.nearest import BLOCK, find_nearest, squared_lengths


def plainly(rows: NDArray[np.float32], query: NDArray[np.float32], farthest: bool) -> list[int]:
    """Return all rows by exact distance; equals by row."""
    wide, point = rows.astype(np.longdouble), query.astype(np.longdouble)
    squares = ((wide - point) ** 2).sum(axis=1)
    return sorted(range(len(rows)), key=lambda row: (-squares[row] if farthest else squares[row], row))


@pytest.mark.parametrize("farthest", [False, True])
def test_the_order_is_that_of_comparing_all_rows(farthest: bool) -> None:
    dice = np.random.default_rng(1)
    rows = dice.normal(0, 0.1, (BLOCK + 1000, 128)).astype(np.float32)
    query = dice.normal(0, 0.1, 128).astype(np.float32)
    found, apart = find_nearest(rows, squared_lengths(rows), query, 50, farthest=farthest)
    assert found.tolist() == plainly(rows, query, farthest)[:50]
    assert np.allclose(apart, np.linalg.norm(rows[found] - query, axis=1), rtol=1e-6)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    offset=st.sampled_from([0.0, 10.0, 1e4]),
    spread=st.sampled_from([1.0, 1e-3, 1e-6]),
    count=st.integers(1, 12),
    farthest=st.booleans(),
)
def test_rounding_never_hides_a_better_row(seed: int, offset: float, spread: float, count: int, farthest: bool) -> None:
    # Far from the origin and close together: float32 products tell these rows apart no more.
    dice = np.random.default_rng(seed)
    rows = (offset + spread * dice.normal(0, 1, (300, 128))).astype(np.float32)
    query = (offset + spread * dice.normal(0, 1, 128)).astype(np.float32)
    found, _ = find_nearest(rows, squared_lengths(rows), query, count, farthest=farthest)
    assert found.tolist() == plainly(rows, query, farthest)[:count]


def test_a_row_finds_itself_at_distance_nought() -> None:
    rows = np.random.default_rng(2).normal(0, 0.1, (2000, 128)).astype(np.float32)
    found, apart = find_nearest(rows, squared_lengths(rows), rows[1234], 1)
    assert (found.tolist(), apart.tolist()) == ([1234], [0.0])


def test_equals_come_by_row_and_rows_without_do_not_come() -> None:
    rows = np.ones((10, 128), np.float32)
    without = np.array([0, 3], np.int64)
    found, _ = find_nearest(rows, squared_lengths(rows), rows[0] * 2, 4, without=without)
    assert found.tolist() == [1, 2, 4, 5]
    found, _ = find_nearest(rows, squared_lengths(rows), rows[0] * 2, 99, farthest=True, without=without)
    assert found.tolist() == [1, 2, 4, 5, 6, 7, 8, 9]


def test_nothing_is_found_where_nothing_is() -> None:
    empty = np.empty((0, 128), np.float32)
    found, apart = find_nearest(empty, squared_lengths(empty), np.zeros(128, np.float32), 3)
    assert (len(found), len(apart)) == (0, 0)
