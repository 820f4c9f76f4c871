"""The effects of a direction on pictures, measured by attribute classifiers and shown as strips."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from likeness.evaluation.attribute_classifier import AttributeClassifier
from likeness.evaluation.features import BATCH, FEATURE_SIZE, Features, round_to_bytes
from likeness.generator import Generator
from likeness.latent import truncate
from likeness.picture import Picture, resize_images, sheet, to_pictures

# How far to each side, in standard deviations, and at which truncation: as a performer plays.
REACH = 2.0
PSI = 0.7
# Of a strip's pictures, in the directions' own lengths.
AMOUNTS = (-3.0, -1.5, 0.0, 1.5, 3.0)


@torch.no_grad()
def measure_effects(
    generator: Generator,
    network: Features,
    directions: Mapping[str, Tensor],
    classifiers: Mapping[str, AttributeClassifier],
    seeds: Sequence[int] = range(32),
) -> dict[str, dict[str, float]]:
    """Return, by direction and by classifier, how far two deviations to either side bring a face from low to high.

    1 is the whole way between pictures with the attribute and pictures without, in the classifier's margin; 0 is no
    change.

    Args:
        directions: `[num_ws, w_dim]` by name.
        classifiers: by attribute.
        seeds: of the faces that are moved.
    """
    base = truncate(generator.sample(seeds), generator.mean, PSI)
    table: dict[str, dict[str, float]] = {}
    for name, direction in directions.items():
        step = REACH * direction.to(base)
        low, high = (_features(generator, network, base + side * step) for side in (-1, 1))
        table[name] = {
            other: float((classifier.margin(high) - classifier.margin(low)).mean()) / classifier.gap
            for other, classifier in classifiers.items()
        }
    return table


def _features(generator: Generator, network: Features, latents: Tensor) -> Tensor:
    parts = (
        resize_images(round_to_bytes(generator.synthesize(part)), FEATURE_SIZE) for part in torch.split(latents, BATCH)
    )
    return torch.cat([network.pooled(part).float().cpu() for part in parts])


@torch.no_grad()
def draw_strips(
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
            tiles += to_pictures(resize_images(generator.synthesize(moved).clamp(-1, 1), side))
    return sheet(tiles, len(seeds) * len(amounts), gap=2)
