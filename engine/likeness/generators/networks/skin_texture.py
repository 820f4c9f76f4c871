"""Pores: a fine pattern on the skin of a drawn face, which moves with the face."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generators.networks.resampling import filter_both_ways, resize
from likeness.generators.networks.warp import Warp

# The pattern is kept at so many times the pictures' size: between its px it is then as strong as on them, and does not
# twinkle where a face glides.
FINER = 2
# Widths of the blurs, in px of pictures, between which each part of the pattern lies, and how much there is of it.
BANDS = ((0.8, 1.7, 0.8), (1.3, 2.8, 0.6), (2.2, 5.0, 0.3))
# Pores are dark: what is darker than the skin around counts for more.
DARK, LIGHT = 1.25, 0.75
# Where there are none in the mean face, as parts of its width and height: centre x and y, half width, half height.
SMOOTH = ((0.37, 0.47, 0.085, 0.045), (0.63, 0.47, 0.085, 0.045), (0.5, 0.745, 0.11, 0.05))
RIM = 0.35  # over which they come back, as a part of the ellipse
# On foreheads, above these parts of the height, pores are so much less deep.
FOREHEAD, BROWS = 0.6, (0.34, 0.40)
# Of a pore's depth: what it has on black skin, and what on white. With 1.25 light skin was sandpaper.
DIM, BRIGHT = 0.25, 1.1
# How rough the cheeks of smooth and of rough skin are: the mean of what a blur takes away. Of 48 bundled faces the
# smoothest have 0.008 and are young, the roughest 0.015 and are men of some age. And how deep pores are on both.
ROUGHNESS, DEPTHS = (0.009, 0.0145), (0.5, 1.15)
# Where that is read in a picture, as parts of height and width: the cheek on the left, and its mirror image.
CHEEK_ROWS, CHEEK_COLUMNS = (0.50, 0.64), (0.28, 0.40)
SOFT = (0.25, 0.0, 0.5, 0.0, 0.25)  # taps of the blur
SEED = 1
ZERO = 128  # the byte of what adds nothing


class SkinTexture(nn.Module):
    """Draws pores for the bare skin of pictures; the same code on CPU, CUDA and MPS, no sync.

    Noise of three bands, dark more than light, made once from a fixed seed in the mean frame and drawn through the
    face's own warp, so that it stays on the skin that it is on. It is drawn, not learnt: pictures that a network
    enlarged for training have smoother skin than photographs, and a network without noise draws the mean of all pores,
    which is none. There are none on eyes and lips, they are faint on foreheads, and the deeper the rougher a face's
    cheeks are drawn: the young have smooth skin. No gradient flows through it.

    Args:
        size: height and width of the pictures, px.
        strength: standard deviation of what is added to mid-grey skin, about, where pictures are in [-1, 1]; above 0.
    """

    texture: Tensor

    def __init__(self, size: int, strength: float) -> None:
        super().__init__()
        self.size = size
        fine = FINER * size
        self.register_buffer("texture", strength * _make_texture(fine) * _find_smooth(fine), persistent=False)
        self._warp = Warp()
        # Of eight bits, on a processor.
        self._step = float(self.texture.abs().max()) / 127
        self._bytes = (self.texture[0, 0] / self._step + ZERO).round().to(torch.uint8).numpy()
        rows, columns = np.indices((size, size), np.float32) + 0.5
        self._places = torch.from_numpy(np.stack([columns, rows]))[None] * FINER - 0.5

    @torch.no_grad()
    def forward(self, drawn: Tensor, skin: Tensor, field: Tensor) -> Tensor:
        """Return what is to be added to the pictures, `[batch, 1, size, size]`.

        Args:
            drawn: the faces, `[batch, 3, h, h]` in [-1, 1], at any size.
            skin: where they have bare skin, `[batch, 1, h, h]` in [0, 1].
            field: warp in picture widths, x first, `[batch, 2, k, k]`.
        """
        half = (BRIGHT - DIM) / 2
        # How deep they are is smooth: a size at which pores are seen would be wasted on it.
        depth = drawn.mean(1, keepdim=True).mul_(half).add_(DIM + half).mul_(skin).mul_(_find_depth(drawn))
        if field.is_cpu and field.dtype == torch.float32:
            return self._draw_bytes(field).mul_(resize(depth.mul_(self._step), self.size))
        pores = self._warp(self.texture.expand(len(field), -1, -1, -1), field, self.size)
        return pores.mul_(resize(depth, self.size))

    def _draw_bytes(self, field: Tensor) -> Tensor:
        """Return the pattern in steps of its bytes, sampled at a 32nd of its px, in half the time that floats take."""
        places = resize(field * (FINER * self.size), self.size).add_(self._places)
        made = torch.empty_like(places[:, :1])
        for (across, down), out in zip(places.numpy(), made, strict=True):
            pores = cv2.remap(self._bytes, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            out.copy_(torch.from_numpy(pores))
        return made.sub_(ZERO)


def _find_depth(drawn: Tensor) -> Tensor:
    """Return how deep the pores of faces `[batch, 3, h, h]` are, `[batch, 1, 1, 1]`."""
    high, wide = drawn.shape[2:]
    top, end = (round(part * high) for part in CHEEK_ROWS)
    left, right = (round(part * wide) for part in CHEEK_COLUMNS)
    rows = drawn[:, :, top:end].mean(1, keepdim=True)
    cheeks = torch.cat([rows[..., left:right], rows[..., wide - right : wide - left]], dim=1)
    roughness = (cheeks - filter_both_ways(cheeks, SOFT)).abs().mean((1, 2, 3), keepdim=True)
    share = ((roughness - ROUGHNESS[0]) / (ROUGHNESS[1] - ROUGHNESS[0])).clamp(0, 1)
    return DEPTHS[0] + (DEPTHS[1] - DEPTHS[0]) * share


def _make_texture(size: int) -> Tensor:
    """Return the pattern `[1, 1, size, size]`, standard deviation about 1."""
    # On the CPU, so that it is the same on every device.
    generator = torch.Generator().manual_seed(SEED)
    pattern = torch.zeros(1, 1, size, size)
    for fine, coarse, share in BANDS:
        noise = torch.randn(1, 1, size, size, generator=generator)
        band = _blur(noise, FINER * fine) - _blur(noise, FINER * coarse)
        pattern += share * band / band.std()
    pattern /= pattern.std()
    return torch.where(pattern < 0, DARK * pattern, LIGHT * pattern)


def _blur(picture: Tensor, width: float) -> Tensor:
    """Return a picture blurred by a Gaussian of that standard deviation in px."""
    reach = round(3 * width) + 1
    taps = torch.exp(-(torch.arange(-reach, reach + 1) / width).square() / 2)
    taps = taps / taps.sum()
    around = functional.pad(picture, (reach,) * 4, mode="circular")
    return functional.conv2d(functional.conv2d(around, taps[None, None, None]), taps[None, None, :, None])


def _find_smooth(size: int) -> Tensor:
    """Return `[size, size]`: 0 on eyes and lips, `FOREHEAD` above the brows, 1 elsewhere."""
    axis = (torch.arange(size) + 0.5) / size
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    kept = FOREHEAD + (1 - FOREHEAD) * ((y - BROWS[0]) / (BROWS[1] - BROWS[0])).clamp(0, 1)
    for across, down, half_width, half_height in SMOOTH:
        away = (((x - across) / half_width).square() + ((y - down) / half_height).square()).sqrt()
        kept = torch.minimum(kept, ((away - 1) / RIM).clamp(0, 1))
    return kept
