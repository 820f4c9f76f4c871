"""A plane between two classes: against a closed form, and against an independent optimiser."""

import pytest
import torch

from likeness.errors import LikenessError
from likeness.evaluation.linear import fit_plane


def test_two_points_are_parted_half_way() -> None:
    points = torch.tensor([[1.0, 5.0], [3.0, 5.0]])
    plane = fit_plane(points, torch.tensor([False, True]), ridge=1e-5)
    # The widest margin: one unit to each side of x = 2, and no tilt.
    assert plane.normal.tolist() == pytest.approx([1.0, 0.0], abs=1e-3)
    assert plane.margin(points).tolist() == pytest.approx([-1.0, 1.0], abs=1e-3)


def test_classes_that_overlap_end_at_the_least_cost() -> None:
    rng = torch.Generator().manual_seed(0)
    points = torch.randn(300, 5, generator=rng, dtype=torch.float64)
    positive = points[:, 0] + torch.randn(300, generator=rng) > 0.8
    plane = fit_plane(points, positive, ridge=0.5)
    theta = torch.cat([plane.normal, torch.tensor([plane.offset])]).double().requires_grad_()
    y = positive.double() * 2 - 1
    weight = torch.where(positive, 0.5 / positive.sum(), 0.5 / (~positive).sum())
    cost = (weight * (1 - y * (points @ theta[:-1] + theta[-1])).clamp(min=0).square()).sum()
    (cost + 0.1 * theta[:-1].square().sum()).backward()
    assert theta.grad is not None
    assert float(theta.grad.abs().max()) < 1e-6


def test_a_rare_class_weighs_as_much_as_a_common_one() -> None:
    rng = torch.Generator().manual_seed(1)
    points = torch.randn(1010, 1, generator=rng)
    positive = torch.arange(1010) >= 1000
    points[positive] += 2.0
    plane = fit_plane(points, positive, ridge=1e-3)
    assert -plane.offset / float(plane.normal[0]) == pytest.approx(1.0, abs=0.4)


def test_a_class_without_members_is_refused_with_the_numbers() -> None:
    with pytest.raises(LikenessError, match="3 labelled with it and 0 without"):
        fit_plane(torch.zeros(3, 2), torch.ones(3, dtype=torch.bool))
