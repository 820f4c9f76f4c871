"""The critic's widths, its penalty by a closed form, and pictures that are moved for it."""

import pytest
import torch
from torch import nn

from likeness.training.critic import Critic, penalise_slope, shift_images, widths_for


def test_widths_double_inwards_up_to_eight_times() -> None:
    assert widths_for(64, 32) == [256, 128, 64, 32]
    assert widths_for(256, 16) == [128, 128, 128, 64, 32, 16]


@pytest.mark.parametrize("channels", [3, 6])
def test_a_critic_scores_pictures_alone_or_two_together(channels: int) -> None:
    assert Critic([8, 4], channels)(torch.rand(5, channels, 16, 16)).shape == (5,)


def test_the_penalty_of_a_linear_critic_is_the_distance_of_its_slope_from_one() -> None:
    class Linear(nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return 0.5 * image.flatten(1).sum(1)

    real, fake = torch.randn(2, 4, 3, 16, 16)
    # Its gradient is 0.5 for each of the 768 numbers: of length 0.5 sqrt(768).
    assert float(penalise_slope(Linear(), real, fake)) == pytest.approx((0.5 * 768**0.5 - 1) ** 2, rel=1e-5)


def test_pictures_are_moved_by_whole_pixels_and_their_edges_drawn_out() -> None:
    torch.manual_seed(0)
    image = torch.arange(256.0).reshape(1, 1, 16, 16).expand(8, 3, 16, 16)
    span = torch.arange(16)
    for moved in shift_images(image, 0.25):
        down, right = (int(part) - 7 for part in divmod(int(moved[0, 7, 7]), 16))
        assert max(abs(down), abs(right)) <= 4
        rows, columns = (span + down).clamp(0, 15), (span + right).clamp(0, 15)
        assert torch.equal(moved[0], image[0, 0][rows][:, columns])
