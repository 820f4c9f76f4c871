"""Exponential moving averages of a network's weights, which draw calmer pictures than the network itself."""

import copy
import math
from typing import TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)

# The half-life is at most this share of the images so far, or the first random weights would be seen for long
# [Karras et al. 2020, ADA, the official code's "EMA ramp-up"].
RAMP = 0.05


def copy_for_average(network: Network) -> Network:
    """Return a copy of `network` to average into: frozen, in eval mode."""
    return copy.deepcopy(network).eval().requires_grad_(False)


def ema_rate(images: int, batch: int, half_life: float) -> float:
    """Return the share of the way that an average moves in one step, from 0 to 1; see `update_average`."""
    return 1.0 - math.pow(0.5, batch / min(half_life, max(images * RAMP, 1e-3)))


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, images: int, batch: int, half_life: float) -> None:
    """Move `average` toward `network` by one step, in place; buffers are copied.

    Args:
        images: shown so far.
        batch: images in a step.
        half_life: images after which a change counts half.
    """
    amount = ema_rate(images, batch, half_life)
    slow: list[Tensor] = list(average.parameters())
    fast: list[Tensor] = list(network.parameters())
    torch._foreach_lerp_(slow, fast, amount)
    for kept, buffer in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(buffer)
