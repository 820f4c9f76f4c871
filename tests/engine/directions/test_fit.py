"""Directions in latents whose label is known to lie along one of them."""

import pytest
import torch
from torch import Tensor

from likeness.directions.fit import METHODS, Method, fit_direction
from likeness.errors import LikenessError

RNG = torch.Generator().manual_seed(0)
ROWS = torch.randn(400, 24, generator=RNG)
TRUE = torch.nn.functional.normalize(torch.randn(24, generator=RNG, dtype=torch.float64), dim=0)
ALONG = ROWS.double() @ TRUE


@pytest.mark.parametrize("method", METHODS)
def test_two_sides_are_parted_across_the_true_direction(method: Method) -> None:
    found = fit_direction(ROWS, (ALONG > 0).double(), method)
    assert float(found.normal @ TRUE) > 0.95
    assert found.normal.norm() == pytest.approx(1.0)
    assert found.score > 0.85
    assert (found.measure, found.method, found.labelled) == ("accuracy", method, 400)


def test_degrees_are_followed_by_regression_alone_where_nothing_is_asked_for() -> None:
    found = fit_direction(ROWS, 40 + 20 * ALONG)
    assert float(found.normal @ TRUE) > 0.97
    assert (found.measure, found.method) == ("correlation", "regression")
    assert found.score > 0.95


def test_the_score_is_of_pictures_that_were_held_out() -> None:
    coin = (torch.rand(60, generator=RNG) > 0.5).double()
    # 60 labels in 600 dimensions: each method tells its own training set without a fault.
    rows = torch.randn(60, 600, generator=RNG)
    for method in ("svm", "means"):
        assert fit_direction(rows, coin, method).score == pytest.approx(0.5, abs=0.2)


def test_latents_that_spread_along_something_else_do_not_lead_astray() -> None:
    # A nuisance ten times as wide, and the label is mixed with it.
    nuisance = torch.randn(400, generator=RNG, dtype=torch.float64)
    rows = torch.stack([ALONG + nuisance, 10 * nuisance, torch.randn(400, generator=RNG).double()], dim=1)
    found = fit_direction(rows, ALONG)
    wanted = torch.nn.functional.normalize(torch.tensor([1.0, -0.1, 0.0]).double(), dim=0)
    assert float(found.normal @ wanted) > 0.99


def test_unknown_labels_are_left_out() -> None:
    label = (ALONG > 0).double()
    label[300:] = float("nan")
    assert fit_direction(ROWS, label).labelled == 300


def labels(high: int, low: int) -> Tensor:
    value = torch.full((400,), float("nan"), dtype=torch.float64)
    value[:high], value[high : high + low] = 1, 0
    return value


def test_too_few_of_a_side_are_refused_with_both_numbers() -> None:
    with pytest.raises(LikenessError, match="34 labelled pictures, 4 of them high and 30 low"):
        fit_direction(ROWS, labels(4, 30))
    with pytest.raises(LikenessError, match="0 labelled"):
        fit_direction(ROWS, labels(0, 0))
