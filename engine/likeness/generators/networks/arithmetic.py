"""The numbers that a small convolutional network is multiplied in: floating point, or eight bits on a processor.

A network that asks an `Arithmetic` for its steps is written once and runs in both.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from likeness.generators.networks.quantised_pictures import read_cells, read_pixels, spread_onto, write_planes

ENGINE = "onednn"
SLOPE = 0.2  # of what is negative, in all networks here
PICTURE = "picture"  # what the ranges of a network's own input are noted under
# Between the widest values of the faces that were looked at and those of any other.
HEADROOM = 1.2


class Arithmetic(Protocol):
    """The steps of a network. Each name is of one place in it, and of the layer for a convolution."""

    def read(self, picture: Tensor) -> Tensor:
        """Return a picture `[batch, 3, H, W]` of floats as `fold` wants it."""

    def fold(self, name: str, picture: Tensor, factor: int) -> Tensor:
        """Return what the layer makes of a picture that was read, with squares of `factor` px folded into channels."""

    def read_cells(self, picture: Tensor, factor: int) -> Tensor:
        """Return squares of `factor` px of a picture of floats, folded into channels, within a rim of repeated ones."""

    def convolve_cells(self, name: str, cells: Tensor, factor: int) -> Tensor:
        """Return what the layer makes of what `read_cells` returned."""

    def convolve(self, name: str, x: Tensor) -> Tensor:
        """Return what the layer makes of `x`."""

    def unfold(self, name: str, x: Tensor) -> Tensor:
        """Return what the layer makes of `x`, with its channels unfolded into squares of 2 px."""

    def activate(self, name: str, x: Tensor) -> Tensor:
        """Return `x` with what is negative made small."""

    def add(self, name: str, x: Tensor, y: Tensor) -> Tensor:
        """Return the sum."""

    def leave(self, x: Tensor) -> Tensor:
        """Return `x` as floats."""

    def spread(self, x: Tensor, factor: int, onto: Tensor) -> Tensor:
        """Return `x` with its channels unfolded into squares of `factor` px [Shi et al. 2016], added to a picture.

        `onto`, of floats, may be written to.
        """


class Convolution(Protocol):
    """What eight bits need of a layer."""

    @property
    def weight(self) -> Tensor: ...
    @property
    def bias(self) -> Tensor | None: ...
    @property
    def stride(self) -> tuple[int, ...]: ...
    @property
    def padding(self) -> str | tuple[int, ...]: ...


class FloatArithmetic:
    """Floating point, with gradients.

    Args:
        layers: the convolutions by name.
        slope: of what is negative.
    """

    def __init__(self, layers: Mapping[str, Callable[[Tensor], Tensor]], slope: float) -> None:
        self._layers, self._slope = layers, slope

    def read(self, picture: Tensor) -> Tensor:
        return picture

    def fold(self, name: str, picture: Tensor, factor: int) -> Tensor:
        return self.convolve(name, functional.pixel_unshuffle(picture, factor))

    def read_cells(self, picture: Tensor, factor: int) -> Tensor:
        cells = functional.pixel_unshuffle(picture, factor).contiguous(memory_format=torch.channels_last)
        return functional.pad(cells, (1, 1, 1, 1), mode="replicate")

    def convolve_cells(self, name: str, cells: Tensor, factor: int) -> Tensor:
        return self.convolve(name, cells)

    def convolve(self, name: str, x: Tensor) -> Tensor:
        return self._layers[name](x)

    def unfold(self, name: str, x: Tensor) -> Tensor:
        return functional.pixel_shuffle(self.convolve(name, x), 2)

    def activate(self, name: str, x: Tensor) -> Tensor:
        # In place where it may be: what comes in is always a fresh result.
        return functional.leaky_relu(x, self._slope, inplace=not torch.is_grad_enabled())

    def add(self, name: str, x: Tensor, y: Tensor) -> Tensor:
        return x + y

    def leave(self, x: Tensor) -> Tensor:
        return x

    def spread(self, x: Tensor, factor: int, onto: Tensor) -> Tensor:
        return onto + functional.pixel_shuffle(x, factor)


class RangeFinder(FloatArithmetic):
    """Floating point that notes between which values each step's numbers lie.

    Attributes:
        ranges: the least and the greatest value of each step, 0 among them.
    """

    def __init__(self, layers: Mapping[str, Callable[[Tensor], Tensor]], slope: float) -> None:
        super().__init__(layers, slope)
        self.ranges: dict[str, tuple[float, float]] = {}

    def read(self, picture: Tensor) -> Tensor:
        return self._note(PICTURE, picture)

    def read_cells(self, picture: Tensor, factor: int) -> Tensor:
        return super().read_cells(self._note(PICTURE, picture), factor)

    def convolve(self, name: str, x: Tensor) -> Tensor:
        return self._note(name, super().convolve(name, x))

    def activate(self, name: str, x: Tensor) -> Tensor:
        return self._note(f"{name} active", super().activate(name, x))

    def add(self, name: str, x: Tensor, y: Tensor) -> Tensor:
        return self._note(f"{name} sum", x + y)

    def _note(self, name: str, x: Tensor) -> Tensor:
        least, greatest = self.ranges.get(name, (0.0, 0.0))
        self.ranges[name] = min(least, float(x.min())), max(greatest, float(x.max()))
        return x


class Int8Arithmetic:
    """Eight bits: one scale for each channel of the weights, one for all numbers of a step [Jacob et al. 2018, eq. 1].

    For processors, in channels-last order, without gradients. Sums are of whole numbers, so that the result is the
    same on any number of threads. Torch means to take these calls out of itself one day; without them floats are left.

    Args:
        layers: the convolutions by name, with weights of any float type.
        ranges: of a `RangeFinder` that has seen what the network draws.
        slope: of what is negative.

    Raises:
        RuntimeError: where torch has no such arithmetic here.
    """

    def __init__(
        self, layers: Mapping[str, Convolution], ranges: Mapping[str, tuple[float, float]], slope: float
    ) -> None:
        self._layers, self._slope = layers, slope
        # Two products of eight bits overflow in sixteen where a processor adds them there; of seven they do not.
        steps = 255 if torch.cpu._is_vnni_supported() else 127
        self._steps = {name: _fit(*range_, steps) for name, range_ in ranges.items()}
        self._packed: dict[str, object] = {}

    def read(self, picture: Tensor) -> Tensor:
        return read_pixels(picture, *self._steps[PICTURE])

    def fold(self, name: str, picture: Tensor, factor: int) -> Tensor:
        # Squares folded into channels and multiplied 3 x 3 are the same as larger steps on the picture itself.
        return self._multiply(name, picture, lambda layer: _pack(_on_picture(layer.weight, factor), layer, factor))

    def read_cells(self, picture: Tensor, factor: int) -> Tensor:
        return read_cells(picture, factor, *self._steps[PICTURE])

    def convolve_cells(self, name: str, cells: Tensor, factor: int) -> Tensor:
        return self._multiply(name, cells, lambda layer: _pack(_colours_last(layer.weight, factor), layer))

    def convolve(self, name: str, x: Tensor) -> Tensor:
        return self._multiply(name, x, lambda layer: _pack(layer.weight, layer))

    def unfold(self, name: str, x: Tensor) -> Tensor:
        # With a square's pixels before the channels, whole runs of bytes move, in a fiftieth of the time.
        made = self._multiply(name, x, lambda layer: _pack(_pixels_first(layer.weight), layer, bias=_pixels_first))
        batch, channels, height, width = made.shape
        squares = made.permute(0, 2, 3, 1).view(batch, height, width, 2, channels // 2)
        rows = squares.permute(0, 1, 3, 2, 4).reshape(batch, 2 * height, 2 * width, channels // 4)
        return rows.permute(0, 3, 1, 2)

    def _multiply(self, name: str, x: Tensor, pack: Callable[[Convolution], object]) -> Tensor:
        packed = self._packed.get(name)
        if packed is None:
            packed = self._packed[name] = pack(self._layers[name])
        made: Tensor = torch.ops.quantized.conv2d(x, packed, *self._steps[name])
        return made

    def activate(self, name: str, x: Tensor) -> Tensor:
        made: Tensor = torch.ops.quantized.leaky_relu(x, self._slope, False, *self._steps[f"{name} active"])
        return made

    def add(self, name: str, x: Tensor, y: Tensor) -> Tensor:
        made: Tensor = torch.ops.quantized.add(x, y, *self._steps[f"{name} sum"])
        return made

    def leave(self, x: Tensor) -> Tensor:
        return write_planes(x)

    def spread(self, x: Tensor, factor: int, onto: Tensor) -> Tensor:
        return spread_onto(x, factor, onto)


def _fit(least: float, greatest: float, steps: int) -> tuple[float, int]:
    """Return scale and zero point with which whole numbers from 0 to `steps` cover the values."""
    scale = max((greatest - least) * HEADROOM / steps, 1e-8)
    return scale, min(max(round(-least * HEADROOM / scale), 0), steps)


def _pixels_first(by_channel: Tensor) -> Tensor:
    """Return `[4 * channels, ...]` with the four pixels of a square before the channels; PixelShuffle has them last."""
    return by_channel.reshape(-1, 4, *by_channel.shape[1:]).transpose(0, 1).flatten(0, 1)


def _on_picture(weight: Tensor, factor: int) -> Tensor:
    """Return weights of folded squares `[outputs, channels * factor ** 2, k, k]` as such of the picture itself."""
    outputs, _, high, wide = weight.shape
    squares = weight.reshape(outputs, -1, factor, factor, high, wide).permute(0, 1, 4, 2, 5, 3)
    return squares.reshape(outputs, -1, high * factor, wide * factor)


def _colours_last(weight: Tensor, factor: int) -> Tensor:
    """Return weights of folded squares `[outputs, channels * factor ** 2, k, k]` with their channels last."""
    outputs, _, *kernel = weight.shape
    squares = weight.reshape(outputs, -1, factor**2, *kernel)
    return squares.transpose(1, 2).reshape(outputs, -1, *kernel)


def _pack(
    weight: Tensor, layer: Convolution, factor: int = 1, bias: Callable[[Tensor], Tensor] = lambda bias: bias
) -> object:
    """Return weights, with the biases and places of `layer`, as oneDNN wants them.

    It has the instructions that a processor has; what is packed for it stays with it.
    """
    assert layer.bias is not None
    weight = weight.detach().float().contiguous()
    scales = weight.abs().amax((1, 2, 3)).clamp(min=1e-8) / 127
    stride = [each * factor for each in layer.stride]
    padding = [int(each) * factor for each in layer.padding]
    before = torch.backends.quantized.engine
    torch.backends.quantized.engine = ENGINE
    try:
        zeros = torch.zeros_like(scales, dtype=torch.long)
        whole = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
        numbers = bias(layer.bias.detach().float()).contiguous()
        return torch.ops.quantized.conv2d_prepack(whole, numbers, stride, padding, [1, 1], 1)
    finally:
        torch.backends.quantized.engine = before
