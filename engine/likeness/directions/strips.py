"""Strips of pictures: what a direction does to a face."""

from collections.abc import Sequence

import torch
from torch import Tensor

from likeness.evaluation.features import resized
from likeness.generator import Generator
from likeness.latent import truncate
from likeness.picture import Picture, sheet, to_pictures

AMOUNTS = (-3.0, -1.5, 0.0, 1.5, 3.0)


@torch.no_grad()
def strips(
    generator: Generator,
    directions: Sequence[Tensor],
    seeds: Sequence[int],
    amounts: Sequence[float] = AMOUNTS,
    psi: float = 0.7,
    side: int = 128,
) -> Picture:
    """Return a sheet with a row for each direction, and in it a strip for each seed.

    Args:
        directions: `[num_ws, w_dim]` each.
        amounts: in the directions' own lengths, from left to right.
        side: of one picture, in px.
    """
    base = truncate(generator.sample(seeds), generator.mean, psi)
    tiles: list[Picture] = []
    for direction in directions:
        for face in base:
            moved = torch.stack([face + amount * direction.to(face) for amount in amounts])
            tiles += to_pictures(resized(generator.synthesize(moved).clamp(-1, 1), side))
    return sheet(tiles, len(seeds) * len(amounts), gap=2)
