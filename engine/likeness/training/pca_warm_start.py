"""A warm start for a generator: principal codes of photographs, from which it first learns to draw them, blurred.

`likeness.training.pca` finds components of pictures that lie in memory. Here they pass batch by batch, on the device
and over several processes, so only sums are kept; a checkpoint holds them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

# Side in px at which pictures are coded: 64 codes of 16 px faces carry four fifths of what 64 px ones look like.
SIDE = 16
# Photographs needed for each component, or it would fit noise.
PHOTOS_PER_COMPONENT = 8
MOST_COMPONENTS = 64
LEVELS = 4


class PrincipalCodes(nn.Module):
    """Whitened principal components of small pictures, gathered batch by batch; codes are as normal as z is.

    All state is in its buffers, so that it is saved with the networks.

    Args:
        z_dim: length of a code; numbers beyond the components are noise.
    """

    def __init__(self, z_dim: int) -> None:
        super().__init__()
        width = 3 * SIDE * SIDE
        self.z_dim = z_dim
        self.seen: Tensor
        self.total: Tensor
        self.products: Tensor
        self.mean: Tensor
        self.basis: Tensor
        self.register_buffer("seen", torch.zeros(()))
        self.register_buffer("total", torch.zeros(width))
        self.register_buffer("products", torch.zeros(width, width))
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("basis", torch.zeros(width, z_dim))

    def accumulate(self, images: Tensor) -> None:
        """Add `images` [batch, 3, H, W] and their mirror images to the sums."""
        small = _downsample(images)
        rows = torch.cat([small, small.flip(3)]).flatten(1)
        self.seen += len(rows)
        self.total += rows.sum(0)
        self.products += rows.T @ rows

    def fit(self, average: Callable[[list[Tensor]], None]) -> None:
        """Compute the components from the sums; syncs with the device.

        Args:
            average: replaces tensors by their means over the processes of a run, in place.
        """
        average([self.seen, self.total, self.products])
        seen = max(float(self.seen), 1.0)
        mean = self.total / seen
        spread = (self.products / seen - torch.outer(mean, mean)).double().cpu()
        values, vectors = torch.linalg.eigh(spread)
        count = min(self.z_dim, MOST_COMPONENTS, max(1, int(seen) // (2 * PHOTOS_PER_COMPONENT)))
        strongest = values.flip(0)[:count].clamp(min=1e-6)
        self.mean.copy_(mean)
        self.basis.zero_()
        self.basis[:, :count] = (vectors.flip(1)[:, :count] / strongest.sqrt()).to(self.basis)

    def forward(self, images: Tensor) -> Tensor:
        """Return codes [batch, z_dim] of `images`; each number has mean 0 and variance 1 over the photographs."""
        codes = (_downsample(images).flatten(1) - self.mean) @ self.basis
        empty = (self.basis == 0).all(0)
        return torch.where(empty, torch.randn_like(codes), codes)


def pyramid_distance(drawn: Tensor, photos: Tensor) -> Tensor:
    """Return the mean absolute difference of pictures [batch, C, H, W] at full, half, quarter and eighth size."""
    total = torch.zeros((), device=drawn.device)
    for level in range(LEVELS):
        if level:
            drawn, photos = functional.avg_pool2d(drawn, 2), functional.avg_pool2d(photos, 2)
        total = total + (drawn - photos).abs().mean()
    return total


def _downsample(images: Tensor) -> Tensor:
    return functional.adaptive_avg_pool2d(images.float(), SIDE)
