"""The noise of a sweep video: each knob of a generator turned alone, from one extreme to the other."""

import math

import torch
from torch import Tensor

from likeness.training.previews import fixed_noise

# Normal noise exceeds it in one number of 740; a knob's extreme looks extreme and is still a face.
EXTREME = 3.0
KNOB_FRAMES = 24


def sweep_noise(z_dim: int, frames: int = KNOB_FRAMES) -> Tensor:
    """Return noise [(z_dim + 4) * frames, z_dim] that turns each knob alone to its extremes, then all of them.

    The knobs rest at the noise of seed 0. Each moves from there down to -3, up to 3 and back, in `frames`. At the end
    all knobs move together, four times as slowly: to -3 times their rest, to 3 times it, and back. The last frame leads
    to the first one.
    """
    rest = fixed_noise(1, z_dim)[0]
    turned = rest.repeat(z_dim * frames, 1).view(z_dim, frames, z_dim)
    for knob in range(z_dim):
        turned[knob, :, knob] = _swing(rest[knob], frames)
    together = rest * _swing(torch.tensor(1.0), 4 * frames)[:, None]
    return torch.cat([turned.reshape(-1, z_dim), together])


def _swing(rest: Tensor, frames: int) -> Tensor:
    """Return a swing [frames] from `rest` to -3, to 3 and back, slowing down at each."""
    u = torch.arange(frames) / frames

    def eased(part: Tensor) -> Tensor:
        return (1 - torch.cos(part.clamp(0, 1) * math.pi)) / 2

    down = rest + (-EXTREME - rest) * eased(4 * u)
    back = EXTREME + (rest - EXTREME) * eased(4 * u - 3)
    return torch.where(u < 0.25, down, torch.where(u < 0.75, -EXTREME * torch.sin(2 * math.pi * u), back))
