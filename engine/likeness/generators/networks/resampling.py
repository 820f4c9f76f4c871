"""Bilinear resizing and means of pixels, as the composite needs them: quick on a processor, any device.

On a processor OpenCV resizes and filters plane by plane: one 128 px plane is brought to 256 px in 0.03 ms of one core,
where torch's own call takes three times as long. It gives the same bits on any number of threads.
"""

from functools import lru_cache

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Kernel = NDArray[np.float32]
"""Weights of neighbours, `[rows, columns]`."""
BINOMIAL = (0.25, 0.5, 0.25)


def blur(picture: Tensor) -> Tensor:
    """Means of 5 x 5 pixels, two fewer on each side; as sums of slices, in a fifth of a pooling's time."""
    down = picture[:, :, :-4] + picture[:, :, 4:]
    for first in (1, 2, 3):
        down = down.add_(picture[:, :, first : first - 4])
    across = down[..., :-4] + down[..., 4:]
    for first in (1, 2, 3):
        across = across.add_(down[..., first : first - 4])
    return across * (1 / 25)


def sharpen(picture: Tensor, reach: int, strength: float) -> Tensor:
    """Add what a blur takes away, times `strength` [unsharp mask]; the rim's pixels are repeated.

    Args:
        picture: `[batch, channels, height, width]`.
        reach: of the blur by the binomial kernel (1, 2, 1) / 4 both ways: how far its taps are apart, in px.
        strength: 0 leaves the picture as it is.
    """
    if not _is_quick(picture):
        taps = _spread_taps(BINOMIAL, reach)
        return torch.lerp(_filter(_filter(picture, taps, 2), taps, 3), picture, 1 + strength)
    kernel = _sharpening(reach, strength)
    made = torch.empty_like(picture, memory_format=torch.contiguous_format)
    for plane, out in _planes(picture, made):
        cv2.filter2D(plane, -1, kernel, dst=out, borderType=cv2.BORDER_REPLICATE)
    return made


def filter_both_ways(picture: Tensor, taps: tuple[float, ...]) -> Tensor:
    """Sum neighbours by an odd number of `taps` both ways; the rim's pixels are repeated."""
    if not _is_quick(picture):
        return _filter(_filter(picture, taps, 2), taps, 3)
    row = np.array(taps, np.float32)
    made = torch.empty_like(picture, memory_format=torch.contiguous_format)
    for plane, out in _planes(picture, made):
        cv2.sepFilter2D(plane, -1, row, row, dst=out, borderType=cv2.BORDER_REPLICATE)
    return made


def resize(picture: Tensor, *sizes: int) -> Tensor:
    """Return a square `picture` `[batch, channels, n, n]` bilinearly resized to each of `sizes` in turn.

    Where it has the size already it is returned itself.
    """
    for size in sizes:
        if size != picture.shape[-1]:
            picture = _interpolate(picture, (size, size))
    return picture


def enlarge(picture: Tensor, factor: int) -> Tensor:
    """Return `picture` `[batch, channels, height, width]` bilinearly enlarged by a whole factor."""
    height, width = picture.shape[2:]
    return _interpolate(picture, (factor * height, factor * width))


def _interpolate(picture: Tensor, size: tuple[int, int]) -> Tensor:
    if _is_quick(picture):
        made = picture.new_empty(*picture.shape[:2], *size)
        for plane, out in _planes(picture, made):
            cv2.resize(plane, size[::-1], dst=out, interpolation=cv2.INTER_LINEAR)
        return made
    if picture.is_cpu and picture.dtype == torch.float32:
        # Two products of matrices: torch's own call and its gradient take several times as long.
        down, across = (_find_shares(*lengths) for lengths in zip(picture.shape[2:], size, strict=True))
        return down @ picture @ across.mT
    return functional.interpolate(picture, size=size, mode="bilinear", align_corners=False)


def _planes(picture: Tensor, made: Tensor) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return each plane of a picture beside the one that is to be written, as arrays of the same memory."""
    return list(zip(picture.flatten(0, 1).numpy(), made.view(-1, *made.shape[2:]).numpy(), strict=True))


def _is_quick(picture: Tensor) -> bool:
    """Return whether planes are worked on by OpenCV: on a processor, where no gradient is asked for."""
    return picture.is_cpu and picture.dtype == torch.float32 and not picture.requires_grad


def _filter(picture: Tensor, taps: tuple[float, ...], dim: int) -> Tensor:
    """Sum neighbouring pixels along a dimension by `taps`, as slices.

    A depthwise convolution took five times as long on one core.
    """
    rim = len(taps) // 2
    size = picture.shape[dim]
    around = functional.pad(picture, (0, 0, rim, rim) if dim == 2 else (rim, rim, 0, 0), mode="replicate")
    total = around.narrow(dim, 0, size) * taps[0]
    for number, tap in enumerate(taps[1:], 1):
        if tap:
            total = total.add_(around.narrow(dim, number, size), alpha=tap)
    return total


def _spread_taps(taps: tuple[float, ...], reach: int) -> tuple[float, ...]:
    """Return taps with zeros between them, so that they are `reach` apart."""
    spread = [0.0] * ((len(taps) - 1) * reach + 1)
    spread[::reach] = taps
    return tuple(spread)


@lru_cache(maxsize=16)
def _sharpening(reach: int, strength: float) -> Kernel:
    taps = np.array(_spread_taps(BINOMIAL, reach))
    kernel = -strength * np.outer(taps, taps)
    kernel[reach, reach] += 1 + strength
    return kernel.astype(np.float32)


@lru_cache(maxsize=64)
def _find_shares(length: int, size: int) -> Tensor:
    """Return how much of each pixel there is in each of a row that is bilinearly resized, `[size, length]`."""
    with torch.inference_mode(False), torch.no_grad():  # a gradient may go through it later
        rows = functional.interpolate(torch.eye(length)[:, None], size=size, mode="linear", align_corners=False)
        return rows[:, 0].t().contiguous()
