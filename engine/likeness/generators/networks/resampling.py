"""Bilinear resizing and means of pixels, as the composite needs them: quick on a processor, any device.

On a processor each row of a result is a sum of two or three rows by weights, and torch has one call for many of those
(embedding bags). It adds in the same order on any number of threads, which products of matrices do not.
"""

from dataclasses import dataclass
from functools import lru_cache

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
    """Means by the binomial kernel (1, 2, 1) / 4 both ways, its taps `reach` apart; the rim's pixels are repeated."""
    down = _filter_rows(picture, (0.25, 0.5, 0.25), reach)
    soft = functional.pad(down, (reach, reach, 0, 0), mode="replicate")
    for _ in range(2):
        soft = torch.lerp(soft[..., :-reach], soft[..., reach:], 0.5)
    return soft


def filter_both_ways(picture: Tensor, taps: tuple[float, ...]) -> Tensor:
    """Sum neighbours by an odd number of `taps` both ways; the rim's pixels are repeated.

    Columns as sums of slices: a depthwise convolution took five times as long on one core.
    """
    return _filter(_filter_rows(picture, taps, 1), taps, 1, 3)


def _filter_rows(picture: Tensor, taps: tuple[float, ...], reach: int) -> Tensor:
    """Sum rows that are `reach` apart by `taps`."""
    if not _is_quick(picture):
        return _filter(picture, taps, reach, 2)
    return _sum_rows(picture, _neighbouring_rows(picture.shape[2], taps, reach, _count_planes(picture)))


def _filter(picture: Tensor, taps: tuple[float, ...], reach: int, dim: int) -> Tensor:
    """Sum pixels that are `reach` apart along a dimension by `taps`, as slices."""
    rim = len(taps) // 2 * reach
    size = picture.shape[dim]
    around = functional.pad(picture, (0, 0, rim, rim) if dim == 2 else (rim, rim, 0, 0), mode="replicate")
    total = around.narrow(dim, 0, size) * taps[0]
    for number, tap in enumerate(taps[1:], 1):
        total = total.add_(around.narrow(dim, number * reach, size), alpha=tap)
    return total


def resize(picture: Tensor, *sizes: int) -> Tensor:
    """Return a square `picture` `[batch, channels, n, n]` bilinearly resized to each of `sizes` in turn.

    Where it has the size already it is returned itself.
    """
    width = picture.shape[-1]
    if all(size == width for size in sizes):
        return picture
    if sizes == (2 * width,):
        return enlarge(picture, 2)
    if not _is_quick(picture):
        for size in sizes:
            picture = _interpolate(picture, (size, size))
        return picture
    rows = _resized_rows(width, sizes, _count_planes(picture))
    return _sum_rows(_sum_rows(picture.mT, rows).mT, rows)


def enlarge(picture: Tensor, factor: int) -> Tensor:
    """Return `picture` `[batch, channels, height, width]` bilinearly enlarged by a whole factor."""
    height, width = picture.shape[2:]
    if not _is_quick(picture) or factor != 2:
        return _interpolate(picture, (factor * height, factor * width))
    return _sum_rows(_double_columns(picture), _resized_rows(height, (2 * height,), _count_planes(picture)))


def _interpolate(picture: Tensor, size: tuple[int, int]) -> Tensor:
    return functional.interpolate(picture, size=size, mode="bilinear", align_corners=False)


def _double_columns(picture: Tensor) -> Tensor:
    """Return a picture bilinearly enlarged to twice its width.

    A complex number of both pixels that each becomes lays them side by side, in less time than writing to every other
    place takes.
    """
    around = functional.pad(picture, (1, 1, 0, 0), mode="replicate")
    left = torch.lerp(around[..., 1:-1], around[..., :-2], 0.25)
    right = torch.lerp(around[..., 1:-1], around[..., 2:], 0.25)
    return torch.view_as_real(torch.complex(left, right)).flatten(-2)


def _is_quick(picture: Tensor) -> bool:
    """Return whether rows are summed by torch's one call: on a processor, where no gradient is asked for."""
    return picture.is_cpu and picture.dtype == torch.float32 and not picture.requires_grad


def _count_planes(picture: Tensor) -> int:
    return picture.shape[0] * picture.shape[1]


@dataclass(frozen=True)
class _Rows:
    """What the rows of a result are made of, for as many pictures as lie below each other.

    Attributes:
        index: numbers of rows, flat, int32.
        begins: where each sum begins among them, int32.
        weight: how much there is of each, flat.
    """

    index: Tensor
    begins: Tensor
    weight: Tensor

    @classmethod
    def of(cls, index: Tensor, weight: Tensor, height: int, planes: int) -> "_Rows":
        """Repeat one picture's `[rows, n]` for `planes` of them, each `height` high."""
        every = torch.arange(planes)[:, None, None] * height + index
        begins = torch.arange(0, every.numel(), index.shape[1])
        return cls(every.flatten().int(), begins.int(), weight.expand(planes, -1, -1).flatten())


def _sum_rows(picture: Tensor, rows: _Rows) -> Tensor:
    """Return `[batch, channels, rows, width]`: sums of the rows of `picture` `[batch, channels, height, width]`."""
    batch, channels, _, width = picture.shape
    flat = picture.contiguous().view(-1, width)
    sums = functional.embedding_bag(rows.index, flat, rows.begins, mode="sum", per_sample_weights=rows.weight)
    return sums.view(batch, channels, -1, width)


@lru_cache(maxsize=64)
def _resized_rows(height: int, sizes: tuple[int, ...], planes: int) -> _Rows:
    columns = torch.eye(height).reshape(1, height, 1, height).expand(-1, -1, 2, -1)
    for size in sizes:
        columns = functional.interpolate(columns, size=(2, size), mode="bilinear", align_corners=False)
    share = columns[0, :, 0].t()
    most = int((share > 0).sum(1).max())
    index = share.topk(most, dim=1).indices.sort(dim=1).values
    return _Rows.of(index, share.gather(1, index), height, planes)


@lru_cache(maxsize=64)
def _neighbouring_rows(height: int, taps: tuple[float, ...], reach: int, planes: int) -> _Rows:
    places = (torch.arange(len(taps)) - len(taps) // 2) * reach
    index = (torch.arange(height)[:, None] + places).clamp(0, height - 1)
    return _Rows.of(index, torch.tensor(taps).expand(height, -1), height, planes)
