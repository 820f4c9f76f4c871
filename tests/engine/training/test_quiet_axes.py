"""Axes of a latent along which next to nothing is drawn."""

from pathlib import Path

import torch

from likeness.generators.networks.composite import CompositeNetwork
from likeness.generators.networks.quiet_axis import FINE
from likeness.generators.weights_file import read_weights
from likeness.training.quiet_axes import IN_BOTH, RIM_AXES, find_quiet_axes


def test_the_axes_stand_at_right_angles_and_move_less_than_any_direction_drawn_at_random(tiny_composite: Path) -> None:
    tensors = read_weights(tiny_composite)[1]
    axes = torch.tensor(find_quiet_axes(tensors))
    assert torch.allclose(axes @ axes.t(), torch.eye(min(len(IN_BOTH), axes.shape[1])), atol=1e-5)
    network = CompositeNetwork(tensors, size=64, dtype=torch.float32)
    dice = torch.randn(20, axes.shape[1], generator=torch.Generator().manual_seed(0))
    codes = torch.cat([axes[RIM_AXES][:1], dice / dice.norm(dim=1, keepdim=True)])
    latent = torch.zeros(len(codes), 4, network.w_dim)
    latent[:, FINE, network.even_index] = codes
    moved = network.blocks(latent)["skin_fine"] - network.blocks(torch.zeros(1, 4, network.w_dim))["skin_fine"]
    change = moved.flatten(1).norm(dim=1)
    assert change[0] < change[1:].min()
