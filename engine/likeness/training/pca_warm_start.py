"""A quick start for a generator: it first draws blurred photographs from their principal codes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

# Side in px at which pictures are coded: 64 codes of 16 px faces carry four fifths of what 64 px ones look like.
SIDE = 16
# Photographs that must have been seen for each component, or it would fit noise.
FOR_EACH = 8
MOST = 64
LEVELS = 4


class PrincipalCodes(nn.Module):
    """Whitened principal components of small pictures, found while they pass: codes as normal as z is.

    All that it knows is in its buffers, so that it is saved with the networks.

    Args:
        z_dim: length of a code; what the pictures do not fill is noise.
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
        """Take note of `images` [batch, 3, H, W], and of their mirror images, for faces look alike in a mirror."""
        small = _small(images)
        rows = torch.cat([small, small.flip(3)]).flatten(1)
        self.seen += len(rows)
        self.total += rows.sum(0)
        self.products += rows.T @ rows

    def settle(self, average: Callable[[list[Tensor]], None]) -> None:
        """Find the components; a sync with the device.

        Args:
            average: replaces tensors by their means over the processes of a run, in place.
        """
        average([self.seen, self.total, self.products])
        seen = max(float(self.seen), 1.0)
        mean = self.total / seen
        spread = (self.products / seen - torch.outer(mean, mean)).double().cpu()
        values, vectors = torch.linalg.eigh(spread)
        count = min(self.z_dim, MOST, max(1, int(seen) // (2 * FOR_EACH)))
        strongest = values.flip(0)[:count].clamp(min=1e-6)
        self.mean.copy_(mean)
        self.basis.zero_()
        self.basis[:, :count] = (vectors.flip(1)[:, :count] / strongest.sqrt()).to(self.basis)

    def forward(self, images: Tensor) -> Tensor:
        """Return codes [batch, z_dim] of `images`, of mean 0 and variance 1 in each place over the photographs."""
        codes = (_small(images).flatten(1) - self.mean) @ self.basis
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


def _small(images: Tensor) -> Tensor:
    return functional.adaptive_avg_pool2d(images.float(), SIDE)
