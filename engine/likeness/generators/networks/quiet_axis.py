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


class KindAxis(QuietAxis):
    """Whether something is worn, and which of a row of kinds: its place is a third along another such direction.

    That one is of the fine layer alone. Between two kinds lies a third.

    Args:
        worn, kind: unit vectors over the latent's even columns.
        even_index: those columns.
        keys: where the kinds stand in their row, `[kinds]`, in standard deviations.
        sharpness: how decidedly a face wears one of them, per squared standard deviation.

    Raises:
        ValueError: a direction has more or fewer numbers than there are columns.
    """

    kind: Tensor
    keys: Tensor

    def __init__(
        self, worn: Sequence[float], kind: Sequence[float], even_index: Tensor, keys: Tensor, sharpness: float
    ) -> None:
        super().__init__(worn, even_index)
        direction = torch.tensor(kind).float()
        if direction.shape != even_index.shape:
            raise ValueError(f"a row of kinds along {list(direction.shape)} numbers for {len(even_index)} even columns")
        self.register_buffer("kind", direction)
        self.register_buffer("keys", keys)
        self._sharpness = sharpness

    def choose(self, latent: Tensor) -> Tensor:
        """How much of each kind the latents `[batch, 4, w_dim]` have, `[batch, kinds]`."""
        place = latent[:, FINE][:, self.even_index] @ self.kind
        return (-self._sharpness * (place[:, None] - self.keys).square()).softmax(1)


def smooth_step(x: Tensor, start: float, end: float) -> Tensor:
    """Return 0 up to `start`, 1 from `end` on, and a smooth way between."""
    part = ((x - start) / (end - start)).clamp(0, 1)
    return part * part * (3 - 2 * part)
