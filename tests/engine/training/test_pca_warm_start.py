"""Principal codes are the principal components, and as normal as the noise that they stand for."""

import pytest
import torch
from torch import Tensor

from likeness.training.pca_warm_start import PrincipalCodes, pyramid_distance


def alone(tensors: list[Tensor]) -> None:
    """One process."""


def pictures(count: int, kinds: int, side: int = 16) -> tuple[Tensor, Tensor]:
    """Return sums of a few mirror-symmetric patterns, and how much of each."""
    source = torch.Generator().manual_seed(0)
    patterns = torch.randn(kinds, 3, side, side, generator=source)
    patterns = patterns + patterns.flip(3)
    amounts = torch.randn(count, kinds, generator=source) * torch.tensor([3.0, 2.0, 1.0, 0.5][:kinds])
    return torch.einsum("nk,kchw->nchw", amounts, patterns) + 0.3, amounts


def heard(images: Tensor, z_dim: int) -> PrincipalCodes:
    codes = PrincipalCodes(z_dim)
    for part in images.split(50):
        codes.accumulate(part)
    codes.fit(alone)
    return codes


def test_codes_are_white_and_carry_all_that_varies() -> None:
    images, amounts = pictures(600, 4)
    codes = heard(images, 4)(images)
    assert codes.mean(0).abs().max() < 1e-3
    assert (codes.T @ codes / 600 - torch.eye(4)).abs().max() < 1e-2
    # Each amount is a linear function of the code.
    solved = torch.linalg.lstsq(torch.cat([codes, torch.ones(600, 1)], 1), amounts).solution
    assert (torch.cat([codes, torch.ones(600, 1)], 1) @ solved - amounts).abs().max() < 1e-2


def test_larger_pictures_are_coded_as_their_small_selves() -> None:
    images, _ = pictures(200, 3)
    codes = heard(images, 3)
    large = images.repeat_interleave(4, 2).repeat_interleave(4, 3)
    assert (codes(large) - codes(images)).abs().max() < 1e-4


def test_what_few_pictures_cannot_fill_is_normal_noise() -> None:
    images, _ = pictures(80, 4)
    codes = heard(images, 32)
    torch.manual_seed(0)
    one, other = codes(images), codes(images)
    fixed = (one == other).all(0)
    assert fixed.tolist() == [True] * 10 + [False] * 22  # a component for every eight photographs
    assert one[:, 10:].std().item() == pytest.approx(1, abs=0.1)


def test_codes_are_saved_with_the_networks() -> None:
    images, _ = pictures(200, 3)
    codes = heard(images, 3)
    again = PrincipalCodes(3)
    again.load_state_dict(codes.state_dict())
    assert torch.equal(again(images), codes(images))


def test_the_distance_counts_a_shift_of_level_at_every_size_and_a_fine_grid_once() -> None:
    flat = torch.zeros(2, 3, 16, 16)
    assert pyramid_distance(flat + 0.5, flat).item() == pytest.approx(4 * 0.5)
    grid = (torch.arange(16)[:, None] + torch.arange(16)[None]) % 2 * 2.0 - 1
    assert pyramid_distance(flat + grid, flat).item() == pytest.approx(1)
