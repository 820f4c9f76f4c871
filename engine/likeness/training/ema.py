"""The slow average of a network's weights, which draws calmer pictures than the network of any one moment."""

import copy
import math
from typing import TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)

# The half-life is at most this share of the images so far, or the first random weights would be seen for long
# [Karras et al. 2020, ADA, the official code's "EMA ramp-up"].
RAMP = 0.05


def averaged(network: Network) -> Network:
    """Return a copy of `network` to average into: frozen, in eval mode."""
    return copy.deepcopy(network).eval().requires_grad_(False)


def pace(images: int, batch: int, half_life: float) -> float:
    """Return by how much an average moves toward what is new in one step, from 0 to 1; see `follow`."""
    return 1.0 - math.pow(0.5, batch / min(half_life, max(images * RAMP, 1e-3)))


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, images: int, batch: int, half_life: float) -> None:
    """Move `average` toward `network` by one step, in place; buffers are copied.

    Args:
        images: shown so far.
        batch: images in a step.
        half_life: images after which a change counts half.
    """
    amount = pace(images, batch, half_life)
    slow: list[Tensor] = list(average.parameters())
    fast: list[Tensor] = list(network.parameters())
    torch._foreach_lerp_(slow, fast, amount)
    for kept, buffer in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(buffer)
