"""StyleGAN2 with weights to learn; its state dict has the official names, so that what it learnt opens as it is."""

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generators.networks.ops import EPSILON, depthwise, normalise, upsample

# Of the resampling filter, as in the papers' configurations.
TAPS = (1.0, 3.0, 3.0, 1.0)
SLOPE = 0.2
GAIN = math.sqrt(2)
# Share of the old mean w kept from batch to batch [Karras et al. 2019, code of the truncation trick].
MEAN_KEPT = 0.995


@dataclass(frozen=True)
class StyleShape:
    """What a network is built as.

    Args:
        resolution: of the picture in px, a power of two.
        shuffle: 2 for the light form, whose blocks end at half the resolution: every toRGB writes the four pixels of
            each place side by side [Shi et al. 2016, eq. 4]; 1 for the plain form.
        z_dim, w_dim: widths of z and w.
        mapping_layers: depth of the mapping network; 2 where pictures are few [Karras et al. 2020, sec. D.2].
        channel_base, channel_max: a block of r px has min(channel_base / r, channel_max) channels.
        lr_multiplier: of the mapping network.
    """

    resolution: int
    shuffle: int = 1
    z_dim: int = 512
    w_dim: int = 512
    mapping_layers: int = 8
    channel_base: int = 16384
    channel_max: int = 512
    lr_multiplier: float = 0.01

    def __post_init__(self) -> None:
        """Refuse what cannot be built.

        Raises:
            ValueError: where a number is out of range.
        """
        last = self.resolution // self.shuffle if self.shuffle in (1, 2) else 0
        if last < 4 or last & (last - 1) or last * self.shuffle != self.resolution:
            raise ValueError(f"{self.resolution} px by shuffle {self.shuffle}, wanted a power of two from 8 and 1 or 2")
        for name in ("z_dim", "w_dim", "mapping_layers", "channel_base", "channel_max"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted 1 or more")

    @property
    def sizes(self) -> list[int]:
        """Heights in px of the blocks."""
        return [4 << i for i in range(int(math.log2(self.resolution // self.shuffle)) - 1)]

    @property
    def num_ws(self) -> int:
        """How many w the synthesis takes."""
        return 2 * len(self.sizes)

    @property
    def picture_channels(self) -> int:
        """What a toRGB writes."""
        return 3 * self.shuffle**2

    def channels(self, size: int) -> int:
        """Return the channels of the block of `size` px."""
        return max(1, min(self.channel_base // size, self.channel_max))


class EqualisedLinear(nn.Module):
    """A linear layer with an equalised learning rate [Karras et al. 2018, sec. 4.1]."""

    def __init__(self, into: int, out: int, start: float = 0.0, lr_multiplier: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out, into) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((out,), start))
        self.weight_gain, self.bias_gain = lr_multiplier / math.sqrt(into), lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        """Return [batch, out] of `x` [batch, into]."""
        return functional.linear(x, self.weight * self.weight_gain, self.bias * self.bias_gain)


class TrainableMapping(nn.Module):
    """From z to w, keeping the mean w."""

    def __init__(self, shape: StyleShape) -> None:
        super().__init__()
        widths = [shape.z_dim, *[shape.w_dim] * shape.mapping_layers]
        for i in range(shape.mapping_layers):
            self.add_module(f"fc{i}", EqualisedLinear(widths[i], widths[i + 1], lr_multiplier=shape.lr_multiplier))
        self.depth = shape.mapping_layers
        self.w_avg: Tensor
        self.register_buffer("w_avg", torch.zeros(shape.w_dim))

    def forward(self, z: Tensor) -> Tensor:
        """Return w [batch, w_dim] of `z` [batch, z_dim]; while training the mean is moved."""
        x = normalise(z)
        for i in range(self.depth):
            x = functional.leaky_relu(self.get_submodule(f"fc{i}")(x), SLOPE) * GAIN
        if self.training:
            self.w_avg.lerp_(x.detach().mean(0).to(self.w_avg.dtype), 1 - MEAN_KEPT)
        return x


class TrainableConv(nn.Module):
    """Modulated 3x3 convolution, demodulation, noise, bias, nonlinearity [Karras et al. 2020, sec. 2.2]."""

    def __init__(self, shape: StyleShape, into: int, out: int, size: int, up: bool) -> None:
        super().__init__()
        self.size, self.up = size, up
        self.affine = EqualisedLinear(shape.w_dim, into, start=1.0)
        self.weight = nn.Parameter(torch.randn(out, into, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.noise_const: Tensor
        self.resample_filter: Tensor
        self.register_buffer("noise_const", torch.randn(size, size))
        self.register_buffer("resample_filter", make_filter())

    def forward(self, x: Tensor, w: Tensor, noise: str) -> Tensor:
        """Return [batch, out, size, size] of `x` [batch, into, h, h], by styles on the activations.

        On the weights, as the official code has it, each picture of a batch would need a convolution of its own.
        """
        style = self.affine(w)
        power = self.weight.square().sum((2, 3))
        demodulation = (functional.linear(style.square(), power) + EPSILON).rsqrt() * GAIN
        x = x * style.to(x.dtype)[:, :, None, None]
        weight = self.weight.to(x.dtype)
        if self.up:
            y = functional.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
            kernel = depthwise(self.resample_filter.to(x.dtype), y.shape[1])
            y = functional.conv2d(y, kernel, padding=1, groups=y.shape[1])
        else:
            y = functional.conv2d(x, weight, padding=1)
        bias = (self.bias * GAIN).to(y.dtype)[None, :, None, None]
        y = torch.addcmul(bias, y, demodulation.to(y.dtype)[:, :, None, None])
        if noise != "none":
            y = y + (self._noise(len(y), noise) * (self.noise_strength * GAIN)).to(y.dtype)
        return functional.leaky_relu(y, SLOPE)

    def _noise(self, batch: int, noise: str) -> Tensor:
        if noise == "const":
            return self.noise_const[None, None]
        return torch.randn(batch, 1, self.size, self.size, device=self.noise_const.device)


class TrainableToRGB(nn.Module):
    """Modulated 1x1 convolution to the picture's channels, without demodulation."""

    def __init__(self, shape: StyleShape, into: int) -> None:
        super().__init__()
        self.affine = EqualisedLinear(shape.w_dim, into, start=1.0)
        self.weight = nn.Parameter(torch.randn(shape.picture_channels, into, 1, 1))
        self.bias = nn.Parameter(torch.zeros(shape.picture_channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Return [batch, picture_channels, h, h] in float32 of `x` [batch, into, h, h]."""
        style = self.affine(w) / math.sqrt(x.shape[1])
        x = x * style.to(x.dtype)[:, :, None, None]
        return functional.conv2d(x, self.weight.to(x.dtype), self.bias.to(x.dtype)).float()


class TrainableBlock(nn.Module):
    """One resolution of the skip architecture."""

    def __init__(self, shape: StyleShape, into: int, size: int) -> None:
        super().__init__()
        out = shape.channels(size)
        self.resample_filter: Tensor
        self.register_buffer("resample_filter", make_filter())
        if into:
            self.conv0 = TrainableConv(shape, into, out, size, up=True)
        else:
            self.const = nn.Parameter(torch.randn(out, size, size))
        self.num_conv = 2 if into else 1
        self.conv1 = TrainableConv(shape, out, out, size, up=False)
        self.torgb = TrainableToRGB(shape, out)

    def forward(self, x: Tensor, image: Tensor | None, ws: Tensor, noise: str) -> tuple[Tensor, Tensor]:
        """Return features and picture at this size; `ws` [batch, num_conv + 1, w_dim] are this block's own."""
        if self.num_conv == 2:
            x = self.conv0(x, ws[:, 0], noise)
        x = self.conv1(x, ws[:, self.num_conv - 1], noise)
        drawn: Tensor = self.torgb(x, ws[:, self.num_conv])
        if image is not None:
            drawn = drawn + upsample(image, depthwise(self.resample_filter, image.shape[1]))
        return x, drawn


class TrainableSynthesis(nn.Module):
    """From w+ to a picture; `generators.networks.stylegan2.SynthesisNetwork` plays what this learnt."""

    def __init__(self, shape: StyleShape) -> None:
        super().__init__()
        self.sizes, self.shuffle = shape.sizes, shape.shuffle
        into = 0
        for size in self.sizes:
            self.add_module(f"b{size}", TrainableBlock(shape, into, size))
            into = shape.channels(size)
        self.dtype = torch.float32

    def forward(self, ws: Tensor, noise: str = "random") -> Tensor:
        """Return pictures [batch, 3, R, R], nominally in [-1, 1], of `ws` [batch, num_ws, w_dim].

        Computed in `self.dtype`, whatever autocast says: styles, demodulation and the picture's sum stay float32.

        Args:
            noise: "random" for new noise in each picture, "const" for the stored one, "none".
        """
        with torch.autocast(ws.device.type, enabled=False):
            first = cast(TrainableBlock, self.get_submodule("b4"))
            x = first.const.to(self.dtype)[None].expand(len(ws), -1, -1, -1)
            x = x.contiguous(memory_format=torch.channels_last)
            image: Tensor | None = None
            start = 0
            for size in self.sizes:
                block = cast(TrainableBlock, self.get_submodule(f"b{size}"))
                x, image = block(x, image, ws[:, start:].float(), noise)
                start += block.num_conv
            assert image is not None
            return functional.pixel_shuffle(image, self.shuffle) if self.shuffle > 1 else image


class TrainableStyleGAN2(nn.Module):
    """Mapping and synthesis, with style mixing. `state_dict()` is what `networks.stylegan2` opens."""

    def __init__(self, shape: StyleShape) -> None:
        super().__init__()
        self.shape = shape
        self.mapping = TrainableMapping(shape)
        self.synthesis = TrainableSynthesis(shape)

    def latents(self, z: Tensor, mixing: float = 0.0) -> Tensor:
        """Return w_plus [batch, num_ws, w_dim] of `z` [batch, z_dim].

        Args:
            mixing: share of the pictures whose layers from a random one on have the w of another, random z
                [Karras et al. 2019, sec. 3.1].
        """
        num_ws = self.shape.num_ws
        ws = self.mapping(z)[:, None].expand(-1, num_ws, -1)
        if mixing <= 0:
            return cast(Tensor, ws)
        other = self.mapping(torch.randn_like(z))[:, None]
        crossing = torch.randint(1, num_ws, (len(z), 1, 1), device=z.device)
        mixed = torch.rand(len(z), 1, 1, device=z.device) < mixing
        from_other = mixed & (torch.arange(num_ws, device=z.device)[None, :, None] >= crossing)
        return torch.where(from_other, other, ws)

    def forward(self, z: Tensor, mixing: float = 0.0, noise: str = "random") -> Tensor:
        """Return pictures [batch, 3, R, R] of `z` [batch, z_dim]."""
        return cast(Tensor, self.synthesis(self.latents(z, mixing), noise))


def make_filter() -> Tensor:
    taps = torch.tensor(TAPS)
    kernel = torch.outer(taps, taps)
    return kernel / kernel.sum()
