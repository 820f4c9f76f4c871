"""VGG: plain stacks of convolutions [Simonyan & Zisserman 2015], read from weights that somebody brings along."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

# Of the pictures that torchvision's weights were trained on, in [0, 1].
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
LAYER = re.compile(r"features\.(\d+)\.weight")
# A convolution and its ReLU are two of torchvision's modules; a third between two convolutions is a pooling.
WITHOUT_POOLING = 2
MOST_LAYERS, MOST_CHANNELS = 32, 2048


class VGG(nn.Module):
    """Frozen features of pictures; differentiable in its input.

    Args:
        state: a state dict with torchvision's names, `features.N.weight` and `features.N.bias`, of vgg11, vgg13, vgg16
            or vgg19 without batch norm; what else it holds, such as the classifier's layers, is left alone.

    Raises:
        ValueError: it is none.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        super().__init__()
        numbers = sorted(int(found[1]) for name in state if (found := LAYER.fullmatch(name)))
        if not 2 <= len(numbers) <= MOST_LAYERS or numbers[0] != 0:
            raise ValueError(f"wanted layers features.0.weight, features.2.weight, ...; found {len(numbers)} of them")
        self.layers = nn.ModuleList()
        self.pooled_before: list[bool] = []
        channels = 3
        for before, number in zip([0, *numbers], numbers, strict=False):
            weight, bias = state[f"features.{number}.weight"], state.get(f"features.{number}.bias")
            if weight.ndim != 4 or weight.shape[1:] != (channels, 3, 3) or not 1 <= len(weight) <= MOST_CHANNELS:
                raise ValueError(
                    f"features.{number}.weight is {list(weight.shape)}, wanted [n, {channels}, 3, 3] (no batch norm)"
                )
            if bias is None or bias.shape != weight.shape[:1]:
                raise ValueError(f"features.{number}.bias is absent or of another length than its weight")
            layer = nn.Conv2d(channels, len(weight), 3, padding=1)
            layer.load_state_dict({"weight": weight.float(), "bias": bias.float()})
            self.layers.append(layer)
            self.pooled_before.append(number - before > WITHOUT_POOLING)
            channels = len(weight)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1))
        self.requires_grad_(False).eval()

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the first map of each size, after its ReLU: relu1_1, relu2_1, ..., relu5_1 of the papers.

        Args:
            images: `[batch, 3, H, W]` in [-1, 1].
        """
        x = ((images + 1) / 2 - self.mean) / self.deviation
        maps = []
        for number, (layer, pooled) in enumerate(zip(self.layers, self.pooled_before, strict=True)):
            # Means, which the paper on style found more pleasing than maxima [Gatys et al. 2015].
            x = functional.relu(layer(functional.avg_pool2d(x, 2) if pooled else x))
            if pooled or number == 0:
                maps.append(x)
        return maps
