"""The unsharp mask against sums written out pixel by pixel."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

Maker = Callable[..., Any]


def unsharp(plane: np.ndarray, amount: float, sigma: float) -> np.ndarray:
    """Add `amount` of what a Gaussian blur takes away; weights beyond the edge are left out and the rest made whole."""
    height, width = plane.shape
    ys, xs = np.mgrid[:height, :width]
    blurred = np.empty_like(plane)
    reach = int(np.ceil(3 * sigma))
    for y in range(height):
        for x in range(width):
            near = (abs(ys - y) <= reach) & (abs(xs - x) <= reach)
            weights = near * np.exp(-((ys - y) ** 2 + (xs - x) ** 2) / (2 * sigma**2))
            blurred[y, x] = (weights * plane).sum() / weights.sum()
    return np.clip(plane + amount * (plane - blurred), -1, 1)


@pytest.mark.parametrize(("amount", "sigma"), [(0.5, 1.0), (1.5, 2.3), (3.0, 12.0), (0.3, 0.3)])
def test_it_adds_what_a_gaussian_blur_takes_away(amount: float, sigma: float, player: Maker) -> None:
    image = torch.rand(2, 3, 17, 22, generator=torch.Generator().manual_seed(1)) * 1.6 - 0.8
    crisp = player("sharpen").picture(image, amount=amount, radius=sigma)
    for batch in range(2):
        for channel in range(3):
            wanted = unsharp(image[batch, channel].numpy().astype(np.float64), amount, sigma)
            assert np.abs(crisp[batch, channel].numpy() - wanted).max() < 1e-5


def test_at_0_it_leaves_the_very_picture(player: Maker) -> None:
    assert player("sharpen").picture(torch.rand(1, 3, 16, 16), amount=0.0) is None


def test_an_even_picture_stays_even_up_to_its_edges(player: Maker) -> None:
    image = torch.full((1, 3, 16, 24), 0.4)
    assert torch.allclose(player("sharpen").picture(image, amount=3.0, radius=5.0), image, atol=1e-6)


def test_it_follows_a_change_of_radius_and_of_picture(player: Maker) -> None:
    playing = player("sharpen")
    small, large = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 40, 24)
    for image, radius in ((small, 1.0), (small, 4.0), (large, 4.0), (small, 1.0)):
        fresh = player("sharpen").picture(image, radius=radius)
        assert torch.equal(playing.picture(image, radius=radius), fresh)
