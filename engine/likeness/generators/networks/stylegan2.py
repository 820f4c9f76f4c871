"""StyleGAN2: the generator of Karras et al. 2020, from tensors under the official state dict's names."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generators.networks.mapping import MappingNetwork
from likeness.generators.networks.modulated_conv import ModulatedConv, Noise, StyleGAN2Settings, ToRGB
from likeness.generators.networks.ops import (
    State,
    Tensors,
    block_sizes,
    cast_buffers,
    check_square,
    depthwise,
    resampling_filter,
    upsample,
)

# "mixed" is float32 below this many resolutions from the finest, as the makers train [Karras et al. 2020b, app. C].
HALF_RESOLUTIONS = 4


class Skip(nn.Module):
    """The residual path of the resnet architecture: a 1x1 convolution, then twice the size."""

    def __init__(
        self, tensors: Tensors, settings: StyleGAN2Settings, in_channels: int, out_channels: int, gain: float
    ) -> None:
        super().__init__()
        self.clamp = None if settings.conv_clamp is None else settings.conv_clamp * gain
        self.weight: Tensor
        self.filter: Tensor
        weight = tensors.read("weight", out_channels, in_channels, 1, 1) * (gain / math.sqrt(in_channels))
        self.register_buffer("weight", weight)
        self.register_buffer("filter", depthwise(resampling_filter(tensors), out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return [batch, O, 2 h, 2 h] of `x` [batch, I, h, h]."""
        y = upsample(functional.conv2d(x, self.weight), self.filter)
        return y if self.clamp is None else y.clamp_(-self.clamp, self.clamp)


class SynthesisBlock(nn.Module):
    """One resolution: its convolutions, its picture, and in a resnet its residual path."""

    def __init__(
        self, tensors: Tensors, settings: StyleGAN2Settings, in_channels: int, w_dim: int, size: int, channels: int
    ) -> None:
        super().__init__()
        gain = math.sqrt(0.5) if tensors.has("skip.weight") else 1.0
        self.conv0: ModulatedConv | None = None
        self.skip: Skip | None = None
        self.torgb: ToRGB | None = None
        self.num_conv = 2 if in_channels else 1
        if in_channels:
            self.conv0 = ModulatedConv(tensors.under("conv0"), settings, in_channels, w_dim, size, up=True)
            in_channels = self.conv0.bias.shape[0]
        else:
            in_channels = tensors.read("const", -1, size, size).shape[0]
        self.conv1 = ModulatedConv(tensors.under("conv1"), settings, in_channels, w_dim, size, False, gain)
        self.out_channels = self.conv1.bias.shape[0]
        if self.conv0 is not None and tensors.has("skip.weight"):
            skip_in = self.conv0.weight.shape[0]
            self.skip = Skip(tensors.under("skip"), settings, skip_in, self.out_channels, gain)
        self.upsampler: Tensor | None
        self.register_buffer("upsampler", depthwise(resampling_filter(tensors), channels) if self.conv0 else None)
        if tensors.has("torgb.weight"):
            self.torgb = ToRGB(tensors.under("torgb"), settings, self.out_channels, w_dim, channels)

    def draw_conv0(self, x: Tensor, ws: Tensor, noise: Noise) -> tuple[Tensor, Tensor | None]:
        """Return features at this size, and the residual path's in a resnet; `ws` are this block's own."""
        assert self.conv0 is not None
        return self.conv0(x, ws[:, 0], noise), None if self.skip is None else self.skip(x)

    def draw_conv1(self, x: Tensor, beside: Tensor | None, ws: Tensor, noise: Noise) -> Tensor:
        """Return this block's features; `ws` [batch, num_conv + 1, w_dim] are its own."""
        x = self.conv1(x, ws[:, self.num_conv - 1], noise)
        return x if beside is None else x + beside

    def draw_image(self, x: Tensor, image: Tensor | None, ws: Tensor) -> Tensor | None:
        """Return the picture so far at this size, of this block's features and the picture before it."""
        if image is not None:
            assert self.upsampler is not None
            image = upsample(image, self.upsampler)
        if self.torgb is not None:
            drawn = self.torgb(x, ws[:, self.num_conv])
            image = drawn if image is None else image.add_(drawn)
        return image


class SynthesisNetwork(nn.Module):
    """From w+ to a picture, layer by layer; the architecture (orig, skip, resnet) is what the tensors are those of.

    Args:
        tensors: of the synthesis network, `b4.const`, `b4.conv1.weight`, ...

    Raises:
        ValueError: where a tensor is missing or of the wrong shape.
    """

    def __init__(self, tensors: Tensors, settings: StyleGAN2Settings) -> None:
        super().__init__()
        sizes = block_sizes(tensors)
        last = tensors.under(f"b{sizes[-1]}")
        drawn = last.under("torgb").read("weight", -1, -1, 1, 1).shape[0]
        self.shuffle = settings.shuffle
        if drawn % self.shuffle**2:
            raise ValueError(f"toRGB draws {drawn} channels, wanted a multiple of {self.shuffle**2} to shuffle")
        self.img_channels = drawn // self.shuffle**2
        self.w_dim = last.under("torgb").read("affine.weight", -1, -1).shape[1]
        self.resolution = sizes[-1] * self.shuffle
        self.const: Tensor
        check_square(tensors.shape("b4.const"), self.resolution)
        self.register_buffer("const", tensors.under("b4").read("const", -1, 4, 4)[None])
        self.blocks = nn.ModuleList()
        channels = 0
        for size in sizes:
            block = SynthesisBlock(tensors.under(f"b{size}"), settings, channels, self.w_dim, size, drawn)
            channels = block.out_channels
            self.blocks.append(block)
        # Where each block's layers begin; the w of a block's picture is the next block's first.
        self.starts = [0, *range(1, 2 * len(sizes) - 1, 2)]
        self.num_ws = 2 * len(sizes)
        self.sizes = sizes
        # The block of each layer and which of its convolutions it is; the constant has neither.
        self.places = [(0, 0), (0, 1), *((number, part) for number in range(1, len(sizes)) for part in (0, 1))]
        self.layer_names = ("input", *(f"b{sizes[number]}.conv{part}" for number, part in self.places[1:]))
        self.dtypes = [torch.float32] * len(sizes)

    @property
    def precisions(self) -> tuple[str, ...]:
        """What `set_precision` takes; "mixed" is float16 at the finest sizes."""
        return ("float32", "bfloat16", "float16", "mixed")

    def set_precision(self, precision: str) -> None:
        """Compute in `precision` from now on."""
        if precision == "mixed":
            self.set_dtype(torch.float16, self.resolution >> (HALF_RESOLUTIONS - 1))
        else:
            self.set_dtype(getattr(torch, precision))

    def set_dtype(self, dtype: torch.dtype, coarsest: int = 0) -> None:
        """Compute in `dtype` from now on; styles, demodulation and the picture's sum stay float32.

        Args:
            coarsest: height in px below which it is float32 nevertheless.
        """
        self.dtypes = [dtype if size >= coarsest else torch.float32 for size in self.sizes]
        for block, block_dtype in zip(self.blocks, self.dtypes, strict=True):
            for module in block.modules():
                if isinstance(module, ModulatedConv | Skip):
                    cast_buffers(module, ("weight", "filter"), block_dtype)

    def begin(self, ws: Tensor) -> State:
        """Return the state at the layer "input": the learned constant."""
        x = self.const.to(self.dtypes[0]).repeat(ws.shape[0], 1, 1, 1).contiguous(memory_format=torch.channels_last)
        return x, None, None

    def step(self, index: int, state: State, ws: Tensor, noise: Noise) -> State:
        """Return the state at the layer of that `index`: its features, the picture below it, the residual path's."""
        x, image, beside = state
        assert x is not None
        number, part = self.places[index]
        if part == 1:
            block, own = self._block(number, ws)
            return block.draw_conv1(x, beside, own, noise), image, None
        before, below = self._block(number - 1, ws)
        block, own = self._block(number, ws)
        image = before.draw_image(x, image, below)
        x, beside = block.draw_conv0(x.to(self.dtypes[number]), own, noise)
        return x, image, beside

    def end(self, state: State, ws: Tensor) -> Tensor:
        """Return the pictures [batch, img_channels, R, R] of the state at the last layer."""
        x, image, _ = state
        assert x is not None
        block, own = self._block(len(self.blocks) - 1, ws)
        image = block.draw_image(x, image, own)
        assert image is not None
        return functional.pixel_shuffle(image, self.shuffle) if self.shuffle > 1 else image

    def forward(self, ws: Tensor, noise: Noise = "const") -> Tensor:
        """Return pictures [batch, img_channels, R, R], nominally in [-1, 1], of `ws` [batch, num_ws, w_dim]."""
        state = self.begin(ws)
        for index in range(1, len(self.layer_names)):
            state = self.step(index, state, ws, noise)
        return self.end(state, ws)

    def _block(self, number: int, ws: Tensor) -> tuple[SynthesisBlock, Tensor]:
        """Return a block and its own w."""
        block = self.blocks[number]
        assert isinstance(block, SynthesisBlock)
        return block, ws[:, self.starts[number] :]


class StyleGAN2(nn.Module):
    """Mapping and synthesis of one snapshot.

    Args:
        tensors: a state dict under the official names, `mapping.*` and `synthesis.*`.

    Raises:
        ValueError: where a tensor is missing or of the wrong shape.
    """

    def __init__(self, tensors: Mapping[str, Tensor], settings: StyleGAN2Settings) -> None:
        super().__init__()
        self.synthesis = SynthesisNetwork(Tensors(tensors, "synthesis."), settings)
        self.mapping = MappingNetwork(
            Tensors(tensors, "mapping."), self.synthesis.num_ws, settings.lr_multiplier, settings.mapping_activation
        )
        if self.mapping.w_dim != self.synthesis.w_dim:
            raise ValueError(f"the mapping makes w of {self.mapping.w_dim}, the synthesis takes {self.synthesis.w_dim}")
