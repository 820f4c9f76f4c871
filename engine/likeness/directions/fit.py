"""Three fits from labelled latents to the direction in which a label grows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from likeness.directions.covariance import shrunk_covariance
from likeness.errors import LikenessError
from likeness.evaluation.attribute_classifier import FOLDS, balanced_accuracy, predict_held_out, split_point
from likeness.evaluation.linear import fit_plane

Method = Literal["svm", "means", "regression"]
METHODS = ("svm", "means", "regression")
# A share of the latents' variance. With 29 smiles among 104 labelled faces 1 to 1000 parted held-out ones as well;
# the firmer it is held, the less else the direction moves.
RIDGE = 1000.0


@dataclass(frozen=True)
class Fit:
    """A direction and how far it is to be trusted.

    Attributes:
        normal: `[d]`, of unit length; it is what tells high from low, so that to move at right angles to it changes
            nothing that it sees.
        score: held out in five folds: balanced accuracy of two sides (0.5 is chance), else correlation (0 is chance).
        measure: "accuracy" or "correlation".
        method: how it was found.
        labelled: how many latents had a label.
    """

    normal: Tensor
    score: float
    measure: Literal["accuracy", "correlation"]
    method: Method
    labelled: int


def fit_direction(rows: Tensor, values: Tensor, method: Method | None = None) -> Fit:
    """Find the direction in which `values` grow.

    Args:
        rows: latents `[n, d]`.
        values: of each, NaN where unknown; two levels are two sides, more are degrees.
        method: "svm", a plane between the sides [Shen et al. 2020]; "means", from one side's mean to the other's, in
            units of the shrunk covariance [Fisher 1936; Ledoit & Wolf 2004]; "regression", onto the values, with the
            same covariance. The first for two sides and the last for degrees, where it is left out.

    Raises:
        LikenessError: where too few are labelled, or the method is for another kind of label.
    """
    known = ~values.isnan()
    points, value = rows[known].double(), values[known].double()
    middle = split_point(value) if len(value) else 0.0
    positive = value > middle
    fewest = min(int(positive.sum()), int((~positive).sum()))
    if fewest < FOLDS:
        raise LikenessError(
            f"{len(value)} labelled pictures, {int(positive.sum())} of them high and {int((~positive).sum())} low: "
            f"{FOLDS} of each are wanted; label more"
        )
    two_sided = bool(((value == value.min()) | (value == value.max())).all())
    method = method or ("svm" if two_sided else "regression")
    if method not in METHODS:
        raise LikenessError(f"there is no method {method!r}; choose {', '.join(METHODS)}")
    finder = _FINDERS[method]

    def guess(others: Tensor, left_out: Tensor) -> Tensor:
        normal, offset = finder(points[others], value[others], positive[others])
        return points[left_out] @ normal + offset

    guessed = predict_held_out(positive, guess)
    normal, _ = finder(points, value, positive)
    normal = normal / normal.norm().clamp_min(1e-12)
    if two_sided:
        return Fit(normal, balanced_accuracy(guessed, positive), "accuracy", method, len(value))
    both = torch.stack([guessed, value])
    return Fit(normal, float(torch.corrcoef(both)[0, 1]), "correlation", method, len(value))


Finder = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, float]]


def _svm(points: Tensor, value: Tensor, positive: Tensor) -> tuple[Tensor, float]:
    middle = points.mean(0)
    scale = float((points - middle).square().mean().sqrt())
    plane = fit_plane((points - middle) / max(scale, 1e-12), positive, RIDGE)
    normal = plane.normal / max(scale, 1e-12)
    return normal, plane.offset - float(middle @ normal)


def _means(points: Tensor, value: Tensor, positive: Tensor) -> tuple[Tensor, float]:
    high, low = points[positive], points[~positive]
    within = torch.cat([high - high.mean(0), low - low.mean(0)])
    normal = shrunk_covariance(within).whiten(high.mean(0) - low.mean(0))
    return normal, -float((high.mean(0) + low.mean(0)) / 2 @ normal)


def _regression(points: Tensor, value: Tensor, positive: Tensor) -> tuple[Tensor, float]:
    centred, middle = points - points.mean(0), value.mean()
    together = centred.T @ (value - middle) / len(value)
    normal = shrunk_covariance(points).whiten(together)
    # Around 0, as the others' guesses are.
    return normal, float(middle - points.mean(0) @ normal) - split_point(value)


_FINDERS: dict[str, Finder] = {"svm": _svm, "means": _means, "regression": _regression}
