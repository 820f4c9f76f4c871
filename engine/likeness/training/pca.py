"""Principal components of many pictures, and the even and odd halves of mirrored ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Components:
    """A mean and its principal components.

    Attributes:
        mean: `[size]`.
        basis: `[n, size]`, orthonormal rows, by falling variance.
        spread: `[n]`, the standard deviation along each.
    """

    mean: Matrix
    basis: Matrix
    spread: Matrix

    def project(self, rows: Matrix) -> Matrix:
        """Return coordinates `[batch, n]` of `rows` `[batch, size]`, not divided by the spread."""
        return np.asarray((rows - self.mean) @ self.basis.T, np.float32)

    def draw(self, scores: Matrix) -> Matrix:
        """Return rows `[batch, size]` from coordinates `[batch, n]`."""
        return np.asarray(scores @ self.basis + self.mean, np.float32)


def principal_components(
    rows: Matrix, count: int, *, weights: Matrix | None = None, centred: bool = False, seed: int = 0
) -> Components:
    """Return the leading components by a randomised range finder [Halko et al. 2011, alg. 4.4].

    Args:
        rows: `[n, size]`.
        count: components wanted; fewer come when `rows` has not that many.
        weights: `[n]`, how much each row counts; equal when left out.
        centred: take the rows' mean as zero, as for the odd half of mirrored pictures.
        seed: of the random start; the same seed gives the same components.
    """
    n = len(rows)
    share = np.full(n, 1 / n, np.float32) if weights is None else weights / weights.sum()
    share = share.astype(np.float32)
    mean = np.zeros(rows.shape[1], np.float32) if centred else share @ rows
    root = np.sqrt(share)[:, None]
    count = max(1, min(count, n - 1, rows.shape[1]))
    probes = min(count + 12, n)

    def onto_rows(block: Matrix) -> Matrix:
        """Return the weighted, centred rows times `block` `[size, k]`, without a centred copy."""
        return root * (rows @ block - mean @ block)

    def onto_columns(block: Matrix) -> Matrix:
        """Return the transpose of the same matrix times `block` `[n, k]`."""
        weighed = root * block
        return rows.T @ weighed - np.outer(mean, weighed.sum(0))

    noise = np.random.default_rng(seed).standard_normal((n, probes)).astype(np.float32)
    span = np.linalg.qr(noise)[0]
    for _ in range(3):  # three power rounds: the spectrum of faces falls slowly
        span = np.linalg.qr(onto_columns(span))[0]
        span = np.linalg.qr(onto_rows(span))[0]
    small = onto_columns(span).T
    _, values, basis = np.linalg.svd(small, full_matrices=False)
    return Components(mean, basis[:count].copy(), values[:count].astype(np.float32))


def split_mirror(images: Matrix, odd_channels: tuple[int, ...] = ()) -> tuple[Matrix, Matrix]:
    """Return the left halves of the even and the odd part of pictures under mirroring.

    Taking every picture together with its mirror image makes each principal component either
    even or odd [Sirovich & Kirby 1990, "Application of the Karhunen-Loeve procedure"], so both
    kinds are found and stored on half the width, and mirroring a face flips the odd signs.

    Args:
        images: `[n, height, width, channels]`, width even.
        odd_channels: channels that change sign in a mirror (the x of a field).

    Returns:
        Even and odd, each `[n, height * (width // 2) * channels]`.
    """
    half = images.shape[2] // 2
    left = images[:, :, :half]
    right = images[:, :, half:][:, :, ::-1].copy()
    for channel in odd_channels:
        right[..., channel] *= -1
    return _rows((left + right) / 2), _rows((left - right) / 2)


def _rows(pictures: npt.NDArray[np.floating]) -> Matrix:
    return np.asarray(pictures.reshape(len(pictures), -1), np.float32)


def join_mirror(even: Matrix, odd: Matrix, shape: tuple[int, int, int], odd_channels: tuple[int, ...] = ()) -> Matrix:
    """Return pictures `[n, *shape]` from the halves that `split_mirror` returned."""
    height, width, channels = shape
    half = (len(even), height, width // 2, channels)
    left = (even + odd).reshape(half)
    right = (even - odd).reshape(half)[:, :, ::-1].copy()
    for channel in odd_channels:
        right[..., channel] *= -1
    return np.concatenate([left, right], axis=2)
