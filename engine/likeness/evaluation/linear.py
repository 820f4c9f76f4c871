"""A linear support vector machine, solved exactly."""

from dataclasses import dataclass

import torch
from torch import Tensor

from likeness.errors import LikenessError

# Newton's steps end at the optimum as soon as no point changes sides: ten at most were seen, this is a guard.
MOST_STEPS = 100
HALVINGS = 30


@dataclass(frozen=True)
class Plane:
    """A plane that parts two classes.

    Attributes:
        normal: `[d]`, toward the positive class.
        offset: of the margin.
    """

    normal: Tensor
    offset: float

    def margin(self, points: Tensor) -> Tensor:
        """Return `[n]` of `points` [n, d]: positive on the positive side, 1 and -1 where training wanted it."""
        return points.to(self.normal) @ self.normal + self.offset


def fit_plane(points: Tensor, positive: Tensor, ridge: float = 1.0) -> Plane:
    """Return the plane of an L2-regularised squared-hinge machine [Chapelle 2007, sec. 4].

    Both classes weigh the same, however many there are. Solved exactly, by Newton's method with line search.

    Args:
        points: `[n, d]`; brought to double precision.
        positive: `[n]` bool.
        ridge: how firmly the normal is held short, for points of unit variance.

    Raises:
        LikenessError: where one of the classes is empty.
    """
    positive = positive.bool().cpu()
    counts = int(positive.sum()), int((~positive).sum())
    if min(counts) == 0:
        raise LikenessError(f"{counts[0]} labelled with it and {counts[1]} without: give some of both")
    x = torch.cat([points.double().cpu(), torch.ones(len(points), 1, dtype=torch.float64)], dim=1)
    y = positive.double() * 2 - 1
    # Each class sums to half, so that the ridge means the same for all sizes.
    weight = torch.where(positive, 0.5 / counts[0], 0.5 / counts[1]).double()
    held = torch.full((x.shape[1],), ridge / points.shape[1], dtype=torch.float64)
    held[-1] = 1e-9 * held[0]  # the offset is free
    theta = torch.zeros(x.shape[1], dtype=torch.float64)

    def cost(theta: Tensor) -> Tensor:
        return (weight * (1 - y * (x @ theta)).clamp(min=0).square()).sum() + (held * theta.square()).sum()

    value = cost(theta)
    for _ in range(MOST_STEPS):
        violating = 1 - y * (x @ theta) > 0
        inside, pull = x[violating], weight[violating]
        gradient = -2 * (pull * (y[violating] - inside @ theta)) @ inside + 2 * held * theta
        hessian = 2 * (inside.T * pull) @ inside + 2 * torch.diag(held)
        step = torch.linalg.solve(hessian, gradient)
        share = 1.0
        for _ in range(HALVINGS):
            tried = cost(theta - share * step)
            if tried <= value:
                break
            share /= 2
        else:
            break
        theta, gained, value = theta - share * step, value - tried, tried
        if gained <= 1e-12 * value:
            break
    return Plane(theta[:-1], float(theta[-1]))
