"""A shrunk covariance: against the definition, row by row, and where the answer is known."""

import pytest
import torch

from likeness.directions.covariance import deviation_along, shrunk_covariance
from likeness.errors import LikenessError

RNG = torch.Generator().manual_seed(0)


def test_the_shrinkage_is_that_of_the_paper_s_sums() -> None:
    rows = torch.randn(30, 5, generator=RNG, dtype=torch.float64) * torch.tensor([3.0, 1, 1, 1, 0.1]).double()
    centred = rows - rows.mean(0)
    sample = centred.T @ centred / 30
    middle = sample.trace() / 5
    apart = (sample - middle * torch.eye(5)).square().sum() / 5
    noise = sum((torch.outer(row, row) - sample).square().sum() / 5 for row in centred) / 30**2
    wanted = min(1.0, float(noise / apart))
    found = shrunk_covariance(rows)
    assert found.shrinkage == pytest.approx(wanted, rel=1e-9)
    assert torch.allclose(found.matrix, wanted * middle * torch.eye(5) + (1 - wanted) * sample)


def test_many_rows_are_hardly_shrunk_and_few_of_no_shape_wholly() -> None:
    stretched = torch.randn(5000, 4, generator=RNG) * torch.tensor([4.0, 1, 1, 1])
    assert shrunk_covariance(stretched).shrinkage < 0.01
    assert shrunk_covariance(torch.randn(20, 200, generator=RNG)).shrinkage > 0.8


def test_fewer_rows_than_numbers_can_be_whitened_still() -> None:
    rows = torch.randn(10, 100, generator=RNG)
    found = shrunk_covariance(rows)
    vector = torch.randn(100, generator=RNG, dtype=torch.float64)
    assert torch.allclose(found.matrix @ found.whiten(vector), vector, atol=1e-8)


def test_the_deviation_along_a_direction_is_that_of_its_projections() -> None:
    rows = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [3.0, 5.0]])
    assert deviation_along(rows, torch.tensor([0.0, 7.0])) == pytest.approx(torch.tensor([0.0, 0, 5]).std().item())


def test_one_row_has_no_spread() -> None:
    with pytest.raises(LikenessError, match="give two or more"):
        shrunk_covariance(torch.zeros(1, 3))
