"""DiffAugment: the same random changes for photographs and generated pictures, with a gradient [Zhao et al. 2020]."""

from collections.abc import Sequence

import torch
from torch import Tensor

# Ratios of the paper's published settings: a shift of an eighth of the side, a hole of half of it.
SHIFT = 0.125
HOLE = 0.5
POLICY = ("colour", "translation", "cutout")


def diffaugment(images: Tensor, policy: Sequence[str] = POLICY) -> Tensor:
    """Return `images` [batch, C, H, W], each changed at random from torch's global generator; [-1, 1] may be left.

    Args:
        policy: of "colour", "translation" and "cutout", done in this order.

    Raises:
        ValueError: for another name.
    """
    for name in policy:
        if name not in _STEPS:
            raise ValueError(f"no augmentation {name!r}, wanted some of {', '.join(_STEPS)}")
        images = _STEPS[name](images)
    return images


def colour(images: Tensor) -> Tensor:
    """Change brightness by up to 0.5, saturation by 0 to 2 times, contrast by 0.5 to 1.5 times."""
    images = images + (_uniform(images) - 0.5)
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * (_uniform(images) * 2)
    level = images.mean((1, 2, 3), keepdim=True)
    return level + (images - level) * (_uniform(images) + 0.5)


def translation(images: Tensor) -> Tensor:
    """Shift by whole pixels, up to an eighth of the side, with black (0) from beyond the edge."""
    _, _, height, width = images.shape
    rows = _shift_indices(images, height, int(height * SHIFT + 0.5))
    columns = _shift_indices(images, width, int(width * SHIFT + 0.5))
    inside = rows[1][:, None, :, None] & columns[1][:, None, None, :]
    batch = torch.arange(len(images), device=images.device)[:, None, None]
    # Indexed with the channels last, in which layout one pixel is one run of memory.
    taken = images.permute(0, 2, 3, 1)[batch, rows[0][:, :, None], columns[0][:, None, :]]
    return taken.permute(0, 3, 1, 2) * inside


def cutout(images: Tensor) -> Tensor:
    """Make a rectangle of half the height and width black (0); it may reach over the edge."""
    _, _, height, width = images.shape
    hole = _hole_mask(images, height)[:, None, :, None] & _hole_mask(images, width)[:, None, None, :]
    return images * ~hole


def _uniform(images: Tensor) -> Tensor:
    return torch.rand(len(images), 1, 1, 1, dtype=images.dtype, device=images.device)


def _shift_indices(images: Tensor, side: int, most: int) -> tuple[Tensor, Tensor]:
    """Return which row each row comes from [batch, side], cut to the picture, and whether it was inside it."""
    shift = torch.randint(-most, most + 1, (len(images), 1), device=images.device)
    source = torch.arange(side, device=images.device)[None] + shift
    return source.clamp(0, side - 1), (source >= 0) & (source < side)


def _hole_mask(images: Tensor, side: int) -> Tensor:
    """Return [batch, side], true inside a run of half of it whose middle is anywhere."""
    length = int(side * HOLE + 0.5)
    middle = torch.randint(0, side + (1 - length % 2), (len(images), 1), device=images.device)
    place = torch.arange(side, device=images.device)[None] - (middle - length // 2)
    return (place >= 0) & (place < length)


_STEPS = {"colour": colour, "translation": translation, "cutout": cutout}
