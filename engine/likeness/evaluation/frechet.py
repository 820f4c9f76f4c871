"""The Frechet distance of two sets of features, each modelled as a Gaussian."""

import torch
from torch import Tensor

from likeness.errors import LikenessError


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Return the squared Frechet distance of the Gaussians fitted to two sets [Heusel et al. 2017, eq. 6].

    [Dowson & Landau 1982]: |mean a - mean b|^2 + tr(A + B - 2 (A B)^(1/2)), with A and B the covariances.
    It shrinks as the sets grow: compare figures of equally many samples alone. On other features than Inception's it
    is no FID.

    Args:
        a, b: features `[n, d]` and `[m, d]`, any device; two rows each at least.

    Raises:
        LikenessError: where a set has fewer than two rows, or they are not of one width.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise LikenessError(
            f"the Frechet distance takes two sets of features of one width with two rows or more, "
            f"not {list(a.shape)} and {list(b.shape)}; give more pictures"
        )
    a, b = a.double(), b.double()
    apart = (a.mean(0) - b.mean(0)).square().sum()
    left, right = _factor(a), _factor(b)
    # With A = L'L and B = R'R, tr (A B)^(1/2) is the sum of the singular values of L R': no root of a matrix is
    # taken, so that covariances of fewer samples than features, which are singular, lose no digits.
    shared = torch.linalg.svdvals(left @ right.T).sum()
    return float(apart + left.square().sum() + right.square().sum() - 2 * shared)


def _factor(rows: Tensor) -> Tensor:
    """Return L `[min(n, d), d]` whose L'L is the covariance of `rows` [n, d]."""
    centred: Tensor = (rows - rows.mean(0)) / (len(rows) - 1) ** 0.5
    if len(rows) <= rows.shape[1]:
        return centred
    reduced: Tensor = torch.linalg.qr(centred, mode="r").R
    return reduced
