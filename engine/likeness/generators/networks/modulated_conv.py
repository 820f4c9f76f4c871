"""Style-modulated convolutions [Karras et al. 2020, sec. 2.2], on the weights or on the activations as is less work."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generators.networks.ops import EPSILON, Tensors, activation, depthwise, resampling_filter

Noise = Literal["const", "none", "random"]


@dataclass(frozen=True)
class StyleGAN2Settings:
    """What the tensors themselves do not say.

    Args:
        lr_multiplier: of the mapping network.
        mapping_activation, activation: names of the nonlinearities.
        conv_clamp: largest absolute value after a convolution; None for no limit.
        shuffle: 2 where each toRGB writes four pixels side by side, for a picture twice as high as the last block
            [Shi et al. 2016, eq. 4]; else 1.
    """

    lr_multiplier: float = 0.01
    mapping_activation: str = "lrelu"
    activation: str = "lrelu"
    conv_clamp: float | None = None
    shuffle: int = 1


class Style(nn.Module):
    """The affine map from w to one factor per input channel; its gain is folded into the weight."""

    def __init__(self, tensors: Tensors, channels: int, w_dim: int, gain: float = 1.0) -> None:
        super().__init__()
        self.weight: Tensor
        self.bias: Tensor
        self.register_buffer("weight", tensors.read("weight", channels, w_dim) * (gain / math.sqrt(w_dim)))
        self.register_buffer("bias", tensors.read("bias", channels) * gain)

    def forward(self, w: Tensor) -> Tensor:
        """Return [batch, channels] of `w` [batch, w_dim]."""
        return functional.linear(w, self.weight, self.bias)


class ModulatedConv(nn.Module):
    """Modulated 3x3 convolution, demodulation, noise, bias, nonlinearity [Karras et al. 2020, sec. 2.2].

    Args:
        tensors: `weight` [O, I, k, k], `bias`, `affine.*`, and where there is noise `noise_const`, `noise_strength`.
        size: height and width in px of what comes out.
        up: whether it doubles the size.
        gain: of what comes out, beside the activation's own.
    """

    def __init__(
        self,
        tensors: Tensors,
        settings: StyleGAN2Settings,
        in_channels: int,
        w_dim: int,
        size: int,
        up: bool,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        weight = tensors.read("weight", -1, in_channels, -1, -1)
        out_channels, _, k, k2 = weight.shape
        if k != k2 or k % 2 == 0:
            raise ValueError(f"a convolution kernel of {k} x {k2} px, wanted an odd square")
        self.up, self.size, self.padding = up, size, k // 2
        self.act = activation(settings.activation)
        self.gain = self.act.gain * gain
        self.clamp = None if settings.conv_clamp is None else settings.conv_clamp * gain
        # A gain that passes through the nonlinearity is folded into demodulation, noise and bias.
        self.folded = self.gain if self.act.scales else 1.0
        self.style = Style(tensors.under("affine"), in_channels, w_dim)
        self.weight: Tensor
        self.power: Tensor
        self.epsilon: Tensor
        self.bias: Tensor
        self.noise: Tensor | None
        self.strength: Tensor | None
        self.filter: Tensor | None
        # Demodulation takes any factor of the weights out again. A power of two, which rounds nothing, keeps sums of
        # half precision in range, as the makers' division by the largest weight does.
        scale = _nearest_power_of_two(weight.abs().amax((1, 2, 3)) * math.sqrt(in_channels * k * k))
        weight = weight / scale[:, None, None, None]
        self.register_buffer("epsilon", EPSILON / scale.square())
        layout = weight.transpose(0, 1) if up else weight
        self.register_buffer("weight", layout.contiguous(memory_format=torch.channels_last))
        self.register_buffer("power", weight.square().sum((2, 3)))
        self.register_buffer("bias", tensors.read("bias", out_channels) * self.folded)
        # Flipped, because conv2d is a correlation; stored once a channel, for a depthwise convolution.
        kernel = depthwise(resampling_filter(tensors).flip((0, 1)), out_channels) if up else None
        self.register_buffer("filter", kernel)
        strength, noise = None, None
        if tensors.has("noise_strength"):
            strength = tensors.read("noise_strength") * self.folded
            noise = tensors.read("noise_const", size, size)[None, None] * strength
        self.register_buffer("strength", strength)
        self.register_buffer("noise", noise)
        # Multiply the weights by the style where they are fewer numbers than the two passes over activations.
        self.modulates_weights = k * k * in_channels < 2 * size * size
        self.fixed_weights = False  # for compilers, which lay constant weights out beforehand

    def forward(self, x: Tensor, w: Tensor, noise: Noise) -> Tensor:
        """Return [batch, O, size, size] of `x` [batch, I, h, h] and `w` [batch, w_dim]."""
        style = self.style(w)
        if x.dtype == torch.float16:
            # Which demodulation takes out again, too.
            style = style / style.abs().amax(1, keepdim=True).clamp_min(EPSILON)
        demodulation = functional.linear(style.square(), self.power)
        demodulation = (demodulation + self.epsilon).rsqrt() * self.folded
        if self.modulates_weights and not self.fixed_weights and x.shape[0] == 1:
            y = self._by_weights(x, style[0], demodulation[0])
        else:
            y = self._by_activations(x, style, demodulation)
        added = self._noise(y, noise)
        if added is not None:
            y = y.add_(added)
        y = self.act.apply(y)
        if not self.act.scales:
            y = y * self.gain
        return y if self.clamp is None else y.clamp_(-self.clamp, self.clamp)

    def _by_weights(self, x: Tensor, style: Tensor, demodulation: Tensor) -> Tensor:
        scale = torch.outer(style, demodulation) if self.up else torch.outer(demodulation, style)
        weight = self.weight * scale.to(x.dtype)[:, :, None, None]
        bias = self.bias.to(x.dtype)
        if not self.up:
            return functional.conv2d(x, weight, bias, padding=self.padding)
        return self._resample(functional.conv_transpose2d(x, weight, stride=2), bias)

    def _by_activations(self, x: Tensor, style: Tensor, demodulation: Tensor) -> Tensor:
        x = x * style.to(x.dtype)[:, :, None, None]
        if self.up:
            y = self._resample(functional.conv_transpose2d(x, self.weight, stride=2), None)
        else:
            y = functional.conv2d(x, self.weight, padding=self.padding)
        bias = self.bias.to(y.dtype)[None, :, None, None]
        return torch.addcmul(bias, y, demodulation.to(y.dtype)[:, :, None, None])

    def _resample(self, y: Tensor, bias: Tensor | None) -> Tensor:
        """Filter what the transposed convolution (2 h + k - 2 wide) made, down to twice the input's size."""
        assert self.filter is not None
        n = self.filter.shape[-1]
        spare = y.shape[-1] - self.size  # k - 2 beyond the size wanted
        low, high = (n - 1 - spare + 1) // 2, (n - 1 - spare) // 2
        if low != high:
            y, low = functional.pad(y, (low, high, low, high)), 0
        return functional.conv2d(y, self.filter, bias, padding=low, groups=y.shape[1])

    def _noise(self, y: Tensor, noise: Noise) -> Tensor | None:
        if noise == "none" or self.strength is None or self.noise is None:
            return None
        if noise == "const":
            return self.noise.to(y.dtype)
        drawn = torch.randn(y.shape[0], 1, self.size, self.size, device=y.device)
        return (drawn * self.strength).to(y.dtype)


def _nearest_power_of_two(values: Tensor) -> Tensor:
    """Return the power of two nearest to each of `values`; 1 for 0 and for what is not finite."""
    usable = values.isfinite() & (values > 0)
    return torch.exp2(torch.where(usable, values, 1.0).log2().round())


class ToRGB(nn.Module):
    """Modulated 1x1 convolution to the picture's channels, without demodulation."""

    def __init__(
        self, tensors: Tensors, settings: StyleGAN2Settings, in_channels: int, w_dim: int, channels: int
    ) -> None:
        super().__init__()
        weight = tensors.read("weight", channels, in_channels, 1, 1)
        self.clamp = settings.conv_clamp
        self.style = Style(tensors.under("affine"), in_channels, w_dim, gain=1 / math.sqrt(in_channels))
        self.weight: Tensor
        self.bias: Tensor
        self.register_buffer("weight", weight)
        self.register_buffer("bias", tensors.read("bias", channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Return the picture [batch, channels, h, h] of `x` [batch, I, h, h]."""
        style = self.style(w)
        if x.shape[0] == 1:
            weight = (self.weight * style[0][None, :, None, None]).to(x.dtype)
            y = functional.conv2d(x, weight, self.bias.to(x.dtype))
        else:
            y = functional.conv2d(
                x * style.to(x.dtype)[:, :, None, None], self.weight.to(x.dtype), self.bias.to(x.dtype)
            )
        return (y if self.clamp is None else y.clamp_(-self.clamp, self.clamp)).to(torch.float32)
