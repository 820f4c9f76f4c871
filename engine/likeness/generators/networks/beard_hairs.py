"""Hairs of a beard that are drawn: their fine structure, the soft edge and stubble of what was cut, and a full beard.

Places are those of the mean face, in px of its 256.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from likeness.generators.networks.quiet_axis import smooth_step

PX = 256  # of the mean face, in which all is given here
# The part of the mean frame that exemplars are cut from: top, bottom, and to either side of its middle.
TOP, BOTTOM, SIDE = 148 / PX, 1.0, 80 / PX
# How far an edge is soft, and how wide stubble lies around it.
SOFT_PX, STUBBLE_PX = 1.5, 6.0
BRIGHTEST = 0.3  # of a strand that was cut, as log-brightness: brighter is skin
# Single hairs: how many times as fine as the exemplars, and how long in their own px.
FINER, HAIR_PX = 3, 16
# Rows between which hairs turn from growing sideways to growing down, and how far they do both at once.
SIDEWAYS, DOWN, SLOPE = 176.0, 204.0, 0.55
LIPS, LIPS_HALF = (0.0, 194.0), (29.0, 11.0)  # where they are, and half their size


def soften(layers: Tensor) -> Tensor:
    """Return exemplars `[n, 3, height, width]`, soft opacity, strands and the stubble around, of opacity and strands.

    Args:
        layers: `[n, 2, height, width]`, as `beard.unpack_layers` returns them.
    """
    cover, strands = layers.split(1, 1)
    scale = layers.shape[2] / (PX * (BOTTOM - TOP))
    # Strands at the edge of a cut are the skin's.
    strands = (strands * cover).clamp(max=BRIGHTEST)
    return torch.cat([_blur(cover, SOFT_PX * scale), strands, _blur(cover, STUBBLE_PX * scale)], dim=1)


def draw_full_beard(height: int, width: int) -> Tensor:
    """Return a full beard `[1, 2, height, width]`, opacity and strands: over cheeks, lip and chin, shaded below it.

    Drawn by eye; none of the training faces had one that looked right on others.
    """
    x, y = _places(height, width)
    x = x.abs()
    off_lips = 1 - smooth_step(_hill(x, y, LIPS, LIPS_HALF), -0.15, 0.3)
    # It begins higher at the sides, thins out on the cheeks beside the nose and below the lip's corners.
    begins = smooth_step(y - 170 + 12 * smooth_step(x, 50, 74), -8, 12)
    ends = (1 - smooth_step(x, 62, 80)) * (1 - smooth_step(y + 0.3 * x, 234, 262))
    thin = (1 - 0.6 * _hill(x, y, (38, 178), (12, 10)).exp() / math.e) * (
        1 - 0.35 * _hill(x, y, (16, 208), (7, 5)).exp() / math.e
    )
    shade = 0.12 * _hill(x, y, (0, 222), (22, 12)).exp() / math.e - 0.3 * smooth_step(y + 0.2 * x, 222, 250)
    return torch.stack([0.92 * begins * ends * thin * off_lips, shade])[None]


@lru_cache(maxsize=2)
# Whoever is first may be in that mode, and a search that comes later needs gradients through them.
@torch.inference_mode(mode=False)
def draw_hairs(height: int, width: int) -> Tensor:
    """Return single hairs, brighter and darker ones, `[1, 1, FINER * height, FINER * width]` of deviation 0.5.

    Drawn once in a process, since that takes 60 ms: the tensor is everybody's, and is not changed.

    Noise is drawn out along the way that hair grows [Cabral and Leedom 1993, line integral convolution]: from the
    middle of the upper lip to both sides, and down the chin.
    """
    rows, columns = FINER * height, FINER * width
    noise = torch.randn(1, 1, rows, columns, generator=torch.Generator().manual_seed(0))
    x, y = _places(rows, columns)
    down = smooth_step(y, SIDEWAYS, DOWN)
    way = torch.stack([x.sign() * (1 - down) + SLOPE * x / (PX * SIDE), SLOPE + (1 - SLOPE) * down])
    # A px in each step, in the units of `grid_sample`.
    way = (way / way.norm(dim=0) * torch.tensor([2 / columns, 2 / rows])[:, None, None])[None]
    start = torch.stack([x / (PX * SIDE), (y / PX - TOP) / (BOTTOM - TOP) * 2 - 1], dim=-1)[None]
    drawn = torch.zeros_like(noise)
    for turn in (-1, 1):
        places = start
        for step in range(HAIR_PX // 2):
            seen = functional.grid_sample(noise, places, padding_mode="reflection", align_corners=False)
            drawn = drawn + (1 - 2 * step / HAIR_PX) * seen
            along = functional.grid_sample(way, places, padding_mode="border", align_corners=False)
            places = places + turn * along.permute(0, 2, 3, 1)
    return (0.5 * drawn / drawn.std()).clamp(-1, 1)


def coarsen(hairs: Tensor) -> Tensor:
    """Return single hairs as pictures of the exemplars' size show them, `[1, 1, height, width]` of deviation 0.4."""
    coarse = functional.avg_pool2d(hairs, FINER)
    return (0.4 * coarse / coarse.std()).clamp(-1, 1)


def _places(rows: int, columns: int) -> tuple[Tensor, Tensor]:
    """Return x from the middle and y from the top of the part's px, `[rows, columns]` each."""
    y = PX * (TOP + (BOTTOM - TOP) * (torch.arange(rows) + 0.5) / rows)
    x = PX * SIDE * (2 * (torch.arange(columns) + 0.5) / columns - 1)
    return x.expand(rows, columns), y[:, None].expand(rows, columns)


def _hill(x: Tensor, y: Tensor, at: tuple[float, float], half: tuple[float, float]) -> Tensor:
    """Return 1 at a place, falling to 0 on the ellipse around it, and below 0 beyond."""
    return 1 - ((x - at[0]) / half[0]).square() - ((y - at[1]) / half[1]).square()


def _blur(layers: Tensor, sigma: float) -> Tensor:
    """Return `[n, 1, height, width]` blurred by a Gaussian of `sigma` px."""
    reach = math.ceil(3 * sigma)
    weights = torch.exp(-(torch.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    weights = weights / weights.sum()
    padded = functional.pad(layers, (reach,) * 4, mode="replicate")
    return functional.conv2d(functional.conv2d(padded, weights[None, None, None]), weights[None, None, :, None])
