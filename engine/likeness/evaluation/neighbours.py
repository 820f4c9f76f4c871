"""Nearest neighbours among features: precision, recall, and memorised training pictures."""

from dataclasses import dataclass

import torch
from torch import Tensor

from likeness.errors import LikenessError

# Of the paper's search, a good middle between noise and blur [Kynkaanniemi et al. 2019, sec. 2.1].
NEIGHBOURS = 3


@dataclass(frozen=True)
class PrecisionRecall:
    """How much of the samples lies among the real pictures, and the other way round; both in [0, 1]."""

    precision: float
    recall: float


def distances(a: Tensor, b: Tensor) -> Tensor:
    """Return Euclidean distances `[n, m]`, float64, of `[n, d]` and `[m, d]`."""
    # By subtraction: the product form turns the distance of a picture to itself into 1e-3.
    return torch.cdist(a.double(), b.double(), compute_mode="donot_use_mm_for_euclid_dist")


def neighbour_distance(points: Tensor, k: int = NEIGHBOURS) -> Tensor:
    """Return the distance `[n]` of each point `[n, d]` to its `k`-th nearest other.

    Raises:
        LikenessError: where there are not so many others.
    """
    if len(points) <= k:
        raise LikenessError(f"{len(points)} pictures have no {k} neighbours each; give {k + 1} or more")
    return distances(points, points).kthvalue(k + 1, dim=1).values


def precision_recall(real: Tensor, fake: Tensor, k: int = NEIGHBOURS) -> PrecisionRecall:
    """Return improved precision and recall [Kynkaanniemi et al. 2019, eq. 1 and 2].

    A set's manifold is the union of balls around its points, each as wide as the way to its `k`-th neighbour.
    Precision is the share of fakes within that of the reals, recall the share of reals within that of the fakes.
    Both rise with the number of points: compare figures of equally many alone.

    Args:
        real, fake: features `[n, d]`, `[m, d]`.

    Raises:
        LikenessError: where a set has no more than `k` rows.
    """
    apart = distances(real, fake)
    precision = (apart <= neighbour_distance(real, k)[:, None]).any(0).double().mean()
    recall = (apart <= neighbour_distance(fake, k)[None]).any(1).double().mean()
    return PrecisionRecall(float(precision), float(recall))


@dataclass(frozen=True)
class Nearest:
    """The nearest of other points.

    Attributes:
        index: which, `[n]`.
        distance: how far, `[n]`.
    """

    index: Tensor
    distance: Tensor


def find_nearest(points: Tensor, others: Tensor) -> Nearest:
    """Return the nearest of `others` [m, d] for each of `points` [n, d]."""
    found = distances(points, others).min(dim=1)
    return Nearest(found.indices, found.values)
