"""The losses of `refine`: distances between a refined drawing and its photo, where both show the same thing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

# Difference in colour, of at most 2, at which drawing and photo show different things: a hat, another's hair.
DIFFERENT = 0.18
COLOUR_BLOCK = 8  # px; side of the blocks over which colours are compared
WINDOWS = (8, 4, 4)  # cells of the three feature maps over which texture is measured
OCTAVES, FINEST = 3, 2  # of the pyramid, and those of them that no pixel loss sees
FLOOR = 1e-3


def agreement(drawn: Tensor, photo: Tensor) -> Tensor:
    """Return the weight, in [0, 1], `[batch, 1, H / 8, W / 8]`, of places where two pictures show the same thing.

    Away from the face a composite draws somebody else's hair and no backdrop at all; learning from such pixels gives
    mush.
    """
    gap = functional.avg_pool2d(drawn - photo, COLOUR_BLOCK).abs().mean(1, keepdim=True)
    return torch.exp(-((gap / DIFFERENT) ** 2))


def pixel_distance(one: Tensor, other: Tensor, where: Tensor) -> Tensor:
    """Return the mean absolute difference over the coarse octaves of two pictures [Bojanowski et al. 2018, eq. 3].

    The two finest are left to features: pixels of strands cannot be met, and a thousand steps with them in the loss
    drew nothing at all.
    """
    pairs = list(zip(_laplacian_pyramid(one), _laplacian_pyramid(other), strict=True))[FINEST:]
    return torch.stack([_weighted_mean((a - b).abs(), where) for a, b in pairs]).mean() / 2


def octave_distance(one: Tensor, other: Tensor) -> Tensor:
    """Return the mean absolute differences of two pictures over all octaves, each counting alike.

    As `pixel_distance`, with the finest: for a picture that can be met pixel by pixel.
    """
    pairs = zip(_laplacian_pyramid(one), _laplacian_pyramid(other), strict=True)
    return torch.stack([(a - b).abs().mean() for a, b in pairs]).sum()


def feature_distance(one: Sequence[Tensor], other: Sequence[Tensor], where: Tensor) -> Tensor:
    """Return the mean absolute difference of feature maps [Johnson et al. 2016, eq. 2, without the square]."""
    return torch.stack([_weighted_mean((a - b).abs(), where) for a, b in zip(one, other, strict=True)]).mean()


def texture_distance(one: Sequence[Tensor], other: Sequence[Tensor], where: Tensor) -> Tensor:
    """Return the difference between the standard deviations of features within windows.

    The places of strands and pores are random: matched place by place they come out smooth. Their strength can be
    matched [the diagonal of the Gram matrix of Gatys et al. 2015, eq. 3, for each window].
    """
    spread = [
        _weighted_mean((_window_deviation(a, window) - _window_deviation(b, window)).abs(), where)
        for a, b, window in zip(one, other, WINDOWS, strict=True)
    ]
    return torch.stack(spread).mean()


def colour_distance(one: Tensor, other: Tensor) -> Tensor:
    """Return the mean absolute difference of two pictures folded to an eighth: of light and colour, not of detail."""
    return functional.avg_pool2d(one - other, COLOUR_BLOCK).abs().mean()


def _weighted_mean(values: Tensor, where: Tensor) -> Tensor:
    return (values * functional.interpolate(where, values.shape[2:], mode="bilinear", align_corners=False)).mean()


def _laplacian_pyramid(picture: Tensor) -> list[Tensor]:
    """The Laplacian pyramid [Burt & Adelson 1983], what is left over last."""
    octaves = []
    for _ in range(OCTAVES):
        half = functional.avg_pool2d(picture, 2)
        octaves.append(picture - functional.interpolate(half, scale_factor=2, mode="bilinear", align_corners=False))
        picture = half
    return [*octaves, picture]


def _window_deviation(features: Tensor, window: int) -> Tensor:
    """The standard deviation of each channel within windows."""
    mean = functional.avg_pool2d(features, window)
    variance = functional.avg_pool2d(features.square(), window) - mean.square()
    return (variance.clamp(min=0) + FLOOR).sqrt()
