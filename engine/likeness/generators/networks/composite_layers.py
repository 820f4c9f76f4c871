"""The parts of a composite's picture in its mean frame, and what is above that frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from likeness.generators.networks.crown import close_above

# What is drawn above the mean frame, as a part of its height: the warp of a tall head looks there.
CROWN = 1 / 16


@dataclass(frozen=True)
class Layers:
    """The picture's parts in the mean frame, all `[batch, channels, size, size]`.

    Attributes:
        skin, hair, backdrop: colours, about [-1, 1].
        mattes: opacity in [0, 1] of skin over hair, and of both over the backdrop.
        field: warp in picture widths, x first, `[batch, 2, size / 4, size / 4]`.
        whole: whether every head ends below the frame's top.
    """

    skin: Tensor
    hair: Tensor
    backdrop: Tensor
    mattes: Tensor
    field: Tensor
    whole: bool = False

    def flat(self) -> Tensor:
        """The layers laid over each other, still in the mean frame."""
        person = torch.lerp(self.hair, self.skin, self.mattes[:, :1])
        return torch.lerp(self.backdrop, person, self.mattes[:, 1:])

    def skin_region(self) -> Tensor:
        """Where there is bare skin, in [0, 1], `[batch, 1, size, size]`, in the mean frame."""
        return self.mattes[:, :1] * self.mattes[:, 1:]

    def crown(self) -> Layers:
        """What is above the frame, `CROWN` of its height: colours mirrored, the head closed in a dome."""
        mattes = crown_mattes(self.mattes, self.whole)
        rows = mattes.shape[2]
        skin, hair, backdrop = (layer[:, :, :rows].flip(2) for layer in (self.skin, self.hair, self.backdrop))
        return Layers(skin, hair, backdrop, mattes, self.field, self.whole)


def draw_tall(parts: Layers, draw: Callable[[Layers], Tensor]) -> Tensor:
    """What is drawn of the parts, with the crown above the frame: `[batch, channels, size * (1 + CROWN), size]`."""
    return torch.cat([draw(parts.crown()), draw(parts)], dim=2)


def crown_mattes(mattes: Tensor, whole: bool) -> Tensor:
    """How the mattes go on above the frame."""
    rows = round(CROWN * mattes.shape[-1])
    person = mattes[:, 1:, :1].expand(-1, -1, rows, -1) if whole else close_above(mattes[:, 1:], rows)
    return torch.cat([mattes[:, :1, :rows].flip(2), person], dim=1)
