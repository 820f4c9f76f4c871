"""The top of a head that the frame cuts: closed in a dome, where a mean of silhouettes leaves a chimney.

Photos are cropped through high hair, and their mattes end at the frame. A mean of such mattes is narrow there and
upright, and what the warp brings in from above would be its mirror image. The half width of an ellipse, squared, falls
the faster the higher one looks; so each row may be as wide as the rows below it say, and no wider.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

# Rows that say how the head goes on above them, and how far below each its slope is read, as parts of the height.
ROWS = tuple(row / 64 for row in range(2, 10))
BELOW = 1 / 32
# A head is taller than wide: its half width squared bends by this much, 1 in a circle.
BEND = 0.6
# What is let stand beyond the ellipse, as a part of the height squared: soft tips of hair.
MARGIN = 0.007
# Width of the edge that is cut, as a part of the height.
EDGE = 1 / 64


def close_head(mattes: Tensor) -> Tensor:
    """Return mattes `[batch, n, size, size]` without what stands up from the head at the frame's top.

    Args:
        mattes: in [0, 1], in the mean frame, the person's opacity the last. A head that ends below the frame is
            returned as it is.
    """
    rows = round(ROWS[-1] * mattes.shape[-1])
    person = mattes[:, -1:]
    closed = torch.minimum(person[:, :, :rows], _dome(person, 0, rows))
    top = torch.cat([mattes[:, :-1, :rows], closed], dim=1)
    return torch.cat([top, mattes[:, :, rows:]], dim=2)


def close_above(person: Tensor, rows: int) -> Tensor:
    """Return how the person goes on above the frame, `[batch, 1, rows, size]`, nearest row last."""
    return torch.minimum(person[:, :, :1], _dome(person, -rows, 0))


def _dome(person: Tensor, first: int, end: int) -> Tensor:
    """Return the opacity that the rows from `first` to `end` may have at most; negative ones are above the frame."""
    size = person.shape[-1]
    rows = _find_rows(size, first, end, person.device)
    widths = person[:, :, : rows.last].sum(3)[:, 0]
    squared = (widths.index_select(1, rows.read) / 2).square()
    start, lower = squared.unflatten(1, (2, -1)).unbind(1)
    slope = ((lower - start) / round(BELOW * size) + BEND * round(BELOW * size)).clamp(min=0)
    bound = torch.addcmul(start[..., None] - rows.bent, slope[..., None], rows.up, value=-1).amin(1)[:, None, :, None]
    top = person[:, :, first:end] if first >= 0 else person[:, :, :1]
    middle = (top * rows.across).sum(3, keepdim=True) / (top.sum(3, keepdim=True) + 1e-3)
    inside = bound + MARGIN * size**2 - (rows.across - middle).square()
    reach = 2 * (bound.clamp(min=0) + MARGIN * size**2).sqrt()
    dome = (inside / (reach * EDGE * size) + 0.5).clamp(0, 1)
    # Hair that leaves the frame at a side may be of any width.
    return torch.maximum(dome, torch.maximum(top[..., :1], top[..., -1:]))


@dataclass(frozen=True)
class _Rows:
    """What does not change from face to face.

    Attributes:
        read: rows that say how the head goes on, and those below by which their slopes are read.
        last: the end of these rows.
        up: how far above each of the former the rows lie that are bounded, `[read / 2, rows]`; 0 below it.
        bent: what the ellipse bends on the way there; without bound below it.
        across: places of columns from the middle of the frame, so that a mirrored head is closed alike, `[size]`.
    """

    read: Tensor
    last: int
    up: Tensor
    bent: Tensor
    across: Tensor


@lru_cache(maxsize=16)
def _find_rows(size: int, first: int, end: int, device: torch.device) -> _Rows:
    with torch.inference_mode(False):  # a gradient may go through it later
        told = torch.tensor([round(part * size) for part in ROWS], device=device)
        below = told + round(BELOW * size)
        up = told[:, None] - torch.arange(first, end, device=device, dtype=torch.float32)
        bent = torch.where(up > 0, BEND * up.square(), -torch.inf)
        across = torch.arange(size, device=device, dtype=torch.float32) - (size - 1) / 2
        return _Rows(torch.cat([told, below]), int(below[-1]) + 1, up.clamp(min=0), bent, across)
