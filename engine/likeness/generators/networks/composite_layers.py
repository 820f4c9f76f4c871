"""The layers of a composite's picture in the mean frame, and how they are laid over each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from likeness.generators.networks.crown import close_above

# What is drawn above the mean frame, as a part of its height: the warp of a tall head looks there.
CROWN = 1 / 16
Region = Literal["skin", "person"]
"""Bare skin; the whole person."""


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
        return torch.lerp(self.backdrop, self._person(), self.mattes[:, 1:])

    def skin_region(self) -> Tensor:
        """Where there is bare skin, in [0, 1], `[batch, 1, size, size]`, in the mean frame."""
        return self.mattes[:, :1] * self.mattes[:, 1:]

    def draw_tall(self, *regions: Region) -> Tensor:
        """The layers laid over each other and some regions, with what is above the frame, `CROWN` of its height.

        There, colours are mirrored and the head is closed in a dome.

        Returns:
            `[batch, 3 + regions, size * (1 + CROWN), size]`, the regions in [0, 1].
        """
        person = self._person()
        crown = draw_crown_mattes(self.mattes, self.whole)
        batch, _, rows, size = crown.shape
        tall = person.new_empty(batch, 3 + len(regions), rows + size, size)
        above, frame = tall[:, :, :rows], tall[:, :, rows:]
        _write(above[:, :3], torch.lerp, *(each[:, :, :rows].flip(2) for each in (self.backdrop, person)), crown[:, 1:])
        _write(frame[:, :3], torch.lerp, self.backdrop, person, self.mattes[:, 1:])
        for channel, region in enumerate(regions, 3):
            for place, mattes in ((above, crown), (frame, self.mattes)):
                if region == "skin":
                    _write(place[:, channel : channel + 1], torch.mul, mattes[:, :1], mattes[:, 1:])
                else:
                    place[:, channel].copy_(mattes[:, 1])
        return tall

    def _person(self) -> Tensor:
        """Skin over hair."""
        return torch.lerp(self.hair, self.skin, self.mattes[:, :1])


def draw_tall_mattes(mattes: Tensor, whole: bool) -> Tensor:
    """Return mattes with how they go on above the frame, `[batch, 2, size * (1 + CROWN), size]`."""
    return torch.cat([draw_crown_mattes(mattes, whole), mattes], dim=2)


def draw_crown_mattes(mattes: Tensor, whole: bool) -> Tensor:
    """Return how mattes go on above the frame, `[batch, 2, size * CROWN, size]`."""
    rows = round(CROWN * mattes.shape[-1])
    person = mattes[:, 1:, :1].expand(-1, -1, rows, -1) if whole else close_above(mattes[:, 1:], rows)
    return torch.cat([mattes[:, :1, :rows].flip(2), person], dim=1)


def _write(place: Tensor, compute: Callable[..., Tensor], *inputs: Tensor) -> None:
    """Write what is computed of the inputs to a place, without a detour where no gradient is asked for."""
    if torch.is_grad_enabled():
        place.copy_(compute(*inputs))
    else:
        compute(*inputs, out=place)
