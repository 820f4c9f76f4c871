"""What a direction changes in the pictures, told by judges that never saw the latents."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from likeness.evaluation.attribute_classifier import AttributeClassifier
from likeness.evaluation.features import BATCH, FEATURE_SIZE, Features, resized, rounded
from likeness.generator import Generator
from likeness.latent import truncate

# How far to each side, in standard deviations, and at which truncation: as a performer plays.
REACH = 2.0
PSI = 0.7


@torch.no_grad()
def effects(
    generator: Generator,
    network: Features,
    directions: Mapping[str, Tensor],
    judges: Mapping[str, AttributeClassifier],
    seeds: Sequence[int] = range(32),
) -> dict[str, dict[str, float]]:
    """Return, by direction and by judge, how far two deviations to either side bring a face from low to high.

    1 is the whole way between pictures with the attribute and pictures without, as the judge sees them; 0 is no change.

    Args:
        directions: `[num_ws, w_dim]` by name.
        judges: by attribute.
        seeds: of the faces that are moved.
    """
    base = truncate(generator.sample(seeds), generator.mean, PSI)
    table: dict[str, dict[str, float]] = {}
    for name, direction in directions.items():
        step = REACH * direction.to(base)
        low, high = (_features(generator, network, base + side * step) for side in (-1, 1))
        table[name] = {
            other: float((judge.margin(high) - judge.margin(low)).mean()) / judge.gap for other, judge in judges.items()
        }
    return table


def _features(generator: Generator, network: Features, latents: Tensor) -> Tensor:
    parts = (resized(rounded(generator.synthesize(part)), FEATURE_SIZE) for part in torch.split(latents, BATCH))
    return torch.cat([network.pooled(part).float().cpu() for part in parts])
