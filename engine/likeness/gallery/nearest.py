"""The nearest and the farthest rows of a matrix, exactly."""

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]

# So many rows at a time are widened to float64: 17 MB of 128 numbers each.
BLOCK = 16384
# Half the distance from 1 to the next float32: what one rounding may cost [Higham 2002, sec. 2.1].
UNIT = 2.0**-24


def squared_lengths(rows: Rows) -> NDArray[np.float32]:
    """Return the squared length of each row, `[n]`, rounded once."""
    lengths = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK].astype(np.float64)
        lengths[start : start + BLOCK] = np.einsum("ij,ij->i", block, block)
    return lengths


def find_nearest(
    rows: Rows,
    lengths: NDArray[np.float32],
    query: Rows,
    count: int,
    *,
    farthest: bool = False,
    without: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the `count` rows nearest to `query`, best first, and their Euclidean distances; equals by row.

    A first pass of one float32 product per row, |x|² - 2 x·q, leaves those that may be among the best for all that
    rounding can have done to it; they alone are compared in float64. The result is that of comparing all of them.

    Args:
        rows: `[n, dim]`.
        lengths: of `squared_lengths`.
        query: `[dim]`.
        count: how many, at least 1; fewer come back where there are fewer.
        farthest: the most distant ones instead, the most distant first.
        without: rows that do not take part.
    """
    # Reading the rows is what takes the time. BLAS gained nothing on one thread, and its second one, waiting for a busy
    # neighbour, spun so that a query of a million rows took 333 ms of processor time in place of 28.
    scores = np.einsum("ij,j->i", rows, query)
    scores *= np.float32(-2)
    scores += lengths
    if farthest:
        np.negative(scores, out=scores)
    if without is not None:
        scores[without] = np.inf
    count = min(count, len(rows) - (0 if without is None else len(without)))
    if count <= 0:
        return np.empty(0, np.int64), np.empty(0)
    last = float(np.partition(scores, count - 1)[count - 1])
    dim, reach = rows.shape[1], float(np.sqrt(lengths.max())) + float(np.linalg.norm(query))
    # A product of `dim` terms is off by at most dim·u·|x||q|, in whatever order it is summed [Higham 2002, eq. 3.5];
    # eight more units cover the three roundings around it, with |x||q| and |x|² both below (|x| + |q|)².
    slack = (dim + 8) * UNIT * reach * reach
    limit = np.nextafter(np.float32(last + 2 * slack), np.float32(np.inf))
    candidates = np.flatnonzero(scores <= limit)
    apart = np.empty(len(candidates))
    for start in range(0, len(candidates), BLOCK):
        block = rows[candidates[start : start + BLOCK]].astype(np.float64)
        apart[start : start + BLOCK] = np.linalg.norm(block - query, axis=1)
    order = np.lexsort((candidates, -apart if farthest else apart))[:count]
    return candidates[order], apart[order]
