"""Operations that several generator networks share: activations, filters, and checked reading from a state dict."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

# Added under every square root that normalises, as in the papers' code.
EPSILON = 1e-8
# A file of a kilobyte could ask for more; nobody has trained more than 1024 px.
LARGEST_PICTURE = 4096
MOST_TAPS = 64
# What a synthesis hands from layer to layer: the features first, then what its architecture carries beside them.
State = tuple[Tensor | None, ...]


class Activation(NamedTuple):
    """A nonlinearity with the gain that keeps the variance.

    Args:
        apply: the function; it may work in place on its argument.
        gain: what its result is multiplied by.
        scales: whether f(a x) = a f(x) for a > 0, so that a gain may be folded into what comes before.
    """

    apply: Callable[[Tensor], Tensor]
    gain: float
    scales: bool


def _leaky_relu(x: Tensor) -> Tensor:
    # In place where nothing needs the input's gradient: one pass less over the largest tensors.
    return functional.leaky_relu(x, 0.2) if x.requires_grad else functional.leaky_relu_(x, 0.2)


def _identity(x: Tensor) -> Tensor:
    return x


# Names and gains as the StyleGAN2 papers' configurations spell them.
ACTIVATIONS: Mapping[str, Activation] = {
    "linear": Activation(_identity, 1.0, True),
    "relu": Activation(torch.relu, math.sqrt(2), True),
    "lrelu": Activation(_leaky_relu, math.sqrt(2), True),
    "tanh": Activation(torch.tanh, 1.0, False),
    "sigmoid": Activation(torch.sigmoid, 1.0, False),
    "elu": Activation(functional.elu, 1.0, False),
    "selu": Activation(functional.selu, 1.0, False),
    "softplus": Activation(functional.softplus, 1.0, False),
    "swish": Activation(functional.silu, math.sqrt(2), False),
}


def activation(name: str) -> Activation:
    """Return the activation of that name.

    Raises:
        ValueError: where there is none.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"the activation {name!r} is none of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]


class Tensors:
    """Named tensors of a state dict under one prefix; what is asked for must be there, in the shape wanted."""

    def __init__(self, tensors: Mapping[str, Tensor], prefix: str = "") -> None:
        self._all, self._prefix = tensors, prefix

    def under(self, name: str) -> "Tensors":
        """Return the tensors below `name`."""
        return Tensors(self._all, f"{self._prefix}{name}.")

    def has(self, name: str) -> bool:
        """Say whether there is a tensor of that name here."""
        return f"{self._prefix}{name}" in self._all

    def children(self) -> set[str]:
        """Return the first words of the names here."""
        cut = len(self._prefix)
        return {name[cut:].split(".")[0] for name in self._all if name.startswith(self._prefix)}

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of the tensor of that name.

        Raises:
            ValueError: where it is absent.
        """
        key = f"{self._prefix}{name}"
        if key not in self._all:
            raise ValueError(f"the tensor {key!r} is missing")
        return tuple(self._all[key].shape)

    def read(self, name: str, *shape: int) -> Tensor:
        """Return the tensor as float32; `shape` is what it must have, -1 where any size will do.

        Raises:
            ValueError: where it is absent or of another shape, with what was wanted and what came.
        """
        key, found = f"{self._prefix}{name}", self.shape(name)
        if len(found) != len(shape) or any(w not in (-1, f) for w, f in zip(shape, found, strict=True)):
            raise ValueError(f"the tensor {key!r} is {list(found)}, wanted {list(shape)}")
        if 0 in found:
            raise ValueError(f"the tensor {key!r} is empty: {list(found)}")
        return self._all[key].detach().to(torch.float32)


def block_sizes(tensors: Tensors) -> list[int]:
    """Return the sizes in px of the blocks `b4`, `b8`, `b16`, ... in a state dict.

    Raises:
        ValueError: where one is missing, or where the last is larger than any picture.
    """
    sizes = sorted(
        int(name[1:]) for name in tensors.children() if name[:1] == "b" and name[1:].isdecimal() and len(name) < 8
    )
    if not sizes or sizes[-1] > LARGEST_PICTURE or sizes != [4 << i for i in range(len(sizes))]:
        raise ValueError(f"blocks of {sizes[:12]} px, wanted 4, 8, 16, ... up to {LARGEST_PICTURE}")
    return sizes


class UnplayableError(ValueError):
    """A network that is whole, but of a kind that is not played."""


def check_square(shape: Sequence[int], size: int) -> None:
    """Raise where a network whose constant, or picture, has this `shape` `[..., height, width]` is oblong.

    Args:
        size: the height of its pictures in px.

    Raises:
        UnplayableError: with the size of its pictures.
    """
    if len(shape) > 1 and shape[-1] != shape[-2]:
        wide = size * shape[-1] // max(shape[-2], 1)
        raise UnplayableError(f"its pictures are not square ({wide} x {size} px), and only square ones are played")


def normalise(x: Tensor) -> Tensor:
    """Return the rows of `x` [batch, n] at a mean square of 1 [Karras et al. 2018, sec. 4.2]."""
    return x * (x.square().mean(1, keepdim=True) + EPSILON).rsqrt()


def cast_buffers(module: nn.Module, names: Sequence[str], dtype: torch.dtype) -> None:
    """Bring the named buffers of `module` to `dtype`, each time from the numbers that they were made with.

    Not from those of the last time: float32 after bfloat16 would stay rounded.
    """
    made = {name: buffer for name in names if isinstance(buffer := getattr(module, name), Tensor)}
    full: dict[str, Tensor] = module.__dict__.setdefault("full", made)
    for name, buffer in full.items():
        setattr(module, name, buffer.to(dtype))


def resampling_filter(tensors: Tensors) -> Tensor:
    """Return the FIR filter `resample_filter` [n, n] of sum 1; one stored as a row is the outer product with itself.

    Raises:
        ValueError: where it is not a row or a square of at least two taps.
    """
    shape = tensors.shape("resample_filter")
    if max(shape, default=0) > MOST_TAPS:
        raise ValueError(f"a resampling filter of {list(shape)}, wanted {MOST_TAPS} taps at most")
    kernel = tensors.read("resample_filter", *[-1] * len(shape))
    if kernel.ndim == 1:
        kernel = torch.outer(kernel, kernel)
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1] or kernel.shape[0] < 2:
        raise ValueError(f"a resampling filter of {list(shape)}, wanted a row or a square of at least two taps")
    return kernel


def depthwise(kernel: Tensor, channels: int) -> Tensor:
    """Return depthwise weights [channels, 1, n, n] that keep the level while zeros are put between, from [n, n]."""
    return (kernel * 4)[None, None].repeat(channels, 1, 1, 1)


def upsample(image: Tensor, kernel: Tensor) -> Tensor:
    """Return `image` [batch, C, H, W] at twice the size: zeros put between, then the FIR filter.

    As a transposed convolution no zero is ever multiplied.

    Args:
        kernel: [C, 1, n, n] from `depthwise`.
    """
    n, height, width = kernel.shape[-1], image.shape[2], image.shape[3]
    start = n - 1 - (n + 1) // 2
    if n % 2 == 0:
        return functional.conv_transpose2d(image, kernel, stride=2, padding=start, groups=kernel.shape[0])
    whole = functional.conv_transpose2d(image, kernel, stride=2, groups=kernel.shape[0])
    return whole[:, :, start : start + 2 * height, start : start + 2 * width]
