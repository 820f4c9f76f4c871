"""The critic of a WGAN, what it is held to, and how its pictures are moved."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from likeness.generators.networks.dcgan import START

SLOPE = 0.2


class Critic(nn.Module):
    """Scores [batch] of images [batch, channels, size, size], higher for photos; unbounded, and without norms.

    Args:
        widths: channels at 4 px, 8 px, ...; the picture is twice the size of the last.
        channels: of an image: three, or six for two pictures that are judged together.
    """

    def __init__(self, widths: Sequence[int], channels: int = 3) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in reversed(widths):
            layers += [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(SLOPE)]
            channels = width
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * START * START, 1))

    def forward(self, image: Tensor) -> Tensor:
        """Return the scores."""
        scores: Tensor = self.layers(image)[:, 0]
        return scores


def widths_for(size: int, width: int) -> list[int]:
    """Return channels at 4 px, 8 px, ... for pictures of `size` px: `width` last, doubling inwards up to 8 times."""
    count = (size // START).bit_length() - 1
    return [width * min(2**i, 8) for i in reversed(range(count))]


def penalise_slope(critic: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """Return how far the critic's slope between real and fake is from 1 [Gulrajani et al. 2017, eq. 3].

    Args:
        critic: gives scores `[batch]`.
        real, fake: `[batch, channels, size, size]`, float32: the gradient of a gradient loses too much in sixteen bits.
    """
    amount = torch.rand(len(real), 1, 1, 1, device=real.device)
    between = real.lerp(fake, amount).requires_grad_()
    (slopes,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    penalty: Tensor = (slopes.flatten(1).norm(dim=1) - 1).square().mean()
    return penalty


def shift_images(images: Tensor, share: float) -> Tensor:
    """Return images moved at random by whole pixels, their edges repeated.

    Args:
        images: `[batch, channels, size, size]`; all channels of one move together.
        share: of the side, by which they are moved at most.
    """
    most = int(share * images.shape[3])
    if not most:
        return images
    down, right = torch.randint(-most, most + 1, (2, len(images), 1), device=images.device)
    span = torch.arange(images.shape[3], device=images.device)
    rows, columns = (span + down).clamp(0, len(span) - 1), (span + right).clamp(0, len(span) - 1)
    every = torch.arange(len(images), device=images.device)
    moved = images.permute(0, 2, 3, 1)[every[:, None, None], rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2)
