"""A direction of a composite's latent along which it draws next to nothing, so that it can say something else.

It is the fine layer minus the middle one along some of the latent's even columns: exactly 0 in every face whose layers
are one code, whatever the truncation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

# Along it, in standard deviations of a face whose layers are mixed: up to OFF nothing is drawn, from ON on everything.
# A mixed face's own part has a deviation of 1, an encoded photo's of 1.2: none comes near OFF.
OFF, ON = 7.0, 9.5
# How far a direction of amount 1 goes: beyond ON at a truncation of a half.
PUT_ON = 20.0
MIDDLE, FINE = 2, 3  # rows of the latent


class QuietAxis(nn.Module):
    """Whether something is worn; the same code on CPU, CUDA and MPS, no sync.

    Args:
        axis: a unit vector over the latent's even columns.
        even_index: those columns.

    Raises:
        ValueError: there are more or fewer of them.
    """

    axis: Tensor
    even_index: Tensor

    def __init__(self, axis: Sequence[float], even_index: Tensor) -> None:
        super().__init__()
        if len(axis) != len(even_index):
            raise ValueError(f"a direction of {len(axis)} numbers for {len(even_index)} even columns")
        self.register_buffer("axis", torch.tensor(axis).float())
        self.register_buffer("even_index", even_index)

    def amount(self, latent: Tensor) -> Tensor:
        """How far `latent` `[batch, 4, w_dim]` lies along the direction, `[batch]`."""
        # The difference first: where the rows are one code it is exactly 0.
        apart = (latent[:, FINE] - latent[:, MIDDLE]).index_select(1, self.even_index)
        return (apart @ self.axis) * math.sqrt(0.5)

    def is_seen(self, latent: Tensor) -> bool:
        """Return whether any of the faces wears it; waits for a graphics card."""
        # Most faces are one code, and that is asked in a tenth of the time.
        is_one_code = torch.equal(latent[:, FINE], latent[:, MIDDLE])
        return not is_one_code and bool((self.amount(latent) > OFF).any())

    def opacity(self, latent: Tensor) -> Tensor:
        """How much is seen, `[batch]` in [0, 1]; exactly 0 where nothing is worn."""
        return smooth_step(self.amount(latent), OFF, ON)

    def take_off(self, latent: Tensor) -> Tensor:
        """The latent of the same face without it, as far as it is seen."""
        along = (self.opacity(latent) * self.amount(latent) * math.sqrt(0.5))[:, None] * self.axis
        rows = torch.zeros_like(latent)
        rows[:, FINE, self.even_index] = along
        rows[:, MIDDLE, self.even_index] = -along
        return latent - rows


def smooth_step(x: Tensor, start: float, end: float) -> Tensor:
    """Return 0 up to `start`, 1 from `end` on, and a smooth way between."""
    part = ((x - start) / (end - start)).clamp(0, 1)
    return part * part * (3 - 2 * part)
