"""The base of the refiner and the enlarger: small convolutional networks that run in floats or in eight bits."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol, Self

import torch
from torch import Tensor, nn

from likeness.generators.networks.arithmetic import (
    SLOPE,
    Arithmetic,
    Convolution,
    FloatArithmetic,
    Int8Arithmetic,
    RangeFinder,
)


class Layer(Convolution, Protocol):
    """A convolution that both arithmetics can multiply."""

    def __call__(self, x: Tensor, /) -> Tensor: ...


class Blocks:
    """The steps of both networks that end in an activation, in whatever arithmetic."""

    def __init__(self, steps: Arithmetic) -> None:
        self._steps = steps

    def convolve(self, name: str, x: Tensor) -> Tensor:
        """Return what the layer makes of `x`, activated."""
        return self._steps.activate(name, self._steps.convolve(name, x))

    def add(self, name: str, x: Tensor) -> Tensor:
        """Return `x` and what the layer makes of it, activated, on top [He et al. 2016]."""
        return self._steps.add(name, x, self.convolve(name, x))

    def unfold(self, name: str, x: Tensor, beside: Tensor) -> Tensor:
        """Return `x` at twice the size on top of what was there at that size, activated."""
        return self._steps.activate(f"{name} sum", self._steps.add(name, self._steps.unfold(name, x), beside))


class EightBitNetwork(nn.Module, ABC):
    """A network that runs in floats, and in eight bits wherever it was asked to and no gradient is wanted.

    Its one argument is how many channels it has at each size.

    Attributes:
        prefix: of the names of its tensors in a weights file.
        entrances: of its layers, the first one at each size.
    """

    prefix: ClassVar[str]
    entrances: ClassVar[tuple[str, ...]]
    _int8: Int8Arithmetic | None = None

    @classmethod
    def find(cls, tensors: Mapping[str, Tensor]) -> Self | None:
        """Return the network whose tensors are among those of a weights file, None where there is none.

        Raises:
            KeyError, RuntimeError: a tensor is absent or of another shape.
        """
        begin = cls.prefix
        own = {name.removeprefix(begin): tensor.float() for name, tensor in tensors.items() if name.startswith(begin)}
        if not own:
            return None
        network = cls([len(own[f"{name}.weight"]) for name in cls.entrances])
        network.load_state_dict(own)
        return network

    @abstractmethod
    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.widths = tuple(widths)

    def use_int8(self, entering: Tensor) -> None:
        """Multiply in eight bits from now on, wherever no gradient is asked for.

        Args:
            entering: what enters `_run` of several faces, from which the ranges of all numbers are taken.

        Raises:
            RuntimeError: where torch has no such arithmetic here.
        """
        layers = self._layers()
        finder = RangeFinder(layers, SLOPE)
        with torch.no_grad():
            self._run(finder, self._to_own_numbers(entering))
        int8 = Int8Arithmetic(layers, finder.ranges, SLOPE)
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns once that it means to drop these calls
            self._run(int8, entering[:1])
        self._int8 = int8

    def use_floats(self) -> None:
        """Multiply in the weights' own numbers."""
        self._int8 = None

    def _begin(self, entering: Tensor) -> tuple[Arithmetic, Tensor]:
        """Return the arithmetic to run in, eight bits or the weights' own numbers, and what enters as it wants it."""
        if self._int8 is not None and not torch.is_grad_enabled():
            return self._int8, entering
        return FloatArithmetic(self._layers(), SLOPE), self._to_own_numbers(entering)

    @abstractmethod
    def _run(self, steps: Arithmetic, entering: Tensor) -> Tensor:
        """Return what the network makes of `entering`, step by step."""

    @abstractmethod
    def _own_numbers(self) -> torch.dtype:
        """Return the number type of the weights."""

    def _layers(self) -> dict[str, Layer]:
        """Return the convolutions by name, as they are multiplied."""
        return {name: layer for name, layer in self.named_modules() if isinstance(layer, nn.Conv2d)}

    def _to_own_numbers(self, x: Tensor) -> Tensor:
        return x if torch.is_autocast_enabled(x.device.type) else x.to(self._own_numbers())


def convolution(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, padding: int | None = None) -> nn.Conv2d:
    """Return a layer of such a network before training; it keeps the size, unless `stride` or `padding` says more."""
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2 if padding is None else padding)
    nn.init.kaiming_normal_(layer.weight, SLOPE)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer
