"""A classifier of one attribute from a picture's features, with its accuracy on held-out pictures."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from likeness.errors import LikenessError
from likeness.evaluation.linear import fit_plane

# Of a plane among 1280 standardised features, with often less than a hundred labelled pictures: better than ten, a
# hundred and a thousand times smaller on held-out sex, age, smile, hair and glasses (0.94, 0.94, 0.86, 0.93, 0.94).
CLASSIFIER_RIDGE = 10_000.0
FOLDS = 5


class AttributeClassifier:
    """Classifies a picture by its features; values above their middle are its positive side.

    Args:
        features: `[n, d]` of pictures.
        values: one a picture, NaN where unknown.
        name: of the attribute, for messages.

    Attributes:
        held_out: balanced accuracy on folds that it was not made from; 0.5 is chance.
        gap: how far apart the two sides' mean margins are on these folds.

    Raises:
        LikenessError: where fewer than five pictures are on one of the sides.
    """

    def __init__(self, features: Tensor, values: Sequence[float], name: str) -> None:
        value = torch.tensor(values, dtype=torch.float64)
        known = ~value.isnan()
        points, value = features[known].double(), value[known]
        positive = value > split_point(value) if len(value) else value > 0
        fewest = min(int(positive.sum()), int((~positive).sum()))
        if fewest < FOLDS:
            raise LikenessError(
                f"{name}: of {len(value)} labelled pictures {int(positive.sum())} have it and {int((~positive).sum())} "
                f"have it not; {FOLDS} of each are wanted, so label more"
            )
        self._mean, self._scale = points.mean(0), points.std(0).clamp_min(1e-6)
        points = self._standard(points)

        def margins_of(others: Tensor, left_out: Tensor) -> Tensor:
            return fit_plane(points[others], positive[others], CLASSIFIER_RIDGE).margin(points[left_out])

        margins = predict_held_out(positive, margins_of)
        self.held_out = balanced_accuracy(margins, positive)
        self.gap = float(margins[positive].mean() - margins[~positive].mean())
        self._plane = fit_plane(points, positive, CLASSIFIER_RIDGE)

    def margin(self, features: Tensor) -> Tensor:
        """Return `[n]`: positive where a picture has the attribute."""
        return self._plane.margin(self._standard(features.double()))

    def _standard(self, features: Tensor) -> Tensor:
        return (features - self._mean) / self._scale


def predict_held_out(positive: Tensor, predict: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Return predictions `[n]`, each of a model that was made without its point, in five folds.

    Args:
        positive: `[n]` bool; each fold gets some of both sides.
        predict: makes a model of the points that the first mask `[n]` takes and returns its predictions of those at
            the second's indices.
    """
    order = torch.randperm(len(positive), generator=torch.Generator().manual_seed(0))
    # By turns within each class, so that every fold has some of both.
    order = order[positive[order].long().argsort(stable=True)]
    predictions = torch.zeros(len(positive), dtype=torch.float64)
    for fold in range(FOLDS):
        left_out = order[fold::FOLDS]
        others = torch.ones(len(positive), dtype=torch.bool)
        others[left_out] = False
        predictions[left_out] = predict(others, left_out)
    return predictions


def balanced_accuracy(margin: Tensor, positive: Tensor) -> float:
    """Return the mean of both classes' shares on their own side."""
    right = (margin > 0) == positive
    return float((right[positive].double().mean() + right[~positive].double().mean()) / 2)


def split_point(values: Tensor) -> float:
    """Return what parts `values` [n] into low and high: the middle between two levels, the mean of more."""
    low, high = float(values.min()), float(values.max())
    two = bool(((values == low) | (values == high)).all())
    return (low + high) / 2 if two else float(values.mean())
