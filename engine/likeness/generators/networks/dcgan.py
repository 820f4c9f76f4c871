"""Decoders of transposed convolutions: the generators of DCGAN [Radford et al. 2015] and WGAN, and of a VAE.

Every size is read from the tensors, so whatever was trained with another width, depth or kernel opens too.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generators.networks.ops import LARGEST_PICTURE

Output = Literal["tanh", "sigmoid", "linear"]
START = 4
MOST_LAYERS = 64


def make_upsampling(channels: int, out: int, kernel: int = 4, bias: bool = False) -> nn.ConvTranspose2d:
    """Return the transposed convolution that doubles the size exactly, for any kernel from 2 px on."""
    return nn.ConvTranspose2d(channels, out, kernel, 2, (kernel - 1) // 2, kernel % 2, bias=bias)


class Decoder(nn.Module):
    """From z to a picture: 4 x 4 px first, then twice the size with each layer.

    Args:
        z_dim: width of z.
        widths: channels at 4 px, 8 px, ...; the picture is twice the size of the last.
        img_channels: of the picture.
        norm: whether batch norm follows each layer but the last; none in a WGAN critic, for its gradient penalty.
        slope: of the leaky ReLU; 0 is ReLU.
        output: what the last layer's numbers go through: "tanh" and "linear" draw in [-1, 1], "sigmoid" in [0, 1].
    """

    def __init__(
        self,
        z_dim: int,
        widths: Sequence[int],
        img_channels: int = 3,
        norm: bool = True,
        slope: float = 0.0,
        output: Output = "tanh",
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.ConvTranspose2d(z_dim, widths[0], START, bias=not norm)]
        norms: list[nn.Module] = []
        for channels, out in zip(widths, (*widths[1:], img_channels), strict=True):
            norms.append(nn.BatchNorm2d(channels) if norm else nn.Identity())
            layers.append(make_upsampling(channels, out, bias=not norm or len(layers) == len(widths)))
        self._set_layers(layers, norms, slope, output)

    def _set_layers(
        self, layers: Sequence[nn.Module], norms: Sequence[nn.Module], slope: float, output: Output
    ) -> None:
        self.layers, self.norms = nn.ModuleList(layers), nn.ModuleList(norms)
        self.slope, self.output = slope, output

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], modules: Sequence[str], slope: float = 0.0, output: Output = "tanh"
    ) -> "Decoder":
        """Return the decoder that a state dict is that of, in eval mode, its batch norms folded into the weights.

        Args:
            modules: the names before `.weight`, in the order in which they are applied.

        Raises:
            ValueError: where the tensors do not follow each other.
        """
        if not 2 <= len(modules) <= MOST_LAYERS:
            raise ValueError(f"{len(modules)} layers, wanted 2 to {MOST_LAYERS}")
        if output not in ("tanh", "sigmoid", "linear"):
            raise ValueError(f"the output {str(output)[:40]!r} is none of tanh, sigmoid, linear")
        steps = [StoredModule(tensors, name) for name in modules]
        layers: list[nn.Module] = []
        for i, step in enumerate(steps):
            if step.normalises:
                if not layers or (i and steps[i - 1].normalises):
                    raise ValueError(f"the batch norm {step.name!r} follows no layer")
                step.fold_into(layers[-1])
            else:
                layers.append(step.layer(layers[-1] if layers else None, steps[i + 1 :]))
        side = (
            math.isqrt(steps[0].weight.shape[0] // layers[1].get_parameter("weight").shape[0])
            if (isinstance(layers[0], nn.Linear) and len(layers) > 1)
            else steps[0].weight.shape[-1]
        )
        if len(layers) < 2 or side << (len(layers) - 1) > LARGEST_PICTURE:
            raise ValueError(f"{len(layers)} layers that draw more than {LARGEST_PICTURE} px, or nothing")
        decoder = cls.__new__(cls)
        nn.Module.__init__(decoder)
        decoder._set_layers(layers, [nn.Identity() for _ in layers[:-1]], slope, output)
        return decoder.eval().requires_grad_(False)

    @property
    def order(self) -> list[str]:
        """The modules that hold weights, in the order in which they are applied, as `from_tensors` takes them.

        A trainer writes it into its weights file as the argument `modules`, with `slope` and `output`.
        """
        names = [f"layers.{i}" for i in range(len(self.layers))]
        between = [f"norms.{i}" if isinstance(norm, nn.BatchNorm2d) else "" for i, norm in enumerate(self.norms)]
        paired = [name for pair in zip(names, [*between, ""], strict=True) for name in pair]
        return [name for name in paired if name]

    @property
    def z_dim(self) -> int:
        """Width of z."""
        first = self.layers[0]
        return first.in_features if isinstance(first, nn.Linear) else int(first.in_channels)  # type: ignore[arg-type]

    def first_weight(self) -> Tensor:
        """Return the first layer's matrix [n, z_dim], of which the directions are made."""
        weight = self.layers[0].get_parameter("weight").detach()
        return weight if weight.ndim == 2 else weight.flatten(1).T

    def forward(self, z: Tensor) -> Tensor:
        """Return pictures [batch, img_channels, H, W] in [-1, 1] of `z` [batch, z_dim]."""
        first = self.layers[0]
        if isinstance(first, nn.Linear):
            x = first(z).reshape(len(z), int(self.layers[1].in_channels), -1)  # type: ignore[arg-type]
            side = math.isqrt(x.shape[2])
            x = x.reshape(len(z), -1, side, side)
        else:
            x = first(z[:, :, None, None])
        for norm, layer in zip(self.norms, list(self.layers)[1:], strict=True):
            x = layer(functional.leaky_relu(norm(x), self.slope))
        if self.output == "tanh":
            return torch.tanh(x)
        return torch.sigmoid(x) * 2 - 1 if self.output == "sigmoid" else x


class StoredModule:
    """One module of a state dict: what it is, and the module that it becomes."""

    def __init__(self, tensors: Mapping[str, Tensor], name: str) -> None:
        def get(part: str) -> Tensor | None:
            found = tensors.get(f"{name}.{part}")
            return None if found is None else found.detach().to(torch.float32)

        weight = get("weight")
        if weight is None or 0 in weight.shape:
            raise ValueError(f"the tensor '{name}.weight' is missing or empty")
        self.name, self.weight, self.bias = name, weight, get("bias")
        self.mean, self.variance = get("running_mean"), get("running_var")
        self.normalises = weight.ndim == 1

    def layer(self, before: nn.Module | None, after: Sequence["StoredModule"]) -> nn.Module:
        """Return the layer, of which `before` is the one that feeds it."""
        weight, bias = self.weight, self.bias
        made: nn.Module
        if weight.ndim == 2 and before is None:
            following = next((step.weight.shape[0] for step in after if step.weight.ndim == 4), 0)
            if not following or weight.shape[0] % following or math.isqrt(s := weight.shape[0] // following) ** 2 != s:
                raise ValueError(f"the layer {self.name!r} {list(weight.shape)} makes no square of pixels")
            made = nn.Linear(weight.shape[1], weight.shape[0], bias=True)
            out = weight.shape[0]
        elif weight.ndim == 4 and weight.shape[2] == weight.shape[3]:
            channels, out, kernel = weight.shape[:3]
            if before is None:
                made = nn.ConvTranspose2d(channels, out, kernel)
            else:
                if kernel < 2 or (isinstance(before, nn.ConvTranspose2d) and before.out_channels != channels):
                    raise ValueError(f"the layer {self.name!r} {list(weight.shape)} does not follow the one before it")
                made = make_upsampling(channels, out, kernel, bias=True)
        else:
            raise ValueError(f"the layer {self.name!r} {list(weight.shape)} is no transposed convolution")
        made.weight = nn.Parameter(weight, False)
        if bias is not None and tuple(bias.shape) != (out,):
            raise ValueError(f"the bias of {self.name!r} is {list(bias.shape)}, wanted [{out}]")
        made.bias = nn.Parameter(torch.zeros(out) if bias is None else bias, False)
        return made

    def fold_into(self, layer: nn.Module) -> None:
        """Multiply this batch norm, as it is in eval mode, into the layer before it."""
        weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
        if self.mean is None or self.variance is None or self.bias is None:
            raise ValueError(f"the batch norm {self.name!r} lacks its running mean or its bias")
        shapes = {self.weight.shape, self.bias.shape, self.mean.shape, self.variance.shape}
        if len(shapes) != 1 or len(bias) % len(self.weight):
            raise ValueError(f"the batch norm {self.name!r} does not fit the layer before it")
        # After a linear layer it may count channels alone, each of which stands for a square of pixels.
        scale = (self.weight * (self.variance + 1e-5).rsqrt()).repeat_interleave(len(bias) // len(self.weight))
        mean = self.mean.repeat_interleave(len(bias) // len(self.weight))
        shift = self.bias.repeat_interleave(len(bias) // len(self.weight))
        along = scale[None, :, None, None] if weight.ndim == 4 else scale[:, None]
        layer.weight = nn.Parameter(weight * along, False)
        layer.bias = nn.Parameter((bias - mean) * scale + shift, False)


def list_modules(names: Sequence[str]) -> list[str]:
    """Return the modules that have a weight; in the order of `names`, or by their numbers where it is alphabetical."""
    found = [name.removesuffix(".weight") for name in names if name.endswith(".weight")]
    if list(names) == sorted(names):  # safetensors keeps no order
        found.sort(key=lambda name: [(int(part), "") if part.isdecimal() and len(part) < 9 else (0, part)
                                     for part in re.split(r"(\d+)", name)])  # fmt: skip
    return found
