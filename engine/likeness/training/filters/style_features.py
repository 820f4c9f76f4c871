"""The features by which pictures' styles and contents are compared, and the networks that can give them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from likeness.errors import TrainingError
from likeness.generators.networks.efficientnet_lite import EfficientNetLite
from likeness.generators.networks.vgg import VGG
from likeness.generators.perceptual import open_features

FINE_CHANNELS, FINE_KERNEL, FINE_SEED = 24, 4, 7
# Blocks whose widened features are taken, at strides 2, 4, 8 and 16.
WIDENED = (1, 2, 4, 6)
# Of the maps, those that content is compared by; the finer ones would keep the photo's skin.
CONTENT = (-3, -2)
LEAST_SIDE = 32  # px, below which the coarsest map is a point

FeatureMaps = Callable[[Tensor], list[Tensor]]


class WidenedFeatures(nn.Module):
    """Features for styles: of the perceptual network that comes with the program, and of random filters at px size.

    EfficientNet-Lite0 (Apache-2.0; its features may be used in paid work) passes little on from block to block, and
    too little for Gram matrices; within a block it widens that six times, and there the textures are. It begins at half
    the picture's size, so that nothing would say how single px should be: a layer of random filters does, whose
    statistics alone hold textures together [Ustyuzhaninov et al. 2016], and which needs no data and no licence.

    Args:
        network: of `open_features`.
    """

    fine: Tensor

    def __init__(self, network: EfficientNetLite) -> None:
        super().__init__()
        self.network = network
        dice = torch.Generator().manual_seed(FINE_SEED)
        fine = torch.randn(FINE_CHANNELS, 3, FINE_KERNEL, FINE_KERNEL, generator=dice)
        # From pure edges to filters that keep the level of a colour.
        fine -= fine.mean((2, 3), keepdim=True) * torch.rand(FINE_CHANNELS, 1, 1, 1, generator=dice)
        fine /= fine.flatten(1).norm(dim=1)[:, None, None, None]
        self.register_buffer("fine", fine)
        self.requires_grad_(False).eval()

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return maps from fine to coarse, at strides 1, 2, 2, 4, 8 and 16, of images `[batch, 3, H, W]` in [-1, 1]."""
        maps = [functional.relu(functional.conv2d(images, self.fine))]
        return maps + self.network.widened_features(images, WIDENED)


def open_style_features(path: Path | None, device: torch.device) -> FeatureMaps:
    """Return the network that gives the features, frozen, on the device.

    Args:
        path: of VGG weights with torchvision's names, as .safetensors or a state dict (.pth); None for those that come
            with the program.

    Raises:
        TrainingError: the file is absent or holds something else.
        WeightsError: the package with the program's own is not installed.
    """
    network: nn.Module = WidenedFeatures(open_features(device)) if path is None else _open_vgg(path)
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return lambda images: list(network(images))


def _open_vgg(path: Path) -> VGG:
    if not path.is_file():
        raise TrainingError(f"there is no file {path} of features; give VGG weights, or leave --features out")
    try:
        safe = path.suffix.lower() == ".safetensors"
        state = load_file(path) if safe else torch.load(path, map_location="cpu", weights_only=True)
        return VGG(state)
    # `weights_only` runs nothing of the file; what is no state dict fails in as many ways as there are files.
    except Exception as error:
        line = str(error).partition("\n")[0][:200]
        raise TrainingError(
            f"{path} is no VGG that gives features ({line}); wanted torchvision's vgg16 or vgg19 as a state dict or "
            "as safetensors"
        ) from error
