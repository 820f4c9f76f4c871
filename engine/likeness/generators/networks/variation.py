"""The generator of a DAGAN: from a picture and noise to another picture of the same class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generators.networks.dcgan import START

SLOPE = 0.2
# Channels of noise beside the picture's features at 4 px.
NOISE_CHANNELS = 32


class VariationNetwork(nn.Module):
    """A U-Net with noise at its bottom [Antoniou et al. 2017, sec. 4 and 5].

    The encoder halves the picture down to 4 px; the decoder doubles it again and sees the encoder's features of each
    size. Noise comes in at 4 px as channels, as in the paper, and in every layer of the decoder as a gain and an
    offset of each channel, where the paper adds channels to two more layers. Without that a small network learns to
    draw what the features beside it say, whatever the noise.

    Args:
        widths: channels at half the picture's size, a quarter, ... down to 4 px.
        z_dim: length of the noise.
    """

    def __init__(self, widths: Sequence[int], z_dim: int) -> None:
        super().__init__()
        self.widths, self.z_dim = tuple(widths), z_dim
        self.down = nn.ModuleList(
            nn.Conv2d(before, after, 4, 2, 1) for before, after in zip((3, *widths), widths, strict=False)
        )
        self.noise = nn.Linear(z_dim, NOISE_CHANNELS * START * START)
        # From 4 px up: what comes from below, and beside it the encoder's features of that size.
        inner = list(reversed(widths))
        inputs = [inner[0] + NOISE_CHANNELS] + [2 * width for width in inner[1:]]
        outputs = [*inner[1:], 3]
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(before, after, 4, 2, 1) for before, after in zip(inputs, outputs, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width, affine=False) for width in outputs[:-1])
        self.styles = nn.ModuleList(nn.Linear(z_dim, 2 * width) for width in outputs[:-1])

    @property
    def size(self) -> int:
        """Px of the pictures, height and width."""
        return START << len(self.widths)

    def forward(self, images: Tensor, z: Tensor) -> Tensor:
        """Return pictures `[batch, 3, size, size]` in [-1, 1] of the classes of other pictures.

        Args:
            images: `[batch, 3, size, size]` in [-1, 1].
            z: normal noise `[batch, z_dim]`.
        """
        seen, x = [], images
        for layer in self.down:
            x = functional.leaky_relu(layer(x), SLOPE)
            seen.append(x)
        x = torch.cat([seen.pop(), self.noise(z).reshape(len(z), -1, START, START)], dim=1)
        for number, layer in enumerate(self.up):
            x = layer(x)
            if number == len(self.norms):
                break
            gain, offset = self.styles[number](z)[:, :, None, None].chunk(2, dim=1)
            x = functional.leaky_relu(self.norms[number](x) * (1 + gain) + offset, SLOPE)
            x = torch.cat([x, seen.pop()], dim=1)
        return torch.tanh(x)
