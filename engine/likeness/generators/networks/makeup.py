"""The make-up on a face: lipstick, eye shadow, a line along the lashes, blush; as crisp at every size.

A latent says whether it is worn by a `QuietAxis`, and which kind by a place on another such direction of its fine
layer, along which kinds stand in a row from natural to bold: between two lies a third. It is laid on by patterns of the
mean face (`makeup_patterns.py`), moved by the warp as skin is, and lets the light and the relief of the face through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from likeness.generators.networks.composite_layers import Layers
from likeness.generators.networks.laid_patterns import SIDE, find_band, lay_places, look_up, sample_pattern
from likeness.generators.networks.makeup_patterns import (
    CHEEKS,
    CHEEKS_BOX,
    EYE_OFF,
    EYES,
    LIDS_BOX,
    LIPS_BOX,
    MOUTH,
    draw_cheeks,
    draw_lids,
    draw_lips,
)
from likeness.generators.networks.quiet_axis import KindAxis, smooth_step

Colour = tuple[float, float, float]
"""Red, green and blue in [0, 1]."""
# What is looked at of the picture for each part, as parts of it: top, bottom, left, right.
LIPS_BAND, LIDS_BAND, CHEEKS_BAND = (0.60, 0.93, 0.27, 0.73), (0.33, 0.57, 0.20, 0.80), (0.40, 0.82, 0.12, 0.88)
CHEEKS_GRID = (40, 72)  # places in which cheeks are looked at: blush is smooth
# Where the row of kinds ends on either side, in standard deviations, and how decidedly a face wears one of them.
REACH, SHARPNESS = 1.3, 14.0
# How bright colours are on skin of no brightness and on that of 1, for who is in the dark has no glowing lips.
DIMMEST, BRIGHTEST = 0.35, 1.25
RELIEF = (0.15, 1.6)  # how much darker and brighter than the mean a place may be
LEAST_LIPS = 0.8  # of the brightness of skin, that lips are taken to have: an open mouth between them is darker
DEEPER = 1.3  # by which power the relief of painted lips is deeper, which are smooth
FLOOR = 0.05  # of brightness that is divided by
# Teeth are less red than such shares of the skin, and brighter than such shares of the lips.
PALE, SHINING = (0.85, 0.35), (0.75, 1.05)
LINE = (0.05, 0.04, 0.05)  # the colour of the line along the lashes


@dataclass(frozen=True)
class Paint:
    """What one kind of make-up lays on; covers, `gloss`, `line` and `wing` are shares in [0, 1].

    Attributes:
        lips, lids, cheeks: colours in [0, 1].
        lips_cover, lids_cover, cheeks_cover: how far they cover.
        gloss: how much the lower lip shines.
        line: how dark the line along the upper lashes is.
        wing: how far that line goes on beyond the eye's corner.
    """

    lips: Colour
    lips_cover: float
    gloss: float
    lids: Colour
    lids_cover: float
    line: float
    wing: float
    cheeks: Colour
    cheeks_cover: float

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Paint:
        """Return what a header tells, whatever else it says.

        Raises:
            KeyError, TypeError, ValueError: something is absent or no number, a colour not three.
        """
        read: dict[str, Any] = {}
        for field, size in zip(fields(cls), SIZES, strict=True):
            value = told[field.name]
            read[field.name] = float(value) if size == 1 else tuple(float(x) for x in value)
            if size != 1 and len(read[field.name]) != size:
                raise ValueError(f"a colour of make-up is {size} numbers; {value} came for {field.name}")
        return cls(**read)

    def flat(self) -> list[float]:
        """All numbers, in the order of the attributes."""
        return [x for value in astuple(self) for x in (value if isinstance(value, tuple) else (value,))]


SIZES = (3, 1, 1, 3, 1, 1, 1, 3, 1)  # of a `Paint`'s attributes


class MakeUp(KindAxis):
    """What the latent says of make-up, and its drawing; the same code on CPU, CUDA and MPS, no sync.

    Args:
        told: of a weights file's header: `worn` and `kind`, `[n_even]` each, unit vectors over the latent's even
            columns, and `paints`, a `Paint` of each kind from natural to bold.
        even_index: the latent's even columns.
        size: height and width of the pictures, px.

    Raises:
        KeyError, TypeError, ValueError: something is absent or of another shape.
    """

    paints: Tensor
    lips: Tensor
    lids: Tensor
    cheeks: Tensor
    lips_places: Tensor
    lids_places: Tensor
    cheeks_places: Tensor

    def __init__(self, told: Mapping[str, Any], even_index: Tensor, size: int) -> None:
        paints = torch.tensor([Paint.from_json(each).flat() for each in told["paints"]])
        super().__init__(told["worn"], told["kind"], even_index, torch.linspace(-REACH, REACH, len(paints)), SHARPNESS)
        if paints.shape[1:] != (sum(SIZES),):
            raise ValueError(f"make-up of {list(paints.shape)} numbers, wanted {sum(SIZES)} of each kind")
        self.register_buffer("paints", paints)
        px = SIDE / size
        for name, pattern in (("lips", draw_lips(px)), ("lids", draw_lids(px)), ("cheeks", draw_cheeks())):
            self.register_buffer(name, pattern)
        self._lips, self._lids, self._cheeks = (find_band(size, band) for band in (LIPS_BAND, LIDS_BAND, CHEEKS_BAND))
        self.register_buffer("lips_places", lay_places(size, *self._lips))
        self.register_buffer("lids_places", lay_places(size, *self._lids))
        cheeks = functional.interpolate(lay_places(size, *self._cheeks), CHEEKS_GRID, mode="area")
        self.register_buffer("cheeks_places", cheeks)

    def make_up(self, picture: Tensor, latent: Tensor, parts: Layers) -> Tensor:
        """Return the picture of a bare face with the make-up of `latent`; where there is none, bit by bit as it was.

        Args:
            picture: `[batch, 3, size, size]` in [-1, 1].
            latent: `[batch, 4, w_dim]`.
            parts: of the same faces: hair hides what it covers.
        """
        lips, lips_cover, gloss, lids, lids_cover, line, wing, cheeks, cheeks_cover = (
            self.choose(latent) @ self.paints
        )[:, :, None, None].split(SIZES, 1)
        worn = self.opacity(latent)[:, None, None, None]
        skin = parts.skin_region()
        out = picture.clone()
        # Cheeks first: their colour is that of the skin, before blush.
        x, y, where = _find_places(parts.field, self.cheeks_places)
        blush = sample_pattern(self.cheeks, x, y - CHEEKS, CHEEKS_BOX) * look_up(skin, where)
        places = self.cheeks_places.expand(len(picture), -1, -1, -1)
        face = _mean((look_up(picture, places) + 1) / 2, blush)
        light = face.mean(1, keepdim=True)
        level = DIMMEST + (BRIGHTEST - DIMMEST) * light

        band = (out[:, :, *self._cheeks] + 1) / 2
        cover = functional.interpolate(blush, band.shape[2:], mode="bilinear", align_corners=False)
        drawn = torch.lerp(band, cheeks * level * _relief(band, light), worn * cheeks_cover * cover)
        _put(out, self._cheeks, drawn, worn * cover > 0)

        band = (out[:, :, *self._lids] + 1) / 2
        x, y, where = _find_places(parts.field, self.lids_places)
        shadow, along, beyond = (
            sample_pattern(self.lids, x - EYE_OFF, y - EYES, LIDS_BOX) * look_up(skin, where)
        ).split(1, 1)
        drawn = torch.lerp(band, lids * level * _relief(band, light), worn * lids_cover * shadow)
        dark = worn * line * torch.maximum(along, wing * beyond)
        drawn = torch.lerp(drawn, _colour(LINE, band).expand_as(drawn), dark)
        _put(out, self._lids, drawn, worn * (shadow + along + beyond) > 0)

        band = (out[:, :, *self._lips] + 1) / 2
        x, y, _ = _find_places(parts.field, self.lips_places)
        cover, between, shine = sample_pattern(self.lips, x, y - MOUTH, LIPS_BOX).split(1, 1)
        before = torch.maximum(_mean(band, cover).mean(1, keepdim=True), LEAST_LIPS * light)
        cover = cover * (1 - between * _find_teeth(band, face, before))
        relief = _relief(band, before).pow(DEEPER)
        colour = lips * level * relief + gloss * light * (0.5 * shine * relief + 0.6 * (relief - 1.15).clamp_min(0))
        _put(out, self._lips, torch.lerp(band, colour, worn * lips_cover * cover), worn * cover > 0)
        return out


def _find_places(field: Tensor, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return which places of the mean face are at some of the picture.

    Returns:
        How far they are from its middle and how low, in px of 256, `[batch, 1, rows, columns]`, and both in widths.
    """
    places = places.expand(len(field), -1, -1, -1)
    where = places + look_up(field, places)
    x, y = (where * SIDE).split(1, dim=1)
    return (x - SIDE / 2).abs(), y, where


def _relief(band: Tensor, mean: Tensor) -> Tensor:
    """Return how bright places are beside a mean brightness."""
    return ((band.mean(1, keepdim=True) + FLOOR) / (mean + FLOOR)).clamp(*RELIEF)


def _find_teeth(band: Tensor, face: Tensor, lips: Tensor) -> Tensor:
    """Return where there are teeth, if they are bared: bright beside the lips, and not red beside the skin."""
    bright = band.mean(1, keepdim=True)
    red = (band[:, :1] - band[:, 1:2]) / (bright + FLOOR)
    of_skin = ((face[:, :1] - face[:, 1:2]) / (face.mean(1, keepdim=True) + FLOOR)).clamp_min(FLOOR)
    return smooth_step(red / of_skin, *PALE) * smooth_step(bright / (lips + FLOOR), *SHINING)


def _put(out: Tensor, where: tuple[slice, slice], drawn: Tensor, seen: Tensor) -> None:
    """Write what is drawn, in [0, 1], into a part of pictures where it is seen."""
    place = out[:, :, *where]
    place.copy_(torch.where(seen, 2 * drawn.clamp(0, 1) - 1, place))


def _mean(band: Tensor, counts: Tensor) -> Tensor:
    """Return the mean colour of places, `[batch, 3, 1, 1]`."""
    return (band * counts).sum((2, 3), keepdim=True) / (counts.sum((2, 3), keepdim=True) + 1e-3)


def _colour(rgb: Colour, like: Tensor) -> Tensor:
    return torch.tensor(rgb, device=like.device)[None, :, None, None]
