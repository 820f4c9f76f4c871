"""The discrepancy of small sets by hand, of Gaussians by the kernel's moments."""

import pytest
import torch

from likeness.errors import LikenessError
from likeness.evaluation.kernel import kernel_distance, polynomial_kernel, squared_discrepancy


def test_the_kernel_is_the_cube_of_the_mean_product_and_one() -> None:
    assert float(polynomial_kernel(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, -1.0]]))) == 1.5**3


def test_two_points_each_are_worked_out_by_hand() -> None:
    a, b = torch.tensor([[0.0], [1.0]]), torch.tensor([[2.0], [3.0]])
    # Within a: k(0, 1) = 1. Within b: k(2, 3) = 343. Between: 1, 1, 27 and 64, whose mean is 23.25.
    assert squared_discrepancy(a, b) == pytest.approx(1 + 343 - 2 * 23.25)


def test_shifted_gaussians_are_as_far_apart_as_their_moments_say() -> None:
    # In one dimension E k(x, y) = 1 + 3 E x E y + 3 E x^2 E y^2 + E x^3 E y^3, with the moments of N(mean, 1).
    shift, count = 0.7, 4000
    moments = torch.tensor([1, shift, 1 + shift**2, shift**3 + 3 * shift]).double()
    still = torch.tensor([1.0, 0, 1, 0]).double()
    wanted = float((torch.tensor([1.0, 3, 3, 1]).double() * (moments - still).square()).sum())
    rng = torch.Generator().manual_seed(0)
    a, b = torch.randn(count, 1, generator=rng), torch.randn(count, 1, generator=rng) + shift
    found = kernel_distance(a, b, subsets=20, size=1000)
    assert found.value == pytest.approx(wanted, rel=0.15)
    assert found.size == 1000


def test_sets_of_one_distribution_are_at_no_distance_however_few() -> None:
    values = []
    for seed in range(200):
        rng = torch.Generator().manual_seed(seed)
        values.append(squared_discrepancy(torch.randn(20, 2, generator=rng), torch.randn(15, 2, generator=rng)))
    found = torch.tensor(values)
    # Without bias: zero within three standard errors, where the estimate with bias would be far above.
    assert abs(float(found.mean())) < 3 * float(found.std()) / 200**0.5


def test_the_same_seed_draws_the_same_subsets_and_more_than_there_are_is_all() -> None:
    rng = torch.Generator().manual_seed(1)
    a, b = torch.randn(30, 4, generator=rng), torch.randn(20, 4, generator=rng)
    assert kernel_distance(a, b, 5, 10, seed=3) == kernel_distance(a, b, 5, 10, seed=3)
    whole = kernel_distance(a[:20], b, 4, 1000)
    assert whole.value == pytest.approx(squared_discrepancy(a[:20].double(), b.double()))
    assert whole.error == pytest.approx(0.0, abs=1e-12)


def test_a_set_of_one_is_refused() -> None:
    with pytest.raises(LikenessError, match="two rows or more"):
        kernel_distance(torch.zeros(1, 3), torch.zeros(9, 3))
