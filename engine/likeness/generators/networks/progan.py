"""Progressive growing: the generator of Karras et al. 2018, from the variables of its TensorFlow snapshots."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generators.networks.ops import EPSILON, Tensors, block_sizes, normalise


def pixel_norm(x: Tensor) -> Tensor:
    """Return `x` [batch, C, H, W] with each pixel's mean square at 1 [Karras et al. 2018, sec. 4.2]."""
    return x * (x.square().mean(1, keepdim=True) + EPSILON).rsqrt()


class ProGANLayer(nn.Module):
    """Convolution with equalised learning rate, leaky ReLU, pixel norm; doubling the size first where it is an `up`.

    Args:
        tensors: `weight` [O, I, 3, 3], `bias`.
        up: "" for none, "apart" for nearest neighbour before the convolution, "fused" for both as one.
    """

    def __init__(self, tensors: Tensors, in_channels: int, up: str = "") -> None:
        super().__init__()
        weight = tensors.read("weight", -1, in_channels, 3, 3)
        self.channels, self.up = weight.shape[0], up
        weight = weight * math.sqrt(2 / (in_channels * 9))
        if up == "fused":
            # Nearest neighbour, then 3x3, as one transposed convolution: the kernel summed over a square of 2x2.
            wide = functional.pad(weight, (1, 1, 1, 1))
            weight = wide[:, :, 1:, 1:] + wide[:, :, :-1, 1:] + wide[:, :, 1:, :-1] + wide[:, :, :-1, :-1]
            weight = weight.transpose(0, 1).contiguous()
        self.register_buffer("weight", weight)
        self.register_buffer("bias", tensors.read("bias", self.channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return [batch, O, h or 2 h, ...] of `x` [batch, I, h, h]."""
        weight, bias = self.get_buffer("weight"), self.get_buffer("bias")
        if self.up == "fused":
            x = functional.conv_transpose2d(x, weight, bias, stride=2, padding=1)
        else:
            if self.up:
                x = functional.interpolate(x, scale_factor=2, mode="nearest")
            x = functional.conv2d(x, weight, bias, padding=1)
        return pixel_norm(functional.leaky_relu(x, 0.2))


class ProGAN(nn.Module):
    """From z (labels, if any, behind it) to a picture.

    Args:
        tensors: `dense.*`, `b4.conv1.*`, `b8.conv0.*` or `b8.conv0_up.*`, `b8.conv1.*`, ..., `torgb.*`.

    Raises:
        ValueError: where a tensor is missing or of the wrong shape.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        taken = Tensors(tensors)
        sizes = block_sizes(taken)
        channels = taken.shape("dense.bias")[0] if len(taken.shape("dense.bias")) == 1 else 0
        dense = taken.read("dense.weight", channels * 16, -1)
        self.z_dim = dense.shape[1]
        self.register_buffer("dense", dense * (math.sqrt(2 / self.z_dim) / 4))
        self.register_buffer("dense_bias", taken.read("dense.bias", channels))
        self.layers = nn.ModuleList()
        for size in sizes:
            block = taken.under(f"b{size}")
            parts = []
            if size > 4:
                fused = block.has("conv0_up.weight")
                name, up = ("conv0_up", "fused") if fused else ("conv0", "apart")
                parts.append((name, up))
            for name, up in (*parts, ("conv1", "")):
                layer = ProGANLayer(block.under(name), channels, up)
                self.layers.append(layer)
                channels = layer.channels
        picture = taken.read("torgb.weight", -1, channels, 1, 1)
        self.img_channels, self.resolution = picture.shape[0], sizes[-1]
        self.register_buffer("picture", picture / math.sqrt(channels))
        self.register_buffer("picture_bias", taken.read("torgb.bias", self.img_channels))

    def first_weight(self) -> Tensor:
        """Return the first layer's matrix [n, z_dim], of which the directions are made."""
        return self.get_buffer("dense")

    def forward(self, z: Tensor) -> Tensor:
        """Return pictures [batch, img_channels, R, R], nominally in [-1, 1], of `z` [batch, z_dim]."""
        x = functional.linear(normalise(z), self.get_buffer("dense")).reshape(len(z), -1, 4, 4)
        x = x + self.get_buffer("dense_bias")[:, None, None]
        x = pixel_norm(functional.leaky_relu(x, 0.2)).contiguous(memory_format=torch.channels_last)
        for layer in self.layers:
            x = layer(x)
        return functional.conv2d(x, self.get_buffer("picture"), self.get_buffer("picture_bias"))
