"""The kernel distance of two sets of features: the unbiased squared maximum mean discrepancy."""

from dataclasses import dataclass

import torch
from torch import Tensor

from likeness.errors import LikenessError


@dataclass(frozen=True)
class KernelDistance:
    """A mean over random subsets.

    Attributes:
        value: the distance; 0 for sets of one distribution, and a little below 0 as often as above.
        error: its standard error over the subsets; these share pictures, so it is a lower bound.
        size: how many of each set were compared at a time.
    """

    value: float
    error: float
    size: int


def polynomial_kernel(a: Tensor, b: Tensor) -> Tensor:
    """Return (x.y / d + 1)^3 `[n, m]` of features `[n, d]` and `[m, d]` [Binkowski et al. 2018, sec. 4]."""
    return (a @ b.T / a.shape[1] + 1) ** 3


def squared_discrepancy(a: Tensor, b: Tensor) -> float:
    """Return the unbiased squared maximum mean discrepancy [Gretton et al. 2012, eq. 3] of `[n, d]` and `[m, d]`."""
    n, m = len(a), len(b)
    within_a, within_b = polynomial_kernel(a, a), polynomial_kernel(b, b)
    first = (within_a.sum() - within_a.diagonal().sum()) / (n * (n - 1))
    second = (within_b.sum() - within_b.diagonal().sum()) / (m * (m - 1))
    return float(first + second - 2 * polynomial_kernel(a, b).mean())


def kernel_distance(a: Tensor, b: Tensor, subsets: int = 100, size: int = 1000, seed: int = 0) -> KernelDistance:
    """Return the kernel distance of two sets, the mean over `subsets` draws of `size` each [Binkowski et al. 2018].

    Unlike the Frechet distance it does not depend on how many samples there are. On other features than Inception's
    it is no KID.

    Args:
        a, b: features `[n, d]` and `[m, d]`, any device.
        size: brought down to the smaller of the sets.
        seed: of the draws.

    Raises:
        LikenessError: where a set has fewer than two rows, or they are not of one width.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise LikenessError(
            f"the kernel distance takes two sets of features of one width with two rows or more, "
            f"not {list(a.shape)} and {list(b.shape)}; give more pictures"
        )
    a, b = a.double(), b.double()
    size = min(size, len(a), len(b))
    rng = torch.Generator().manual_seed(seed)
    values = []
    for _ in range(subsets):
        rows = (torch.randperm(len(each), generator=rng)[:size].to(each.device) for each in (a, b))
        values.append(squared_discrepancy(a[next(rows)], b[next(rows)]))
    found = torch.tensor(values, dtype=torch.float64)
    error = float(found.std(unbiased=True)) / subsets**0.5 if subsets > 1 else float("nan")
    return KernelDistance(float(found.mean()), error, size)
