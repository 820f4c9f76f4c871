"""The change that a translation makes, measured: whether pictures come any nearer to those of the other kind."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from likeness.evaluation.kernel import squared_discrepancy
from likeness.generators.networks.efficientnet_lite import EfficientNetLite
from likeness.generators.perceptual import perceptual_distance

# Below these a translation has only learnt to leave pictures as they are: a filter of random weights moves them much
# and nearer to nothing, an identity moves them little.
LEAST_MOVED, LEAST_CLOSED = 0.1, 0.15
FEWEST = 4
AT_ONCE = 8


@dataclass(frozen=True)
class Change:
    """How far a translation went.

    Attributes:
        moved: how much its pictures look different from those that came in, as a part of how much pictures of the
            two kinds do; 0 is the identity.
        closed: how much of the way between the two kinds is made: 0 as far apart as before, 1 not to be told apart.
    """

    moved: float
    closed: float

    @property
    def is_identity(self) -> bool:
        """Whether it has only learnt to leave pictures as they are."""
        return self.moved < LEAST_MOVED or self.closed < LEAST_CLOSED

    def describe(self, direction: str) -> str:
        """Return a sentence for whoever trained it.

        Args:
            direction: "A to B" or "B to A".
        """
        figures = (
            f"{direction}: pictures changed by {self.moved:.0%} of what tells the two kinds apart, and "
            f"{max(self.closed, 0.0):.0%} of the way to the other kind is made."
        )
        if self.moved < LEAST_MOVED:
            return f"{figures} It has only learnt the identity: lower --identity and --cycle, or train for longer."
        if self.closed < LEAST_CLOSED:
            return f"{figures} It changes pictures, and not toward the other kind: train for longer."
        return figures


@torch.no_grad()
def measure_change(network: EfficientNetLite, photos: Tensor, translated: Tensor, others: Tensor) -> Change:
    """Return how far translated photos are from what they were, and from the other kind.

    The way between the kinds is the squared maximum mean discrepancy of features, the kernel distance of the
    evaluation; it is unbiased, so that a few dozen pictures do.

    Args:
        network: of `open_features`.
        photos, translated: `[n, 3, H, W]` in [-1, 1], in the same order, from four on.
        others: pictures of the other kind, `[m, 3, H, W]`, from four on.
    """
    count = min(len(photos), len(others))
    apart = _mean_distance(network, photos[:count], others[:count])
    moved = _mean_distance(network, photos, translated)
    before, after, wanted = (_pool(network, images) for images in (photos, translated, others))
    gap = squared_discrepancy(before, wanted)
    left = squared_discrepancy(after, wanted)
    return Change(moved / max(apart, 1e-6), 1.0 - max(left, 0.0) / gap if gap > 0 else 0.0)


def _mean_distance(network: EfficientNetLite, a: Tensor, b: Tensor) -> float:
    pairs = zip(torch.split(a, AT_ONCE), torch.split(b, AT_ONCE), strict=True)
    return float(torch.cat([perceptual_distance(network, one, other) for one, other in pairs]).mean())


def _pool(network: EfficientNetLite, images: Tensor) -> Tensor:
    return torch.cat([network.pooled(part) for part in torch.split(images, AT_ONCE)])
