"""Glasses drawn onto a face from a few measures of their rims: crisp at every size, and between two lies a third.

A latent says whether they are worn by a `QuietAxis`. Which rims, and how dark the lenses are, is read off three more
directions of the fine layer along which next to nothing is drawn: everybody has glasses of their own to put on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from likeness.generators.networks.glasses_drawing import (
    SKIN_GRID,
    Measures,
    Placement,
    Rims,
    draw_glasses,
    sample_skin,
)
from likeness.generators.networks.quiet_axis import FINE, QuietAxis, smooth_step

# From where to where, along its own direction, lenses darken: one face in twenty wears sunglasses.
CLEAR, DARK = 1.6, 2.8
DARKEN = 6.0
# How decidedly a face wears one kind of rims, per squared standard deviation.
SHARPNESS = 7.0
# What is looked at of the picture, as parts of it: top, bottom, left, right. Heads are cut upright; glasses lie within.
BAND = (0.33, 0.675, 0.18, 0.82)


class Glasses(QuietAxis):
    """What the latent says of glasses, and their drawing; the same code on CPU, CUDA and MPS, no sync.

    Args:
        told: of a weights file's header: `worn` `[n_even]`, `style` `[3, n_even]` (heavy, round, dark), unit vectors
            over the latent's even columns, and `rims`, the measures of each kind.
        even_index: the latent's even columns.

    Raises:
        KeyError, TypeError, ValueError: something is absent or of another shape.
    """

    styles: Tensor
    keys: Tensor
    measures: Tensor

    def __init__(self, told: Mapping[str, Any], even_index: Tensor) -> None:
        super().__init__(told["worn"], even_index)
        kinds = [Rims.from_json(each) for each in told["rims"]]
        styles = torch.tensor(told["style"]).float()
        if styles.shape != (3, len(even_index)) or not kinds:
            raise ValueError(f"{len(kinds)} kinds of rims by {list(styles.shape)} numbers of {len(even_index)} columns")
        self.register_buffer("styles", styles)
        self.register_buffer("keys", torch.tensor([[rims.heavy, rims.round] for rims in kinds]))
        self.register_buffer("measures", torch.tensor([rims.flat() for rims in kinds]))
        self._places: dict[tuple[str, int], tuple[Tensor, Tensor]] = {}
        self._placements: dict[tuple[str, int], Placement] = {}

    def design(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Measures of the rims, `[batch, measures]` as `Rims.flat`; the lenses' darkness, `[batch]` in [0, 1]."""
        style = latent[:, FINE][:, self.even_index] @ self.styles.t()
        apart = (style[:, None, :2] - self.keys).square().sum(2)
        share = (-SHARPNESS * apart).softmax(1)
        return share @ self.measures, smooth_step(style[:, 2], CLEAR, DARK)

    def put_on(self, picture: Tensor, latent: Tensor, field: Tensor, mattes: Tensor) -> Tensor:
        """Return the picture of a bare face with the glasses of `latent`; where none are worn, bit by bit as it was.

        Args:
            picture: `[batch, 3, size, size]` in [-1, 1], of any size.
            latent: `[batch, 4, w_dim]`.
            field, mattes: of the face, as in `composite.Layers`: hair and the face's edge hide the temples.
        """
        size = picture.shape[-1]
        top, bottom, left, right = (round(part * size) for part in BAND)
        places, few = self._band(size, picture)
        band = picture[:, :, top:bottom, left:right]
        skin = sample_skin(few, field, mattes, *band.shape[2:])
        u, v = self._placement(field).find(field, places)
        measures, dark = self.design(latent)
        worn = self.opacity(latent)[:, None, None, None]
        drawn = draw_glasses(band, u, v, skin, Measures(measures), dark[:, None, None, None], worn)
        out = picture.clone()
        out[:, :, top:bottom, left:right] = torch.where(worn > 0, drawn, band)
        return out

    def _band(self, size: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """Where the band's pixels lie, in picture widths, `[1, 2, rows, columns]`, and some fewer; made once."""
        key = (str(like.device), size)
        if key not in self._places:
            top, bottom, left, right = (round(part * size) for part in BAND)

            def lay(rows: int, columns: int) -> Tensor:
                down = (torch.arange(rows, device=like.device, dtype=torch.float32) + 0.5) / rows
                across = (torch.arange(columns, device=like.device, dtype=torch.float32) + 0.5) / columns
                y, x = (top + down * (bottom - top)) / size, (left + across * (right - left)) / size
                return torch.stack(torch.meshgrid(x, y, indexing="xy"))[None]

            self._places[key] = lay(bottom - top, right - left), lay(*SKIN_GRID)
        return self._places[key]

    def _placement(self, field: Tensor) -> Placement:
        """What places glasses by warps of this size; made once."""
        key = (str(field.device), field.shape[-1])
        if key not in self._placements:
            self._placements[key] = Placement(field)
        return self._placements[key]


@dataclass(frozen=True)
class Worn:
    """The newest faces where one of them wears glasses, so that these can be taken off their images and put on again.

    Attributes:
        glasses: theirs.
        latent, field, mattes: as `Glasses.put_on` was given them.
        bare, dressed: the images without glasses and with, `[batch, 3, size, size]`.
    """

    glasses: Glasses
    latent: Tensor
    field: Tensor
    mattes: Tensor
    bare: Tensor
    dressed: Tensor

    @torch.no_grad()
    def take_off(self, image: Tensor) -> Tensor:
        """Return the images, changed since or not, without glasses; those of another shape as they are."""
        return image - (self.dressed - self.bare) if image.shape == self.bare.shape else image

    @torch.no_grad()
    def put_on(self, image: Tensor) -> Tensor:
        """Return them with glasses."""
        if image.shape != self.bare.shape:
            return image
        return self.glasses.put_on(image, self.latent, self.field, self.mattes)
