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
# Three of a colour, and how much of it is taken in place of the warped picture.
COLOURS_AND_GATE = 4
# The gate's logit at the beginning: nearly all is the picture that is seen.
SHUT = -2.0
# How far a place is warped at most, in half sides.
FARTHEST = 0.4


class VariationNetwork(nn.Module):
    """A U-Net with noise at its bottom [Antoniou et al. 2017], and a warp of the picture that it sees.

    The encoder halves the picture down to 4 px; the decoder doubles it again and sees the encoder's features of each
    size. Noise comes in at 4 px as channels, as in the paper, and in every layer of the decoder as a gain and an
    offset of each channel, where the paper adds channels to two more layers: so a small network cannot overlook it.

    The paper's network draws all of its picture. This one also warps what it sees, by a field of 8 x 8 places, and
    draws only where a gate says so. A network that had to draw all of it took as long to learn strokes as to vary
    them: after 1,200 steps on characters it drew specks.

    Args:
        widths: channels at half the picture's size, a quarter, ... down to 4 px; two or more.
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
        outputs = [*inner[1:], COLOURS_AND_GATE]
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(before, after, 4, 2, 1) for before, after in zip(inputs, outputs, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width, affine=False) for width in outputs[:-1])
        self.styles = nn.ModuleList(nn.Linear(z_dim, 2 * width) for width in outputs[:-1])
        self.field = nn.Conv2d(outputs[0], 2, 3, 1, 1)
        bias = self.up[-1].bias
        assert isinstance(bias, Tensor)
        nn.init.constant_(bias[3:], SHUT)

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
        field = None
        for layer, norm, style in zip(self.up, self.norms, self.styles, strict=False):
            gain, offset = style(z)[:, :, None, None].chunk(2, dim=1)
            x = functional.leaky_relu(norm(layer(x)) * (1 + gain) + offset, SLOPE)
            field = self.field(x) if field is None else field
            x = torch.cat([x, seen.pop()], dim=1)
        assert field is not None
        drawn, gate = self.up[-1](x).float().split((3, 1), dim=1)
        return warp_images(images, FARTHEST * torch.tanh(field.float())).lerp(torch.tanh(drawn), torch.sigmoid(gate))


def warp_images(images: Tensor, field: Tensor) -> Tensor:
    """Return images `[batch, 3, H, W]` warped, the border repeated, float32.

    Args:
        images: of any float type.
        field: how far from each place its colour comes from, x first, in half sides, `[batch, 2, h, w]`: it is
            smoothed to the images' size.
    """
    moved = functional.interpolate(field, images.shape[2:], mode="bicubic", align_corners=False)
    still = torch.eye(2, 3, device=images.device).expand(len(images), -1, -1)
    grid = functional.affine_grid(still, list(images.shape), align_corners=False) + moved.permute(0, 2, 3, 1)
    return functional.grid_sample(images.float(), grid, padding_mode="border", align_corners=False)
