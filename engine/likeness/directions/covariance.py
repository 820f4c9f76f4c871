"""A shrunk covariance of latents, for fewer latents than numbers in each."""

from dataclasses import dataclass

import torch
from torch import Tensor

from likeness.errors import LikenessError


@dataclass(frozen=True)
class Covariance:
    """A covariance drawn toward a multiple of the identity.

    Attributes:
        matrix: `[d, d]`, double precision, never singular.
        shrinkage: how far it was drawn, in [0, 1].
    """

    matrix: Tensor
    shrinkage: float

    def whiten(self, vector: Tensor) -> Tensor:
        """Return the inverse times `vector` [d]."""
        solved: Tensor = torch.linalg.solve(self.matrix, vector.to(self.matrix))
        return solved


def shrunk_covariance(rows: Tensor) -> Covariance:
    """Return the covariance of `rows` [n, d], shrunk as far as is best in expectation [Ledoit & Wolf 2004, sec. 3.3].

    Raises:
        LikenessError: where there are fewer than two rows.
    """
    if len(rows) < 2:
        raise LikenessError(f"{len(rows)} latents have no spread; give two or more")
    centred = rows.double() - rows.double().mean(0)
    n, d = centred.shape
    sample = centred.T @ centred / n
    middle = float(sample.trace()) / d
    apart = float((sample - middle * torch.eye(d, dtype=torch.float64)).square().sum())
    # The summed squared distances of each row's own x x' from their mean, without building any of them.
    noise = float(centred.square().sum(1).square().sum() / n - sample.square().sum()) / n
    shrinkage = min(1.0, noise / apart) if apart > 0 else 1.0
    matrix = (1 - shrinkage) * sample
    # Latents that are all equal have no spread at all; a little keeps the inverse alive.
    matrix.diagonal().add_(max(shrinkage * middle, 1e-12))
    return Covariance(matrix, shrinkage)


def deviation_along(rows: Tensor, direction: Tensor) -> float:
    """Return the standard deviation of `rows` [n, d] along `direction` [d]."""
    unit = direction.double() / direction.double().norm().clamp_min(1e-12)
    return float((rows.double() @ unit).std())
