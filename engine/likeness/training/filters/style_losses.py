"""Losses of style: Gram matrices of features, whole or within a mask, and the distance of contents."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from likeness.generators.networks.filter_network import MULTIPLE

# Of a mask's area, below which a map has no place in it to speak of.
LEAST_AREA = 1e-4
# So that a map without any features divides by something.
FLOOR = 1e-8


def gram_matrices(maps: Sequence[Tensor], mask: Tensor | None = None) -> list[Tensor]:
    """Return the Gram matrix of each map, `[batch, channels, channels]` float32: which features come together.

    [Gatys et al. 2015, eq. 3]; a mask weighs the places [Gatys et al. 2017, eq. 5].

    Args:
        maps: `[batch, channels, h, w]`.
        mask: `[batch or 1, 1, H, W]` in [0, 1]; None for the whole picture.
    """
    matrices = []
    for features in maps:
        rows = features.flatten(2).transpose(1, 2)
        if mask is None:
            weighed, area = rows, torch.full((len(rows), 1, 1), float(rows.shape[1]), device=rows.device)
        else:
            small = (
                functional.adaptive_avg_pool2d(mask, (features.shape[2], features.shape[3])).flatten(2).transpose(1, 2)
            )
            weighed, area = rows * small.to(rows.dtype), small.sum(1, keepdim=True).clamp(min=LEAST_AREA)
        matrices.append(torch.bmm(rows.transpose(1, 2), weighed).float() / area)
    return matrices


def style_distance(drawn: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """Return how far Gram matrices are from those of a style, `[batch]`: the squared differences, map by map.

    Each map counts as a part of what the style has in it, so that none drowns the others.

    Args:
        drawn, wanted: of `gram_matrices`, of pictures and of their styles, in the same order.
    """
    parts = [
        (one - other).square().sum((1, 2)) / (other.square().sum((1, 2)) + FLOOR)
        for one, other in zip(drawn, wanted, strict=True)
    ]
    return torch.stack(parts).sum(0)


def content_distance(drawn: Sequence[Tensor], photos: Sequence[Tensor], chosen: Sequence[int]) -> Tensor:
    """Return how far the features of pictures are from those of photos [Johnson et al. 2016, eq. 2], a scalar.

    Args:
        drawn, photos: maps `[batch, channels, h, w]`, in the same order.
        chosen: numbers of the maps that count.
    """
    parts = [
        (drawn[number].float() - photos[number].float()).square().mean()
        / (photos[number].float().square().mean() + FLOOR)
        for number in chosen
    ]
    return torch.stack(parts).mean()


def roughness(images: Tensor) -> Tensor:
    """Return the mean difference between neighbouring px [the total variation of Johnson et al. 2016], a scalar."""
    return (images[:, :, 1:] - images[:, :, :-1]).abs().mean() + (images[..., 1:] - images[..., :-1]).abs().mean()


def raster_strength(images: Tensor) -> Tensor:
    """Return how strongly the raster of the network's cells shows, a scalar: the variance of what recurs in each cell.

    Over a whole picture its own strokes and edges fall anywhere in the cells of 8 px that they are counted by, and what
    is left of their mean is the network's. Over 32 px they do not: weighed against that, networks drew blocks.
    """
    cells = functional.pixel_unshuffle(images, MULTIPLE).mean((2, 3))
    return cells.view(-1, 3, MULTIPLE**2).var(2, unbiased=False).mean()
