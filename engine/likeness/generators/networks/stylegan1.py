"""StyleGAN: the generator of Karras et al. 2019, from the variables of its TensorFlow snapshots."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generators.networks.mapping import MappingNetwork
from likeness.generators.networks.ops import EPSILON, State, Tensors, block_sizes, check_square

Noise = Literal["const", "none", "random"]


@dataclass(frozen=True)
class StyleGAN1Settings:
    """What the tensors themselves do not say.

    Args:
        lr_multiplier: of the mapping network.
        blur: taps of the filter after upsampling; empty for none.
        fused_from: the size in px from which upsampling and convolution were trained as one operation.
    """

    lr_multiplier: float = 0.01
    blur: Sequence[float] = (1, 2, 1)
    fused_from: int = 128


def scale_weight(weight: Tensor, gain: float = math.sqrt(2)) -> Tensor:
    """Return `weight` [O, I, k, k] at the scale of its equalised learning rate [Karras et al. 2018, sec. 4.1]."""
    return weight * (gain / math.sqrt(math.prod(weight.shape[1:])))


def fuse_upsampling(weight: Tensor) -> Tensor:
    """Return the kernel [I, O, 4, 4] of a transposed convolution by 2: the 3x3 one, summed over a square of 2x2."""
    padded = functional.pad(weight, (1, 1, 1, 1))
    parts = padded[:, :, 1:, 1:] + padded[:, :, :-1, 1:] + padded[:, :, 1:, :-1] + padded[:, :, :-1, :-1]
    return parts.transpose(0, 1).contiguous()


class StyleGAN1Layer(nn.Module):
    """Convolution, noise, bias, leaky ReLU, instance norm, style [Karras et al. 2019, fig. 1b].

    Args:
        tensors: `weight` (absent in the layer of the constant), `bias`, `noise_const`, `noise_strength`, `style.*`.
        size: height and width in px of what comes out.
        up: whether it doubles the size.
    """

    def __init__(
        self, tensors: Tensors, settings: StyleGAN1Settings, in_channels: int, w_dim: int, size: int, up: bool
    ) -> None:
        super().__init__()
        self.size, self.up, self.fused = size, up, up and size >= settings.fused_from
        weight = scale_weight(tensors.read("weight", -1, in_channels, 3, 3)) if tensors.has("weight") else None
        self.channels = in_channels if weight is None else weight.shape[0]
        if weight is not None and self.fused:
            weight = fuse_upsampling(weight)
        self.has_noise = tensors.has("noise_strength")
        if self.has_noise:
            strength = tensors.read("noise_strength", self.channels)[:, None, None]
            self.register_buffer("strength", strength)
            self.register_buffer("noise", tensors.read("noise_const", size, size)[None, None] * strength)
        style = tensors.read("style.weight", 2 * self.channels, w_dim) / math.sqrt(w_dim)
        bias = tensors.read("style.bias", 2 * self.channels)
        # The scale is 1 plus the style's first half.
        one = torch.cat([torch.ones(self.channels), torch.zeros(self.channels)])
        buffers = {"weight": weight, "bias": tensors.read("bias", self.channels), "style": style, "shift": bias + one}
        for name, buffer in buffers.items():
            self.register_buffer(name, buffer)
        taps = torch.tensor([float(tap) for tap in settings.blur])
        kernel = torch.outer(taps, taps) / taps.sum() ** 2 if up and len(taps) else None
        self.register_buffer("blur", None if kernel is None else kernel[None, None].repeat(self.channels, 1, 1, 1))

    def forward(self, x: Tensor, w: Tensor, noise: Noise) -> Tensor:
        """Return [batch, O, size, size] of `x` [batch, I, h, h] and `w` [batch, w_dim]."""
        x = self._convolve(x)
        if self.has_noise and noise == "const":
            x = x + self.get_buffer("noise")
        elif self.has_noise and noise == "random":
            drawn = torch.randn(len(x), 1, self.size, self.size, device=x.device)
            x = x + drawn * self.get_buffer("strength")
        x = functional.leaky_relu(x + self.get_buffer("bias")[:, None, None], 0.2)
        x = x - x.mean((2, 3), keepdim=True)
        x = x * (x.square().mean((2, 3), keepdim=True) + EPSILON).rsqrt()
        style = functional.linear(w, self.get_buffer("style"), self.get_buffer("shift"))
        scale, shift = style[:, :, None, None].chunk(2, dim=1)
        return torch.addcmul(shift, x, scale)

    def _convolve(self, x: Tensor) -> Tensor:
        weight, blur = self.weight, self.blur
        if not isinstance(weight, Tensor):
            return x
        if self.fused:
            x = functional.conv_transpose2d(x, weight, stride=2, padding=1)
        elif self.up:
            x = functional.conv2d(functional.interpolate(x, scale_factor=2, mode="nearest"), weight, padding=1)
        else:
            x = functional.conv2d(x, weight, padding=1)
        if isinstance(blur, Tensor):
            x = functional.conv2d(x, blur, padding=blur.shape[-1] // 2, groups=self.channels)
        return x


class SynthesisNetwork(nn.Module):
    """From w+ to a picture: two layers for each size, the first of which is the learned constant's.

    Args:
        tensors: `b4.const`, `b4.conv0.bias`, ..., `torgb.weight`, `torgb.bias`.

    Raises:
        ValueError: where a tensor is missing or of the wrong shape.
    """

    def __init__(self, tensors: Tensors, settings: StyleGAN1Settings) -> None:
        super().__init__()
        sizes = block_sizes(tensors)
        if len(settings.blur) % 2 == 0 and settings.blur:
            raise ValueError(f"a blur of {len(settings.blur)} taps, wanted an odd number")
        check_square(tensors.shape("b4.const"), sizes[-1])
        self.register_buffer("const", tensors.read("b4.const", -1, 4, 4)[None])
        self.w_dim = tensors.read("b4.conv0.style.weight", -1, -1).shape[1]
        self.layers = nn.ModuleList()
        channels = self.get_buffer("const").shape[1]
        for size in sizes:
            for part in (0, 1):
                up = size > 4 and part == 0
                layer = StyleGAN1Layer(tensors.under(f"b{size}.conv{part}"), settings, channels, self.w_dim, size, up)
                self.layers.append(layer)
                channels = layer.channels
        picture = tensors.read("torgb.weight", -1, channels, 1, 1)
        self.img_channels = picture.shape[0]
        self.register_buffer("picture", scale_weight(picture, 1.0))
        self.register_buffer("picture_bias", tensors.read("torgb.bias", self.img_channels))
        self.resolution, self.num_ws = sizes[-1], 2 * len(sizes)
        self.layer_names = ("input", *(f"b{size}.conv{part}" for size in sizes for part in (0, 1)))

    @property
    def precisions(self) -> tuple[str, ...]:
        """What `set_precision` takes."""
        return ("float32",)

    def set_precision(self, precision: str) -> None:
        """Do nothing: there is but one precision."""

    def begin(self, ws: Tensor) -> State:
        """Return the state at the layer "input": the learned constant."""
        return (self.get_buffer("const").repeat(len(ws), 1, 1, 1).contiguous(memory_format=torch.channels_last),)

    def step(self, index: int, state: State, ws: Tensor, noise: Noise) -> State:
        """Return the state at the layer of that `index`: its features."""
        return (self.layers[index - 1](state[0], ws[:, index - 1], noise),)

    def end(self, state: State, ws: Tensor) -> Tensor:
        """Return the pictures [batch, img_channels, R, R] of the state at the last layer."""
        x = state[0]
        assert x is not None
        return functional.conv2d(x, self.get_buffer("picture"), self.get_buffer("picture_bias"))

    def forward(self, ws: Tensor, noise: Noise = "const") -> Tensor:
        """Return pictures [batch, img_channels, R, R], nominally in [-1, 1], of `ws` [batch, num_ws, w_dim]."""
        state = self.begin(ws)
        for index in range(1, len(self.layer_names)):
            state = self.step(index, state, ws, noise)
        return self.end(state, ws)


class StyleGAN1(nn.Module):
    """Mapping and synthesis of one snapshot.

    Args:
        tensors: `mapping.*` and `synthesis.*`.

    Raises:
        ValueError: where a tensor is missing or of the wrong shape.
    """

    def __init__(self, tensors: Mapping[str, Tensor], settings: StyleGAN1Settings) -> None:
        super().__init__()
        self.synthesis = SynthesisNetwork(Tensors(tensors, "synthesis."), settings)
        self.mapping = MappingNetwork(Tensors(tensors, "mapping."), self.synthesis.num_ws, settings.lr_multiplier)
        if self.mapping.w_dim != self.synthesis.w_dim:
            raise ValueError(f"the mapping makes w of {self.mapping.w_dim}, the synthesis takes {self.synthesis.w_dim}")
