"""The top of a head that the frame cuts: closed in a dome, where a mean of silhouettes leaves a chimney.

Photos are cropped through high hair, and their mattes end at the frame. A mean of such mattes is narrow there and
upright, and what the warp brings in from above would be its mirror image. The half width of an ellipse, squared, falls
the faster the higher one looks; so each row may be as wide as the rows below it say, and no wider.
"""

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


def close_head(person: Tensor) -> Tensor:
    """Return the person's opacity `[batch, 1, size, size]` without what stands up from the head at the frame's top.

    Args:
        person: in [0, 1], in the mean frame. A head that ends below the frame is returned as it is.
    """
    size = person.shape[-1]
    rows = round(ROWS[-1] * size)
    closed = torch.minimum(person[:, :, :rows], _dome(person, 0, rows))
    return torch.cat([closed, person[:, :, rows:]], dim=2)


def close_above(person: Tensor, rows: int) -> Tensor:
    """Return how the person goes on above the frame, `[batch, 1, rows, size]`, nearest row last."""
    return torch.minimum(person[:, :, :1], _dome(person, -rows, 0))


def _dome(person: Tensor, first: int, end: int) -> Tensor:
    """Return the opacity that the rows from `first` to `end` may have at most; negative ones are above the frame."""
    size = person.shape[-1]
    from_rows = torch.tensor([round(part * size) for part in ROWS], device=person.device)
    below = round(BELOW * size)
    squared = (person.sum(3)[:, 0] / 2).square()
    start = squared[:, from_rows, None]
    slope = ((squared[:, from_rows + below, None] - start) / below + BEND * below).clamp(min=0)
    y = torch.arange(first, end, device=person.device, dtype=person.dtype)
    up = from_rows[:, None] - y
    bound = torch.where(up > 0, start - up * slope - BEND * up.square(), torch.inf).amin(1)[:, None, :, None]
    top = person[:, :, first:end] if first >= 0 else person[:, :, :1]
    # From the middle of the frame, so that a mirrored head is closed alike.
    across = torch.arange(size, device=person.device, dtype=person.dtype) - (size - 1) / 2
    middle = (top * across).sum(3, keepdim=True) / (top.sum(3, keepdim=True) + 1e-3)
    inside = bound + MARGIN * size**2 - (across - middle).square()
    reach = 2 * (bound.clamp(min=0) + MARGIN * size**2).sqrt()
    dome = (inside / (reach * EDGE * size) + 0.5).clamp(0, 1)
    # Hair that leaves the frame at a side may be of any width.
    return torch.maximum(dome, torch.maximum(top[..., :1], top[..., -1:]))
