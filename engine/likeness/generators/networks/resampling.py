"""Bilinear resizing and means of pixels, as the composite needs them: quick on a processor, any device."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def blur(picture: Tensor) -> Tensor:
    """Means of 5 x 5 pixels, two fewer on each side; as sums of slices, in a fifth of a pooling's time."""
    down = picture[:, :, :-4] + picture[:, :, 4:]
    for first in (1, 2, 3):
        down = down.add_(picture[:, :, first : first - 4])
    across = down[..., :-4] + down[..., 4:]
    for first in (1, 2, 3):
        across = across.add_(down[..., first : first - 4])
    return across * (1 / 25)


def soften(picture: Tensor, reach: int) -> Tensor:
    """Means by the binomial kernel (1, 2, 1) / 4 both ways, its taps `reach` apart; the rim's pixels are repeated.

    As means of slices: a depthwise convolution took five times as long on one core.
    """
    soft = functional.pad(picture, (reach,) * 4, mode="replicate")
    for _ in range(2):
        soft = torch.lerp(soft[:, :, :-reach], soft[:, :, reach:], 0.5)
    for _ in range(2):
        soft = torch.lerp(soft[..., :-reach], soft[..., reach:], 0.5)
    return soft


def double(picture: Tensor) -> Tensor:
    """Bilinear enlargement to twice the size without gradients, in half of interpolate's time on one core.

    Columns first. A complex number of both pixels that each becomes lays them side by side, in less time than writing
    to every other place takes; rows are then written whole.
    """
    batch, channels, height, width = picture.shape
    around = functional.pad(picture, (1, 1, 0, 0), mode="replicate")
    left = torch.lerp(around[..., 1:-1], around[..., :-2], 0.25)
    right = torch.lerp(around[..., 1:-1], around[..., 2:], 0.25)
    wide = torch.view_as_real(torch.complex(left, right)).view(batch, channels, height, 2 * width)
    rows = wide.new_empty(batch, channels, height, 2, 2 * width)
    rows[:, :, 0, 0], rows[:, :, -1, 1] = wide[:, :, 0], wide[:, :, -1]
    torch.lerp(wide[:, :, 1:], wide[:, :, :-1], 0.25, out=rows[:, :, 1:, 0])
    torch.lerp(wide[:, :, :-1], wide[:, :, 1:], 0.25, out=rows[:, :, :-1, 1])
    return rows.view(batch, channels, 2 * height, 2 * width)


def enlarge(picture: Tensor, weights: Tensor) -> Tensor:
    """Enlarge a smooth picture at once by a product each way, in float32 whatever is around; differentiable.

    Up from 32 px that is a third of the work of doubling it three times.

    Args:
        picture: `[batch, channels, n, n]`.
        weights: `[size, n]`, of `find_weights`.
    """
    with torch.autocast(picture.device.type, enabled=False):
        return torch.matmul(weights, torch.matmul(picture, weights.t()))


def find_weights(width: int, sizes: Sequence[int]) -> Tensor:
    """Return `[sizes[-1], width]`: how much of each column of a picture is in each of one that was resized in turn."""
    columns = torch.eye(width).reshape(1, width, 1, width).expand(-1, -1, width, -1)
    for size in sizes:
        columns = resize(columns, size)
    return columns[0, :, 0].t().contiguous()


def resize(picture: Tensor, size: int) -> Tensor:
    """Return `picture` `[batch, channels, height, width]` at `size` by `size`, bilinearly; itself where it is so."""
    if picture.shape[-1] == size:
        return picture
    quick = picture.is_cpu and picture.dtype == torch.float32 and not picture.requires_grad
    if 2 * picture.shape[-1] == size and quick:
        return double(picture)
    return functional.interpolate(picture, size=(size, size), mode="bilinear", align_corners=False)
