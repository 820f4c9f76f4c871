"""The distance of Gaussians has a closed form; sets are made that have given means and covariances to the digit."""

import pytest
import torch
from torch import Tensor

from likeness.errors import LikenessError
from likeness.evaluation.frechet import frechet_distance


def whitened(n: int, d: int, seed: int) -> Tensor:
    """Rows `[n, d]` of exactly no mean and unit covariance."""
    drawn = torch.randn(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    drawn = drawn - drawn.mean(0)
    return torch.linalg.qr(drawn).Q * (n - 1) ** 0.5


def test_gaussians_whose_axes_agree_are_as_far_apart_as_means_and_deviations() -> None:
    deviations_a, deviations_b = torch.tensor([1.0, 2.0, 0.5]).double(), torch.tensor([3.0, 1.0, 0.5]).double()
    shift = torch.tensor([0.3, -1.0, 2.0]).double()
    found = frechet_distance(whitened(50, 3, 0) * deviations_a, whitened(70, 3, 1) * deviations_b + shift)
    wanted = shift.square().sum() + (deviations_a - deviations_b).square().sum()
    assert found == pytest.approx(float(wanted), rel=1e-9)


def test_covariances_that_do_not_commute_agree_with_the_root_by_eigenvalues() -> None:
    mix_a, mix_b = torch.randn(2, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    cov_a, cov_b = mix_a.T @ mix_a, mix_b.T @ mix_b
    root = torch.linalg.eigvals(cov_a @ cov_b).real.sqrt().sum()
    wanted = cov_a.trace() + cov_b.trace() - 2 * root
    found = frechet_distance(whitened(40, 4, 4) @ mix_a, whitened(30, 4, 5) @ mix_b)
    assert found == pytest.approx(float(wanted), rel=1e-6)


def test_fewer_pictures_than_features_are_measured_too() -> None:
    # Two sets of two points: of rank one each, along different axes.
    a = torch.tensor([[-1.0, 0, 0], [1.0, 0, 0]])
    b = torch.tensor([[0, -3.0, 0], [0, 3.0, 0]])
    # The roots of the variances 2 and 18 share no axis, so that nothing is subtracted.
    assert frechet_distance(a, b) == pytest.approx(20.0, rel=1e-9)
    assert frechet_distance(a, 3 * a) == pytest.approx((18**0.5 - 2**0.5) ** 2, rel=1e-9)


def test_a_set_is_at_no_distance_from_itself() -> None:
    rows = torch.randn(64, 8, generator=torch.Generator().manual_seed(6))
    assert frechet_distance(rows, rows.flip(0)) == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("shape", [(1, 3), (5, 4), (5,)])
def test_what_cannot_be_compared_is_refused_with_its_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(LikenessError, match=r"two rows or more"):
        frechet_distance(torch.zeros(5, 3), torch.zeros(shape))
