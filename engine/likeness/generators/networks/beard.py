"""Beards as exemplar layers: opacity and strands cut from faces that have one, in the colour of each face's own hair.

Single hairs, for which these are too coarse, are drawn (`beard_hairs.py`), and with them a full beard of their own.

They lie in the mean frame and move with the warp, as skin does. A latent says whether one is worn by a `QuietAxis`, and
which by a place on another such direction of its fine layer, along which they stand in a row from least to most.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from likeness.generators.networks.beard_hairs import BOTTOM, SIDE, TOP, coarsen, draw_full_beard, draw_hairs, soften
from likeness.generators.networks.composite_layers import Layers
from likeness.generators.networks.packed_bytes import pack_bytes, unpack_bytes
from likeness.generators.networks.quiet_axis import KindAxis

# What of the picture is looked at for it: faces are longer and wider than the mean face.
BAND = (0.6, 1.0, 0.17, 0.83)
# Where the row of exemplars ends on either side, in standard deviations, and how decidedly a face wears one of them.
REACH, SHARPNESS = 1.2, 24.0
FULL = 0.4  # how much farther the full beard is, which is drawn and not cut
# Strands are kept as logarithms of brightness, in steps of a 127th of this.
STRONGEST = 1.0
# The part of the mean frame whose hair gives the colour, and how much darker a beard is.
HAIR, DARKER = (0.08, 0.35, 0.24, 0.76), 0.7
# How much the light on the face shows on it.
UNLIT, LIT = 0.45, 0.95
LIGHT_REACH = 0.05  # in picture widths: over so much around, light is averaged
# Skin shines through: the most that hair covers, and how dark the stubble around it is.
DENSEST, STUBBLE = 0.88, 0.35
# How much brighter one single hair is than the next, and how far they fray an edge.
CONTRAST, FRAY = 0.3, 0.55
LEAST_FINE = 1.5  # times the size of the exemplars, from which pictures show hairs at their finest
STRANDS = 1.3  # by which the exemplars' own strands are drawn out


def pack_layers(layers: np.ndarray) -> str:
    """Return the right halves of exemplars `[n, 2, height, width]`, opacity and strands, as text for a header."""
    steps = np.stack([layers[:, 0] * 127, layers[:, 1] / STRONGEST * 127], axis=1)
    return pack_bytes(steps)


def unpack_layers(text: str, shape: tuple[int, int, int]) -> Tensor:
    """Return whole exemplars `[n, 2, height, 2 * width]` from the text of their right halves.

    Args:
        shape: how many, their height, and the width of a half.

    Raises:
        ValueError: it is broken, or there is more or less of it.
    """
    count, height, width = shape
    steps = unpack_bytes(text, "the layers of beards")
    half = torch.from_numpy(steps.reshape(count, 2, height, width).astype(np.float32) / 127)
    half[:, 1] *= STRONGEST
    return torch.cat([half.flip(-1), half], dim=-1)


class Beard(KindAxis):
    """What the latent says of a beard, and its drawing; the same code on CPU, CUDA and MPS, no sync.

    Args:
        told: of a weights file's header: `worn` and `kind`, `[n_even]` each, unit vectors over the latent's even
            columns; `shape` and `layers` of `unpack_layers`.
        even_index: the latent's even columns.

    Raises:
        KeyError, TypeError, ValueError: something is absent or of another shape.
    """

    exemplars: Tensor
    hairs: Tensor
    coarse_hairs: Tensor

    def __init__(self, told: Mapping[str, Any], even_index: Tensor) -> None:
        count, height, width = told["shape"]
        # What is drawn goes on in the row of what was cut.
        keys = torch.cat([torch.linspace(-REACH, REACH, count), torch.tensor([REACH + FULL])])
        super().__init__(told["worn"], told["kind"], even_index, keys, SHARPNESS)
        full = draw_full_beard(height, 2 * width)
        layers = torch.cat([unpack_layers(told["layers"], (count, height, width)), full])
        self.register_buffer("exemplars", soften(layers))
        self.register_buffer("hairs", draw_hairs(height, 2 * width))
        self.register_buffer("coarse_hairs", coarsen(self.hairs))

    def grow(self, picture: Tensor, latent: Tensor, parts: Layers) -> Tensor:
        """Return the picture of a shaven face with the beard of `latent`; where there is none, bit by bit as it was.

        Args:
            picture: `[batch, 3, size, size]` in [-1, 1], of any size.
            latent: `[batch, 4, w_dim]`.
            parts: of the same faces.
        """
        size = picture.shape[-1]
        top, bottom, left, right = (round(part * size) for part in BAND)
        band = picture[:, :, top:bottom, left:right]
        places = _find_places(parts.field, size)
        layers = torch.einsum("bn,nchw->bchw", self.choose(latent), self.exemplars) * _find_skin(parts, self.exemplars)
        cover, strands, stubble = _sample(layers, places).split(1, 1)
        # Hairs finer than the picture's px would be specks.
        is_fine = size > LEAST_FINE * layers.shape[2] / (BOTTOM - TOP)
        hairs = _sample((self.hairs if is_fine else self.coarse_hairs).expand(len(layers), -1, -1, -1), places)
        worn = self.opacity(latent)[:, None, None, None]
        cover = cover.clamp(0, 1)
        # Where an edge is, one hair covers and the next does not.
        opacity = (DENSEST * worn) * (cover + 4 * FRAY * cover * (1 - cover) * hairs).clamp(0, 1)
        shown, hair = (band + 1) / 2, _hair_colour(parts.hair)
        colour = hair * torch.exp(STRANDS * strands + CONTRAST * hairs) * (UNLIT + LIT * _average(shown, size))
        under = shown * (1 - (STUBBLE * worn) * stubble.clamp(0, 1) * (1 - hair))
        drawn = 2 * torch.lerp(under, colour.clamp(0, 1), opacity) - 1
        out = picture.clone()
        out[:, :, top:bottom, left:right] = torch.where((stubble > 0) & (worn > 0), drawn, band)
        return out


def _find_skin(parts: Layers, like: Tensor) -> Tensor:
    """Return where there is bare skin in the mean frame's part, `[batch, 1, height, width]` as of `like`."""
    skin = parts.skin_region()
    size = skin.shape[-1]
    rows, columns = (
        slice(round(TOP * size), round(BOTTOM * size)),
        slice(round((0.5 - SIDE) * size), round((0.5 + SIDE) * size)),
    )
    return functional.interpolate(skin[:, :, rows, columns], size=like.shape[2:], mode="bilinear", align_corners=False)


def _find_places(field: Tensor, size: int) -> Tensor:
    """Return where the band of a picture lies in the mean frame's part, `[batch, height, width, 2]` in [-1, 1]."""
    top, bottom, left, right = (round(part * size) for part in BAND)
    axis = (torch.arange(size, device=field.device, dtype=field.dtype) + 0.5) / size
    places = torch.stack(torch.meshgrid(axis[left:right], axis[top:bottom], indexing="xy"), dim=-1)
    places = places[None].expand(len(field), -1, -1, -1)
    moved = functional.grid_sample(field, 2 * places - 1, padding_mode="border", align_corners=False)
    source = places + moved.permute(0, 2, 3, 1)
    x, y = (source[..., 0] - 0.5) / SIDE, 2 * (source[..., 1] - TOP) / (BOTTOM - TOP) - 1
    return torch.stack([x, y], dim=-1)


def _sample(layers: Tensor, places: Tensor) -> Tensor:
    return functional.grid_sample(layers, places, align_corners=False)


def _hair_colour(hair: Tensor) -> Tensor:
    """Return the colour of a beard by that of the hair `[batch, 3, size, size]`: `[batch, 3, 1, 1]` in [0, 1]."""
    top, bottom, left, right = (round(part * hair.shape[-1]) for part in HAIR)
    return DARKER * ((hair[:, :, top:bottom, left:right].mean((2, 3), keepdim=True) + 1) / 2).clamp(0.03, 1)


def _average(shown: Tensor, size: int) -> Tensor:
    """Return the light around each place of a band, `[batch, 1, height, width]`, at a quarter of the size."""
    small = functional.avg_pool2d(shown.mean(1, keepdim=True), 4, ceil_mode=True)
    reach = max(1, round(LIGHT_REACH * size / 4))
    small = functional.avg_pool2d(functional.pad(small, (reach,) * 4, mode="replicate"), 2 * reach + 1, stride=1)
    return functional.interpolate(small, size=shown.shape[2:], mode="bilinear", align_corners=False)
