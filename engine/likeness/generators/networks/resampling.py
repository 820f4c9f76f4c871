"""Bilinear resizing and means of pixels, as the composite needs them: quick on a processor, any device."""

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


def double(picture: Tensor) -> Tensor:
    """Bilinear enlargement to twice the size without gradients, in half of interpolate's time on one core."""
    batch, channels, height, width = picture.shape
    rows = picture.new_empty(batch, channels, height, 2, width)
    rows[:, :, 0, 0], rows[:, :, -1, 1] = picture[:, :, 0], picture[:, :, -1]
    torch.lerp(picture[:, :, 1:], picture[:, :, :-1], 0.25, out=rows[:, :, 1:, 0])
    torch.lerp(picture[:, :, :-1], picture[:, :, 1:], 0.25, out=rows[:, :, :-1, 1])
    tall = rows.view(batch, channels, 2 * height, width)
    pixels = tall.new_empty(batch, channels, 2 * height, width, 2)
    pixels[..., 0, 0], pixels[..., -1, 1] = tall[..., 0], tall[..., -1]
    torch.lerp(tall[..., 1:], tall[..., :-1], 0.25, out=pixels[..., 1:, 0])
    torch.lerp(tall[..., :-1], tall[..., 1:], 0.25, out=pixels[..., :-1, 1])
    return pixels.view(batch, channels, 2 * height, 2 * width)


def resize(picture: Tensor, size: int) -> Tensor:
    """Return `picture` `[batch, channels, height, width]` at `size` by `size`, bilinearly; itself where it is so."""
    if picture.shape[-1] == size:
        return picture
    if 2 * picture.shape[-1] == size and picture.device.type == "cpu" and not picture.requires_grad:
        return double(picture)
    return functional.interpolate(picture, size=(size, size), mode="bilinear", align_corners=False)
