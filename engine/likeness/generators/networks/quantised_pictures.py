"""Pictures of floats to quantised tensors in channels-last order and back, for `Int8Arithmetic`.

Pictures lie plane by plane, and what oneDNN multiplies pixel by pixel. Torch moves single bytes between the two one by
one; here they are moved by OpenCV, or several at a time, in the memory that the quantised tensors have already.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Bytes = NDArray[np.uint8]
# Squares of so many px a side have rows of four bytes, which move as one number.
WORD = 4


def read_pixels(picture: Tensor, scale: float, zero: int) -> Tensor:
    """Return pictures of floats `[batch, 3, height, width]` as quint8 in channels-last order.

    Args:
        picture: of any floats.
        scale, zero: of the numbers: `scale * (byte - zero)`.
    """
    made = _make_empty(picture.shape, scale, zero)
    for planes, pixels in zip(_quantise(picture, scale, zero), _view_bytes(made), strict=True):
        cv2.merge(list(planes), dst=pixels)
    return made


def read_cells(picture: Tensor, factor: int, scale: float, zero: int) -> Tensor:
    """Return squares of `factor` px of pictures as quint8 cells, within a rim of repeated ones.

    Args:
        picture: `[batch, 3, height, width]` of any floats.
        factor: of which both are multiples.
        scale, zero: as in `read_pixels`.

    Returns:
        `[batch, factor * factor * 3, height / factor + 2, width / factor + 2]` in channels-last order, the channels of
        a cell pixel by pixel, row by row.
    """
    batch, channels, height, width = picture.shape
    rows, columns, run = height // factor, width // factor, factor * channels
    made = _make_empty((batch, factor * run, rows + 2, columns + 2), scale, zero)
    # A square's row moves as one thing.
    row_of_square = f"V{run}"
    for planes, bytes_ in zip(_quantise(picture, scale, zero), _view_bytes(made), strict=True):
        squares = cv2.merge(list(planes)).reshape(rows, factor, columns, run).view(row_of_square)[..., 0]
        cells = bytes_.view(row_of_square)
        cells[1:-1, 1:-1] = squares.transpose(0, 2, 1)
        cells[0], cells[-1] = cells[1], cells[-2]
        cells[:, 0], cells[:, -1] = cells[:, 1], cells[:, -2]
    return made


def write_planes(x: Tensor) -> Tensor:
    """Return pictures of quint8 in channels-last order as float32 ones `[batch, channels, height, width]`."""
    made = torch.empty(x.shape)
    numbers = ((np.arange(256) - x.q_zero_point()) * x.q_scale()).astype(np.float32)
    for pixels, planes in zip(_view_bytes(x), made.numpy(), strict=True):
        for plane, out in zip(cv2.split(pixels), planes, strict=True):
            cv2.LUT(plane, numbers, dst=out)
    return made


def spread_onto(x: Tensor, factor: int, onto: Tensor) -> Tensor:
    """Add the channels of quint8 cells to pictures, unfolded into squares of `factor` px [Shi et al. 2016].

    Args:
        x: `[batch, channels * factor * factor, h, w]` in channels-last order.
        factor: 4 is the quickest.
        onto: `[batch, channels, factor * h, factor * w]` float32; written to and returned.
    """
    batch, folded, height, width = x.shape
    channels = folded // factor**2
    cells = torch.from_numpy(_view_bytes(x))
    rows = cells.view(torch.int32) if factor == WORD else cells
    rows = rows.view(batch, height, width, channels, factor, -1).permute(0, 3, 1, 4, 2, 5).contiguous()
    planes = rows.view(torch.uint8).view(-1, factor * height, factor * width)
    scale, offset = x.q_scale(), -x.q_scale() * x.q_zero_point()
    for plane, out in zip(planes.numpy(), onto.view_as(planes).numpy(), strict=True):
        cv2.addWeighted(out, 1.0, plane, scale, offset, dst=out, dtype=cv2.CV_32F)
    return onto


def _quantise(picture: Tensor, scale: float, zero: int) -> Bytes:
    """Return the bytes of pictures of floats, plane by plane."""
    numbers = torch.quantize_per_tensor(picture.float().contiguous(), scale, zero, torch.quint8)
    return _view(numbers, numbers.shape)


def _make_empty(shape: tuple[int, ...], scale: float, zero: int) -> Tensor:
    """Return a quint8 tensor in channels-last order whose bytes are to be written."""
    return torch._empty_affine_quantized(
        shape, scale=scale, zero_point=zero, dtype=torch.quint8, memory_format=torch.channels_last
    )


def _view_bytes(x: Tensor) -> Bytes:
    """Return the bytes of a quint8 tensor in channels-last order, `[batch, height, width, channels]`, as they lie."""
    batch, channels, height, width = x.shape
    return _view(x.contiguous(memory_format=torch.channels_last), (batch, height, width, channels))


def _view(x: Tensor, shape: tuple[int, ...]) -> Bytes:
    # Torch's own call for this copies them, in the time of a small convolution.
    whole = torch.empty(0, dtype=torch.uint8).set_(x.untyped_storage())
    bytes_: Bytes = whole[x.storage_offset() :][: x.numel()].view(shape).numpy()
    return bytes_
