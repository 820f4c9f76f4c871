"""Patterns of the mean face, laid onto a picture by the warp that drew it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

Box = tuple[float, float, float, float]
"""Of a pattern: left, right, top and bottom, in px of a mean face of 256."""
SIDE = 256  # px of the mean face in which places and lengths of patterns are given
FINER = 2  # cells of a pattern in each px of the picture


def find_band(size: int, band: tuple[float, float, float, float]) -> tuple[slice, slice]:
    """Return the rows and columns of a picture of that size that lie in a band, parts of it: top to right."""
    top, bottom, left, right = (round(part * size) for part in band)
    return slice(top, bottom), slice(left, right)


def lay_places(size: int, rows: slice, columns: slice) -> Tensor:
    """Return where the px of a part of a picture lie, in picture widths, x first, `[1, 2, rows, columns]`."""
    x, y = ((torch.arange(span.start, span.stop) + 0.5) / size for span in (columns, rows))
    return torch.stack(torch.meshgrid(x, y, indexing="xy"))[None]


def lay_cells(low: float, high: float, px: float) -> Tensor:
    """Return the middles of a pattern's cells from `low` to `high`, so many that `px` is `FINER` of them."""
    count = round((high - low) / px * FINER)
    return (torch.arange(count) + 0.5) * ((high - low) / count) + low


def look_up(image: Tensor, places: Tensor) -> Tensor:
    """Return `[batch, channels, h, w]` at places `[batch, 2, rows, columns]` in widths of it; its edge beyond it."""
    grid = (2 * places - 1).permute(0, 2, 3, 1)
    return functional.grid_sample(image, grid, padding_mode="border", align_corners=False)


def sample_pattern(pattern: Tensor, x: Tensor, y: Tensor, box: Box) -> Tensor:
    """Return a pattern of a box at places `[batch, 1, rows, columns]`; nothing beyond it."""
    left, right, top, bottom = box
    x, y = ((2 * at - low - high) / (high - low) for at, low, high in ((x, left, right), (y, top, bottom)))
    grid = torch.cat([x, y], dim=1).permute(0, 2, 3, 1)
    return functional.grid_sample(pattern.expand(len(x), -1, -1, -1), grid, align_corners=False)
